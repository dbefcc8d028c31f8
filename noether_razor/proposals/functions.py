"""Proposals of any shape: functions that hardly move along trajectories, slowest first.

Here are two eigenproblems in a list of features: of trajectories alone, and, the null space of the
bracket with a Hamiltonian, of a model of the dynamics. Networks are in `proposals.networks`.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._batches import map_in_batches
from noether_razor._eigen import generalised_eigen
from noether_razor._types import Hamiltonian
from noether_razor.conserved import Combined, Dictionary
from noether_razor.conserved.features import Features
from noether_razor.errors import InputError
from noether_razor.phase_space import hamiltonian_vector_field
from noether_razor.proposals.quadratics import canonical_spread
from noether_razor.proposals.slow import slow_directions

ROUNDING = 1e-10
"""Share of the largest mean square of a combination of features that counts as nothing."""


class FunctionProposals(NamedTuple):
    """K functions, slowest first, uncorrelated and of unit variance on the training trajectories.

    Attributes:
        quantities: the family, as linear combinations.
        shares: variance within trajectories over total variance, [K], of the trajectories that
            were learned from; or the normalised bracket, if a Hamiltonian was.
        held_out: the same of held-out trajectories, [K].
    """

    quantities: Combined
    shares: np.ndarray
    held_out: np.ndarray


def propose_dictionary(
    states: np.ndarray, held_out: np.ndarray, features: Features, count: int
) -> FunctionProposals:
    """The slowest combinations of features, by a generalised eigenproblem; see `slow_directions`.

    Args:
        states: training trajectories x = (q, p), [R, T, 2n].
        held_out: others, [R', T', 2n].
        features: functions of states in units of the spread.
        count: how many are asked for.

    Raises:
        InputError: states of another shape or not finite.
    """
    states, held_out = checked(states), checked(held_out)
    with jax.enable_x64(True):
        spread = jnp.asarray(canonical_spread(states))
        values = jax.jit(jax.vmap(features))(jnp.asarray(states).reshape(-1, len(spread)) / spread)
        slow = slow_directions(np.asarray(values).reshape(*states.shape[:2], -1))
        family = _combinations(slow.directions[:count], spread, features)
        shares = shares_within(family, held_out)
    return FunctionProposals(_in_precision(family), slow.eigenvalues[:count], shares)


def propose_null_space(
    hamiltonian: Hamiltonian,
    states: np.ndarray,
    held_out: np.ndarray,
    features: Features,
    count: int,
) -> FunctionProposals:
    """The combinations of features that commute best with a Hamiltonian, a learned one, say.

    The smallest values of E{C, H}^2 / E|grad C|^2 |grad H|^2, gradients in units of the spread.

    Args:
        hamiltonian: a scalar function of one state [2n].
        states: where brackets are evaluated, [R, T, 2n] or [N, 2n].
        held_out: others, where `held_out` of the result is.
        features: functions of states in units of the spread.
        count: how many are asked for.
    """
    states, held_out = (
        np.asarray(some, float).reshape(-1, some.shape[-1]) for some in (states, held_out)
    )
    with jax.enable_x64(True):
        spread = jnp.asarray(canonical_spread(states))
        forms = partial(_bracket_forms, hamiltonian, features, spread)
        brackets, sizes = forms(jnp.asarray(states))
        scale = 1 / np.sqrt(np.diag(sizes))
        square = np.outer(scale, scale)
        values, vectors = generalised_eigen(brackets * square, sizes * square, ROUNDING)
        rows = vectors.T[:count] * scale
        apart = forms(jnp.asarray(held_out))
        kept = [np.einsum("ki,ij,kj->k", rows, np.asarray(form), rows) for form in apart]
        family = _combinations(rows, spread, features)
    return FunctionProposals(
        _in_precision(family), np.sqrt(np.abs(values[:count])), np.sqrt(np.abs(kept[0]) / kept[1])
    )


def in_order(family: Any, states: np.ndarray, held_out: np.ndarray) -> FunctionProposals:
    """The span of a family's K quantities, sorted by how much they move along trajectories."""
    values = values_along(family, states)
    slow = slow_directions(values, noise_off=False)
    ordered = Combined(family, jnp.asarray(slow.directions, jnp.result_type(float)))
    return FunctionProposals(ordered, slow.eigenvalues, shares_within(ordered, held_out))


def shares_within(family: Any, states: np.ndarray) -> np.ndarray:
    """Variance within trajectories [R, T, 2n] over total variance, of each of K quantities, [K]."""
    return shares_of(values_along(family, states))


def shares_of(values: np.ndarray) -> np.ndarray:
    """The same of values [R, T, K] along trajectories, [K]."""
    within = values.var(1).mean(0)
    return within / np.maximum(values.var((0, 1)), np.finfo(float).tiny)


def values_along(family: Any, states: np.ndarray) -> np.ndarray:
    """Values [R, T, K] of a family along trajectories [R, T, 2n]."""
    flat = jnp.asarray(states, jnp.result_type(float)).reshape(-1, states.shape[-1])
    return np.asarray(_of_states(family, flat), float).reshape(*states.shape[:2], -1)


@jax.jit
def _of_states(family: Any, states: jax.Array) -> jax.Array:
    return map_in_batches(family.value, states, 4096)


@partial(jax.jit, static_argnames=("hamiltonian", "features"))
def _bracket_forms(
    hamiltonian: Hamiltonian, features: Features, spread: jax.Array, states: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """E{f, H}{f, H}^T and E|grad f||grad f|^T |grad H|^2, both [D, D]."""
    field = hamiltonian_vector_field(hamiltonian)

    def at(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        slopes = jax.jacfwd(features)(x / spread)
        velocity = field(x) / spread
        rate = slopes @ velocity
        return jnp.outer(rate, rate), slopes @ slopes.T * jnp.vdot(velocity, velocity)

    brackets, sizes = map_in_batches(at, states, 256)
    return brackets.mean(0), sizes.mean(0)


def _combinations(rows: np.ndarray, spread: jax.Array, features: Features) -> Combined:
    return Combined(Dictionary(jnp.asarray(rows), spread, features), jnp.eye(len(rows)))


def _in_precision(family: Any) -> Any:
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.result_type(float)), family)


def checked(states: np.ndarray) -> np.ndarray:
    """Trajectories [R, T, 2n] in double precision.

    Raises:
        InputError: another shape, values that are not finite, or fewer than two trajectories.
    """
    states = np.asarray(states, float)
    good = states.ndim == 3 and not states.shape[-1] % 2 and len(states) > 1
    if not good or not np.isfinite(states).all():
        raise InputError(
            f"states have shape {states.shape}, expected finite values of shape [trajectories, "
            "samples, 2n], of two trajectories or more"
        )
    return states
