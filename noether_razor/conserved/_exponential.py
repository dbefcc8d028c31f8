"""The exponential of a small matrix, as two short loops."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from noether_razor.base.types import StateMatrix

SMALL = 2.0
"""Norm up to which the series is summed; larger matrices are halved first."""


def matrix_exponential(A: StateMatrix) -> StateMatrix:
    """exp(A) of [m, m], by halving, Taylor's series and squaring; NaN if A is too large.

    `jax.scipy.linalg.expm` has rational approximations of several orders and a linear solve. Under
    `vmap` all of them are computed, and they take three times as long to compile.

    Source: Moler and Van Loan, SIAM Review 45 (2003), 3, method 3.
    """
    single = A.dtype == jnp.float32
    terms, squarings = (13, 7) if single else (24, 9)
    size = jax.lax.stop_gradient(jnp.max(jnp.sum(jnp.abs(A), -1)))
    halvings = jnp.ceil(jnp.log2(jnp.maximum(size / SMALL, 1)))
    small = A * 2.0**-halvings
    identity = jnp.eye(len(A), dtype=A.dtype)

    def term(total: StateMatrix, k: jax.Array) -> tuple[StateMatrix, None]:
        return identity + small @ total / k, None

    def square(power: StateMatrix, i: jax.Array) -> tuple[StateMatrix, None]:
        return jnp.where(i < halvings, power @ power, power), None

    power, _ = jax.lax.scan(term, identity, jnp.arange(terms, 0, -1, dtype=A.dtype))
    power, _ = jax.lax.scan(square, power, jnp.arange(squarings, dtype=A.dtype))
    return jnp.where(halvings <= squarings, power, jnp.nan)
