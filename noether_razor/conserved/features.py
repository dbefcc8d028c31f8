"""Lists of functions of a state, of which a dictionary's quantities are linear combinations.

Each is a frozen dataclass that maps a state [2n] to the values [D], and names them in terms of the
coordinates' names. Lists can be joined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.types import State

MOST = 4000
"""Most features of a list: a larger eigenproblem would not fit into memory."""


@runtime_checkable
class Features(Protocol):
    """D functions of a state. Equal lists must be equal objects, so that they compile once."""

    def __call__(self, x: State) -> jax.Array:
        """Their values, [D]."""
        ...

    def names(self, coordinates: Sequence[str]) -> list[str]:
        """Each as an expression that sympy reads."""
        ...


@dataclass(frozen=True)
class Monomials:
    """All products of 1 to `degree` coordinates.

    Attributes:
        dimension: how many coordinates there are, 2n.
        degree: the highest, 1 or more.
        of: which coordinates are used; all by default.

    Raises:
        InputError: a degree below 1, or more than `MOST` monomials.
    """

    dimension: int
    degree: int
    of: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.degree < 1:
            raise InputError(f"degree is {self.degree}, expected 1 or more")
        if len(self.factors) > MOST:
            raise InputError(
                f"{len(self.factors)} monomials of degree {self.degree} in "
                f"{len(self._used)} coordinates, expected at most {MOST}: take a lower degree"
            )

    @property
    def _used(self) -> tuple[int, ...]:
        return tuple(range(self.dimension)) if self.of is None else self.of

    @cached_property
    def factors(self) -> list[tuple[int, ...]]:
        """Coordinates of each monomial, those of one degree together."""
        degrees = range(1, self.degree + 1)
        return [f for d in degrees for f in combinations_with_replacement(self._used, d)]

    def __call__(self, x: State) -> jax.Array:
        # A monomial of degree d is a coordinate times one of degree d - 1, which is there already.
        place = {factors: i for i, factors in enumerate(self.factors)}
        by_degree = [x[np.array(self._used)]]
        start = 0
        for degree in range(2, self.degree + 1):
            some = [f for f in self.factors if len(f) == degree]
            rest = np.array([place[f[1:]] - start for f in some])
            by_degree.append(x[np.array([f[0] for f in some])] * by_degree[-1][rest])
            start += len(by_degree[-2])
        return jnp.concatenate(by_degree)

    def jacobian(self, x: State) -> jax.Array:
        """Their gradients, [D, 2n]: this compiles faster than automatic differentiation."""
        place = {(): 0} | {factors: i for i, factors in enumerate(self.factors, start=1)}
        lower = np.zeros((len(self.factors), self.dimension), int)
        power = np.zeros(lower.shape)
        for i, factors in enumerate(self.factors):
            for k in set(factors):
                first = factors.index(k)
                lower[i, k] = place[factors[:first] + factors[first + 1 :]]
                power[i, k] = factors.count(k)
        values = [jnp.ones(1, x.dtype)]
        if self.degree > 1:
            values.append(Monomials(self.dimension, self.degree - 1, self.of)(x))
        return jnp.asarray(power, x.dtype) * jnp.concatenate(values)[lower]

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return [_power([coordinates[i] for i in factors]) for factors in self.factors]


@dataclass(frozen=True)
class Listed:
    """Any functions: `function(x)` gives their values [D], `labels` their names."""

    function: Callable[[State], jax.Array]
    labels: tuple[str, ...]

    def __call__(self, x: State) -> jax.Array:
        return self.function(x)

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return list(self.labels)


@dataclass(frozen=True)
class Rescaled:
    """A list of functions of x = centre + spread z, as functions of z, divided by their sizes.

    Attributes:
        functions: functions of x.
        centre, spread: centre and spread of every coordinate, [2n].
        sizes: what the values are divided by, [D].
    """

    functions: Features
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    sizes: tuple[float, ...]

    def __call__(self, x: State) -> jax.Array:
        centre, spread, sizes = (
            jnp.asarray(leaf, x.dtype) for leaf in (self.centre, self.spread, self.sizes)
        )
        return self.functions(centre + spread * x) / sizes

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return self.functions.names(coordinates)


@dataclass(frozen=True)
class Joined:
    """Several lists one after the other."""

    parts: tuple[Features, ...]

    def __call__(self, x: State) -> jax.Array:
        return jnp.concatenate([part(x) for part in self.parts])

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return [name for part in self.parts for name in part.names(coordinates)]


def jacobian(functions: Features, x: State) -> jax.Array:
    """Gradients of functions, [D, 2n]."""
    if isinstance(functions, Monomials):
        return functions.jacobian(x)
    return jax.jacfwd(functions)(x)


def _power(factors: list[str]) -> str:
    powers = {name: factors.count(name) for name in factors}
    return "*".join(name if power == 1 else f"{name}**{power}" for name, power in powers.items())
