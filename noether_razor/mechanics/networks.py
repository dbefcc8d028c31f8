"""Scalar functions of a state as flax networks.

Networks are flax nnx modules only where they are made. `split_network` turns a network into a pure
function and its parameters, and the rest of the code uses these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from flax import nnx

from noether_razor.base.errors import InputError
from noether_razor.base.types import Scalar, State

ACTIVATIONS = {
    "silu": nnx.silu,
    "tanh": jnp.tanh,
    "softplus": nnx.softplus,
}


class ScalarNetwork(nnx.Module):
    """A multilayer perceptron from a state [2n] to one number.

    The last layer has no bias, because a constant that is added to a Hamiltonian or to a conserved
    quantity has no effect on the motion.

    Args:
        dimension: number of coordinates, 2n.
        width, depth: width and number of the hidden layers.
        activation: one of `ACTIVATIONS`.
        rngs: random keys of flax, for the initial parameters.

    Raises:
        InputError: there is no such activation.
    """

    def __init__(self, dimension: int, width: int, depth: int, activation: str, rngs: nnx.Rngs):
        if activation not in ACTIVATIONS:
            raise InputError(
                f"activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}"
            )
        sizes = [dimension, *[width] * depth]
        pairs = zip(sizes, sizes[1:], strict=False)
        dtype = jnp.result_type(float)  # flax would take float32 whatever jax is set to
        self.hidden = nnx.List([nnx.Linear(i, o, param_dtype=dtype, rngs=rngs) for i, o in pairs])
        self.readout = nnx.Linear(width, 1, use_bias=False, param_dtype=dtype, rngs=rngs)
        self.activation = ACTIVATIONS[activation]

    def __call__(self, x: State) -> Scalar:
        for layer in self.hidden:
            x = self.activation(layer(x))
        return self.readout(x)[0]


def split_network(network: nnx.Module) -> tuple[Callable, dict[str, jax.Array]]:
    """A network as a pure function and its parameters.

    Returns:
        `apply(parameters, x)` and the parameters by path (as "hidden.0.kernel"), in order of depth.
    """
    graph, state = nnx.split(network)
    leaves = [(path, leaf.get_value()) for path, leaf in nnx.to_flat_state(state)]
    names = [".".join(map(str, path)) for path, _ in leaves]
    apply = _Apply(graph, tuple(zip(names, (path for path, _ in leaves), strict=True)))
    return apply, {name: value for name, (_, value) in zip(names, leaves, strict=True)}


@dataclass(frozen=True)
class _Apply:
    """A network without its parameters; equal for equal networks, so that jit sees one function."""

    graph: nnx.GraphDef
    paths: tuple[tuple[str, tuple], ...]

    def __call__(self, parameters: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        flat = [(path, nnx.Param(parameters[name])) for name, path in self.paths]
        return nnx.merge(self.graph, nnx.from_flat_state(flat))(x)
