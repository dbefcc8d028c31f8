"""The linear-algebra baseline: quantities that move slowly along trajectories, by an eigenproblem.

For a family that is linear in its parameters, C(x) = c . f(x), the share of C's variance that lies
within trajectories is a quotient of two quadratic forms in c. Its smallest values are proposals to
start the razor from, and the sceptic's answer to hold against the razor's. There is no model of
the dynamics in it, no evidence and no uncertainty.

Source: the eigenproblem is linear slow feature analysis (Wiskott and Sejnowski, Neural Computation
14 (2002), 715) with variance within trajectories in place of slowness.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.errors import InputError
from noether_razor.measurement_noise import noise_products

CONSTANT = 1e-6
"""Relative deviation below which a combination of features has no variance to speak of; single
precision data keeps only seven digits."""

DEGENERATE = 1e-6
"""Eigenvalues below this are all zero: their directions are a plane, in no order."""


class SlowDirections(NamedTuple):
    """Combinations of D features, slowest first.

    Attributes:
        eigenvalues: variance within trajectories over total variance, [D'], by ascending size, at
            most 1; without that of measurement noise, and around 0 for what only noise moves.
        directions: coefficients of the combination, rows [D', D], of unit total variance.
        constant: rows [D - D', D]: combinations that are the same in all of the data. They are
            dropped, since nothing distinguishes them from a conserved quantity or from a constant.
    """

    eigenvalues: np.ndarray
    directions: np.ndarray
    constant: np.ndarray


def slow_directions(features: np.ndarray, noise_off: bool = True) -> SlowDirections:
    """Solve W c = lambda T c: covariance within trajectories against total covariance.

    Measurement noise adds to W, and mixes true with false. Where no eigenvalue is zero, there may
    be some: its covariance is then estimated (`measurement_noise`) and taken off W.

    Args:
        features: f(x) at every sample, [R, T, D], any units.
        noise_off: whether noise may be taken off.

    Raises:
        InputError: an array of another shape, or values that are not finite.
    """
    features = np.asarray(features, float)
    if features.ndim != 3 or not np.isfinite(features).all():
        raise InputError(
            f"features have shape {features.shape}, expected finite values of shape "
            "[trajectories, samples, features]"
        )
    centred = features - features.mean((0, 1))
    size = centred.std((0, 1))
    typical = np.sqrt(np.mean(features**2, axis=(0, 1)))
    moves = size > 1e-12 * typical
    standard = centred / np.where(moves, size, 1.0) * moves
    samples = standard.reshape(-1, features.shape[-1])
    # The decomposition of the samples, not of their covariance, keeps all sixteen digits.
    factor = np.linalg.qr(samples, mode="r") / np.sqrt(len(samples))
    _, deviations, axes = np.linalg.svd(factor)
    deviations = np.pad(deviations, (0, len(axes) - len(deviations)))
    seen = deviations > CONSTANT * max(deviations[0], np.finfo(float).tiny)
    whiten = axes[seen] / deviations[seen, None]
    within = (standard - standard.mean(1, keepdims=True)) @ whiten.T
    eigenvalues, rotation = _slowest_first(within, noise_off)
    scale = np.where(moves, size, 1.0)
    return SlowDirections(eigenvalues, rotation.T @ whiten / scale, axes[~seen] / scale)


def _slowest_first(within: np.ndarray, noise_off: bool) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and directions [D, D] of deviations within trajectories [R, T, D]."""
    samples = within.reshape(-1, within.shape[-1])
    covariance = samples.T @ samples / len(samples)
    eigenvalues, rotation = np.linalg.eigh(covariance)
    if not noise_off or not len(eigenvalues) or eigenvalues[0] < DEGENERATE:
        return np.clip(eigenvalues, 0.0, 1.0), rotation
    cleaned = []
    for product in noise_products(within):
        noise = samples.T @ product.reshape(samples.shape) / len(samples)
        cleaned.append(covariance - (1 - 1 / within.shape[1]) * (noise + noise.T) / 2)
    if not cleaned:
        return eigenvalues, rotation
    _, rotation = np.linalg.eigh(cleaned[-1])
    # The largest estimate: motion of just the frequency that one interpolation misses has others.
    values = np.max([np.sum(rotation * (matrix @ rotation), axis=0) for matrix in cleaned], axis=0)
    order = np.argsort(np.abs(values))
    return np.minimum(values[order], 1.0), rotation[:, order]
