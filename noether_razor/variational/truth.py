"""Compare the learned generators with the true ones, where these are known."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Key, Scalar, State
from noether_razor.describe.directions import parallelness
from noether_razor.inference.fitted import Draws
from noether_razor.inference.learn import Learned
from noether_razor.systems import System, stack

MOST_FEATURES = 100
"""The singular vectors themselves are kept if a quantity has at most this many coefficients."""
REACH, POINTS = 2.5, 41
"""Half-width, and points on each side, of the square on which a learned Hamiltonian is kept."""


class Truth(NamedTuple):
    """A fitted model beside the system that made its data, in the user's coordinates.

    Attributes:
        rank: how many quadratics the system conserves, r.
        values: singular values of the K stacked candidates, descending, [K'].
        parallelness: norm of the projection of each right singular vector on the true span, [K'].
        directions: the right singular vectors as rows of coefficients, [K', D]; None if D is more
            than `MOST_FEATURES`.
        energy: the mean Hamiltonian over `phase_square()`, up to a constant, [Q, P]; None for more
            than one degree of freedom.
    """

    rank: int
    values: list[float]
    parallelness: list[float]
    directions: list[list[float]] | None
    energy: list[list[float]] | None


def compare_with_truth(key: Key, learned: Learned, system: System) -> Truth:
    """Compare a fitted model with the truth.

    Args:
        key: for the random weights and group elements.
        learned: the model.
        system: the system that its data come from.

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 5 and figures 2 to 4.
    """
    problem, fitted = learned
    n = system.degrees_of_freedom
    truth = np.asarray(stack(system.conserved, n).coefficients(), float)
    values, true, rows = np.zeros(0), np.zeros(0), np.zeros((0, truth.shape[1]))
    if fitted.quantities is not None:
        in_users = fitted.quantities.rescale(1 / problem.scaling.units(n))
        coefficients = np.asarray(in_users.coefficients(), float)
        _, values, rows = np.linalg.svd(coefficients, full_matrices=False)
        true = parallelness(rows, truth)
    return Truth(
        rank=len(truth),
        values=_short(values),
        parallelness=_short(true),
        directions=_short(rows) if rows.shape[1] <= MOST_FEATURES else None,
        energy=_short(_energy(key, learned)) if n == 1 else None,
    )


def phase_square() -> tuple[np.ndarray, np.ndarray]:
    """The axis of the square, [Q], and its states, [Q, Q, 2]."""
    axis = np.linspace(-REACH, REACH, POINTS)
    return axis, np.stack(np.meshgrid(axis, axis, indexing="ij"), -1)


def _energy(key: Key, learned: Learned) -> np.ndarray:
    problem, fitted = learned
    states = problem.scaling.scale(jnp.asarray(phase_square()[1], problem.spread.dtype))
    values = _values(fitted.draws(key, 32, 32), states)
    return np.asarray(values, float) * problem.scaling.energy


@jax.jit
@partial(jax.vmap, in_axes=(None, 0))
@partial(jax.vmap, in_axes=(None, 0))
def _values(hamiltonian: Draws, x: State) -> Scalar:
    return hamiltonian(x)


def _short(values: np.ndarray) -> list:
    """The values as nested lists, to five digits."""
    array = np.asarray(values, float)
    return np.array([float(f"{v:.5g}") for v in array.flat]).reshape(array.shape).tolist()
