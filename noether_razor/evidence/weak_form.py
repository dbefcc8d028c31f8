"""First weights of a law of motion, by linear regression on a weak form of x' = F(x; w).

For a function psi that vanishes at both ends, - int psi' x dt = int psi design(x) dt w. So no
derivative of the data is taken.

Source: Messenger and Bortz, "Weak SINDy", Multiscale Modeling and Simulation 19 (2021), 1474.
"""

from __future__ import annotations

import numpy as np

from noether_razor.evidence.fields import Field
from noether_razor.evidence.motion import Law, designs

FREQUENCIES = 12
"""Number of sine functions that are used as psi in the weak form, at most."""


def weak_form(
    field: Field, law: Law, smooth: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, float]:
    """First weights and their prior variance, by linear regression.

    The prior variance and a factor on the noise are chosen on a grid, so that they maximise the
    evidence.

    Args:
        field: the law of motion.
        law: the symplectic form and the units of the weights.
        smooth: smoothed states, [R, T, m].
        noise: variance of the noise of every coordinate, [m].

    Returns:
        The weights in units of `law.scale`, [M], and their common prior variance.
    """
    trajectories, samples, m = smooth.shape
    t = np.linspace(0, 1, samples)
    number = np.arange(1, min(samples - 2, FREQUENCIES) + 1)[:, None]
    trapezoid = np.ones(samples)
    trapezoid[[0, -1]] = 0.5
    test = np.sin(np.pi * number * t) * trapezoid
    slope = np.pi * number / (samples - 1) * np.cos(np.pi * number * t) * trapezoid
    left = -np.einsum("jt,rtk->rjk", slope, smooth)
    # Smoothing and quadrature leave an error as well.
    variance = noise * (slope**2).sum(1)[:, None] + 1e-3 * (left**2).mean(0)
    root = 1 / np.sqrt(variance)
    gram, moment, square = np.zeros((field.count,) * 2), np.zeros(field.count), 0.0
    for some in np.split(np.arange(trajectories), range(20, trajectories, 20)):
        design = law.scale * designs(field, law.J, smooth[some].reshape(-1, m))
        design = design.reshape(len(some), samples, m, -1)
        right = np.einsum("jt,rtkw->rjkw", test, design, optimize=True) * root[..., None]
        right, target = right.reshape(-1, field.count), (left[some] * root).ravel()
        gram += right.T @ right
        moment += right.T @ target
        square += target @ target
    values, axes = np.linalg.eigh(gram)
    values, along = np.maximum(values, 0), axes.T @ moment
    best = (-np.inf, 1.0, 1.0)
    for width in np.exp(np.linspace(-12, 8, 41)):
        for error in np.exp(np.linspace(-3, 8, 45)):
            gain = values * width / error
            misfit = square - (along**2 * width / error / (1 + gain)).sum()
            log = -0.5 * (np.log1p(gain).sum() + left.size * np.log(error) + misfit / error)
            if log > best[0]:
                best = (log, width, error)
    _, width, error = best
    return axes @ (along / (values + error / width)), width
