"""Latents of new data, and how likely data are under an embedding."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from noether_razor.base.types import Scalar
from noether_razor.embedding.functional import Embedding, log_volume
from noether_razor.embedding.priors import Prior


class Encoded(NamedTuple):
    """Nearest points of an embedded manifold.

    Attributes:
        z: latents [N, d].
        squares: squared distances to the data [N].
    """

    z: jax.Array
    squares: jax.Array


def encode(embedding: Embedding, x: jax.Array, starts: jax.Array, steps: int = 20) -> Encoded:
    """argmin_z |x - phi(z)|^2 for data x [N, D]: the best of `starts` [S, d], then Gauss-Newton.

    Steps are damped as Levenberg and Marquardt do, and only taken where they lead nearer.
    """
    images = jax.vmap(embedding)(starts)

    def one(x: jax.Array) -> tuple[jax.Array, Scalar]:
        far = jnp.sum(images**2, axis=1) - 2 * images @ x
        z = starts[jnp.argmin(far)]

        def step(carry: tuple, _: None) -> tuple[tuple, None]:
            z, square, damping = carry
            J = jax.jacfwd(embedding)(z)
            gram = J.T @ J
            scale = damping * jnp.trace(gram) / len(z)
            change = jnp.linalg.solve(
                gram + scale * jnp.eye(len(z), dtype=z.dtype), J.T @ (x - embedding(z))
            )
            tried = jnp.sum((x - embedding(z + change)) ** 2)
            nearer = tried < square
            z, square = jnp.where(nearer, z + change, z), jnp.where(nearer, tried, square)
            return (z, square, jnp.where(nearer, damping / 10, damping * 10 + 1e-9)), None

        first = z, jnp.sum((x - embedding(z)) ** 2), jnp.zeros((), z.dtype)
        (z, square, _), _ = jax.lax.scan(step, first, None, steps)
        return z, square

    return Encoded(*jax.vmap(one)(x))


def log_likelihood(embedding: Any, prior: Prior, encoded: Encoded, noise: float | Scalar, D: int):
    """Log density [N] of data, if q is mapped by phi, with isotropic noise of small variance.

    It is log q(z) - 1/2 log det G(z) - |x - phi(z)|^2 / 2 noise - (D - d)/2 log(2 pi noise), with z
    the nearest latent. For affine maps and small noise it is that of probabilistic PCA. This is the
    divergence in the other direction from that of the functional. Wiggles that raise the functional
    lower this density.
    """

    def one(z: jax.Array, square: Scalar) -> Scalar:
        spread = prior.log_prob(z) - log_volume(jax.jacfwd(embedding)(z))
        left = D - len(z)
        if left == 0:
            return spread
        return spread - square / (2 * noise) - left / 2 * jnp.log(2 * jnp.pi * noise)

    return jax.vmap(one)(encoded.z, encoded.squares)
