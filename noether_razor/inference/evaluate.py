"""What a fitted model is worth on any data: the bound, its terms, one-step and rollout errors."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.distributions.kl import kl_divergence

from noether_razor._types import Hamiltonian, Key
from noether_razor.hamiltonian import symmetrised
from noether_razor.inference.distributions import EmpiricalBayesNormal
from noether_razor.inference.model import LOG_NOISE, Razor, is_random, posterior
from noether_razor.integrate import one_step
from noether_razor.phase_space import hamiltonian_vector_field
from noether_razor.symmetry import group_elements, sample_opposite_coefficients
from noether_razor.trajectories import Transitions

PREDICTION = {"draws": 16, "elements": 8}
"""Of the posterior mean Hamiltonian, where its errors are reported."""

BATCH = 64
"""Transitions predicted together, each with hundreds of network evaluations."""


class Evaluation(NamedTuple):
    """Per transition, in nats where it is a probability.

    Attributes:
        elbo: the bound, nll + kl with the sign turned.
        nll: expected negative log likelihood.
        kl: KL divergence from prior to posterior, over the training transitions.
        mse: mean squared one-step error of each coordinate [2n], of the posterior mean Hamiltonian.
    """

    elbo: float
    nll: float
    kl: float
    mse: np.ndarray


class Fitted(NamedTuple):
    """A razor with the parameters of its model and guide."""

    razor: Razor
    parameters: dict[str, Any]

    @property
    def quantities(self) -> Any | None:
        """The family of learned (or built-in) quantities, in the model's coordinates."""
        if self.razor.family is None:
            return None
        return self.razor.family(self.parameters.get("quantities", self.razor.quantities))

    @property
    def noise_variance(self) -> jax.Array:
        """Of each observed coordinate, in the model's coordinates, [2n]."""
        return self.razor.noise_variance * jnp.exp(self.parameters.get(LOG_NOISE, 0.0))

    def kl(self) -> jax.Array:
        """KL divergence of the posterior from the prior, in nats."""
        terms = [
            kl_divergence(posterior(name, self.parameters), EmpiricalBayesNormal(weight.shape))
            for name, weight in self.razor.parameters.items()
            if is_random(name)
        ]
        return jnp.sum(jnp.stack(terms))

    def elements(self, key: Key, count: int) -> Any | None:
        """`count` random elements of the learned symmetry; None for a plain network."""
        if self.razor.quantities is None:
            return None
        tau = sample_opposite_coefficients(key, count, self.razor.count)
        return group_elements(self.quantities, tau)

    def weights(self, key: Key) -> dict[str, jax.Array]:
        """The network's parameters: a draw from the posterior."""
        names = self.razor.parameters
        weights = {}
        for index, name in enumerate(names):
            if not is_random(name):
                weights[name] = self.parameters[name]
            else:
                draw_key = jax.random.fold_in(key, index)
                weights[name] = posterior(name, self.parameters).sample(draw_key)
        return weights

    def hamiltonian(self, weights: dict[str, jax.Array], elements: Any | None) -> Hamiltonian:
        """The symmetrised Hamiltonian with these weights and group elements."""
        return symmetrised(partial(self.razor.network, weights), elements)

    def mean_hamiltonian(self, key: Key, draws: int = 8, elements: int = 8) -> Hamiltonian:
        """The posterior mean of the symmetrised Hamiltonian: what the model predicts with.

        It is a Monte Carlo mean over weights and group together. The network at the mean of the
        weights is another function, and a worse one: the posterior is wide where that is cheap.

        Args:
            key: of weights and group elements.
            draws: weight draws.
            elements: group elements of each draw.
        """

        def draw(key: Key) -> tuple[dict[str, jax.Array], Any | None]:
            weights_key, elements_key = jax.random.split(key)
            return self.weights(weights_key), self.elements(elements_key, elements)

        drawn = jax.vmap(draw)(jax.random.split(key, draws))
        return lambda x: jnp.mean(jax.vmap(lambda one: self.hamiltonian(*one)(x))(drawn))


def predict(fitted: Fitted, hamiltonian: Hamiltonian, start: jax.Array, dt: float) -> jax.Array:
    """One step from every start [N, 2n]; shape [N, 2n]."""
    field = hamiltonian_vector_field(hamiltonian)
    return jax.vmap(lambda x: one_step(field, x, dt, fitted.razor.solver))(start)


def evaluate(
    key: Key, fitted: Fitted, data: Transitions, *, training_size: int, samples: int = 4
) -> Evaluation:
    """The bound with many group elements, its terms, and the error, on any transitions.

    Args:
        key: of weights and group elements.
        fitted: the model.
        data: transitions in the model's coordinates.
        training_size: how many transitions the posterior was trained on; the KL divergence is
            shared out among them.
        samples: weight draws of the bound, each with 32 group elements.
    """
    mse, nll, kl = _evaluate(key, fitted, data, samples)
    kl = kl / training_size
    return Evaluation(float(-nll - kl), float(nll), float(kl), np.asarray(mse))


@partial(jax.jit, static_argnames="samples")
def _evaluate(
    key: Key, fitted: Fitted, data: Transitions, samples: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    mean_key, bound_key = jax.random.split(key)
    keys = jax.random.split(bound_key, samples)
    errors = partial(_squared_errors, fitted, data)
    expected = jax.lax.map(lambda key: errors(key, draws=1, elements=32), keys).mean(0)
    variance = fitted.noise_variance
    nll = 0.5 * jnp.sum(expected / variance + jnp.log(2 * jnp.pi * variance))
    return errors(mean_key, **PREDICTION), nll, fitted.kl()


@jax.jit
def one_step_errors(key: Key, fitted: Fitted, data: Transitions) -> jax.Array:
    """Mean squared one-step error of each coordinate [2n], of the posterior mean Hamiltonian."""
    return _squared_errors(fitted, data, key, **PREDICTION)


def _squared_errors(
    fitted: Fitted, data: Transitions, key: Key, draws: int, elements: int
) -> jax.Array:
    """Mean squared error of each coordinate [2n], of the mean over draws and group elements."""
    hamiltonian = fitted.mean_hamiltonian(key, draws, elements)

    def squared(transition: tuple[jax.Array, jax.Array]) -> jax.Array:
        start, end = transition
        return (predict(fitted, hamiltonian, start[None], data.dt)[0] - end) ** 2

    return jax.lax.map(squared, (data.start, data.end), batch_size=BATCH).mean(0)
