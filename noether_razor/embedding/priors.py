"""Latent priors q(z) on R^d, a product of equal factors, and quadrature under them."""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key, Scalar

MOST_NODES = 20_000


class Nodes(NamedTuple):
    """Expectations under a prior as weighted sums: points [N, d], weights [N] that sum to one."""

    points: jax.Array
    weights: jax.Array

    def mean(self, function: Any) -> jax.Array:
        """E_q of a function of one point [d]."""
        return jnp.tensordot(self.weights, jax.vmap(function)(self.points), 1)


@runtime_checkable
class Prior(Protocol):
    """What a prior has to offer."""

    def log_prob(self, z: jax.Array) -> Scalar:
        """log q of one point [d]."""
        ...

    def quantile(self, u: jax.Array) -> jax.Array:
        """z of each coordinate from u = F_q(z), in (0, 1)."""
        ...

    def rule(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Points and weights [count] of a quadrature under one factor."""
        ...

    @property
    def variance(self) -> float | Scalar:
        """Variance of one coordinate."""
        ...


class Normal(NamedTuple):
    """N(0, scale^2) in every coordinate."""

    scale: float = 1.0

    def log_prob(self, z: jax.Array) -> Scalar:
        return jnp.sum(jax.scipy.stats.norm.logpdf(z, scale=self.scale))

    def quantile(self, u: jax.Array) -> jax.Array:
        return self.scale * jax.scipy.stats.norm.ppf(u)

    def rule(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        points, weights = np.polynomial.hermite_e.hermegauss(count)
        return self.scale * points, weights / weights.sum()

    @property
    def variance(self) -> float | Scalar:
        return self.scale**2


class Uniform(NamedTuple):
    """Uniform from -1 to 1 in every coordinate, with free ends."""

    def log_prob(self, z: jax.Array) -> Scalar:
        return jnp.asarray(-len(z) * np.log(2), z.dtype)

    def quantile(self, u: jax.Array) -> jax.Array:
        return 2 * u - 1

    def rule(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        points, weights = np.polynomial.legendre.leggauss(count)
        return points, weights / 2

    @property
    def variance(self) -> float | Scalar:
        return 1 / 3


class Periodic(NamedTuple):
    """Uniform on the circle from 0 to 2 pi in every coordinate: no ends."""

    def log_prob(self, z: jax.Array) -> Scalar:
        return jnp.asarray(-len(z) * np.log(2 * np.pi), z.dtype)

    def quantile(self, u: jax.Array) -> jax.Array:
        return 2 * jnp.pi * u

    def rule(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        return 2 * np.pi * np.arange(count) / count, np.full(count, 1 / count)

    @property
    def variance(self) -> float | Scalar:
        return np.pi**2 / 3


def quadrature(prior: Prior, dimension: int, count: int) -> Nodes:
    """The tensor product of a rule of `count` points in each of d dimensions.

    Raises:
        InputError: there are more than `MOST_NODES` points.
    """
    if count**dimension > MOST_NODES:
        raise InputError(
            f"quadrature of {count} points in each of {dimension} dimensions: expected at most "
            f"{MOST_NODES} in all, draw samples instead"
        )
    points, weights = prior.rule(count)
    grid = np.stack(np.meshgrid(*[points] * dimension, indexing="ij"), -1)
    product = reduce(np.multiply.outer, [weights] * dimension)
    return Nodes(jnp.asarray(grid.reshape(-1, dimension)), jnp.asarray(product.ravel()))


def sample(key: Key, prior: Prior, dimension: int, count: int) -> Nodes:
    """`count` points drawn from the prior, equally weighted: a Monte Carlo estimate."""
    uniform = jax.random.uniform(key, (count, dimension), minval=jnp.finfo(float).tiny)
    return Nodes(prior.quantile(uniform), jnp.full(count, 1 / count))
