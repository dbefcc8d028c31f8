"""Particles on a line that repel by the inverse square of their distance, in a harmonic trap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Hamiltonian, Key, Scalar, State
from noether_razor.systems._options import number, whole
from noether_razor.systems._system import KnownQuantity, System, coordinate_forms, product


@dataclass(frozen=True)
class CalogeroMoser(System):
    """H = sum_i (p_i^2 + trap^2 q_i^2) / 2 + strength sum_{i<j} 1 / (q_i - q_j)^2.

    Every orbit is closed, with the period of the trap. There are 2n - 1 independent conserved
    functions. One of them is quadratic: the energy of the centre of mass.

    Attributes:
        particles: n, 2 or more.
        trap: frequency of the trap, more than 0.
        strength: strength of the repulsion, more than 0.

    Raises:
        InputError: an attribute is out of its range.

    Source: Calogero, Journal of Mathematical Physics 12 (1971), 419; Moser, Advances in Mathematics
    16 (1975), 197.
    """

    particles: int = 3
    trap: float = 1.0
    strength: float = 1.0

    name = "calogero_moser"

    def __post_init__(self) -> None:
        whole(self.name, "particles", self.particles, least=2)
        number(self.name, "trap", self.trap, least=1e-6)
        number(self.name, "strength", self.strength, least=1e-6)

    @property
    def degrees_of_freedom(self) -> int:
        return self.particles

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        i, j = np.triu_indices(self.particles, 1)
        trapped = (jnp.vdot(p, p) + self.trap**2 * jnp.vdot(q, q)) / 2
        return trapped + self.strength * jnp.sum((q[i] - q[j]) ** -2.0)

    def initial_state(self, key: Key) -> State:
        """Positions 1.5 apart, with standard deviation 0.2; momenta with standard deviation 0.5."""
        q_key, p_key = jax.random.split(key)
        n = self.particles
        q = 1.5 * (jnp.arange(n, dtype=float) - (n - 1) / 2) + 0.2 * jax.random.normal(q_key, (n,))
        return jnp.concatenate([q, 0.5 * jax.random.normal(p_key, (n,))])

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        q, p = (form.sum(0) / self.particles**0.5 for form in coordinate_forms(self.particles))
        return (product("E", (p, p / 2), (self.trap**2 * q, q / 2)),)

    @property
    def invariants(self) -> dict[str, Hamiltonian]:
        """Sizes of T_1 = tr L and T_k = tr L0^k, L0 = L - T_1 / n, and differences of their phases.

        L is Lax's matrix plus i trap Q. Up to a unitary transformation, it turns with the trap's
        frequency. A root is taken of each invariant, which makes it of first degree in L. So none
        is much larger than another.
        """
        known: dict[str, Hamiltonian] = {"|L0|": self._norm}
        for k in range(1, self.particles + 1):
            known[f"|T_{k}|"] = partial(self._size, k)
            for j in range(1, k):
                for part in ("real", "imag"):
                    name = f"{'Re' if part == 'real' else 'Im'} T_{k}^{j} T_{j}*^{k}"
                    known[name] = partial(self._phase, j, k, part)
        return known

    def _norm(self, x: State) -> Scalar:
        return jnp.sqrt(jnp.sum(jnp.abs(self._centred(self._lax(x))) ** 2))

    def _size(self, k: int, x: State) -> Scalar:
        return jnp.abs(self._trace(k, x)) ** (1 / k)

    def _phase(self, j: int, k: int, part: str, x: State) -> Scalar:
        product = self._trace(k, x) ** j * jnp.conj(self._trace(j, x)) ** k
        return getattr(product, part) * jnp.abs(product) ** (1 / (2 * j * k) - 1)

    def _trace(self, k: int, x: State) -> jax.Array:
        lax = self._lax(x)
        powers = jnp.linalg.matrix_power(lax if k == 1 else self._centred(lax), k)
        return jnp.trace(powers)

    def _centred(self, lax: jax.Array) -> jax.Array:
        return lax - jnp.trace(lax) / self.particles * jnp.eye(self.particles)

    def _lax(self, x: State) -> jax.Array:
        q, p = jnp.split(x, 2)
        distance = q[:, None] - q[None] + jnp.eye(self.particles)
        off = 1j * self.strength**0.5 * (1 - jnp.eye(self.particles))
        return jnp.diag(p + 1j * self.trap * q) + off / distance
