"""Learned functions as functions of the true ones, by kernel ridge regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.discovery.rank import CONSERVED
from noether_razor.investigate_functions import FunctionInvestigation
from noether_razor.measure import Data
from noether_razor.systems import System

STATES = 1500
"""To regress on, and as many to tell how well."""
RIDGE = 1e-6


@dataclass(frozen=True)
class Explained:
    """What the true functions say of K learned ones.

    Attributes:
        system: whose functions they are.
        known: values of the true functions at the states regressed on, sorted, [N, m].
        inputs: their ranks, [N, m], in the order of the states.
        width: of the Gaussian kernel, squared.
        weights, mean: of the regression, [N, K] and [K].
        r_squared: on states that were not regressed on, [K].
    """

    system: System
    known: np.ndarray
    inputs: np.ndarray
    width: float
    weights: np.ndarray
    mean: np.ndarray
    r_squared: Sequence[float]

    def __call__(self, states: np.ndarray) -> np.ndarray:
        """The learned functions [N, K] as the true ones have them at states [N, 2n]."""
        kernel = _kernel(_ranks(self.known, _true(self.system, states)), self.inputs, self.width)
        return self.mean + kernel @ self.weights


def explain(system: System, found: FunctionInvestigation, data: Data) -> Explained:
    """Regress every learned function on the true ones, on held-out states."""
    flat = np.asarray(data.test_paths.states, float).reshape(-1, data.test_paths.states.shape[-1])
    some = flat[np.random.default_rng(0).permutation(len(flat))[: 2 * STATES]]
    values = values_of(found, some)
    true, half = _true(system, some), len(some) // 2
    known = np.sort(true[:half], axis=0)
    inputs, apart = _ranks(known, true[:half]), _ranks(known, true[half:])
    width = float(np.median(np.sum((inputs[:, None] - inputs[None]) ** 2, -1)) / 4)
    mean = values[:half].mean(0)
    ridged = _kernel(inputs, inputs, width) + RIDGE * np.eye(half)
    weights = np.linalg.solve(ridged, values[:half] - mean)
    left = values[half:] - mean - _kernel(apart, inputs, width) @ weights
    share = 1 - left.var(0) / values[half:].var(0)
    return Explained(system, known, inputs, width, weights, mean, [float(r) for r in share])


def values_of(found: FunctionInvestigation, states: np.ndarray) -> np.ndarray:
    """All learned functions at states [N, 2n], conserved or not: [N, K]."""
    points = jnp.asarray(states, jnp.result_type(float))
    return np.asarray(jax.vmap(found.functions.value)(points), float)


def conserved(found: FunctionInvestigation) -> list[int]:
    """The places of the conserved functions among the learned ones."""
    return [k for k, d in enumerate(found.discovery.directions) if d.verdict == CONSERVED]


def _true(system: System, states: np.ndarray) -> np.ndarray:
    points = jnp.asarray(states, jnp.result_type(float))
    each: list[Any] = [jax.vmap(f)(points) for f in system.invariants.values()]
    return np.stack([np.asarray(one, float) for one in each], 1)


def _ranks(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Where values [N, m] stand among the known ones [M, m], from -1/2 to 1/2.

    Ranks, as invariants may have long tails.
    """
    places = np.linspace(-0.5, 0.5, len(known))
    return np.stack(
        [np.interp(v, k, places) for v, k in zip(values.T, known.T, strict=True)], axis=1
    )


def _kernel(some: np.ndarray, others: np.ndarray, width: float) -> np.ndarray:
    squares = np.sum((some[:, None] - others[None]) ** 2, -1)
    return np.exp(-squares / (2 * width))
