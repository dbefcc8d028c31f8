"""How many quantities are functionally independent: the rank of their gradients, over the data.

C_1 and C_1^2 are uncorrelated enough to be two for any covariance, and one as functions: their
gradients are parallel everywhere. So only directions are compared, state by state. Learned
quantities are conserved only nearly, so their gradients have an error; its size shows in the one
direction where an exact gradient has no part, that of the motion. Some are better learned than
others, so it is asked of each combination of gradients by itself. The error of an energy cannot
show there, as every energy is conserved along its own flow: it must be told.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._batches import map_in_batches

CLEAR = 5.0
"""A singular value counts if it is so many times the error of its combination of gradients."""

COMPARED = 2000
"""States that gradients are compared at."""

LEAST = 0.05
"""Nor does one count below this share of a gradient, however small the error."""


class Independence(NamedTuple):
    """How many of K quantities are independent.

    Attributes:
        rank: that number.
        values: median over states of the singular values of the gradients, all of unit length,
            [min(K, 2n)], descending.
        errors: of each: median of what its combination of gradients has along the motion, and of
            errors that are told.
    """

    rank: int
    values: np.ndarray
    errors: np.ndarray


def independence(
    family: Any, states: np.ndarray, spread: np.ndarray, told: np.ndarray | None = None
) -> Independence:
    """Count the independent ones of a family's K quantities.

    Args:
        family: of K quantities, each conserved at least nearly.
        states: trajectories [R, T, 2n], T >= 3: their differences tell the motion.
        spread: unit of every coordinate, [2n].
        told: relative error of each gradient that is known besides, [K].
    """
    inner, motion = motion_of(states, spread)
    return independent_gradients(gradients(family, inner, spread), motion, told)


def motion_of(states: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where trajectories [R, T, 2n] move, [N, 2n], and in which direction, unit vectors [N, 2n].

    At about `COMPARED` states, if there are more: gradients of an averaged energy take their time.
    """
    motion = (states[:, 2:] - states[:, :-2]).reshape(-1, states.shape[-1]) / spread
    moves = np.linalg.norm(motion, axis=1)
    moving = moves > 1e-6 * max(moves.max(), np.finfo(float).tiny)
    inner = states[:, 1:-1].reshape(-1, states.shape[-1])[moving]
    return some_of(inner), some_of(motion[moving] / moves[moving, None])


def some_of(rows: np.ndarray) -> np.ndarray:
    """About `COMPARED` of rows [N, ...], evenly spaced, if there are more."""
    return rows[:: max(1, len(rows) // COMPARED)]


def gradients(family: Any, states: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Gradients [N, K, 2n] of a family at states [N, 2n], of states in units of the spread."""
    return (
        np.asarray(_gradients(family, jnp.asarray(states, jnp.result_type(float))), float) * spread
    )


@jax.jit
def _gradients(family: Any, states: jax.Array) -> jax.Array:
    return map_in_batches(family.gradient, states, 1024)


def of_unit_length(slopes: np.ndarray) -> np.ndarray:
    """Gradients [..., 2n] with their sizes taken off; zero stays zero."""
    sizes = np.linalg.norm(slopes, axis=-1, keepdims=True)
    return slopes / np.maximum(sizes, np.finfo(float).tiny)


def independent_gradients(
    slopes: np.ndarray, motion: np.ndarray, told: np.ndarray | None = None
) -> Independence:
    """The same from gradients [N, K, 2n] and unit vectors of the motion [N, 2n]."""
    if not slopes.shape[1]:
        return Independence(0, np.zeros(0), np.zeros(0))
    slopes = of_unit_length(slopes)
    combinations, values, _ = np.linalg.svd(slopes, full_matrices=False)
    along = np.einsum("nkm,nm->nk", slopes, motion)
    errors = np.einsum("nki,nk->ni", combinations, along) ** 2
    if told is not None:
        errors += np.einsum("nki,k->ni", combinations**2, told**2)
    errors = np.sqrt(np.median(errors, 0))
    values = np.median(values, 0)
    return Independence(int(np.sum(values > np.maximum(CLEAR * errors, LEAST))), values, errors)
