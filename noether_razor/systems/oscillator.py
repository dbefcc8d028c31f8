"""Uncoupled harmonic oscillators; equal frequencies have the symmetry of a unitary group."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations

import jax.numpy as jnp

from noether_razor.base.types import Hamiltonian, Scalar, State
from noether_razor.systems._options import numbers
from noether_razor.systems._system import (
    KnownQuantity,
    System,
    angular_momentum,
    coordinate_forms,
    product,
)

LARGEST = 9
"""Largest denominator of a ratio of frequencies that is looked for."""


@dataclass(frozen=True)
class Oscillator(System):
    """H = sum_i (p_i^2 + w_i^2 q_i^2) / 2.

    Conserves the energy of every mode and, for every pair of equal frequencies,
    q_i p_j - q_j p_i and p_i p_j + w^2 q_i q_j. For k equal frequencies these are u(k).

    Attributes:
        frequencies: w_i > 0, one for each degree of freedom.

    Raises:
        InputError: there is no frequency, or one is not positive.
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

    @property
    def invariants(self) -> dict[str, Hamiltonian]:
        """Known invariants; for frequencies in the ratio j : i also Re, Im of z_1^i conj(z_2)^j.

        Here z = p + i w q.
        """
        known = super().invariants
        for (a, w), (b, v) in combinations(enumerate(self.frequencies), 2):
            ratio = Fraction(w / v).limit_denominator(LARGEST)
            if w != v and abs(float(ratio) * v - w) < 1e-12 * w:
                powers = (ratio.denominator, ratio.numerator)
                name = f"z{a + 1}^{powers[0]} z{b + 1}*^{powers[1]}"
                for short, part in (("Re", "real"), ("Im", "imag")):
                    known[f"{short} {name}"] = partial(self._resonance, (a, b), powers, part)
        return known

    def _resonance(
        self, modes: tuple[int, int], powers: tuple[int, int], part: str, x: State
    ) -> Scalar:
        q, p = jnp.split(x, 2)
        z = p + 1j * jnp.asarray(self.frequencies, x.dtype) * q
        first, second = (z[mode] ** power for mode, power in zip(modes, powers, strict=True))
        return getattr(first * jnp.conj(second), part)
