"""Where the truth is known: the learned generators, and the verdict, held against it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key, Scalar, State
from noether_razor.conserved import Quadratic
from noether_razor.discovery.directions import distance, parallelness
from noether_razor.discovery.result import Direction, Discovery, Quantity
from noether_razor.inference.fitted import Draws
from noether_razor.inference.learn import Learned
from noether_razor.systems import System, stack

MOST_FEATURES = 100
"""Up to so many coefficients a quantity, the singular vectors themselves are kept."""
EXACT = 1e-3
"""Distance of a unit quantity from the true span below which what is printed is the truth."""
REACH, POINTS = 2.5, 41
"""Half-width and points a side of the square over which a learned Hamiltonian is kept."""


class Truth(NamedTuple):
    """A fitted model beside the system that made its data, in the user's coordinates.

    Attributes:
        rank: how many quadratics the system conserves, r.
        values: singular values of the K stacked candidates, descending, [K'].
        parallelness: norm of the projection of each right singular vector on the true span, [K'].
        kept: the same for every direction that the verdict keeps, in units of the data's spread.
        directions: the right singular vectors as rows of coefficients, [K', D]; None where they
            are long.
        exact: how many of the readable quantities lie in the true span to three digits.
        energy: the mean Hamiltonian over `phase_square()`, up to a constant, [Q, P]; None for more
            than one degree of freedom.
    """

    rank: int
    values: list[float]
    parallelness: list[float]
    kept: list[float]
    directions: list[list[float]] | None
    energy: list[list[float]] | None
    exact: int = 0


def compare_with_truth(key: Key, learned: Learned, found: Discovery, system: System) -> Truth:
    """Hold a fitted model and its verdict against the truth.

    Args:
        key: of weights and group elements.
        learned: the model.
        found: what was made of it.
        system: that its data comes from.

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
    spread = np.asarray(found.data["spread"], float)
    conserved = [direction for direction in found.candidates if direction.verdict == "conserved"]
    return Truth(
        rank=len(truth),
        values=_short(values),
        parallelness=_short(true),
        kept=_short(parallelness(*_beside(conserved, system, spread))) if conserved else [],
        directions=_short(rows) if rows.shape[1] <= MOST_FEATURES else None,
        energy=_short(_energy(key, learned)) if n == 1 else None,
        exact=int(np.sum(distance(*_beside(found.quantities, system, spread)) < EXACT)),
    )


def phase_square() -> tuple[np.ndarray, np.ndarray]:
    """The axis of the square, [Q], and its states, [Q, Q, 2]."""
    axis = np.linspace(-REACH, REACH, POINTS)
    return axis, np.stack(np.meshgrid(axis, axis, indexing="ij"), -1)


def _beside(
    some: Sequence[Quantity | Direction], system: System, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of what was found [K, D] and of the truth [r, D], in units of the spread."""
    n = system.degrees_of_freedom
    truth = stack(system.conserved, n)
    if not some:
        return np.zeros((0, 2 * n * n + 3 * n)), np.asarray(truth.coefficients(), float)
    A, b = (np.stack([getattr(one, name) for one in some]) for name in ("A", "b"))
    rows, true = (
        np.asarray(quantities.rescale(spread).coefficients(), float)
        for quantities in (Quadratic(jnp.asarray(A), jnp.asarray(b)), truth)
    )
    return rows, true


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
    """As nested lists, to five digits."""
    array = np.asarray(values, float)
    return np.array([float(f"{v:.5g}") for v in array.flat]).reshape(array.shape).tolist()
