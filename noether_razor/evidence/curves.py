"""Smooth curves without a law of motion: the baseline that a law of motion has to beat.

Every coordinate of every trajectory is a Gaussian process of its own,

    y(t) = level + g(t) + noise,   cov(g(t), g(t')) = s^2 exp(-(t - t')^2 / (2 tau^2)),

with a level of variance 1 and times in samples. The evidence has a closed form. For each
coordinate, the variance s^2, the time scale tau and the variance of the noise are chosen on a grid,
so that they maximise the evidence. A law of motion has to explain the same samples better than
these curves do. Only then is its posterior used.

Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), equation 2.30.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

TIMES = 20
"""Number of time scales tau that are tried, from less than a sample to the whole trajectory."""
SCALES = np.exp(np.linspace(-6, 6, 25))
"""Variances s^2 that are tried, in squared spreads."""
FACTORS = np.exp(np.linspace(-1, 1, 9))
"""Factors on the estimated variance of the noise that are tried."""


class Curves(NamedTuple):
    """The fitted curves.

    Attributes:
        smooth: posterior mean of the states, [R, T, m].
        evidence: log marginal likelihood of each trajectory, [R], in nats; the density is that of
            states in units of the spread.
        time_scale: the shortest time scale tau of a coordinate, in samples.
    """

    smooth: np.ndarray
    evidence: np.ndarray
    time_scale: float


def fit_curves(z: np.ndarray, noise: np.ndarray, least: float) -> Curves:
    """Fit the curves to states z [R, T, m].

    Args:
        z: states [R, T, m], in units of the spread.
        noise: estimated variance of the noise, [m].
        least: least variance of the noise.
    """
    trajectories, samples, m = z.shape
    t = np.arange(samples)
    tried = np.maximum(np.outer(noise, FACTORS), least)  # [m, F]
    best, scales = np.full(m, -np.inf), np.zeros(m)
    chosen: list[tuple[np.ndarray, float]] = [(np.eye(samples), 1.0)] * m
    for tau in np.geomspace(0.7, max(samples, 2), TIMES):
        kernel = np.exp(-0.5 * ((t[:, None] - t) / tau) ** 2)
        for scale in SCALES:
            covariance = scale * kernel + 1.0
            values, axes = np.linalg.eigh(covariance)
            power = ((z.reshape(-1, samples, m).swapaxes(1, 2) @ axes) ** 2).sum(0)  # [m, T]
            v = np.maximum(values, 0.0) + tried[..., None]  # [m, F, T]
            logs = -0.5 * (trajectories * np.log(2 * np.pi * v) + power[:, None] / v).sum(-1)
            for k in np.flatnonzero(logs.max(1) > best):
                best[k] = logs[k].max()
                chosen[k] = (covariance, tried[k, logs[k].argmax()])
                scales[k] = tau
    smooth, evidence = np.empty_like(z), np.zeros(trajectories)
    for k, (covariance, variance) in enumerate(chosen):
        values, axes = np.linalg.eigh(covariance)
        v = np.maximum(values, 0.0) + variance
        along = z[..., k] @ axes
        smooth[..., k] = along * (1 - variance / v) @ axes.T
        evidence -= 0.5 * (np.log(2 * np.pi * v) + along**2 / v).sum(1)
    return Curves(smooth, evidence, float(scales.min()))
