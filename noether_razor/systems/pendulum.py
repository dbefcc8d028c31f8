"""Pendulums: two rigid rods in a plane, one mass on a spring, one mass on a sphere."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from noether_razor.base.types import Key, Scalar, State
from noether_razor.systems._options import number, whole
from noether_razor.systems._system import KnownQuantity, System, angular_momentum, coordinate_forms


@dataclass(frozen=True)
class DoublePendulum(System):
    """Two unit masses on massless rods of unit length, unit gravity; only H is conserved.

    H = (p_1^2 + 2 p_2^2 - 2 p_1 p_2 cos d) / (2 (1 + sin^2 d)) - 2 cos q_1 - cos q_2, with
    d = q_1 - q_2 and angles from the vertical.
    """

    name = "double_pendulum"

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    def hamiltonian(self, x: State) -> Scalar:
        q1, q2, p1, p2 = x
        d = q1 - q2
        kinetic = (p1**2 + 2 * p2**2 - 2 * p1 * p2 * jnp.cos(d)) / (2 * (1 + jnp.sin(d) ** 2))
        return kinetic - 2 * jnp.cos(q1) - jnp.cos(q2)


@dataclass(frozen=True)
class SpringPendulum(System):
    """H = |p|^2 / 2 + stiffness (|q| - 1)^2 / 2 + q_z: unit mass, unit length, unit gravity.

    In space it conserves the angular momentum about the vertical; in the plane nothing quadratic.
    Initial states are near the state of rest, in which the mass hangs down.

    Attributes:
        dimensions: 2 or 3; the last axis points upwards.
        stiffness: stiffness of the spring, more than 0.

    Raises:
        InputError: an attribute is out of its range.
    """

    dimensions: int = 3
    stiffness: float = 5.0

    name = "spring_pendulum"

    def __post_init__(self) -> None:
        whole(self.name, "dimensions", self.dimensions, least=2, most=3)
        number(self.name, "stiffness", self.stiffness, least=1e-6)

    @property
    def degrees_of_freedom(self) -> int:
        return self.dimensions

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        stretch = jnp.sqrt(jnp.vdot(q, q)) - 1
        return jnp.vdot(p, p) / 2 + self.stiffness * stretch**2 / 2 + q[-1]

    def initial_state(self, key: Key) -> State:
        """Normal about the state of rest: standard deviation 0.3 of positions, 0.5 of momenta."""
        n = self.dimensions
        rest = jnp.zeros(2 * n).at[n - 1].set(-1 - 1 / self.stiffness)
        return rest + jnp.repeat(jnp.array([0.3, 0.5]), n) * jax.random.normal(key, (2 * n,))

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        if self.dimensions == 2:
            return ()
        q, p = coordinate_forms(3)
        return (angular_momentum("Lz", q[None], p[None], (0, 1)),)


@dataclass(frozen=True)
class SphericalPendulum(System):
    """A unit mass on a unit sphere, unit gravity, in stereographic coordinates from the top.

    H = (1 + |q|^2)^2 |p|^2 / 8 + (|q|^2 - 1) / (|q|^2 + 1): the lowest point is q = 0, the equator
    the unit circle, and the highest point is infinitely far. Conserves H and the angular momentum
    about the vertical.
    """

    name = "spherical_pendulum"

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        square = jnp.vdot(q, q)
        return (1 + square) ** 2 * jnp.vdot(p, p) / 8 + (square - 1) / (square + 1)

    def initial_state(self, key: Key) -> State:
        """q and the velocity are uniform in discs of radius 0.8.

        So no energy is above 0.101, and every orbit stays within |q| < 1.11.
        """
        q_key, velocity_key = jax.random.split(key)
        q, velocity = (0.8 * jax.random.ball(one, 2) for one in (q_key, velocity_key))
        return jnp.concatenate([q, 2 * velocity / (1 + jnp.vdot(q, q))])

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        q, p = coordinate_forms(2)
        return (angular_momentum("L", q[None], p[None], (0, 1)),)
