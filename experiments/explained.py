"""Learned functions as functions of the true ones, by kernel ridge regression.

A conserved function has one value a trajectory, so the regression is on means over trajectories:
many short ones, of which neither the functions nor anything else was learned. How well it does is
asked of every state of the held-out ones.

A conserved function may have one value here and another there, where the true ones agree: on parts
of a level set that no motion connects. It is no function of the true ones then, yet its gradient
is a combination of theirs at every state. So that is asked too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import solve
from scipy.spatial.distance import cdist

from noether_razor.discovery.rank import CONSERVED
from noether_razor.investigate_functions import FunctionInvestigation
from noether_razor.proposals.functions import values_along
from noether_razor.proposals.independence import COMPARED, gradients
from noether_razor.proposals.quadratics import canonical_spread
from noether_razor.systems import System
from noether_razor.trajectories import Trajectories

Kernel = Callable[[np.ndarray], np.ndarray]
"""Of distances in units of its width."""


def gaussian(apart: np.ndarray) -> np.ndarray:
    """For smooth functions."""
    return np.exp(-(apart**2) / 2)


def matern(apart: np.ndarray) -> np.ndarray:
    """For functions that are twice differentiable and no more."""
    apart = 5**0.5 * apart
    return (1 + apart + apart**2 / 3) * np.exp(-apart)


KERNELS = (gaussian, matern)
WIDTHS = (0.3, 0.6, 1.0, 2.0, 4.0)
"""Of a kernel, in units of the typical distance of two trajectories."""
RIDGES = (1e-8, 1e-6, 1e-4, 1e-2)
NARROWEST = 0.1
"""No direction of the inputs counts as narrower than so much of the widest."""
PARALLEL = 1e-6
"""Gradients of unit length span nothing in a direction where their singular value is below this."""
LEFT_OUT = 4
"""One in so many of the trajectories chooses among these, for every function by itself."""


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
        """On inputs [N, m] and targets [N, K]."""
        matrix = kernel(cdist(inputs, inputs) / width) + ridge * np.eye(len(inputs))
        means = targets.mean(0)
        weights = solve(matrix, targets - means, assume_a="pos", overwrite_a=True)
        return cls(inputs, kernel, width, weights, means)

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The values [N, K] at inputs [N, m]."""
        return self.means + self.kernel(cdist(inputs, self.inputs) / self.width) @ self.weights

    def only(self, k: int) -> Regression:
        """Of one of them."""
        return replace(self, weights=self.weights[:, k : k + 1], means=self.means[k : k + 1])


@dataclass(frozen=True)
class Inputs:
    """Values of m functions with their tails drawn in, and as wide in every direction.

    Attributes:
        centre, scale: median of each and of its deviation from that, [m].
        mean, axes: of what has its tails drawn in, [m]; to coordinates of unit variance, [m, m].
    """

    centre: np.ndarray
    scale: np.ndarray
    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Inputs:
        """By values [N, m] on many trajectories."""
        centre = np.median(values, 0)
        scale = np.maximum(np.median(np.abs(values - centre), 0), np.finfo(float).tiny)
        drawn = _drawn_in(values, centre, scale)
        variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(drawn.T)))
        wide = np.sqrt(np.maximum(variances, NARROWEST**2 * variances[-1] + np.finfo(float).tiny))
        return cls(centre, scale, drawn.mean(0), axes / wide)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """What is regressed on, [N, m], of values [N, m]."""
        return (_drawn_in(values, self.centre, self.scale) - self.mean) @ self.axes


@dataclass(frozen=True)
class Explained:
    """What the true functions say of K learned ones.

    Attributes:
        system: whose functions they are.
        inputs: what is regressed on, of values of the true functions.
        regressions: of each learned function on these.
        r_squared: on states of held-out trajectories, [K].
        spanned: share of |grad C|^2 there that gradients of the true functions span, [K].
    """

    system: System
    inputs: Inputs
    regressions: Sequence[Regression]
    r_squared: Sequence[float]
    spanned: Sequence[float]

    def __call__(self, states: np.ndarray) -> np.ndarray:
        """The learned functions [N, K] as the true ones have them at states [N, 2n]."""
        inputs = self.inputs(_true(self.system, states))
        return np.concatenate([regression(inputs) for regression in self.regressions], 1)


