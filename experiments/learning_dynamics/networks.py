"""Networks in flax with symmetries, due to a normalisation, to rectifiers or to a softmax.

A network maps a whole batch [B, ...] to logits [B, C]. Normalisation is by the statistics of the
batch, without epsilon, so that the scale symmetry is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key
from noether_razor.learning_dynamics.symmetries import Symmetry, rescale, scale, translation
from noether_razor.mechanics.networks import split_network

TINY = 1e-30
"""It is added to a variance, which is zero if a unit has one value in all of a batch."""


def batch_normalised(x: jax.Array) -> jax.Array:
    """Scale each channel (last axis) to mean 0 and variance 1 over all other axes."""
    axes = tuple(range(x.ndim - 1))
    centred = x - jnp.mean(x, axes, keepdims=True)
    return centred * jax.lax.rsqrt(jnp.mean(centred**2, axes, keepdims=True) + TINY)


class NormalisedMLP(nnx.Module):
    """One hidden layer, normalised before the rectifier: each hidden unit has a scale symmetry."""

    def __init__(self, inputs: int, width: int, classes: int, rngs: nnx.Rngs):
        self.hidden = nnx.Linear(inputs, width, use_bias=False, **_options(rngs))
        self.readout = nnx.Linear(width, classes, **_options(rngs))

    def __call__(self, x: jax.Array) -> jax.Array:
        x = x.reshape(len(x), -1)
        return self.readout(nnx.relu(batch_normalised(self.hidden(x))))


class RectifierMLP(nnx.Module):
    """One hidden layer of rectifiers: each hidden unit has a rescale symmetry."""

    def __init__(self, inputs: int, width: int, classes: int, rngs: nnx.Rngs):
        self.hidden = nnx.Linear(inputs, width, **_options(rngs))
        self.readout = nnx.Linear(width, classes, **_options(rngs))

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.readout(nnx.relu(self.hidden(x.reshape(len(x), -1))))


class LinearMLP(nnx.Module):
    """One hidden layer without any nonlinearity: its hidden units have a rotation symmetry."""

    def __init__(self, inputs: int, width: int, classes: int, rngs: nnx.Rngs):
        self.hidden = nnx.Linear(inputs, width, use_bias=False, **_options(rngs))
        self.readout = nnx.Linear(width, classes, use_bias=False, **_options(rngs))

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.readout(self.hidden(x.reshape(len(x), -1)))


class NormalisedConv(nnx.Module):
    """3 x 3 convolutions, each normalised before its rectifier; all but the first halve the image.

    Each filter has a scale symmetry.
    """

    def __init__(self, channels: int, widths: Sequence[int], classes: int, rngs: nnx.Rngs):
        sizes = [channels, *widths]
        self.filters = nnx.List(
            nnx.Conv(
                size, width, (3, 3), strides=1 if i == 0 else 2, use_bias=False, **_options(rngs)
            )
            for i, (size, width) in enumerate(zip(sizes, widths, strict=False))
        )
        self.readout = nnx.Linear(sizes[-1], classes, **_options(rngs))

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self.filters:
            x = nnx.relu(batch_normalised(layer(x)))
        return self.readout(jnp.mean(x, axis=(1, 2)))


class VGG11(nnx.Module):
    """Eight 3 x 3 convolutions, each normalised before its rectifier, some followed by pooling.

    Images are bytes from 0 to 255. Each filter has a scale symmetry.

    Source: Simonyan and Zisserman, ICLR 2015, configuration A.
    """

    POOLED = (0, 1, 3, 5, 7)

    def __init__(self, channels: int, widths: Sequence[int], classes: int, rngs: nnx.Rngs):
        if len(widths) != 8:
            raise InputError(f"width has {len(widths)} entries, expected 8, one a convolution")
        sizes = [channels, *widths]
        self.filters = nnx.List(
            nnx.Conv(size, width, (3, 3), use_bias=False, **_options(rngs))
            for size, width in zip(sizes, widths, strict=False)
        )
        self.readout = nnx.Linear(sizes[-1], classes, **_options(rngs))

    def __call__(self, x: jax.Array) -> jax.Array:
        x = x / 127.5 - 1
        for i, layer in enumerate(self.filters):
            x = nnx.relu(batch_normalised(layer(x)))
            x = nnx.max_pool(x, (2, 2), (2, 2)) if i in self.POOLED else x
        return self.readout(jnp.mean(x, axis=(1, 2)))


HEADS = (
    translation(("readout.kernel", 0), name="head, columns"),
    translation(("readout.bias", None), name="head, bias"),
)
"""Symmetries of adding a number to all logits: one per row of the kernel, one of the bias."""
FILTERS = scale(("hidden.kernel", -1), name="filters")
UNITS = rescale(
    (("hidden.kernel", -1), ("hidden.bias", -1)), (("readout.kernel", 0),), name="hidden units"
)


def filters_of(widths: Sequence[int]) -> tuple[Symmetry, ...]:
    """The scale symmetries of a `NormalisedConv` or `VGG11`, one of each layer."""
    return tuple(
        scale((f"filters.{i}.kernel", -1), name=f"filters {i + 1}") for i in range(len(widths))
    )


NETWORKS: dict[str, Callable[..., nnx.Module]] = {
    "normalised": NormalisedMLP,
    "rectifier": RectifierMLP,
    "linear": LinearMLP,
    "convolutional": NormalisedConv,
    "vgg11": VGG11,
}


def make_network(
    name: str, key: Key, inputs: int, width: Any, classes: int
) -> tuple[Callable, dict[str, jax.Array]]:
    """A network as a function `apply(parameters, x [B, ...])`, and its first parameters by path.

    Args:
        name: one of `NETWORKS`.
        key: key for the first parameters.
        inputs: numbers in a sample; for a convolutional network, channels.
        width: hidden units; for a convolutional network, filters of each layer.
        classes: number of logits.

    Raises:
        InputError: if there is no such network.
    """
    if name not in NETWORKS:
        raise InputError(f"network is {name!r}, expected one of {', '.join(NETWORKS)}")
    return split_network(NETWORKS[name](inputs, width, classes, nnx.Rngs(key)))


def _options(rngs: nnx.Rngs) -> dict[str, Any]:
    return {"param_dtype": jnp.result_type(float), "rngs": rngs}
