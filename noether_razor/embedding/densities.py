"""Data densities p(x) on R^D: whatever has a `log_prob` of one point that JAX can differentiate.

The classes here are pytrees; so are NumPyro's distributions, which serve as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular
from jax.scipy.special import i0e, logsumexp

from noether_razor.base.errors import InputError
from noether_razor.base.trees import tree
from noether_razor.base.types import Scalar

Score = Callable[[jax.Array], jax.Array]
"""s(x) = grad log p, [D] -> [D]."""


@runtime_checkable
class DataDensity(Protocol):
    """What a density has to offer."""

    def log_prob(self, x: jax.Array) -> Scalar:
        """log p of one point [D], in nats per unit of volume."""
        ...


class Gaussian(NamedTuple):
    """N(mean, factor factor^T): mean [D], lower triangular factor [D, D]."""

    mean: jax.Array
    factor: jax.Array

    @staticmethod
    def of(
        covariance: jax.Array | np.ndarray, mean: jax.Array | np.ndarray | None = None
    ) -> Gaussian:
        """The Gaussian of a covariance [D, D], and of a mean [D] that is zero unless given."""
        covariance = jnp.asarray(covariance)
        mean = jnp.zeros(len(covariance), covariance.dtype) if mean is None else jnp.asarray(mean)
        return Gaussian(mean, jnp.linalg.cholesky(covariance))

    def log_prob(self, x: jax.Array) -> Scalar:
        white = solve_triangular(self.factor, x - self.mean, lower=True)
        size = jnp.sum(jnp.log(jnp.diagonal(self.factor)))
        return -jnp.vdot(white, white) / 2 - size - len(x) * jnp.log(2 * jnp.pi) / 2


class Mixture(NamedTuple):
    """sum_m w_m N(centre_m, width_m^2 I): centres [M, D], widths [M], log_weights [M].

    With equal widths and weights it is a mixture along a curve, or a kernel density.
    """

    centres: jax.Array
    widths: jax.Array
    log_weights: jax.Array

    @staticmethod
    def equal(centres: jax.Array, width: float | Scalar) -> Mixture:
        """A mixture with equal weights, and one width for all centres."""
        centres = jnp.asarray(centres)
        count = len(centres)
        widths = jnp.full(count, width, centres.dtype)
        return Mixture(centres, widths, jnp.full(count, -jnp.log(count), centres.dtype))

    def log_prob(self, x: jax.Array) -> Scalar:
        # Multiplied out: over many points this is one product of matrices.
        squares = jnp.vdot(x, x) - 2 * self.centres @ x + jnp.sum(self.centres**2, axis=1)
        size = len(x) * jnp.log(2 * jnp.pi * self.widths**2) / 2
        return logsumexp(self.log_weights - squares / (2 * self.widths**2) - size)


class Ring(NamedTuple):
    """A circle in the plane blurred by a Gaussian: the limit of a mixture along it.

    p(x) = exp(-(r^2 + R^2) / 2 w^2) I_0(r R / w^2) / (2 pi w^2) with r = |x|, R the radius and w
    the width; invariant under rotation.
    """

    radius: float | Scalar = 1.0
    width: float | Scalar = 0.2

    def log_prob(self, x: jax.Array) -> Scalar:
        r = jnp.sqrt(jnp.vdot(x, x))
        bessel = jnp.log(i0e(r * self.radius / self.width**2))
        gap = (r - self.radius) / self.width
        return bessel - gap**2 / 2 - jnp.log(2 * jnp.pi * self.width**2)


class InUnits(NamedTuple):
    """The density of y, from the density of x = offset + units y: offset and units [D]."""

    density: Any
    offset: jax.Array
    units: jax.Array

    def log_prob(self, y: jax.Array) -> Scalar:
        return self.density.log_prob(self.offset + self.units * y) + jnp.sum(jnp.log(self.units))


def stretched(density: Any, factors: jax.Array) -> InUnits:
    """A density stretched along the axes, by factors [D]: a ring becomes an ellipse."""
    return InUnits(density, jnp.zeros_like(factors), 1 / factors)


class Tempered(NamedTuple):
    """p^power, not normalised: rays follow the score ever more closely as the power grows."""

    density: Any
    power: float | Scalar

    def log_prob(self, x: jax.Array) -> Scalar:
        return self.power * self.density.log_prob(x)


class Tube(NamedTuple):
    """An infinite tube along the first coordinate: the density depends on the others alone.

    Not normalised over the first coordinate; invariant under translation along it.
    """

    section: Any

    def log_prob(self, x: jax.Array) -> Scalar:
        return self.section.log_prob(x[1:])


class Box(NamedTuple):
    """Uniform between two corners [D]; outside log p is minus infinity, see `maps.Bounded`."""

    low: jax.Array
    high: jax.Array

    def log_prob(self, x: jax.Array) -> Scalar:
        inside = jnp.all((x >= self.low) & (x <= self.high))
        return jnp.where(inside, -jnp.sum(jnp.log(self.high - self.low)), -jnp.inf)


@tree
@dataclass(frozen=True)
class Given:
    """A density of which only log p(x [D]) is given, as a function."""

    log_prob: Callable[[jax.Array], Scalar] = field(metadata={"static": True})


def as_density(given: Any) -> Any:
    """Convert an object with a `log_prob` to a density that is a pytree.

    Raises:
        InputError: the object has no `log_prob`.
    """
    log_prob = getattr(given, "log_prob", None)
    if not callable(log_prob):
        raise InputError(
            f"density is {given!r}, expected 'kernel', 'gaussian', or an object with a "
            "log_prob(x) of one point that JAX can differentiate, as NumPyro's distributions are"
        )
    leaves = jax.tree.leaves(given)
    if any(leaf is given for leaf in leaves):
        return Given(log_prob)
    return given


def score(density: DataDensity) -> Score:
    """s = grad log p."""
    return jax.grad(density.log_prob)