def explain(
    system: System, found: FunctionInvestigation, fresh: Trajectories, held_out: Trajectories
) -> Explained:
    """Regress every learned function on the true ones, on fresh trajectories of the system."""
    paths, apart = (np.asarray(p.states, float) for p in (fresh, held_out))
    true = _true(system, paths[:, 0])
    inputs = Inputs.of(true)
    known = inputs(_true(system, apart[:, 0]))
    regressions = _chosen(inputs(true), values_along(found.functions, paths).mean(1))
    r_squared = []
    each = np.moveaxis(values_along(found.functions, apart), -1, 0)
    for regression, values in zip(regressions, each, strict=True):
        left = values - regression(known)
        r_squared.append(float(1 - np.mean(left**2) / values.var()))
    spread = canonical_spread(apart)
    states = apart.reshape(-1, apart.shape[-1])
    states = states[:: max(1, len(states) // COMPARED)]
    slopes = gradients(found.functions, states, spread)
    spanned = shares_spanned(slopes, _true_gradients(system, states) * spread)
    return Explained(system, inputs, regressions, r_squared, spanned)


def shares_spanned(slopes: np.ndarray, others: np.ndarray) -> list[float]:
    """Share of the square of gradients [N, K, 2n] in the span, state by state, of [N, m, 2n]."""
    sizes = np.linalg.norm(others, axis=-1, keepdims=True)
    _, values, axes = np.linalg.svd(
        others / np.maximum(sizes, np.finfo(float).tiny), full_matrices=False
    )
    axes = axes * (values > PARALLEL)[..., None]
    parts = np.einsum("nki,nri->nkr", slopes, axes)
    return list(map(float, (parts**2).sum((0, 2)) / (slopes**2).sum((0, 2))))


def conserved(found: FunctionInvestigation) -> list[int]:
    """The places of the conserved functions among the learned ones."""
    return [k for k, d in enumerate(found.discovery.directions) if d.verdict == CONSERVED]


def _chosen(inputs: np.ndarray, targets: np.ndarray) -> list[Regression]:
    """Of each target, with the kernel, width and ridge that do best for it on some of the rows."""
    typical = float(np.median(cdist(inputs, inputs)))
    apart = np.arange(len(inputs)) % LEFT_OUT == 0
    choices = [(k, width * typical, ridge) for k, width, ridge in product(KERNELS, WIDTHS, RIDGES)]

    def errors(*choice: Any) -> np.ndarray:
        regression = Regression.fit(inputs[~apart], targets[~apart], *choice)
        return np.mean((regression(inputs[apart]) - targets[apart]) ** 2, 0)

    best = np.argmin([errors(*choice) for choice in choices], 0)
    fits = {i: Regression.fit(inputs, targets, *choices[i]) for i in set(best)}
    return [fits[i].only(k) for k, i in enumerate(best)]


def _drawn_in(values: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values [N, m] of which tails grow as logarithms."""
    return np.arcsinh((values - centre) / scale)


def _true_gradients(system: System, states: np.ndarray) -> np.ndarray:
    """Gradients [N, m, 2n] of the true functions, in double precision."""
    with jax.enable_x64(True):
        each = [jax.vmap(jax.grad(f))(jnp.asarray(states)) for f in system.invariants.values()]
        return np.stack([np.asarray(one) for one in each], 1)


def _true(system: System, states: np.ndarray) -> np.ndarray:
    points = jnp.asarray(states, jnp.result_type(float))
    each: list[Any] = [jax.vmap(f)(points) for f in system.invariants.values()]
    return np.stack([np.asarray(one, float) for one in each], 1)
