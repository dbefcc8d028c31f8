"""Giving the candidates their size back between two rounds of a fit.

A true direction that adds no evidence, because others have taken it all, is not pulled either way:
it stays as large as it is. A false one shrinks until its orbit blurs the dynamics no more than the
network can undo. So the small directions of the candidates' span are a mixture of both. Made large
again, the true part stays and the false part shrinks anew: every round leaves less of it.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from noether_razor._types import State
from noether_razor.conserved import Quadratic


def revive(coefficients: jax.Array, spread: State, size: float) -> jax.Array:
    """The same candidates, every direction of their span at least so large.

    Singular values of the stacked candidates below `size` become `size`; the others, and all
    directions, stay.

    Args:
        coefficients: of K candidates, in units of the spread, [K, D].
        spread: of every coordinate, [2n].
        size: in the model's own units, where forces change over lengths of about one; in units of
            the spread, a rotation and a push would be the same however far the bodies are apart.

    Returns:
        Coefficients in units of the spread, [K, D].
    """
    dimension = len(spread)
    candidates = Quadratic.from_coefficients(coefficients, dimension).rescale(1 / spread)
    left, values, right = jnp.linalg.svd(candidates.coefficients(), full_matrices=False)
    larger = (left * jnp.maximum(values, size)) @ right
    return Quadratic.from_coefficients(larger, dimension).rescale(spread).coefficients()
