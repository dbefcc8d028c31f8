"""Measurement noise of every coordinate, estimated without a model of the dynamics.

Noise is what cannot be predicted from other samples. Two estimates of it are made, and the smaller
one is taken: motion that an estimate does not follow can only make the estimate larger.
"""

from __future__ import annotations

from math import comb

import numpy as np
from scipy.special import ndtri

HIGHEST_ORDER = 10
"""Highest order of the differences. Higher orders follow faster motion, and are less precise."""
NEIGHBOURS = 2
"""Number of samples before a sample, and after it, from which it is predicted linearly."""


def noise_variances(z: np.ndarray) -> np.ndarray:
    """Variance of independent noise in every coordinate, [m].

    Args:
        z: states [R, T, m], in units of their spread.

    Returns:
        The smaller of the two estimates below; 0 where there are fewer than three samples.
    """
    variances = _by_differences(z)
    if z.shape[1] > 2 * NEIGHBOURS + 1 and _enough(z):
        variances = np.minimum(variances, _by_linear_prediction(z))
    return variances


def _by_differences(z: np.ndarray) -> np.ndarray:
    """Estimate from differences of order 1 to `HIGHEST_ORDER`: the least over the orders.

    The k-th difference of white noise of variance s^2 has variance s^2 (2k choose k). The median of
    the absolute differences is used, so that a few fast passages do not count as noise.

    Source: Donoho and Johnstone, Biometrika 81 (1994), 425, for the median; von Neumann, Annals of
    Mathematical Statistics 12 (1941), 367, for the differences.
    """
    estimates, median = [], ndtri(0.75)  # of the absolute value of a standard normal variable
    for order in range(1, min(HIGHEST_ORDER, z.shape[1] - 2) + 1):
        size = np.abs(np.diff(z, n=order, axis=1)).reshape(-1, z.shape[-1])
        estimates.append((np.median(size, axis=0) / median) ** 2 / comb(2 * order, order))
    return np.min(estimates, axis=0) if estimates else np.zeros(z.shape[-1])


def _by_linear_prediction(z: np.ndarray) -> np.ndarray:
    """Estimate from the best linear prediction of a coordinate by the others and nearby samples.

    The residual of coordinate k has variance s_k^2 + sum_j a_kj s_j^2, where a_kj sums the squares
    of the prediction's coefficients on coordinate j. This is solved for all s_j^2. The prediction
    follows motion that is too fast for differences in time, if another coordinate predicts it. For
    instance, the positions before and after predict the momentum.
    """
    m, length = z.shape[-1], z.shape[1]
    shifts = [shift for k in range(1, NEIGHBOURS + 1) for shift in (k, -k)]
    middle, beside = (
        z[:, NEIGHBOURS : length - NEIGHBOURS].reshape(-1, m),
        [z[:, NEIGHBOURS + s : length - NEIGHBOURS + s].reshape(-1, m) for s in shifts],
    )
    everything = np.concatenate([middle, *beside], axis=1)
    everything = everything - everything.mean(0)
    gram = everything.T @ everything
    gram += ROUNDING * np.trace(gram) / len(gram) * np.eye(len(gram))
    freedom = len(middle) - len(gram)
    weights, residuals = np.eye(m), np.empty(m)
    for k in range(m):
        others = np.arange(len(gram)) != k
        a = np.linalg.solve(gram[np.ix_(others, others)], gram[others, k])
        residuals[k] = max(gram[k, k] - gram[others, k] @ a, ROUNDING * gram[k, k]) / freedom
        of_coordinate = np.arange(len(gram))[others] % m
        weights[k] += np.bincount(of_coordinate, a**2, minlength=m)
    # No variance is more than the residual's. The system may be nearly singular on clean data.
    return np.clip(np.linalg.solve(weights, residuals), 0.0, residuals)


ROUNDING = 1e-14
"""Share of the variance below which a residual is rounding."""


def _enough(z: np.ndarray) -> bool:
    """Whether there are several times as many samples as coefficients of a linear prediction."""
    samples = len(z) * (z.shape[1] - 2 * NEIGHBOURS)
    return samples > 5 * (2 * NEIGHBOURS + 1) * z.shape[-1]
