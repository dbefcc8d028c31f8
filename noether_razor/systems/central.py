"""One particle in a central potential."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations

import jax
import jax.numpy as jnp

from noether_razor.base.types import Hamiltonian, Key, Scalar, State
from noether_razor.systems._options import choice, number, whole
from noether_razor.systems._system import KnownQuantity, System, angular_momentum, coordinate_forms
from noether_razor.systems.oscillator import Oscillator

POTENTIALS = ("quartic", "harmonic", "kepler")


@dataclass(frozen=True)
class CentralPotential(System):
    """H = |p|^2 / 2 + V(|q|), V = r^4 / 4, r^2 / 2 or -1 / sqrt(r^2 + softening^2).

    Every potential conserves an angular momentum for each plane. The harmonic potential conserves
    all of u(dimensions).

    Attributes:
        dimensions: number of dimensions of space, 1 or more.
        potential: "quartic", "harmonic" or "kepler".
        softening: softening length of the Kepler potential, 0 or more; 0 is Kepler's own potential.

    Raises:
        InputError: an attribute is out of its range.
    """

    dimensions: int = 2
    potential: str = "quartic"
    softening: float = 1.0

    name = "central"

    def __post_init__(self) -> None:
        whole(self.name, "dimensions", self.dimensions, least=1)
        choice(self.name, "potential", self.potential, POTENTIALS)
        number(self.name, "softening", self.softening, least=0.0)

    @property
    def degrees_of_freedom(self) -> int:
        return self.dimensions

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        square = jnp.vdot(q, q)
        if self.potential == "quartic":
            potential = square**2 / 4
        elif self.potential == "harmonic":
            potential = square / 2
        else:
            potential = -1 / jnp.sqrt(square + self.softening**2)
        return jnp.vdot(p, p) / 2 + potential

    def initial_state(self, key: Key) -> State:
        """One random state [2n], as in `System`; for Kepler's own potential, off the centre.

        Kepler's own potential has softening 0. In two or more dimensions its orbits start at a
        radius of 0.7 to 1.5. Their speed is that of a circular orbit to within a fifth. Their
        direction of motion is perpendicular to the radius to within about a fifth of a radian.
        """
        if self.potential != "kepler" or self.softening > 0 or self.dimensions == 1:
            return super().initial_state(key)
        frame_key, size_key, speed_key, tilt_key = jax.random.split(key, 4)
        frame = jnp.linalg.qr(jax.random.normal(frame_key, (self.dimensions, 2)))[0].T
        radius = jax.random.uniform(size_key, minval=0.7, maxval=1.5)
        speed = jax.random.uniform(speed_key, minval=0.8, maxval=1.2) / jnp.sqrt(radius)
        tilt = jax.random.normal(tilt_key) / 5
        across = jnp.array([jnp.sin(tilt), jnp.cos(tilt)]) @ frame
        return jnp.concatenate([radius * frame[0], speed * across])

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        if self.potential == "harmonic":
            return Oscillator((1.0,) * self.dimensions).conserved
        q, p = coordinate_forms(self.dimensions)
        return tuple(
            angular_momentum(f"L{i + 1}{j + 1}", q[None], p[None], (i, j))
            for i, j in combinations(range(self.dimensions), 2)
        )

    @property
    def invariants(self) -> dict[str, Hamiltonian]:
        """Known invariants; for Kepler's own potential also A = |p|^2 q - (q.p) p - q / r.

        A is the Runge-Lenz vector.
        """
        known = super().invariants
        if self.potential == "kepler" and self.softening == 0:
            known |= {f"A{i + 1}": partial(_runge_lenz, i) for i in range(self.dimensions)}
        return known


def _runge_lenz(i: int, x: State) -> Scalar:
    q, p = jnp.split(x, 2)
    return (jnp.vdot(p, p) * q - jnp.vdot(q, p) * p - q / jnp.sqrt(jnp.vdot(q, q)))[i]
