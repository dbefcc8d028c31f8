"""Apply a function to many rows, in batches of a fixed size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def map_in_batches(function: Callable[[Any], Any], rows: Any, size: int) -> Any:
    """Apply `function` to every row of a tree of arrays [N, ...], `size` rows at a time.

    `jax.lax.map` would compile the function once more for the rows that are left over. Here the
    last batch is filled up with copies of the first row instead.
    """
    count = len(jax.tree.leaves(rows)[0])
    if count <= size:
        return jax.vmap(function)(rows)
    missing = -count % size

    def filled(leaf: jax.Array) -> jax.Array:
        full = jnp.concatenate([leaf, jnp.repeat(leaf[:1], missing, axis=0)])
        return full.reshape(-1, size, *leaf.shape[1:])

    values = jax.lax.map(jax.vmap(function), jax.tree.map(filled, rows))
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[:count], values)
