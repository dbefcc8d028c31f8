"""The slowest quadratics of trajectories: the linear-algebra baseline, by an eigenproblem."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.conserved import Quadratic, quadratic_features
from noether_razor.errors import InputError
from noether_razor.proposals.slow import DEGENERATE, slow_directions


class Proposals(NamedTuple):
    """The slowest quadratics of the data.

    Attributes:
        quantities: K of them, in coordinates divided by `spread`, each of |A|^2 + |b|^2 = 1.
        eigenvalues: variance within trajectories over total variance, [K], as in
            `SlowDirections`.
        spread: root mean square of all positions, and of all momenta, repeated: [2n].
        constant: how many independent quadratics are the same in all of the data.
    """

    quantities: Quadratic
    eigenvalues: np.ndarray
    spread: np.ndarray
    constant: int


def propose_quadratics(states: np.ndarray, count: int, noise_off: bool = True) -> Proposals:
    """The `count` slowest quadratics of trajectories, or all there are if those are fewer.

    Where eigenvalues are zero the directions between them are free; there they are orthogonal, and
    sorted by the variance they have in the data.

    Args:
        states: x = (q, p), [R, T, 2n].
        count: how many are asked for.
        noise_off: whether measurement noise may be taken off; see `slow_directions`.

    Raises:
        InputError: fewer than one asked for, or states of another shape or not finite.
    """
    if count < 1:
        raise InputError(f"count is {count}, expected 1 or more proposals")
    states = np.asarray(states, float)
    if states.ndim != 3 or states.shape[-1] % 2:
        raise InputError(
            f"states have shape {states.shape}, expected [trajectories, samples, 2n]: positions, "
            "then momenta"
        )
    dimension = states.shape[-1]
    spread = canonical_spread(states)
    with jax.enable_x64(True):
        scaled = jnp.asarray(states / spread).reshape(-1, dimension)
        features = np.asarray(jax.vmap(quadratic_features)(scaled))
    features = features.reshape(*states.shape[:2], -1)
    slow = slow_directions(features, noise_off)
    metric = _frobenius_metric(dimension)
    rows = slow.directions * metric
    zero = np.abs(slow.eigenvalues) < DEGENERATE
    rows[zero] = _principal_axes(rows[zero], features.reshape(-1, len(metric)) / metric)
    rows = rows[:count] / np.linalg.norm(rows[:count], axis=1, keepdims=True)
    largest = np.abs(rows).argmax(1)
    rows *= np.sign(np.take_along_axis(rows, largest[:, None], axis=1))
    quantities = Quadratic.from_coefficients(jnp.asarray(rows / metric), dimension)
    return Proposals(quantities, slow.eigenvalues[:count], spread, len(slow.constant))


def canonical_spread(states: np.ndarray) -> np.ndarray:
    """Root mean square of all positions, and of all momenta, of states [..., 2n]; repeated, [2n].

    One number for all of q and one for all of p is what keeps the division by it canonical.
    """
    halves = np.split(np.asarray(states, float), 2, axis=-1)
    return np.repeat([np.sqrt(np.mean(half**2)) for half in halves], halves[0].shape[-1])


def _frobenius_metric(dimension: int) -> np.ndarray:
    """Factors that turn coefficients of `quadratic_features` into ones of norm |A|^2 + |b|^2."""
    quadratic = dimension * (dimension + 1) // 2
    return np.concatenate([np.full(quadratic, np.sqrt(2.0)), np.ones(dimension)])


def _principal_axes(rows: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the rows' span in which the samples are uncorrelated."""
    basis = np.linalg.qr(rows.T)[0].T
    values = samples @ basis.T
    _, _, rotation = np.linalg.svd(values - values.mean(0), full_matrices=False)
    return rotation @ basis
