"""Regress learned functions on the true conserved functions.

A conserved function has one value on each trajectory, so the regression is on means over
trajectories. They are many short trajectories, from which nothing was learned. R^2 is measured on
every state of held-out trajectories. The method is kernel ridge regression. If its error is large,
randomised trees are tried too: any function of a conserved momentum is conserved, even one with a
cliff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import solve
from scipy.spatial.distance import cdist
from sklearn.ensemble import ExtraTreesRegressor

from noether_razor.systems import System

Kernel = Callable[[np.ndarray], np.ndarray]
"""A function of distances in units of its width."""


def gaussian(apart: np.ndarray) -> np.ndarray:
    """The kernel for smooth functions."""
    return np.exp(-(apart**2) / 2)


def matern(apart: np.ndarray) -> np.ndarray:
    """The kernel for functions that are only twice differentiable."""
    apart = 5**0.5 * apart
    return (1 + apart + apart**2 / 3) * np.exp(-apart)


KERNELS = (gaussian, matern)
WIDTHS = (0.3, 0.6, 1.0, 2.0, 4.0)
"""Widths of a kernel, in units of the typical distance of two trajectories."""
RIDGES = (1e-8, 1e-6, 1e-4, 1e-2)
NARROWEST = 0.1
"""Least width that a direction of the inputs counts as, relative to the widest direction."""
MUCH = 0.01
"""Trees are tried if the error on the rows left out exceeds this share of the variance."""
TREES = 300
LEFT_OUT = 4
"""One in this many trajectories is left out; these choose the regression of each function."""


@dataclass(frozen=True)
class Regression:
    """K scalar functions of m inputs: `means + kernel @ weights`, shapes [K] and [N, K]."""

    inputs: np.ndarray
    kernel: Kernel
    width: float
    weights: np.ndarray
    means: np.ndarray

    @classmethod
    def fit(
        cls, inputs: np.ndarray, targets: np.ndarray, kernel: Kernel, width: float, ridge: float
    ) -> Regression:
        """Fit the regression on inputs [N, m] and targets [N, K]."""
        matrix = kernel(cdist(inputs, inputs) / width) + ridge * np.eye(len(inputs))
        means = targets.mean(0)
        weights = solve(matrix, targets - means, assume_a="pos", overwrite_a=True)
        return cls(inputs, kernel, width, weights, means)

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The values [N, K] at inputs [N, m]."""
        return self.means + self.kernel(cdist(inputs, self.inputs) / self.width) @ self.weights

    def only(self, k: int) -> Regression:
        """The regression of the k-th target alone."""
        return replace(self, weights=self.weights[:, k : k + 1], means=self.means[k : k + 1])


@dataclass(frozen=True)
class Inputs:
    """Transform values of m functions: shorten their tails, and make all directions equally wide.

    Attributes:
        centre, scale: median of each function, and of its absolute deviation from it, [m].
        mean: mean of the values with shortened tails, [m].
        axes: map of these values to coordinates of unit variance, [m, m].
    """

    centre: np.ndarray
    scale: np.ndarray
    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Inputs:
        """The transformation for values [N, m] on many trajectories."""
        centre = np.median(values, 0)
        scale = np.maximum(np.median(np.abs(values - centre), 0), np.finfo(float).tiny)
        drawn = _drawn_in(values, centre, scale)
        variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(drawn.T)))
        wide = np.sqrt(np.maximum(variances, NARROWEST**2 * variances[-1] + np.finfo(float).tiny))
        return cls(centre, scale, drawn.mean(0), axes / wide)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The inputs [N, m] of the regression, from values [N, m]."""
        return (_drawn_in(values, self.centre, self.scale) - self.mean) @ self.axes


def regressed(
    system: System,
    functions: Callable[[np.ndarray], np.ndarray],
    paths: np.ndarray,
    apart: np.ndarray,
) -> tuple[list[Callable[[np.ndarray], np.ndarray]], list[float]]:
    """Regressions on the true functions, and R^2 of each.

    Args:
        system: the system that has the true functions.
        functions: gives the values [R, T, K] on states [R, T, 2n].
        paths: states of the trajectories for the regression, [R, T, 2n].
        apart: states of the held-out trajectories for R^2, [R, T, 2n].
    """
    regressions = _chosen(_true(system, paths[:, 0]), functions(paths).mean(1))
    known = _true(system, apart[:, 0])
    r_squared = []
    each = np.moveaxis(functions(apart), -1, 0)
    for regression, values in zip(regressions, each, strict=True):
        left = values - regression(known)
        r_squared.append(float(1 - np.mean(left**2) / values.var()))
    return regressions, r_squared


def _chosen(true: np.ndarray, targets: np.ndarray) -> list[Callable[[np.ndarray], np.ndarray]]:
    """For each target, the regression with the least error on rows that are left out."""
    inputs = Inputs.of(true)
    seen = inputs(true)
    typical = float(np.median(cdist(seen, seen)))
    apart = np.arange(len(true)) % LEFT_OUT == 0
    choices = [(k, width * typical, ridge) for k, width, ridge in product(KERNELS, WIDTHS, RIDGES)]

    def errors(*choice: Any) -> np.ndarray:
        regression = Regression.fit(seen[~apart], targets[~apart], *choice)
        return np.mean((regression(seen[apart]) - targets[apart]) ** 2, 0)

    every = np.array([errors(*choice) for choice in choices])
    best, least = every.argmin(0), every.min(0)
    fits = {i: Regression.fit(seen, targets, *choices[i]) for i in set(best)}
    chosen: list[Callable[[np.ndarray], np.ndarray]] = []
    for k, (i, target) in enumerate(zip(best, targets.T, strict=True)):
        smooth = fits[i].only(k)
        chosen.append(lambda values, smooth=smooth: smooth(inputs(values)))
        if least[k] > MUCH * target.var():
            trees = _trees(true[~apart], target[~apart])(true[apart])[:, 0]
            if np.mean((trees - target[apart]) ** 2) < least[k]:
                chosen[k] = _trees(true, target)
    return chosen


def _trees(inputs: np.ndarray, target: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Fit trees, which are step functions of inputs [N, m], to one target [N]."""
    trees = ExtraTreesRegressor(TREES, random_state=0).fit(inputs, target)
    return lambda inputs: trees.predict(inputs)[:, None]


def _drawn_in(values: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values [N, m], transformed so that their tails grow as logarithms."""
    return np.arcsinh((values - centre) / scale)


def _true(system: System, states: np.ndarray) -> np.ndarray:
    points = jnp.asarray(states, jnp.result_type(float))
    each: list[Any] = [jax.vmap(f)(points) for f in system.invariants.values()]
    return np.stack([np.asarray(one, float) for one in each], 1)
