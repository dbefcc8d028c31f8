"""How good a fitted model is on any data: the bound, its terms, and one-step errors."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.batches import map_in_batches
from noether_razor.base.types import Hamiltonian, Key
from noether_razor.data.trajectories import Transitions
from noether_razor.inference.fitted import Draws, Fitted, predict

BATCH = 64
"""Transitions predicted together, each with hundreds of network evaluations."""


class Effort(NamedTuple):
    """Numbers that an evaluation averages over: draws of the weights, and group elements of each.

    Attributes:
        prediction: numbers for the posterior mean Hamiltonian, whose error is reported.
        bound: numbers for the bound.
    """

    prediction: tuple[int, int] = (16, 8)
    bound: tuple[int, int] = (4, 32)


class Evaluation(NamedTuple):
    """The result of an evaluation, per transition; elbo, nll and kl are in nats.

    Attributes:
        elbo: the bound, -(nll + kl).
        nll: expected negative log likelihood.
        kl: KL divergence of the posterior from the prior, divided by the number of training
            transitions.
        mse: mean squared one-step error of each coordinate [2n], of the posterior mean Hamiltonian.
    """

    elbo: float
    nll: float
    kl: float
    mse: np.ndarray


def evaluate(
    key: Key,
    fitted: Fitted,
    data: Transitions,
    *,
    training_size: int,
    effort: Effort = Effort(),  # noqa: B008, an immutable constant
) -> Evaluation:
    """The bound with many group elements, its terms, and the error, on any transitions.

    Args:
        key: for the random weights and group elements.
        fitted: the model.
        data: transitions in the model's coordinates.
        training_size: how many transitions the posterior was trained on; the KL divergence is
            divided by this number.
        effort: how many draws the averages are over.
    """
    mean_key, bound_key = jax.random.split(key)
    mean = fitted.draws(mean_key, *effort.prediction)
    nll, kl = map(float, _bound(fitted, fitted.draws(bound_key, *effort.bound), data))
    kl = kl / training_size
    return Evaluation(-nll - kl, nll, kl, np.asarray(_errors_of_mean(fitted, mean, data)))


def one_step_errors(key: Key, fitted: Fitted, data: Transitions) -> jax.Array:
    """Mean squared one-step error of each coordinate [2n], of the posterior mean Hamiltonian."""
    return _errors_of_mean(fitted, fitted.draws(key, *Effort().prediction), data)


@jax.jit
def _bound(fitted: Fitted, draws: Draws, data: Transitions) -> tuple[jax.Array, jax.Array]:
    """The expected negative log likelihood of a transition, and the whole KL divergence."""
    expected = draws.each(lambda hamiltonian: _errors(fitted, hamiltonian, data)).mean(0)
    variance = fitted.noise_variance
    nll = 0.5 * jnp.sum(expected / variance + jnp.log(2 * jnp.pi * variance))
    return nll, fitted.kl()


def _errors(fitted: Fitted, hamiltonian: Hamiltonian, data: Transitions) -> jax.Array:
    """Mean squared one-step error of each coordinate, [2n]."""

    def squared(transition: tuple[jax.Array, jax.Array]) -> jax.Array:
        start, end = transition
        return (predict(hamiltonian, start[None], data.dt, fitted.razor.solver)[0] - end) ** 2

    return map_in_batches(squared, (data.start, data.end), BATCH).mean(0)


_errors_of_mean = jax.jit(_errors)
