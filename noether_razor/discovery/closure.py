"""Poisson's theorem: the bracket of two conserved quantities is conserved.

Conserved quantities so form an algebra, closed under brackets. The bound need not grow all of it:
flows of some candidates, one after the other, already make up the flows of their brackets. In a
large algebra the last directions therefore stay small, and what noise the candidates have shows
most in them. Brackets of the large ones give the same directions sharply.
"""

from __future__ import annotations

from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.conserved import Quadratic

CLEAR = 0.1
"""Share of the largest bracket below which what brackets add may be what noise makes of them."""

APART = 0.5
"""Distance from a span that a unit direction must have to be another one."""


def bracket_directions(rows: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Directions beyond the span of K quantities that brackets of two of them add.

    Args:
        rows: orthonormal coefficients [K, D], in coordinates divided by the data's spread.
        spread: of every coordinate, in canonical coordinates, [2n].

    Returns:
        Orthonormal rows [m, D], orthogonal to `rows`, the most sharply determined first.

    Source: Arnold, "Mathematical Methods of Classical Mechanics", section 40 (Poisson's theorem).
    """
    first, second = np.array(list(combinations(range(len(rows)), 2)), int).reshape(-1, 2).T
    quantities = Quadratic.from_coefficients(jnp.asarray(rows), len(spread)).rescale(1 / spread)
    some, others = (jax.tree.map(lambda leaf, k=k: leaf[k], quantities) for k in (first, second))
    brackets = np.asarray(some.bracket(others).rescale(spread).coefficients(), float)
    beyond = brackets - (brackets @ rows.T) @ rows
    if not beyond.size:
        return beyond
    _, values, directions = np.linalg.svd(beyond, full_matrices=False)
    return directions[values > CLEAR * np.linalg.norm(brackets, 2)]


def directions_apart(rows: np.ndarray, span: np.ndarray) -> np.ndarray:
    """The part of unit rows [K, D], in their order, outside orthonormal `span` [r, D]; [K', D].

    A row that lies mostly inside, or mostly in the span of those before it, is left out.
    """
    inside = len(span)
    for row in rows:
        outside = row - (row @ span.T) @ span
        if (distance := np.linalg.norm(outside)) > APART:
            span = np.concatenate([span, outside[None] / distance])
    return span[inside:]
