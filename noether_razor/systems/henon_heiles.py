"""The Henon-Heiles system: bounded, mostly chaotic, nothing quadratic conserved."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from noether_razor._types import Key, Scalar, State
from noether_razor.systems._system import System


@dataclass(frozen=True)
class HenonHeiles(System):
    """H = (|p|^2 + |q|^2) / 2 + q1^2 q2 - q2^3 / 3; only H is conserved.

    Initial states fill the bounded region H < 1/6; beyond it orbits escape to infinity.

    Source: Henon and Heiles, Astronomical Journal 69 (1964), 73.
    """

    name = "henon_heiles"

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        return jnp.vdot(p, p) / 2 + _potential(q)

    def initial_state(self, key: Key) -> State:
        """q uniform in the triangle where V < 1/6, p uniform in the disc that leaves H < 1/6."""
        corner_key, p_key = jax.random.split(key)
        # V = 1/6 is an equilateral triangle; its corners are the saddle points.
        corners = jnp.array([[0.0, 1.0], [-(3**0.5) / 2, -0.5], [3**0.5 / 2, -0.5]])
        q = jax.random.dirichlet(corner_key, jnp.ones(3)) @ corners
        fastest = jnp.sqrt(2 * jnp.maximum(1 / 6 - _potential(q), 0.0))
        p = fastest * jax.random.ball(p_key, 2)
        return jnp.concatenate([q, p])


def _potential(q: jax.Array) -> Scalar:
    q1, q2 = q
    return (q1**2 + q2**2) / 2 + q1**2 * q2 - q2**3 / 3
