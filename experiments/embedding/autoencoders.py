"""An autoencoder and a variational one, with a decoder of given size, trained in one scan."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from noether_razor.base.types import Key, Scalar
from noether_razor.embedding.maps import Perceptron


class Pair(nnx.Module):
    """Encoder and decoder, one hidden layer each, and the logarithm of the noise."""

    def __init__(self, D: int, d: int, hidden: int, outputs: int, rngs: nnx.Rngs):
        self.encoder = Perceptron([D, hidden], outputs * d, "tanh", rngs)
        self.decoder = Perceptron([d, hidden], D, "tanh", rngs)
        self.offset = nnx.Param(jnp.zeros(D))
        self.log_noise = nnx.Param(jnp.zeros(()))


class Trained(NamedTuple):
    """A trained pair: the encoder's means of x [N, D], and the decoder's images of z [N, d]."""

    pair: Pair
    d: int

    def encode(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.pair.encoder(jnp.asarray(x)))[:, : self.d]

    def decode(self, z: np.ndarray) -> np.ndarray:
        return np.asarray(self.pair.decoder(jnp.asarray(z)) + self.pair.offset[...])


def hidden_units(parameters: int, d: int, D: int) -> int:
    """Number of hidden units with which a decoder has about `parameters` parameters."""
    return max(2, round((parameters - D) / (d + 1 + D)))


def train(key: Key, x: np.ndarray, d: int, hidden: int, steps: int, variational: bool) -> Trained:
    """Train with Adam on all of x [N, D] at once; the learning rate decays as a cosine.

    The autoencoder minimises the squared error. The variational autoencoder minimises the negative
    evidence lower bound. Its prior is N(0, I), and it learns one noise for all coordinates.
    """
    init_key, key = jax.random.split(key)
    pair = Pair(x.shape[1], d, hidden, 2 if variational else 1, nnx.Rngs(init_key))
    graph, weights = nnx.split(pair)
    weights = _train(graph, weights, key, jnp.asarray(x), d, steps, variational)
    return Trained(nnx.merge(graph, weights), d)


@partial(jax.jit, static_argnames=("graph", "d", "steps", "variational"))
def _train(
    graph: Any, weights: Any, key: Key, x: jax.Array, d: int, steps: int, variational: bool
) -> Any:
    optimiser = optax.adam(optax.cosine_decay_schedule(1e-2, steps))
    loss = _bound if variational else _error

    def step(carry: tuple, key: Key) -> tuple:
        weights, state = carry
        gradient = jax.grad(lambda w: loss(nnx.merge(graph, w), x, d, key))(weights)
        updates, state = optimiser.update(gradient, state)
        return (optax.apply_updates(weights, updates), state), None

    keys = jax.random.split(key, steps)
    (weights, _), _ = jax.lax.scan(step, (weights, optimiser.init(weights)), keys)
    return weights


def _error(pair: Pair, x: jax.Array, d: int, key: Key) -> Scalar:
    return jnp.mean(jnp.sum((pair.decoder(pair.encoder(x)) + pair.offset[...] - x) ** 2, axis=1))


def _bound(pair: Pair, x: jax.Array, d: int, key: Key) -> Scalar:
    mean, log_scale = jnp.split(pair.encoder(x), [d], axis=1)
    z = mean + jnp.exp(log_scale) * jax.random.normal(key, mean.shape)
    squares = jnp.sum((pair.decoder(z) + pair.offset[...] - x) ** 2, axis=1)
    log_noise = pair.log_noise[...]
    misfit = squares / (2 * jnp.exp(2 * log_noise)) + x.shape[1] * log_noise
    divergence = jnp.sum((mean**2 + jnp.exp(2 * log_scale) - 1) / 2 - log_scale, axis=1)
    return jnp.mean(misfit + divergence)
