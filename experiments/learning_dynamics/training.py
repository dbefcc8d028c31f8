"""Training with logs: mini-batches, any optax optimiser, one scan over all steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from noether_razor.base.types import Key, Scalar

Apply = Callable[[Any, jax.Array], jax.Array]
"""apply(parameters, x [B, ...]) -> logits [B, C]."""


class Samples(NamedTuple):
    """Inputs [N, ...] and their labels [N]."""

    x: jax.Array
    y: jax.Array


def cross_entropy(apply: Apply) -> Callable[[Any, Samples], Scalar]:
    """The mean cross entropy of a batch, in nats."""

    def loss(parameters: Any, batch: Samples) -> Scalar:
        logits = apply(parameters, batch.x)
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, batch.y))

    return loss


def accuracy(apply: Apply, parameters: Any, samples: Samples) -> Scalar:
    """The share of samples whose largest logit is their label's."""
    return jnp.mean(jnp.argmax(apply(parameters, samples.x), axis=-1) == samples.y)


def accuracy_by_batches(apply: Apply, parameters: Any, samples: Samples, batch: int) -> Scalar:
    """The accuracy over batches of one size, since normalisation depends on the batch.

    Samples that do not fill a batch are left out.
    """
    batch = min(batch, len(samples.x))
    count = len(samples.x) // batch

    def cut(array: jax.Array) -> jax.Array:
        return array[: count * batch].reshape(count, batch, *array.shape[1:])

    parts = Samples(cut(samples.x), cut(samples.y))
    return jnp.mean(jax.lax.map(lambda part: accuracy(apply, parameters, part), parts))


def train(
    key: Key,
    loss: Callable[[Any, Samples], Scalar],
    parameters: Any,
    data: Samples,
    optimiser: optax.GradientTransformation,
    steps: int,
    batch: int,
    log: Callable[[Any, Any, Scalar], Any],
) -> tuple[Any, Any]:
    """Train and keep what `log` sees after each step.

    Args:
        key: key for the mini-batches.
        loss: function of the parameters and a batch.
        parameters: the first parameters, a pytree.
        data: N samples.
        optimiser: an optax optimiser.
        steps: number of steps.
        batch: samples per step, without repetition; with N, each batch is all data in order.
        log: (parameters after the step, state of the optimiser, loss before the step) -> a pytree.

    Returns:
        The last parameters, and what was logged, stacked over steps.
    """

    def step(carry: tuple[Any, Any], key: Key) -> tuple[tuple[Any, Any], Any]:
        parameters, state = carry
        value, gradients = jax.value_and_grad(loss)(parameters, draw(key, data, batch))
        updates, state = optimiser.update(gradients, state, parameters)
        parameters = optax.apply_updates(parameters, updates)
        return (parameters, state), log(parameters, state, value)

    carry = parameters, optimiser.init(parameters)
    (parameters, _), logs = jax.lax.scan(step, carry, jax.random.split(key, steps))
    return parameters, logs


def draw(key: Key, data: Samples, batch: int) -> Samples:
    """A mini-batch without repetition; all the data if it is as large."""
    count = len(data.x)
    if batch == count:
        return data
    rows = jax.lax.top_k(jax.random.uniform(key, (count,)), batch)[1]
    return Samples(data.x[rows], data.y[rows])
