"""Beads on a line, each coupled to its neighbours by a spring: harmonic, FPUT or Toda."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Hamiltonian, Key, Scalar, State
from noether_razor.systems._options import choice, number, whole
from noether_razor.systems._system import (
    KnownQuantity,
    System,
    angular_momentum,
    coordinate_forms,
    linear,
    product,
)

SPRINGS = ("harmonic", "fput", "toda")
ENDS = ("ring", "fixed")


@dataclass(frozen=True)
class Chain(System):
    """H = sum_i p_i^2 / 2 + sum_i V(q_{i+1} - q_i), over a ring or between two fixed ends.

    V(s) = s^2 / 2 (harmonic), s^2 / 2 + alpha s^3 / 3 + beta s^4 / 4 (fput), e^s - s (toda).

    A ring conserves its momentum and the square of it. A harmonic chain conserves the energy of
    every normal mode, and all of u(k) among k modes of one frequency.

    Attributes:
        beads: number of beads, 2 or more; a ring has 3 or more.
        spring: "harmonic", "fput" or "toda".
        ends: "ring" or "fixed".
        alpha, beta: coefficients of the FPUT springs, 0 or more.

    Raises:
        InputError: an attribute is out of its range.

    Source: Fermi, Pasta, Ulam, Tsingou, Los Alamos report LA-1940 (1955); Toda, Journal of the
    Physical Society of Japan 22 (1967), 431.
    """

    beads: int = 3
    spring: str = "harmonic"
    ends: str = "ring"
    alpha: float = 0.25
    beta: float = 1.0

    name = "chain"
    dt = 0.2

    def __post_init__(self) -> None:
        choice(self.name, "spring", self.spring, SPRINGS)
        choice(self.name, "ends", self.ends, ENDS)
        whole(self.name, "beads", self.beads, least=3 if self.ends == "ring" else 2)
        number(self.name, "alpha", self.alpha, least=0.0)
        number(self.name, "beta", self.beta, least=0.0)

    @property
    def degrees_of_freedom(self) -> int:
        return self.beads

    def initial_state(self, key: Key) -> State:
        """q, p ~ Normal(0, 0.5^2): the springs' anharmonic terms matter, but do not dominate."""
        return 0.5 * jax.random.normal(key, (2 * self.beads,))

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        s = jnp.roll(q, -1) - q if self.ends == "ring" else jnp.diff(jnp.pad(q, 1))
        if self.spring == "toda":
            energy = jnp.exp(s) - s
        else:
            energy = s**2 / 2
            if self.spring == "fput":
                energy += self.alpha * s**3 / 3 + self.beta * s**4 / 4
        return jnp.vdot(p, p) / 2 + jnp.sum(energy)

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        if self.spring == "harmonic":
            return tuple(self._of_modes())
        if self.ends == "fixed":
            return ()
        _, p = coordinate_forms(self.beads)
        found = [linear("P", p.sum(0)), product("P^2", (p.sum(0), p.sum(0)))]
        if self.spring == "fput" and self.beads == 3 and self.alpha == 0:
            # (s_1^2 + s_2^2 + s_3^2)^2 = 2 (s_1^4 + s_2^4 + s_3^4) where the sum of s vanishes.
            found.append(self._of_modes()[-2])
        return tuple(found)

    @property
    def invariants(self) -> dict[str, Hamiltonian]:
        """Known invariants; for a Toda ring also the cubic one, which makes three beads integrable.

        Source: Henon, Physical Review B 9 (1974), 1921.
        """
        known = super().invariants
        if self.spring == "toda" and self.ends == "ring":
            known["I3"] = _toda_cubic
        return known

    def _of_modes(self) -> list[KnownQuantity]:
        """Quantities of the harmonic chain: energies of modes, and more for equal frequencies."""
        n = self.beads
        stiffness = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
        if self.ends == "ring":
            stiffness[0, -1] = stiffness[-1, 0] = -1
        squares, modes = np.linalg.eigh(stiffness)
        squares = np.where(np.abs(squares) < 1e-9, 0.0, squares)
        q, p = (modes.T @ form for form in coordinate_forms(n))
        found = []
        for i, square in enumerate(squares):
            if square == 0:
                found += [linear("P", p[i]), product("P^2", (p[i], p[i]))]
            else:
                found.append(product(f"E{i + 1}", (p[i], p[i] / 2), (square * q[i], q[i] / 2)))
        for i, j in combinations(range(n), 2):
            if np.isclose(squares[i], squares[j]):
                label = f"{i + 1}{j + 1}"
                found.append(angular_momentum(f"L{label}", q[None], p[None], (i, j)))
                found.append(product(f"F{label}", (p[i], p[j]), (squares[i] * q[i], q[j])))
        return found


def _toda_cubic(x: State) -> Scalar:
    """sum_i p_i^3 / 3 + (p_i + p_{i+1}) e^(q_{i+1} - q_i)."""
    q, p = jnp.split(x, 2)
    return jnp.sum(p**3) / 3 + jnp.sum((p + jnp.roll(p, -1)) * jnp.exp(jnp.roll(q, -1) - q))
