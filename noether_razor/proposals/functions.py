"""Proposals of any shape: functions that hardly move along trajectories, slowest first.

Two ways to the same end, both from trajectories alone: an eigenproblem in a list of features, and
networks trained on the log-determinant of the covariance within trajectories, relative to the
total one. A third, the null space of the bracket with a Hamiltonian, needs a model of the dynamics.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from noether_razor._batches import map_in_batches
from noether_razor._eigen import generalised_eigen
from noether_razor._types import Hamiltonian, Key
from noether_razor.conserved import Combined, Dictionary, Neural
from noether_razor.conserved.features import Features
from noether_razor.errors import InputError
from noether_razor.phase_space import hamiltonian_vector_field
from noether_razor.proposals.quadratics import canonical_spread
from noether_razor.proposals.slow import slow_directions

FLOOR = 1e-7
"""Share of the variance below which a network gains nothing by moving less: float32 ends there."""

RIDGE = 1e-4
"""Of the total covariance of networks' values, so that two networks do not pay by being equal."""

LEARNING_RATE = 3e-3

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


def propose_networks(
    key: Key,
    states: np.ndarray,
    held_out: np.ndarray,
    count: int,
    *,
    width: int = 64,
    depth: int = 2,
    steps: int = 3000,
    batch: int = 64,
    samples: int = 16,
) -> FunctionProposals:
    """Train K networks to move as little as they can along trajectories, and not alike.

    The loss is log det W - log det T of the covariances within trajectories and in all. Ask for
    more than you expect: what is not conserved shows by its share, and without room to spare one
    network may take the place of two.

    Args:
        key: of the networks and the batches; the same key gives the same proposals.
        states: training trajectories x = (q, p), [R, T, 2n].
        held_out: others, [R', T', 2n], of which `held_out` of the result tells.
        count: K.
        width, depth: of a network's hidden layers.
        steps: of Adam, with a cosine decay.
        batch: trajectories a step.
        samples: of each of them, at random.

    Raises:
        InputError: states of another shape or not finite, or fewer than 2 trajectories.

    Source: linear slow feature analysis (Wiskott and Sejnowski, Neural Computation 14 (2002), 715)
    has this loss for linear functions of given features.
    """
    states, held_out = _checked(states), _checked(held_out)
    spread = canonical_spread(states)
    network_key, batch_key = jax.random.split(key)
    dtype = jnp.result_type(float)
    family = Neural.create(network_key, jnp.asarray(spread, dtype), count, width, depth)
    paths = jnp.asarray(states, dtype)
    family = _train(batch_key, family, paths, steps, min(batch, len(states)), samples)
    return in_order(family, states, held_out)


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
    states, held_out = _checked(states), _checked(held_out)
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
    values = _values(family, states)
    slow = slow_directions(values, noise_off=False)
    ordered = Combined(family, jnp.asarray(slow.directions, jnp.result_type(float)))
    return FunctionProposals(ordered, slow.eigenvalues, shares_within(ordered, held_out))


def shares_within(family: Any, states: np.ndarray) -> np.ndarray:
    """Variance within trajectories [R, T, 2n] over total variance, of each of K quantities, [K]."""
    values = _values(family, states)
    within = values.var(1).mean(0)
    return within / np.maximum(values.var((0, 1)), np.finfo(float).tiny)


def _values(family: Any, states: np.ndarray) -> np.ndarray:
    flat = jnp.asarray(states, jnp.result_type(float)).reshape(-1, states.shape[-1])
    return np.asarray(_of_states(family, flat), float).reshape(*states.shape[:2], -1)


@jax.jit
def _of_states(family: Any, states: jax.Array) -> jax.Array:
    return map_in_batches(family.value, states, 4096)


@partial(jax.jit, static_argnames=("steps", "batch", "samples"))
def _train(
    key: Key, family: Neural, paths: jax.Array, steps: int, batch: int, samples: int
) -> Neural:
    optimiser = optax.adam(optax.cosine_decay_schedule(LEARNING_RATE, steps))

    def loss(family: Neural, some: jax.Array) -> jax.Array:
        values = jax.vmap(jax.vmap(family.value))(some)
        values -= values.mean((0, 1))
        values /= values.std((0, 1)) + 1e-12
        within = values - values.mean(1, keepdims=True)
        identity = jnp.eye(values.shape[-1])
        total, moved = (
            jnp.einsum("rti,rtj->ij", v, v) / (v.shape[0] * v.shape[1]) for v in (values, within)
        )
        return (
            jnp.linalg.slogdet(moved + FLOOR * identity)[1]
            - jnp.linalg.slogdet(total + RIDGE * identity)[1]
        )

    def step(carry: tuple, key: Key) -> tuple[tuple, None]:
        family, state = carry
        path_key, sample_key = jax.random.split(key)
        some = jax.random.choice(path_key, len(paths), (batch, 1), replace=False)
        at = jax.random.randint(sample_key, (batch, samples), 0, paths.shape[1])
        slope = jax.grad(loss)(family, paths[some, at])
        update, state = optimiser.update(slope, state)
        return (optax.apply_updates(family, update), state), None

    start = family, optimiser.init(family)
    (family, _), _ = jax.lax.scan(step, start, jax.random.split(key, steps))
    return family


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


def _checked(states: np.ndarray) -> np.ndarray:
    states = np.asarray(states, float)
    good = states.ndim == 3 and not states.shape[-1] % 2 and len(states) > 1
    if not good or not np.isfinite(states).all():
        raise InputError(
            f"states have shape {states.shape}, expected finite values of shape [trajectories, "
            "samples, 2n], of two trajectories or more"
        )
    return states
