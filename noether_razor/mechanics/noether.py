"""Noether's theorem for a Lagrangian density on a base of any dimension, by autodiff.

A field phi: R^d -> R^D has the action integral of L(z, phi(z), dphi(z)). A point transformation
z -> z + s xi(z, phi), phi -> phi + s eta(z, phi) changes it, to first order in s, by the integral
of the invariance defect. With the characteristic Q = eta - dphi xi, and for every field,

    div current = defect + Q . euler_lagrange_residual

so that a symmetry (defect zero) of a solution (residual zero) has a conserved current. Mechanics is
d = 1: z is time, the current is the charge, and time translation (xi = 1, eta = 0) gives minus the
energy.

Source: Noether, "Invariante Variationsprobleme", 1918; Olver, "Applications of Lie Groups to
Differential Equations", theorem 4.29.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from noether_razor.base.types import Scalar

Base = jax.Array
"""A point z of the base, [d]."""
Density = Callable[[Base, jax.Array, jax.Array], Scalar]
"""L(z [d], phi [D], dphi [D, d]) -> scalar, with dphi[i, a] the derivative of phi_i along z_a."""
Field = Callable[[Base], jax.Array]
"""phi(z [d]) -> [D]."""


class PointTransformation(NamedTuple):
    """An infinitesimal change of base and field.

    Attributes:
        eta: change of the field, (z [d], phi [D]) -> [D].
        xi: change of the base, (z [d], phi [D]) -> [d]; zero unless given.
    """

    eta: Callable[[Base, jax.Array], jax.Array]
    xi: Callable[[Base, jax.Array], jax.Array] = lambda z, phi: jnp.zeros_like(z)


def euler_lagrange_residual(density: Density, field: Field) -> Field:
    """E_i(z) = sum_a d/dz_a (dL/d dphi_i,a) - dL/dphi_i, [D]; zero on solutions."""

    def residual(z: Base) -> jax.Array:
        forces = jax.grad(density, argnums=1)(z, field(z), jax.jacobian(field)(z))
        return divergence(momentum(density, field))(z) - forces

    return residual


def momentum(density: Density, field: Field) -> Field:
    """dL/d dphi_i,a along a field, [D, d]; in mechanics the canonical momenta [D, 1]."""
    slope = jax.grad(density, argnums=2)
    return lambda z: slope(z, field(z), jax.jacobian(field)(z))


def noether_current(density: Density, change: PointTransformation, field: Field) -> Field:
    """J_a = sum_i dL/d dphi_i,a (eta_i - sum_b dphi_i,b xi_b) + L xi_a, [d]."""

    def current(z: Base) -> jax.Array:
        phi, dphi = field(z), jax.jacobian(field)(z)
        xi = change.xi(z, phi)
        return characteristic(change, field)(z) @ momentum(density, field)(z) + xi * density(
            z, phi, dphi
        )

    return current


def characteristic(change: PointTransformation, field: Field) -> Field:
    """Q = eta - dphi xi, [D]: the change of the field at a fixed point of the base."""

    def of(z: Base) -> jax.Array:
        phi = field(z)
        return change.eta(z, phi) - jax.jacobian(field)(z) @ change.xi(z, phi)

    return of


def invariance_defect(
    density: Density, change: PointTransformation, field: Field
) -> Callable[[Base], Scalar]:
    """d/ds of L(transformed) times the transformed volume, at s = 0; zero for a symmetry.

    If the defect is the divergence of some W for every field, the equations do not change either
    (quasi-invariance). Then the current minus W is conserved.
    """

    def defect(z: Base) -> Scalar:
        phi, dphi = field(z), jax.jacobian(field)(z)
        along = jax.jacobian(lambda z: change.xi(z, field(z)))(z)
        d_eta = jax.jacobian(lambda z: change.eta(z, field(z)))(z)
        tangent = (change.xi(z, phi), change.eta(z, phi), d_eta - dphi @ along)
        _, rate = jax.jvp(density, (z, phi, dphi), tangent)
        return rate + density(z, phi, dphi) * jnp.trace(along)

    return defect


def divergence(current: Field) -> Field:
    """sum_a d J_a / d z_a over the last axis of a current: [d] gives a scalar, [D, d] gives [D]."""
    return lambda z: jnp.trace(jax.jacobian(current)(z), axis1=-2, axis2=-1)
