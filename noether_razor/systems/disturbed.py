"""An oscillator with friction, with a drive, and with friction that feeds it."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from noether_razor.base.types import Key, Scalar, State
from noether_razor.systems._motion import Motion
from noether_razor.systems._options import number


class _Line(Motion):
    """Motion on a line, as positions and velocities; x and v are standard normal at the start."""

    second_half = "velocities"

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        return ("x", "v")

    def initial_state(self, key: Key) -> State:
        """x and v are standard normal."""
        return jax.random.normal(key, (2,))


@dataclass(frozen=True)
class DampedOscillator(_Line):
    """x'' = -x - friction x'; no smooth function is conserved unless the friction is 0.

    Attributes:
        friction: coefficient of friction, 0 or more.

    Raises:
        InputError: the friction is out of its range.
    """

    friction: float = 0.1

    name = "damped_oscillator"

    def __post_init__(self) -> None:
        number(self.name, "friction", self.friction, least=0.0)

    def velocity(self, x: State, t: Scalar | float) -> State:
        return jnp.stack([x[1], -x[0] - self.friction * x[1]])

    @property
    def formulas(self) -> tuple[str, ...]:
        return () if self.friction else ("x**2 + v**2",)


@dataclass(frozen=True)
class DrivenOscillator(_Line):
    """x'' = -x + strength cos(frequency t); nothing is conserved unless the strength is 0.

    Attributes:
        strength: amplitude of the force, 0 or more.
        frequency: angular frequency of the force, 1e-6 or more.

    Raises:
        InputError: an attribute is out of its range.
    """

    strength: float = 0.5
    frequency: float = 1.7

    name = "driven_oscillator"

    def __post_init__(self) -> None:
        number(self.name, "strength", self.strength, least=0.0)
        number(self.name, "frequency", self.frequency, least=1e-6)

    def velocity(self, x: State, t: Scalar | float) -> State:
        return jnp.stack([x[1], -x[0] + self.strength * jnp.cos(self.frequency * t)])

    @property
    def formulas(self) -> tuple[str, ...]:
        return () if self.strength else ("x**2 + v**2",)


@dataclass(frozen=True)
class VanDerPol(_Line):
    """x'' = strength (1 - x^2) x' - x; nothing is conserved unless the strength is 0.

    Source: van der Pol, Philosophical Magazine 2 (1926), 978.

    Attributes:
        strength: strength of the friction, which is negative near the origin; 0 or more.

    Raises:
        InputError: the strength is out of its range.
    """

    strength: float = 1.0

    name = "van_der_pol"

    def __post_init__(self) -> None:
        number(self.name, "strength", self.strength, least=0.0)

    def velocity(self, x: State, t: Scalar | float) -> State:
        return jnp.stack([x[1], self.strength * (1 - x[0] ** 2) * x[1] - x[0]])

    @property
    def formulas(self) -> tuple[str, ...]:
        return () if self.strength else ("x**2 + v**2",)
