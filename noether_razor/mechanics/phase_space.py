"""Phase space x = (q, p): symplectic form, Poisson bracket, Hamiltonian vector field, scaling."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Hamiltonian, Scalar, State, StateMatrix, VectorField


def symplectic_form(degrees_of_freedom: int) -> StateMatrix:
    """J = [[0, I], [-I, 0]] of shape [2n, 2n], so that x' = J grad H(x)."""
    identity = jnp.eye(degrees_of_freedom)
    zero = jnp.zeros_like(identity)
    return jnp.block([[zero, identity], [-identity, zero]])


def apply_symplectic_form(gradient: jax.Array) -> jax.Array:
    """J g for g of shape [..., 2n], without forming J: (g_q, g_p) -> (g_p, -g_q)."""
    g_q, g_p = jnp.split(gradient, 2, axis=-1)
    return jnp.concatenate([g_p, -g_q], axis=-1)


def hamiltonian_vector_field(hamiltonian: Hamiltonian) -> VectorField:
    """The vector field x -> J grad H(x) of a scalar function H of one state [2n].

    The velocity q' is in units of q per unit of time, and H is in units of q p per unit of time.
    """

    def field(x: State) -> State:
        return apply_symplectic_form(jax.grad(hamiltonian)(x))

    return field


def poisson_bracket(f: Hamiltonian, g: Hamiltonian) -> Hamiltonian:
    """{f, g} = grad f . J grad g, itself a scalar function of one state [2n].

    f is conserved along the flow of g exactly where the bracket vanishes.

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 2.
    """

    def bracket(x: State) -> Scalar:
        return jnp.vdot(jax.grad(f)(x), apply_symplectic_form(jax.grad(g)(x)))

    return bracket


class Scaling(NamedTuple):
    """Canonical units: q = position q', p = momentum p', t = time t'.

    Hamilton's equations keep their form with H = (position momentum / time) H'. Each unit is one
    positive number for all degrees of freedom: that is what keeps the change canonical.
    """

    position: float = 1.0
    momentum: float = 1.0
    time: float = 1.0

    @property
    def energy(self) -> float:
        """The unit of H."""
        return self.position * self.momentum / self.time

    def units(self, degrees_of_freedom: int) -> State:
        """The unit of every coordinate, [2n]."""
        return jnp.repeat(jnp.asarray([self.position, self.momentum]), degrees_of_freedom)

    def scale(self, x: jax.Array | np.ndarray) -> jax.Array:
        """Convert the user's coordinates [..., 2n] to scaled ones."""
        return jnp.asarray(x) / self.units(x.shape[-1] // 2).astype(jnp.result_type(x))

    def unscale(self, x: jax.Array | np.ndarray) -> jax.Array:
        """Convert scaled coordinates [..., 2n] to the user's."""
        return jnp.asarray(x) * self.units(x.shape[-1] // 2).astype(jnp.result_type(x))

    def unscale_hamiltonian(self, hamiltonian: Hamiltonian) -> Hamiltonian:
        """Convert a Hamiltonian of scaled states to one of the user's states, in their units."""
        return lambda x: self.energy * hamiltonian(self.scale(x))
