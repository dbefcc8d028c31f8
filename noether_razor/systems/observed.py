"""Systems as they are observed: populations, bodies that turn, chaos.

Their coordinates are not canonical pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key, Scalar, State
from noether_razor.systems._motion import Motion
from noether_razor.systems._options import number, numbers


def _text(value: float) -> str:
    return repr(float(value))


@dataclass(frozen=True)
class RestrictedThreeBody(Motion):
    """A light body near two heavy ones on circles, in the frame that turns with them, in a plane.

    The heavy bodies have masses 1 - mass and mass, at (-mass, 0) and (1 - mass, 0). The Jacobi
    integral is conserved. The light body moves around the heavier one, within the inner Lagrange
    point.

    Source: Szebehely, Theory of Orbits (1967), chapter 1.

    Attributes:
        mass: share of the lighter of the two heavy bodies, 1e-6 to 0.1.

    Raises:
        InputError: the mass is out of its range.
    """

    mass: float = 0.01

    name = "restricted_three_body"
    second_half = "velocities"
    dt = 0.05

    def __post_init__(self) -> None:
        number(self.name, "mass", self.mass, least=1e-6, most=0.1)

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        return ("x", "y", "vx", "vy")

    def velocity(self, x: State, t: Scalar | float) -> State:
        position, velocity = jnp.split(x, 2)
        force = position + 2 * jnp.stack([velocity[1], -velocity[0]])
        for mass, place in ((1 - self.mass, -self.mass), (self.mass, 1 - self.mass)):
            offset = position - jnp.array([place, 0.0])
            force = force - mass * offset / jnp.linalg.norm(offset) ** 3
        return jnp.concatenate([velocity, force])

    def initial_state(self, key: Key) -> State:
        """Radius 0.25 to 0.35 about the heavier body; the circular speed there, within a tenth.

        So the distance stays below 0.55. The inner Lagrange point is at 0.6 or more.
        """
        of_radius, of_angle, of_speed = jax.random.split(key, 3)
        radius = jax.random.uniform(of_radius, minval=0.25, maxval=0.35)
        angle = jax.random.uniform(of_angle, maxval=2 * jnp.pi)
        circular = jnp.sqrt((1 - self.mass) / radius)
        speed = circular * jax.random.uniform(of_speed, minval=0.9, maxval=1.1) - radius
        along = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
        across = jnp.stack([-along[1], along[0]])
        return jnp.concatenate([radius * along - jnp.array([self.mass, 0.0]), speed * across])

    @property
    def formulas(self) -> tuple[str, ...]:
        m, rest = _text(self.mass), _text(1 - self.mass)
        return (
            f"(vx**2 + vy**2 - x**2 - y**2)/2 - {rest}/sqrt((x + {m})**2 + y**2)"
            f" - {m}/sqrt((x - {rest})**2 + y**2)",
        )


@dataclass(frozen=True)
class RigidBody(Motion):
    """A free body that turns, by its angular momentum (m1, m2, m3) in its principal axes.

    m' = m x w with w_i = m_i / inertia_i. |m|^2 and twice the energy are conserved. If two moments
    are equal, the third component is conserved as well; if all are, so is m. Initial states are
    standard normal.

    Source: Landau and Lifshitz, Mechanics (1976), paragraph 36.

    Attributes:
        inertia: three moments of inertia, more than 0.

    Raises:
        InputError: there are not three moments, or one is out of its range.
    """

    inertia: tuple[float, ...] = (1.0, 1.5, 3.0)

    name = "rigid_body"

    def __post_init__(self) -> None:
        moments = numbers(self.name, "inertia", self.inertia, above=0.0)
        if len(moments) != 3:
            raise InputError(f"{self.name}: inertia has {len(moments)} numbers, expected 3")
        object.__setattr__(self, "inertia", moments)

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        return ("m1", "m2", "m3")

    def velocity(self, x: State, t: Scalar | float) -> State:
        return jnp.cross(x, x / jnp.array(self.inertia))

    def initial_state(self, key: Key) -> State:
        """Every component is standard normal."""
        return jax.random.normal(key, (3,))

    @property
    def formulas(self) -> tuple[str, ...]:
        square, count = "m1**2 + m2**2 + m3**2", len(set(self.inertia))
        if count == 1:
            return ("m1", "m2", "m3")
        if count == 2:
            (alone,) = (i for i, one in enumerate(self.inertia) if self.inertia.count(one) == 1)
            return (square, f"m{alone + 1}")
        energy = " + ".join(f"m{i + 1}**2/{_text(one)}" for i, one in enumerate(self.inertia))
        return (square, energy)


@dataclass(frozen=True)
class Populations(Motion):
    """Lotka and Volterra's prey and predators, as numbers; `lotka_volterra` has their logarithms.

    prey' = prey (1 - predators), predators' = growth predators (prey - 1). One function is
    conserved. The equilibrium is at (1, 1).

    Source: Volterra, Nature 118 (1926), 558.

    Attributes:
        growth: rate of the predators in units of that of the prey, 1e-6 or more.

    Raises:
        InputError: the rate is out of its range.
    """

    growth: float = 1.0

    name = "populations"

    def __post_init__(self) -> None:
        number(self.name, "growth", self.growth, least=1e-6)

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        return ("prey", "predators")

    def velocity(self, x: State, t: Scalar | float) -> State:
        return jnp.stack([x[0] * (1 - x[1]), self.growth * x[1] * (x[0] - 1)])

    def initial_state(self, key: Key) -> State:
        """The logarithms of both populations are normal, with a standard deviation of 0.3."""
        return jnp.exp(0.3 * jax.random.normal(key, (2,)))

    @property
    def formulas(self) -> tuple[str, ...]:
        return (f"{_text(self.growth)}*(prey - log(prey)) + predators - log(predators)",)


@dataclass(frozen=True)
class Epidemic(Motion):
    """Susceptible S, infected I and recovered R: S' = -S I, I' = S I - recovery I, R' = recovery I.

    Their sum and R + recovery log S are conserved.

    Source: Kermack and McKendrick, Proceedings of the Royal Society A 115 (1927), 700.

    Attributes:
        recovery: rate of recovery, 1e-6 or more.

    Raises:
        InputError: the rate is out of its range.
    """

    recovery: float = 0.5

    name = "epidemic"
    dt = 0.1

    def __post_init__(self) -> None:
        number(self.name, "recovery", self.recovery, least=1e-6)

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        return ("susceptible", "infected", "recovered")

    def velocity(self, x: State, t: Scalar | float) -> State:
        infections, recoveries = x[0] * x[1], self.recovery * x[1]
        return jnp.stack([-infections, infections - recoveries, recoveries])

    def initial_state(self, key: Key) -> State:
        """All three are uniform in 0.4 to 1."""
        return jax.random.uniform(key, (3,), minval=0.4, maxval=1.0)

    @property
    def formulas(self) -> tuple[str, ...]:
        return (
            "susceptible + infected + recovered",
            f"recovered + {_text(self.recovery)}*log(susceptible)",
        )


@dataclass(frozen=True)
class Lorenz(Motion):
    """Lorenz's equations, which are chaotic and dissipative; nothing is conserved.

    x' = 10 (y - x), y' = x (28 - z) - y, z' = x y - 8 z / 3. Initial states are around (0, 0, 25).

    Source: Lorenz, Journal of the Atmospheric Sciences 20 (1963), 130.
    """

    name = "lorenz"
    dt = 0.02

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        return ("x", "y", "z")

    def velocity(self, x: State, t: Scalar | float) -> State:
        return jnp.stack(
            [10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]]
        )

    def initial_state(self, key: Key) -> State:
        """Normal about (0, 0, 25), with a standard deviation of 8."""
        return jnp.array([0.0, 0.0, 25.0]) + 8 * jax.random.normal(key, (3,))
