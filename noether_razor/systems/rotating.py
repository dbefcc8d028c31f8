"""A central potential, seen from a frame that turns."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp

from noether_razor.base.types import Scalar, State
from noether_razor.systems._options import choice, number
from noether_razor.systems._system import KnownQuantity, System
from noether_razor.systems.central import POTENTIALS, CentralPotential
from noether_razor.systems.oscillator import Oscillator


@dataclass(frozen=True)
class RotatingFrame(System):
    """H = |p|^2 / 2 + V(|q|) - rate (x p_y - y p_x) in the plane, with V of `CentralPotential`.

    Conserves the angular momentum; with the harmonic V also the energy in the frame at rest.

    Attributes:
        potential: "quartic", "harmonic" or "kepler" (softened, length 1).
        rate: angular velocity of the frame, more than 0. The harmonic V has angular frequency 1.
            The rate should differ from 1, to keep the motion in the harmonic V bound and its modes
            apart.

    Raises:
        InputError: an attribute is out of its range.
    """

    potential: str = "quartic"
    rate: float = 0.4

    name = "rotating"

    def __post_init__(self) -> None:
        choice(self.name, "potential", self.potential, POTENTIALS)
        number(self.name, "rate", self.rate, least=1e-6)

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    @property
    def _at_rest(self) -> CentralPotential:
        return CentralPotential(2, self.potential)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return self._at_rest.hamiltonian(x) - self.rate * (q[0] * p[1] - q[1] * p[0])

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        angular = CentralPotential(2, "quartic").conserved
        if self.potential != "harmonic":
            return angular
        first, second, *_ = Oscillator((1.0, 1.0)).conserved
        energy = KnownQuantity("E", first.A + second.A, first.b + second.b)
        return (*angular, energy)
