"""A fitted model, and draws from its posterior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from numpyro.distributions.kl import kl_divergence

from noether_razor.base.trees import tree
from noether_razor.base.types import Hamiltonian, Key, Keys, Scalar, State, States
from noether_razor.inference.distributions import EmpiricalBayesNormal
from noether_razor.inference.hamiltonian import symmetrised
from noether_razor.inference.model import LOG_NOISE, Razor, is_random, posterior
from noether_razor.inference.symmetry import (
    combine_elements,
    group_elements,
    sample_opposite_coefficients,
    take_elements,
)
from noether_razor.mechanics.integrate import one_step
from noether_razor.mechanics.phase_space import hamiltonian_vector_field

ELEMENTS, WEIGHTS = 8, 2
"""Group elements, and samples of the weights, that are drawn at once. A multiple of this number is
drawn in several parts, so that nothing new is compiled."""

PARTS = 16
"""A number that needs more parts than this is drawn at once."""


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
        """Noise variance of each observed coordinate, in the model's coordinates, [2n]."""
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
        keys, size = _parts(key, count, ELEMENTS)
        return combine_elements(jnp.concatenate, [_elements(one, self, size) for one in keys])

    def _of_weights(self) -> dict[str, dict[str, jax.Array]]:
        """The guide's parameters for each of the network's parameters, by name."""
        return {
            name: {k: v for k, v in self.parameters.items() if k.startswith(name)}
            for name in self.razor.parameters
        }

    def draws(
        self, key: Key, weights: int = 8, elements: int = 8, *, one_group: bool = False
    ) -> Draws:
        """Independent draws from the posterior; the model predicts with the mean of the draws.

        The network at the mean of the weights is another function, and predicts worse: the
        posterior is wide where this costs the bound little.

        Args:
            key: for the random weights and group elements.
            weights: how many draws of the network's weights.
            elements: how many group elements for each draw of the weights.
            one_group: whether all draws have the same group elements.
        """
        weights_key, elements_key = jax.random.split(key)
        keys, size = _parts(weights_key, weights, WEIGHTS)
        known = self._of_weights()
        drawn = [_weights(one, known, size) for one in keys]
        group_keys = jax.random.split(elements_key, 1 if one_group else weights)
        groups = [self.elements(one, elements) for one in group_keys]
        return Draws(
            jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *drawn),
            combine_elements(jnp.stack, groups * weights if one_group else groups),
            self.razor.network,
        )


@tree
@dataclass(frozen=True)
class Draws:
    """Draws of the symmetrised Hamiltonian; called with a state [2n], it is their mean.

    It is a tree of arrays: a function that is compiled for one fit serves the next.

    Attributes:
        weights: weights of the network, by name, [D, ...].
        elements: a batch of group elements for each draw, or None for a plain network.
        network: `apply(weights, x)`.
    """

    weights: dict[str, jax.Array]
    elements: Any | None
    network: Callable[[dict[str, jax.Array], State], Scalar] = field(metadata={"static": True})

    def __call__(self, x: State) -> Scalar:
        def value(weights: dict[str, jax.Array], elements: Any | None) -> Scalar:
            return self._hamiltonian(weights, elements)(x)

        return jnp.mean(jax.vmap(value, (0, self._axes()))(self.weights, self.elements))

    def each(self, use: Callable[[Hamiltonian], jax.Array]) -> jax.Array:
        """Apply `use` to one draw at a time, to limit the memory, and stack the results."""

        def one(index: jax.Array) -> jax.Array:
            weights = jax.tree.map(lambda leaf: leaf[index], self.weights)
            return use(self._hamiltonian(weights, take_elements(self.elements, index)))

        count = len(jax.tree.leaves(self.weights)[0])
        return jax.lax.map(one, jnp.arange(count))

    def _axes(self) -> Any:
        return None if self.elements is None else self.elements.axes()

    def _hamiltonian(self, weights: dict[str, jax.Array], elements: Any | None) -> Hamiltonian:
        return symmetrised(partial(self.network, weights), elements)


def predict(hamiltonian: Hamiltonian, start: States, dt: float | Scalar, solver: str) -> States:
    """One step from every start [N, 2n]; shape [N, 2n]."""
    field = hamiltonian_vector_field(hamiltonian)
    return jax.vmap(lambda x: one_step(field, x, dt, solver))(start)


def _parts(key: Key, count: int, size: int) -> tuple[Keys, int]:
    """Keys for the parts in which `count` are drawn, and the size of a part."""
    if count % size or count > PARTS * size:
        size = count
    return jax.random.split(key, count // size), size


@partial(jax.jit, static_argnames="count")
def _weights(key: Key, known: dict[str, dict], count: int) -> dict[str, jax.Array]:
    """Draws of the network's parameters from the posterior."""
    weights = {}
    for index, (name, parameters) in enumerate(known.items()):
        if is_random(name):
            draw_key = jax.random.fold_in(key, index)
            weights[name] = posterior(name, parameters).sample(draw_key, (count,))
        else:
            value = parameters[name]
            weights[name] = jnp.broadcast_to(value, (count, *value.shape))
    return weights


@partial(jax.jit, static_argnames="count")
def _elements(key: Key, fitted: Fitted, count: int) -> Any:
    tau = sample_opposite_coefficients(key, count, fitted.razor.count)
    return group_elements(fitted.quantities, tau)
