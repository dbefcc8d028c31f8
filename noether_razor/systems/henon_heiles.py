"""The Henon-Heiles system: bounded, mostly chaotic, nothing quadratic conserved."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from noether_razor.base.errors import InputError
from noether_razor.base.types import Hamiltonian, Key, Scalar, State
from noether_razor.systems._options import choice, number
from noether_razor.systems._system import System

VARIANTS = ("chaotic", "integrable")
ESCAPE = 1 / 6
"""Energy above which orbits of the chaotic variant may escape to infinity."""


@dataclass(frozen=True)
class HenonHeiles(System):
    """H = (|p|^2 + |q|^2) / 2 + q1^2 q2 -+ q2^3 / 3, with the minus sign in the chaotic variant.

    In the chaotic variant only H is conserved, and initial states fill the bounded region H < 1/6.
    With the plus sign, q1 + q2 and q2 - q1 move independently, each in the same cubic well. Each
    escapes from its well above an energy of 1/12. Initial states fill both wells.

    Attributes:
        variant: "chaotic" or "integrable".
        least_energy: least energy of the initial states of the chaotic variant, below 1/6. Near
            1/6 nearly every orbit is chaotic; below 1/10 hardly any orbit is.

    Raises:
        InputError: an attribute is out of its range.

    Source: Henon and Heiles, Astronomical Journal 69 (1964), 73; Bountis, Segur, Vivaldi, Physical
    Review A 25 (1982), 1257.
    """

    variant: str = "chaotic"
    least_energy: float = 0.0

    name = "henon_heiles"

    def __post_init__(self) -> None:
        choice(self.name, "variant", self.variant, VARIANTS)
        number(self.name, "least_energy", self.least_energy, least=0.0)
        if self.least_energy >= ESCAPE:
            raise InputError(
                f"{self.name}: least_energy is {self.least_energy:g}, expected a number below 1/6"
            )

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return jnp.vdot(p, p) / 2 + self._potential(q)

    def _potential(self, q: jax.Array) -> Scalar:
        q1, q2 = q
        sign = -1 if self.variant == "chaotic" else 1
        return (q1**2 + q2**2) / 2 + q1**2 * q2 + sign * q2**3 / 3

    def initial_state(self, key: Key) -> State:
        """q is uniform in the triangle where V < 1/6, and p is uniform in the disc where H < 1/6.

        With a least energy, the size of p is such that the energy is uniform from the least energy
        to 1/6. In the integrable variant q1 + q2 and q2 - q1 are uniform in their wells, and their
        momenta are uniform over the values with which they do not escape.
        """
        corner_key, p_key = jax.random.split(key)
        if self.variant == "integrable":
            # The energy of u = q1 + q2, and of q2 - q1: (u'^2 + u^2) / 4 + u^3 / 6, a saddle at -1.
            u = jax.random.uniform(corner_key, (2,), minval=-1.0, maxval=0.5)
            fastest = 2 * jnp.sqrt(jnp.maximum(ESCAPE / 2 - u**2 / 4 - u**3 / 6, 0.0))
            v = fastest * jax.random.uniform(p_key, (2,), minval=-1.0, maxval=1.0)
            turn = jnp.array([[1.0, -1.0], [1.0, 1.0]]) / 2
            return jnp.concatenate([turn @ u, turn @ v])
        # V = 1/6 is an equilateral triangle; its corners are the saddle points.
        corners = jnp.array([[0.0, 1.0], [-(3**0.5) / 2, -0.5], [3**0.5 / 2, -0.5]])
        q = jax.random.dirichlet(corner_key, jnp.ones(3)) @ corners
        potential = self._potential(q)
        if not self.least_energy:
            fastest = jnp.sqrt(2 * jnp.maximum(ESCAPE - potential, 0.0))
            return jnp.concatenate([q, fastest * jax.random.ball(p_key, 2)])
        energy_key, way_key = jax.random.split(p_key)
        energy = jax.random.uniform(energy_key, minval=self.least_energy, maxval=ESCAPE)
        way = jax.random.normal(way_key, (2,))
        speed = jnp.sqrt(2 * jnp.maximum(energy - potential, 0.0))
        return jnp.concatenate([q, speed * way / jnp.linalg.norm(way)])

    @property
    def invariants(self) -> dict[str, Hamiltonian]:
        known = super().invariants
        return known if self.variant == "chaotic" else known | {"G": _second}


def _second(x: State) -> Scalar:
    """The difference of the energies of q1 + q2 and of q1 - q2."""
    q1, q2, p1, p2 = x
    return p1 * p2 + q1 * q2 + q1**3 / 3 + q1 * q2**2
