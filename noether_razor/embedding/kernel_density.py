"""A kernel density of data, whose bandwidth held-out data choose."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.embedding.densities import Mixture
from noether_razor.errors import InputError

WIDTHS = np.geomspace(0.02, 1.0, 30)
"""Bandwidths that are tried, in units of the data's root mean square deviation."""


def kernel_density(train: jax.Array, held_out: jax.Array) -> Mixture:
    """Equal Gaussians on the training data, of the width under which held-out data are likeliest.

    Args:
        train: centres [M, D].
        held_out: points [N, D] to choose the width by.

    Raises:
        InputError: no points, or points that are all the same.
    """
    train, held_out = jnp.asarray(train), jnp.asarray(held_out)
    if not len(train) or not len(held_out):
        raise InputError(
            f"kernel density of {len(train)} points, {len(held_out)} held out: expected at least "
            "one of each"
        )
    spread = jnp.sqrt(jnp.mean((train - train.mean(0)) ** 2))
    if not spread > 0:
        raise InputError("kernel density of equal points: expected data that vary")
    widths = spread * jnp.asarray(WIDTHS, train.dtype)
    return Mixture.equal(train, widths[jnp.argmax(likelihoods(train, held_out, widths))])


@jax.jit
def likelihoods(train: jax.Array, held_out: jax.Array, widths: jax.Array) -> jax.Array:
    """Mean log density of the held-out points under each width [W], in nats: [W]."""

    def one(width: jax.Array) -> jax.Array:
        return jnp.mean(jax.vmap(Mixture.equal(train, width).log_prob)(held_out))

    return jax.lax.map(one, widths)
