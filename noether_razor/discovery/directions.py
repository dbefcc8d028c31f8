"""The directions a fitted model is asked about: the span of its candidates, sorted by symmetry.

Learned candidates come mixed. Within their span, and only there, the model's own dynamics tells
true directions from false ones: a symmetry commutes with one step of the flow.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._batches import map_in_batches
from noether_razor._eigen import generalised_eigen
from noether_razor._types import Key, State
from noether_razor.conserved import Quadratic
from noether_razor.inference.fitted import Draws, Fitted
from noether_razor.inference.price import EXTREME
from noether_razor.integrate import one_step
from noether_razor.phase_space import apply_symplectic_form, hamiltonian_vector_field
from noether_razor.trajectories import Transitions

ROUNDING = 1e-6  # of a mean square over states, relative to the largest, in float32


class Directions(NamedTuple):
    """Unit directions in the span of the candidates, the most symmetric first.

    Attributes:
        coefficients: orthonormal rows [K', D], in coordinates divided by the data's spread.
        defect: relative equivariance defect of one step along each, [K'].
        size: learned amplitude along each, [K'].
    """

    coefficients: np.ndarray
    defect: np.ndarray
    size: np.ndarray


def directions(key: Key, fitted: Fitted, data: Transitions, spread: State) -> Directions:
    """Orthonormal directions of the candidates' span, by ascending equivariance defect.

    The defect of C is E|D step(x) xi(x) - xi(step(x))|^2 / E|xi|^2 with xi = J grad C: zero if the
    flow of C commutes with the model's step. It is a quotient of two quadratic forms in C, so a
    generalised eigenproblem sorts the whole span at once. The most extreme tenth of the states is
    left out: where the model is far off, it would mix true with false. A direction that shifts no
    state of the data, as where they have few trajectories, is left out too: they cannot tell.

    Args:
        key: of weights and group elements.
        fitted: a model with learned quantities.
        data: transitions in the model's coordinates; their starts are where the defect is measured.
        spread: of every coordinate in the model's units, [2n].
    """
    learned = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    span = orthonormal_span(learned)
    family = Quadratic.from_coefficients(jnp.asarray(span, data.start.dtype), len(spread))
    defects, moves = _defects(
        fitted.draws(key), family.rescale(1 / spread), data, spread, fitted.razor.solver
    )
    defect, rotation = generalised_eigen(np.asarray(defects), np.asarray(moves), ROUNDING)
    rows = orthonormal_in_order(rotation.T @ span)
    return Directions(rows, defect, np.linalg.norm(learned @ rows.T, axis=0))


@partial(jax.jit, static_argnames="solver")
def _defects(
    mean: Draws, family: Quadratic, data: Transitions, spread: State, solver: str
) -> tuple[jax.Array, jax.Array]:
    """The two quadratic forms of the defect, [K', K'] each: of the change and of the shift."""
    field = hamiltonian_vector_field(mean)

    def shift(x: State) -> jax.Array:
        return apply_symplectic_form(family.gradient(x))

    def forms(x: State) -> tuple[jax.Array, jax.Array]:
        step = partial(one_step, field, dt=data.dt, solver=solver)
        end, tangent = step(x), jax.jacfwd(step)(x)
        before, after = shift(x), shift(end)
        defect = (before @ tangent.T - after) / spread
        moved = before / spread
        return defect @ defect.T, moved @ moved.T

    changes, shifts = map_in_batches(forms, data.start, 64)
    size = jnp.trace(changes, axis1=1, axis2=2)
    ordinary = jnp.argsort(size)[: max(1, round(len(size) * (1 - EXTREME)))]
    return changes[ordinary].mean(0), shifts[ordinary].mean(0)


def orthonormal_span(rows: np.ndarray, tolerance: float = 1e-3) -> np.ndarray:
    """An orthonormal basis of the span of rows [K, D], whatever their sizes; shape [K', D].

    Directions that hold less than `tolerance` of the largest are taken for rounding.
    """
    _, values, basis = np.linalg.svd(_unit(rows), full_matrices=False)
    return basis[values > tolerance * values[0]]


def orthonormal_in_order(rows: np.ndarray) -> np.ndarray:
    """Gram-Schmidt: the first rows keep their span, each later one its new part."""
    q, r = np.linalg.qr(_unit(rows).T)
    return (q * np.sign(np.diagonal(r))).T


def parallelness(rows: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Norm of the projection of each row [K, D], made unit, on the span of `truth` [r, D]; [K].

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 5.
    """
    span = orthonormal_span(truth) if len(truth) else truth
    return np.linalg.norm(_unit(rows) @ span.T, axis=1)


def distance(rows: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Distance of each row [K, D], made unit, from the span of `truth` [r, D]; [K]."""
    span = orthonormal_span(truth) if len(truth) else truth
    return np.linalg.norm(_unit(rows) - (_unit(rows) @ span.T) @ span, axis=1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
