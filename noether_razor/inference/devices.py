"""The particles of the bound, divided among the available devices.

Every device runs the same loop on the same state, with its own particles. Their gradients are
averaged at each step. On one device the same code runs with all particles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "particles"
EVERYWHERE = PartitionSpec()


def device_mesh(particles: int) -> Mesh:
    """A mesh of as many local devices as divide `particles` evenly."""
    devices = jax.local_devices()
    count = max(n for n in range(1, len(devices) + 1) if particles % n == 0)
    return Mesh(np.array(devices[:count]), (AXIS,))


def on_every_device(mesh: Mesh, function: Callable) -> Callable:
    """The function, run on each device with the same arguments; each must give the same result."""
    return jax.shard_map(
        function, mesh=mesh, in_specs=EVERYWHERE, out_specs=EVERYWHERE, check_vma=False
    )


def map_own_share(function: Callable, keys: jax.Array) -> Any:
    """Apply a function to this device's share of the keys, one key after the other."""
    shares = keys.reshape(jax.lax.axis_size(AXIS), -1)
    return jax.lax.map(function, shares[jax.lax.axis_index(AXIS)])


def with_mean_gradients(optimiser: optax.GradientTransformation) -> optax.GradientTransformation:
    """The optimiser, given the mean of the gradients of all devices."""

    def update(gradients: optax.Updates, *rest: Any) -> tuple[optax.Updates, optax.OptState]:
        return optimiser.update(jax.lax.pmean(gradients, AXIS), *rest)

    return optax.GradientTransformation(optimiser.init, update)


def to_every_device(mesh: Mesh, tree: Any) -> Any:
    """Copy arrays to each device."""
    return jax.device_put(tree, NamedSharding(mesh, EVERYWHERE))


def to_one_device(mesh: Mesh, tree: Any) -> Any:
    """Copy arrays that are on each device to the first device alone."""
    return jax.device_put(tree, mesh.devices.flat[0])
