"""Quantities that are networks: one small multilayer perceptron each, evaluated as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from noether_razor.base.trees import tree
from noether_razor.base.types import Coefficients, Key, LinearForms, State
from noether_razor.conserved.flow import Flow
from noether_razor.mechanics.networks import ScalarNetwork, split_network


@tree
@dataclass(frozen=True)
class Neural:
    """C_k(x) = f_k(x / spread), with a network f_k for each of K quantities.

    The activation is tanh: a gradient is then bounded, and no flow escapes in finite time.

    Attributes:
        parameters: parameters of all networks, by name; the leading axis is K.
        spread: unit of every coordinate, [2n].
        network: `apply(parameters of one, x)`.
        steps: number of steps of a flow, of fixed length; None for adaptive steps.
    """

    parameters: dict[str, jax.Array]
    spread: State
    network: Callable[[dict[str, jax.Array], State], jax.Array] = field(metadata={"static": True})
    steps: int | None = field(default=None, metadata={"static": True})

    @staticmethod
    def create(key: Key, spread: State, count: int, width: int = 64, depth: int = 2) -> Neural:
        """K random networks.

        Args:
            key: for the random weights.
            spread: unit of every coordinate, [2n].
            count: K.
            width, depth: width and number of the hidden layers.
        """

        def one(key: Key) -> dict[str, jax.Array]:
            weights_key, bias_key = jax.random.split(key)
            network = ScalarNetwork(len(spread), width, depth, "tanh", nnx.Rngs(weights_key))
            parameters = split_network(network)[1]
            # Without biases a network of tanh is odd, and most quantities are even.
            first = jax.random.normal(bias_key, (width,), parameters["hidden.0.bias"].dtype)
            return parameters | {"hidden.0.bias": 0.5 * first}

        apply, _ = split_network(ScalarNetwork(len(spread), width, depth, "tanh", nnx.Rngs(0)))
        return Neural(jax.vmap(one)(jax.random.split(key, count)), jnp.asarray(spread), apply)

    def value(self, x: State) -> Coefficients:
        return jax.vmap(self.network, (0, None))(
            self.parameters, x / jax.lax.stop_gradient(self.spread)
        )

    def gradient(self, x: State) -> LinearForms:
        slope = jax.vmap(jax.grad(self.network, 1), (0, None))
        spread = jax.lax.stop_gradient(self.spread)
        return slope(self.parameters, x / spread) / spread[None]

    def flow(self, coefficients: Coefficients) -> Any:
        return Flow(self, coefficients, self.steps)

    def rescale(self, units: State) -> Neural:
        """The same functions, in the coordinates x' = x / units."""
        return replace(self, spread=self.spread / units)

    def with_steps(self, steps: int | None) -> Neural:
        """The same functions, with flows of `steps` steps."""
        return replace(self, steps=steps)
