"""Systems that were added after the commit that froze the rule of the verdict, and run then.

What each conserves is computed, see `new_systems`.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp

from experiments.evidence.new_systems import Computed, kinetic
from noether_razor.base.types import Scalar, State


@dataclass(frozen=True)
class TurningTrap(Computed):
    """An anisotropic harmonic trap in a frame that turns."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) - 0.5 * (q[0] * p[1] - q[1] * p[0]) + (q[0] ** 2 + 1.8 * q[1] ** 2) / 2


@dataclass(frozen=True)
class OneOneTwo(Computed):
    """Oscillators of frequencies 1, 1 and 2."""

    n = 3

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q[0] ** 2 + q[1] ** 2 + 4 * q[2] ** 2) / 2


@dataclass(frozen=True)
class Yukawa(Computed):
    """A softened screened potential in space."""

    n = 3

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        r = jnp.sqrt(q @ q + 0.5)
        return kinetic(p) - 2 * jnp.exp(-r / 2) / r


@dataclass(frozen=True)
class Galaxy(Computed):
    """The logarithmic potential of a flattened galaxy in space: symmetric about one axis."""

    n = 3

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + jnp.log(q[0] ** 2 + q[1] ** 2 + (q[2] / 0.7) ** 2 + 0.5) / 2


@dataclass(frozen=True)
class Isochrone(Computed):
    """Henon's isochrone potential in the plane."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) - 2 / (1 + jnp.sqrt(1 + q @ q))


@dataclass(frozen=True)
class MorsePair(Computed):
    """Masses 1 and 3 on a line, with Morse's potential of their distance."""

    q_centre, q_scale, p_scale = (-0.7, 0.7), (0.2,), (0.3, 0.5)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        stretch = q[1] - q[0] - 1.4
        return p[0] ** 2 / 2 + p[1] ** 2 / 6 + 2 * (1 - jnp.exp(-stretch)) ** 2


@dataclass(frozen=True)
class FallingPair(Computed):
    """Two masses in the plane, joined by a stiffening spring, that fall in a uniform field."""

    n = 4

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        stretch = q[:2] - q[2:]
        square = stretch @ stretch
        kinetic = (p[:2] @ p[:2]) / 2 + (p[2:] @ p[2:]) / 4
        return kinetic + square / 2 + square**2 / 8 + 0.2 * (q[1] + 2 * q[3])


@dataclass(frozen=True)
class CoupledPendulums(Computed):
    """Two pendulums that are coupled by a spring."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) - jnp.cos(q).sum() + 0.15 * (q[0] - q[1]) ** 2


@dataclass(frozen=True)
class SphericalPendulum(Computed):
    """A pendulum in space, in polar angle and azimuth."""

    q_centre, q_scale = (1.8, 0.0), (0.2, 1.0)
    p_centre, p_scale = (0.0, 0.8), (0.3, 0.3)

    def hamiltonian(self, x: State) -> Scalar:
        angle, _, p, spin = x
        return p**2 / 2 + spin**2 / (2 * jnp.sin(angle) ** 2) + jnp.cos(angle)


@dataclass(frozen=True)
class RingWell(Computed):
    """A particle in space that is drawn to a circle: symmetric about one axis."""

    n = 3
    q_centre, q_scale = (0.7, 0.7, 0.0), (0.3,)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        radius = jnp.sqrt(q[0] ** 2 + q[1] ** 2 + 1e-2)
        return kinetic(p) + 2 * (radius - 1) ** 2 + q[2] ** 2


@dataclass(frozen=True)
class UnequalChain(Computed):
    """Four different masses on springs between two walls."""

    n = 4

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        m = jnp.array([1.0, 1.5, 2.2, 0.8])
        ends = jnp.concatenate([jnp.zeros(1), q, jnp.zeros(1)])
        return (p**2 / m).sum() / 2 + (jnp.diff(ends) ** 2).sum() / 2


@dataclass(frozen=True)
class SchroedingerTrimer(Computed):
    """The discrete nonlinear Schroedinger equation on a ring of three sites: keeps its norm."""

    n = 3
    p_scale = (1.0,)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        hopping = q @ jnp.roll(q, 1) + p @ jnp.roll(p, 1)
        return ((q**2 + p**2) ** 2).sum() / 8 - 0.6 * hopping


@dataclass(frozen=True)
class PairedTrimer(Computed):
    """`SchroedingerTrimer` with a term that makes and destroys pairs, so the norm changes."""

    n = 3
    p_scale = (1.0,)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return SchroedingerTrimer().hamiltonian(x) + 0.25 * (q @ q - p @ p)


@dataclass(frozen=True)
class OppositeCharges(Computed):
    """Two opposite charges in the plane, in a uniform magnetic field, softened attraction."""

    n = 4

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        turned = jnp.stack([-q[1], q[0], q[3], -q[2]])  # the second charge turns the other way
        stretch = q[:2] - q[2:]
        return kinetic(p - 0.6 * turned) - 1 / jnp.sqrt(stretch @ stretch + 0.5)


@dataclass(frozen=True)
class Relativistic(Computed):
    """A relativistic particle in the plane, on a spring."""

    p_scale = (1.0,)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return jnp.sqrt(1 + p @ p) + q @ q / 2


@dataclass(frozen=True)
class Barbanis(Computed):
    """H = |p|^2 / 2 + |q|^2 / 2 + q_1 q_2^2 / 2, close to the origin: no quadratic is conserved."""

    q_scale, p_scale = (0.2,), (0.2,)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q @ q + q[0] * q[1] ** 2) / 2


LATER = {
    "turning trap": TurningTrap,
    "oscillators 1 : 1 : 2": OneOneTwo,
    "Yukawa in space": Yukawa,
    "flattened galaxy": Galaxy,
    "isochrone": Isochrone,
    "Morse pair": MorsePair,
    "falling pair": FallingPair,
    "coupled pendulums": CoupledPendulums,
    "spherical pendulum": SphericalPendulum,
    "ring well": RingWell,
    "chain of unequal masses": UnequalChain,
    "Schroedinger trimer": SchroedingerTrimer,
    "trimer with pairs": PairedTrimer,
    "opposite charges": OppositeCharges,
    "relativistic spring": Relativistic,
    "Barbanis": Barbanis,
}
