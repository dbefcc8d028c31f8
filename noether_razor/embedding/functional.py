"""The functional of variational manifold embedding, as a Lagrangian density for `noether`.

An embedding phi of latents z ~ q into data of density p, with J = dphi and G = J^T J, has

    J[phi] = E_q[ 1/2 log det G + log p(phi) - log q - stretch tr G ] = log Z - KL(q | phi*p / Z)

where the second equality holds for stretch = 0, phi*p is p(phi) sqrt(det G), and Z is its integral.
Everything else follows from that one density by `noether`: momenta q J+, the Euler-Lagrange
residual, currents and defects.

Source: Vastola, Gershman, Rajan, "A Variational Manifold Embedding Framework for Nonlinear
Dimensionality Reduction", arXiv:2511.22128; the term of the stretch is from the authors' code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from noether_razor.base.types import Scalar
from noether_razor.embedding.densities import DataDensity
from noether_razor.embedding.priors import Nodes, Prior
from noether_razor.mechanics.noether import (
    Density,
    Field,
    PointTransformation,
    euler_lagrange_residual,
    invariance_defect,
)

Embedding = Callable[[jax.Array], jax.Array]
"""phi(z [d]) -> [D]."""


class Problem(NamedTuple):
    """What an embedding is asked to maximise; a pytree.

    Attributes:
        density: p, with `log_prob`.
        prior: q.
        nodes: points that stand for q.
        bending: weight of half the mean square of the second derivatives.
        stretch: weight of the mean of tr G.
    """

    density: Any
    prior: Any
    nodes: Nodes
    bending: float | Scalar = 0.0
    stretch: float | Scalar = 0.0


def log_volume(jacobian: jax.Array) -> Scalar:
    """1/2 log det J^T J of J [D, d], by Gram-Schmidt, so that condition numbers are not squared."""
    total, basis = jnp.zeros((), jacobian.dtype), []
    for a in range(jacobian.shape[1]):
        column = jacobian[:, a]
        for unit in basis:
            column = column - unit * jnp.vdot(unit, column)
        length = jnp.sqrt(jnp.vdot(column, column))
        total, basis = total + jnp.log(length), [*basis, column / length]
    return total


def log_ratio(density: DataDensity, prior: Prior, stretch: float | Scalar = 0.0) -> Density:
    """log(phi*p / q) - stretch tr G, of z [d], phi [D] and dphi [D, d]; its mean over q is J."""

    def of(z: jax.Array, phi: jax.Array, dphi: jax.Array) -> Scalar:
        pulled_back = log_volume(dphi) + density.log_prob(phi)
        return pulled_back - prior.log_prob(z) - stretch * jnp.sum(dphi**2)

    return of


def lagrangian(density: DataDensity, prior: Prior, stretch: float | Scalar = 0.0) -> Density:
    """L = q log_ratio, the density to give to `noether`."""
    ratio = log_ratio(density, prior, stretch)
    return lambda z, phi, dphi: jnp.exp(prior.log_prob(z)) * ratio(z, phi, dphi)


def along(density: Density, embedding: Embedding) -> Callable[[jax.Array], Scalar]:
    """A density of z, phi and dphi, along an embedding."""
    return lambda z: density(z, embedding(z), jax.jacobian(embedding)(z))


@jax.jit
def images(embedding: Any, z: jax.Array) -> jax.Array:
    """phi of many latents, [N, d] -> [N, D]; the embedding is a pytree."""
    return jax.vmap(embedding)(z)


def energy(density: DataDensity, prior: Prior, embedding: Embedding) -> Callable:
    """E(z) = -1/2 log det G - log p + log q = -L / q: constant along solutions, any d and q.

    With the momenta pi = q J+ the stress tensor pi . dphi - L is q (1 + E) times the identity.
    """
    ratio = along(log_ratio(density, prior), embedding)
    return lambda z: -ratio(z)


def residual(
    density: DataDensity, prior: Prior, embedding: Embedding, stretch: float | Scalar = 0.0
) -> Field:
    """The Euler-Lagrange residual over q, [D]: sum_j d_j (q J+_ji) / q - s_i for no stretch."""
    full = euler_lagrange_residual(lagrangian(density, prior, stretch), embedding)
    return lambda z: full(z) / jnp.exp(prior.log_prob(z))


def stein(
    density: DataDensity, prior: Prior, embedding: Embedding, nodes: Nodes, change: Callable
) -> Scalar:
    """E_q[tr(J+ DX J) + X . s] for a field X(x) [D]; zero where phi is stationary with free ends.

    It is the mean over q of the invariance defect of x -> x + eps X(x). X(x) = x gives the virial
    law E_q[phi . s] = -d.
    """
    moved = PointTransformation(eta=lambda z, phi: change(phi))
    defect = invariance_defect(lagrangian(density, prior), moved, embedding)
    return nodes.mean(lambda z: defect(z) / jnp.exp(prior.log_prob(z)))


def value(embedding: Embedding, problem: Problem) -> Scalar:
    """J[phi] in nats, with the term of the stretch and without the bending."""
    ratio = log_ratio(problem.density, problem.prior, problem.stretch)
    return problem.nodes.mean(along(ratio, embedding))


def bending(embedding: Embedding, nodes: Nodes) -> Scalar:
    """E_q of the sum of all squared second derivatives of phi; zero only for affine maps."""
    second = jax.jacfwd(jax.jacfwd(embedding))
    return nodes.mean(lambda z: jnp.sum(second(z) ** 2))


def objective(embedding: Embedding, problem: Problem) -> Scalar:
    """What is maximised: `value` minus half of `problem.bending` times `bending`."""
    return value(embedding, problem) - problem.bending / 2 * bending(embedding, problem.nodes)
