"""The unit of every coordinate, and how far flows move states in these units."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import State
from noether_razor.conserved import Family
from noether_razor.mechanics.phase_space import apply_symplectic_form


def canonical_spread(states: np.ndarray) -> np.ndarray:
    """Root mean squares of all positions and of all momenta of states [..., 2n], as [2n].

    All of q have one number, and all of p another: the division by them is then canonical.
    """
    halves = np.split(np.asarray(states, float), 2, axis=-1)
    return np.repeat([np.sqrt(np.mean(half**2)) for half in halves], halves[0].shape[-1])


def spread_of(states: jax.Array) -> State:
    """`canonical_spread` of states [N, 2n] in their own precision, [2n]."""
    return jnp.asarray(canonical_spread(np.asarray(states)), states.dtype)


def displacements(quantities: Family, states: jax.Array, spread: State) -> jax.Array:
    """Root mean square displacement of states [N, 2n] per unit of flow time, in spreads, [K]."""
    shifts = jax.vmap(lambda x: apply_symplectic_form(quantities.gradient(x)))(states)
    return jnp.sqrt(jnp.mean(jnp.sum((shifts / spread) ** 2, -1), 0))
