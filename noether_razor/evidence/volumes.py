"""Small linear algebra at many states at once: spans of gradients, and log determinants.

States are the last axis. So every step works on all states at once. A linear algebra library would
be called for each state.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

LEAST = 1e-6
"""Gradients that are shorter than this span nothing."""


def orthonormal(rows: jax.Array, same: float) -> jax.Array:
    """Orthonormal rows [k, m, N] that span the same space as the given rows at each of N states.

    Args:
        rows: [k, m, N].
        same: rows of unit length that differ by less than this count as one.
    """
    rows = rows / jnp.maximum(jnp.linalg.norm(rows, axis=1, keepdims=True), LEAST)
    gram = (rows[:, None] * rows).sum(2)
    found: list[jax.Array] = []
    for i in range(len(rows)):  # one column of the Cholesky factor of the Gram matrix at a time
        pivot = jnp.sqrt(gram[i, i] + same**2)
        found.append(rows[i] / pivot)
        factors = gram[:, i] / pivot
        rows = rows - factors[:, None] * found[-1]
        gram = gram - factors[:, None] * factors
    return jnp.stack(found) if found else rows


def beyond(rows: jax.Array, span: jax.Array) -> jax.Array:
    """The part of rows [K, m, N] that is orthogonal to the orthonormal rows `span` [k, m, N]."""
    inside = (rows[:, None] * span).sum(2)
    return rows - (inside[:, :, None] * span).sum(1)


@jax.custom_vjp
def log_det(matrices: jax.Array) -> jax.Array:
    """Log of the absolute value of the determinants of symmetric matrices [K, K, N], [N]."""
    return _swept(matrices)[0]


def _swept(matrices: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The log determinants and the inverses; one row and column is swept out after the other."""
    total = jnp.zeros_like(matrices[0, 0])
    for i in range(len(matrices)):
        row = matrices[i]
        pivot = row[i]
        total = total + jnp.log(jnp.abs(pivot))
        scaled = row / pivot
        matrices = matrices - row[:, None] * scaled
        matrices = matrices.at[i].set(scaled).at[:, i].set(scaled).at[i, i].set(-1 / pivot)
    return total, -matrices


log_det.defvjp(_swept, lambda inverse, slope: (slope * inverse,))
