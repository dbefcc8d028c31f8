"""A kernel density of data, whose bandwidth held-out data choose."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.embedding._rows import padded
from noether_razor.embedding.densities import Mixture
from noether_razor.embedding.priors import Nodes

WIDTHS = np.geomspace(0.02, 1.0, 30)
"""Bandwidths that are tried, in units of the data's root mean square deviation."""


def kernel_density(train: np.ndarray, held_out: np.ndarray) -> Mixture:
    """Equal Gaussians on the training data, of the width under which held-out data are likeliest.

    Centres without weight fill the mixture up, so that data of many lengths share compiled code.

    Args:
        train: centres [M, D].
        held_out: points [N, D] to choose the width by.

    Raises:
        InputError: there are no points, or all points are the same.
    """
    train, held_out = np.asarray(train), np.asarray(held_out)
    if not len(train) or not len(held_out):
        raise InputError(
            f"kernel density of {len(train)} points, {len(held_out)} held out: expected at least "
            "one of each"
        )
    spread = np.sqrt(np.mean((train - train.mean(0)) ** 2))
    if not spread > 0:
        raise InputError("kernel density of equal points: expected data that vary")
    centres, points = padded(train), padded(held_out)
    widths = jnp.asarray(spread * WIDTHS)
    best = widths[jnp.argmax(likelihoods(centres, points, widths))]
    return kernels(centres, best)


def kernels(centres: Nodes, width: jax.Array) -> Mixture:
    """One Gaussian of this width on each of weighted points."""
    return Mixture(centres.points, jnp.full(len(centres.points), width), jnp.log(centres.weights))


@jax.jit
def likelihoods(centres: Nodes, held_out: Nodes, widths: jax.Array) -> jax.Array:
    """Mean log density of the held-out points under each width [W], in nats: [W]."""
    return jax.lax.map(lambda width: held_out.mean(kernels(centres, width).log_prob), widths)
