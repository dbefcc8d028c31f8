"""A list of functions on recorded states: values, gradients, and what noise adds to them."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.batches import map_in_batches
from noether_razor.conserved.features import Features, jacobian

BATCH = 256
"""States at which functions are evaluated together."""


class OnTracks(NamedTuple):
    """D functions on the states of R trajectories of T samples in m coordinates.

    Attributes:
        values: [R, T, D].
        gradients: [R, T, D, m].
    """

    values: jax.Array
    gradients: jax.Array


@partial(jax.jit, static_argnames="functions")
def on_tracks(functions: Features, z: jax.Array) -> OnTracks:
    """Values and gradients of functions on states [R, T, m]."""
    flat = z.reshape(-1, z.shape[-1])
    of_state = lambda x: (functions(x), jacobian(functions, x))  # noqa: E731
    values, gradients = map_in_batches(of_state, flat, BATCH)
    return OnTracks(
        values.reshape(*z.shape[:2], -1), gradients.reshape(*z.shape[:2], -1, z.shape[-1])
    )


@partial(jax.jit, static_argnames="functions")
def curvature_noise(functions: Features, states: jax.Array, noise: jax.Array) -> jax.Array:
    """Second-order part [D, D] of the covariance that noise gives to functions.

    Let H and H' be the matrices of second derivatives of two functions, and s_i the variance of the
    noise of coordinate i. Then the second-order part of their covariance is
    1/2 sum_ij s_i s_j H_ij H'_ij. It is averaged over the states.

    Args:
        functions: D functions of a state.
        states: [N, m].
        noise: variance of the noise of every coordinate, [m].
    """
    root = jnp.sqrt(noise)

    def of_state(x: jax.Array) -> jax.Array:
        scaled = jax.jacfwd(partial(jacobian, functions))(x) * root[:, None] * root
        flat = scaled.reshape(len(scaled), -1)
        return flat @ flat.T / 2

    return map_in_batches(of_state, states, BATCH).mean(0)


def some_states(z: np.ndarray, count: int) -> np.ndarray:
    """About `count` evenly spaced states [N, m] of [R, T, m]."""
    flat = z.reshape(-1, z.shape[-1])
    return flat[:: max(1, len(flat) // count)]


def independent(whiten: np.ndarray, total: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Directions, columns [D, D - k], that are uncorrelated with known ones and with each other.

    Each has variance one.

    Args:
        whiten: makes the functions uncorrelated and of variance 1: whiten total whiten^T is the
            identity, [D, D].
        total: covariance of the functions, [D, D].
        known: coefficients of the known directions, linearly independent rows [k, D].
    """
    known = known.reshape(-1, len(total))  # an empty array may lack its columns
    basis = np.linalg.qr(whiten @ total @ known.T, mode="complete")[0]
    return whiten.T @ basis[:, len(known) :]
