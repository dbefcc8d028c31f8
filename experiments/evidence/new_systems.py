"""Systems that nobody had run when the rule of the verdict was first frozen.

What each system conserves is computed, not stated. It is the set of quadratics that commute with
its Hamiltonian, from the null space of their brackets at many states.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Key, Scalar, State
from noether_razor.conserved import commuting_quadratics
from noether_razor.systems import KnownQuantity, System


class Computed(System):
    """A system whose conserved quadratics are computed."""

    n = 2
    q_scale: tuple[float, ...] = (1.0,)
    p_scale: tuple[float, ...] = (0.5,)
    q_centre: tuple[float, ...] = (0.0,)
    p_centre: tuple[float, ...] = (0.0,)

    @property
    def degrees_of_freedom(self) -> int:
        return self.n

    def initial_state(self, key: Key) -> State:
        q_key, p_key = jax.random.split(key)
        of = lambda values: jnp.broadcast_to(jnp.asarray(values), (self.n,))  # noqa: E731
        q = of(self.q_centre) + of(self.q_scale) * jax.random.normal(q_key, (self.n,))
        p = of(self.p_centre) + of(self.p_scale) * jax.random.normal(p_key, (self.n,))
        return jnp.concatenate([q, p])

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        return _computed(type(self))


@cache
def _computed(kind: type[Computed]) -> tuple[KnownQuantity, ...]:
    system = kind()
    with jax.enable_x64(True):
        states = jax.vmap(system.initial_state)(jax.random.split(jax.random.key(7), 500))
        found, _ = commuting_quadratics(system.hamiltonian, states)
        A, b = np.asarray(found.A), np.asarray(found.b)
    return tuple(KnownQuantity(f"C{k + 1}", A[k], b[k]) for k in range(len(b)))


def kinetic(p: jax.Array) -> Scalar:
    """|p|^2 / 2."""
    return p @ p / 2


@dataclass(frozen=True)
class Stark(Computed):
    """A softened Kepler potential in space with a uniform force along the third axis."""

    n = 3

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) - 1 / jnp.sqrt(q @ q + 1) + 0.3 * q[2]


@dataclass(frozen=True)
class Hill(Computed):
    """Hill's lunar problem in the plane, softened."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        turn = q[1] * p[0] - q[0] * p[1]
        return kinetic(p) + turn - q[0] ** 2 + q[1] ** 2 / 2 - 1 / jnp.sqrt(q @ q + 0.5)


@dataclass(frozen=True)
class Garnier(Computed):
    """Garnier's system with three stiffnesses, two of them equal: integrable."""

    n = 3

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q @ q) ** 2 / 4 + (q[0] ** 2 + q[1] ** 2 + 1.8 * q[2] ** 2) / 2


@dataclass(frozen=True)
class GarnierUnequal(Computed):
    """Garnier's system with different stiffnesses: integrable, but it conserves no quadratic."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q @ q) ** 2 / 4 + (q[0] ** 2 + 1.7 * q[1] ** 2) / 2


@dataclass(frozen=True)
class Atwood(Computed):
    """A swinging Atwood machine of mass ratio 3: integrable, but it conserves no quadratic."""

    q_scale, q_centre, p_scale = (0.2, 0.5), (2.0, 0.0), (0.3, 0.5)

    def hamiltonian(self, x: State) -> Scalar:
        r, angle, p, spin = x
        return p**2 / 8 + spin**2 / (2 * r**2) + r * (3 - jnp.cos(angle))


@dataclass(frozen=True)
class CrossedFields(Computed):
    """A charge in the plane, in a uniform magnetic and a uniform electric field."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return (p[0] + q[1] / 2) ** 2 / 2 + (p[1] - q[0] / 2) ** 2 / 2 - 0.4 * q[0]


@dataclass(frozen=True)
class NearlyCentral(Computed):
    """The quartic potential in the plane, made slightly anisotropic: no longer integrable."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q[0] ** 4 + q[1] ** 4) / 4 + 0.4 * (q[0] * q[1]) ** 2


@dataclass(frozen=True)
class Detuned(Computed):
    """Oscillators of frequencies 1 and 1.1."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q[0] ** 2 + 1.21 * q[1] ** 2) / 2


@dataclass(frozen=True)
class KleinGordon(Computed):
    """Three coupled oscillators on a ring, each with a quartic potential of its own."""

    n = 3

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q**4).sum() / 4 + ((q - jnp.roll(q, 1)) ** 2).sum() / 2


@dataclass(frozen=True)
class MagneticBottle(Computed):
    """A charge in the plane in a magnetic field that grows with the radius."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        square = q @ q
        potential = 0.5 + square / 16
        momentum = p - potential * jnp.stack([-q[1], q[0]])
        return kinetic(momentum)


@dataclass(frozen=True)
class BodiesOnALine(Computed):
    """Three bodies of masses 1, 2 and 3 on a line, softened gravity."""

    n = 3
    p_scale = (0.5, 1.0, 1.5)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        m = jnp.array([1.0, 2.0, 3.0])
        i, j = np.triu_indices(3, 1)
        return (p**2 / m).sum() / 2 - (m[i] * m[j] / jnp.sqrt((q[i] - q[j]) ** 2 + 1)).sum()


@dataclass(frozen=True)
class TodaRingOfFour(Computed):
    """Toda's ring of four beads: integrable."""

    n = 4

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + jnp.exp(0.7 * (q - jnp.roll(q, 1))).sum()


@dataclass(frozen=True)
class LagrangeTop(Computed):
    """Lagrange's heavy top in Euler's angles (nutation, precession, spin)."""

    n = 3
    q_scale, q_centre = (0.15, 1.0, 1.0), (1.2, 0.0, 0.0)
    p_scale, p_centre = (0.3, 0.3, 0.3), (0.0, 0.6, 1.0)

    def hamiltonian(self, x: State) -> Scalar:
        angle, _, _, p, precession, spin = x
        turning = (precession - spin * jnp.cos(angle)) ** 2 / (2 * jnp.sin(angle) ** 2)
        return p**2 / 2 + turning + spin**2 / 3 + jnp.cos(angle)


@dataclass(frozen=True)
class YangMills(Computed):
    """H = |p|^2 / 2 + q_1^2 q_2^2 / 2: chaotic."""

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return kinetic(p) + (q[0] * q[1]) ** 2 / 2


@dataclass(frozen=True)
class Duffing(Computed):
    """One particle in a double well."""

    n = 1

    def hamiltonian(self, x: State) -> Scalar:
        q, p = x
        return p**2 / 2 - q**2 / 2 + q**4 / 4


@dataclass(frozen=True)
class SpringsInSpace(Computed):
    """Two unit masses in space, joined by a stiffening spring."""

    n = 6

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        stretch = q[:3] - q[3:]
        square = stretch @ stretch
        return kinetic(p) + square / 2 + square**2 / 8


NEW = {
    "Stark's system": Stark,
    "Hill's problem": Hill,
    "Garnier, two equal": Garnier,
    "Garnier, unequal": GarnierUnequal,
    "swinging Atwood machine": Atwood,
    "crossed fields": CrossedFields,
    "nearly central quartic": NearlyCentral,
    "oscillators 1 : 1.1": Detuned,
    "Klein-Gordon ring": KleinGordon,
    "magnetic bottle": MagneticBottle,
    "three bodies on a line": BodiesOnALine,
    "Toda ring of four": TodaRingOfFour,
    "Lagrange's top": LagrangeTop,
    "Yang-Mills": YangMills,
    "Duffing": Duffing,
    "two masses and a spring in space": SpringsInSpace,
}
