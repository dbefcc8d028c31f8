"""Uncoupled harmonic oscillators: the unitary group, as far as frequencies are equal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import jax.numpy as jnp

from noether_razor._types import Scalar, State
from noether_razor.systems._options import numbers
from noether_razor.systems._system import (
    KnownQuantity,
    System,
    angular_momentum,
    coordinate_forms,
    product,
)


@dataclass(frozen=True)
class Oscillator(System):
    """H = sum_i (p_i^2 + w_i^2 q_i^2) / 2.

    Conserves the energy of every mode and, for every pair of equal frequencies,
    q_i p_j - q_j p_i and p_i p_j + w^2 q_i q_j: u(k) among k equal ones.

    Attributes:
        frequencies: w_i > 0, one a degree of freedom.

    Raises:
        InputError: no frequency, or one that is not positive.
    """

    frequencies: tuple[float, ...] = (1.0,)

    name = "oscillator"

    def __post_init__(self) -> None:
        given = numbers(self.name, "frequencies", self.frequencies, above=0.0)
        object.__setattr__(self, "frequencies", given)

    @property
    def degrees_of_freedom(self) -> int:
        return len(self.frequencies)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        w = jnp.asarray(self.frequencies, x.dtype)
        return jnp.sum(p**2 + (w * q) ** 2) / 2

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        q, p = coordinate_forms(self.degrees_of_freedom)
        found = [
            product(f"E{i + 1}", (p[i], p[i] / 2), (w * q[i], w * q[i] / 2))
            for i, w in enumerate(self.frequencies)
        ]
        for i, j in combinations(range(self.degrees_of_freedom), 2):
            w = self.frequencies[i]
            if w == self.frequencies[j]:
                label = f"{i + 1}{j + 1}"
                found.append(angular_momentum(f"L{label}", q[None], p[None], (i, j)))
                found.append(product(f"F{label}", (p[i], p[j]), (w * q[i], w * q[j])))
        return tuple(found)
