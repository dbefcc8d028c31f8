"""What the stages of a search know: functions found so far, and all functions of these.

They are known twice over. Polynomials of them tell how much of a new function's variance is theirs;
and the span of their gradients tells it of functions of any other shape, of which there is no end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key
from noether_razor.conserved import Combined
from noether_razor.conserved.features import Monomials
from noether_razor.proposals.functions import values_along
from noether_razor.proposals.independence import gradients

TERMS = 60
"""Polynomials of the known functions, at most."""

PLACES = 4096
"""States at which gradients of the known functions are kept."""

COMPARED = 256
"""How many of these states a step compares gradients at."""

PARALLEL = 0.05
"""Mean square sine of its angle with the known gradients from which on a gradient is none of
theirs."""


class Known(NamedTuple):
    """Functions that a network, or each of K, need not learn again.

    Attributes:
        columns: orthonormal, of polynomials of them, by trajectory, [1 or K, R, TERMS].
        places: some states, [N, 2n].
        axes: orthonormal rows that span their gradients there, in units of the spread, or zeros,
            [1 or K, N, 2n, 2n].
    """

    columns: jax.Array
    places: jax.Array
    axes: jax.Array

    def beyond(self, values: jax.Array, rows: jax.Array) -> jax.Array:
        """What the polynomials leave of values [S, K] on some of the trajectories."""
        columns = self.columns[:, rows]
        across = jnp.matrix_transpose(columns)
        square = across @ columns + 1e-6 * jnp.eye(columns.shape[-1], dtype=columns.dtype)
        explained = columns @ jnp.linalg.solve(square, across @ values.T[..., None])
        return values - explained[..., 0].T

    def price(self, key: Key, family: Any, spread: jax.Array) -> jax.Array:
        """What is to pay for gradients in the known span, however they vary within it; a scalar."""
        chosen = jax.random.randint(key, (COMPARED,), 0, len(self.places))
        slopes = jax.vmap(family.gradient, out_axes=1)(self.places[chosen]) * spread  # [K, N, 2n]
        inside = (self.axes[:, chosen] @ slopes[..., None])[..., 0]
        left = jnp.sum(slopes**2, -1) - jnp.sum(inside**2, -1)
        squared_sines = jnp.mean(left / (jnp.sum(slopes**2, -1) + 1e-12), -1)
        return jnp.sum(jnp.log1p(PARALLEL / (jnp.maximum(squared_sines, 0) + 1e-6)))


def known_of(each: Sequence[Sequence[Combined]], states: np.ndarray, spread: np.ndarray) -> Known:
    """Of functions that all networks know, or of K lists that each of K knows.

    Args:
        each: one list, or K.
        states: trajectories [R, T, 2n].
        spread: unit of every coordinate, [2n].
    """
    dtype = jnp.result_type(float)
    flat = states.reshape(-1, states.shape[-1])
    places = flat[np.random.default_rng(0).permutation(len(flat))[:PLACES]]
    columns = np.stack([polynomials(known, states) for known in each])
    axes = np.stack([_axes(known, places, spread) for known in each])
    return Known(*(jnp.asarray(part, dtype) for part in (columns, places, axes)))


def polynomials(known: Sequence[Combined], states: np.ndarray) -> np.ndarray:
    """Orthonormal columns [R, TERMS] that span polynomials of known functions, by trajectory.

    Of as high a degree as leaves `TERMS` of them at most, or half as many as trajectories; the
    constant is the first. Columns that are not needed are zero. What enters of a function is what
    those before it leave of it: a function of them may make up nearly all of it.
    """
    told = np.zeros((len(states), 0))
    for one in known:
        values = values_along(one, states).mean(1)
        basis = _powers(told, min(TERMS, len(states) // 10))
        values = unexplained(basis, values)
        # Tails drawn in, lest the highest powers be of one trajectory.
        told = np.concatenate([told, np.tanh(values / values.std() / 2)], 1)
    basis = _powers(told, min(TERMS, len(states) // 2))
    return np.pad(basis, ((0, 0), (0, TERMS - basis.shape[1])))


def unexplained(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What orthonormal columns [R, M] leave of values [R] or [R, K]."""
    return values - columns @ (columns.T @ values)


def _powers(values: np.ndarray, most: int) -> np.ndarray:
    """An orthonormal basis of polynomials of values [R, m], of `most` terms at most."""
    basis = np.ones((len(values), 1))
    for degree in range(1, most if values.shape[1] else 1):
        monomials = Monomials(values.shape[1], degree)
        powers = np.asarray(jax.vmap(monomials)(jnp.asarray(values)), float)
        if powers.shape[1] >= most:
            break
        basis = np.concatenate([np.ones((len(values), 1)), powers], 1)
    axes, sizes, _ = np.linalg.svd(basis, full_matrices=False)
    return axes[:, sizes > 1e-6 * sizes[0]]


def _axes(known: Sequence[Combined], places: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Orthonormal rows [N, 2n, 2n] that span the gradients of known functions, then zeros."""
    if not known:
        return np.zeros((len(places), len(spread), len(spread)))
    slopes = np.concatenate([gradients(one, places, spread) for one in known], 1)
    rows = np.swapaxes(np.linalg.qr(np.swapaxes(slopes, 1, 2))[0], 1, 2)
    return np.pad(rows, ((0, 0), (0, len(spread) - rows.shape[1]), (0, 0)))
