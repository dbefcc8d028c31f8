"""Networks proposed from trajectories: functions that hardly move along them, and are independent.

The loss is log det W - log det T of the covariances within trajectories and in all. By itself it is
content with functions of one conserved function: C, C^2 and C^3 are three for any covariance, and
easier to find than an invariant of high degree. So networks are trained in stages. What a stage has
found is known to the next: T is then of what polynomials of the known leave unexplained, where a
function of the known has no variance left. At the end new networks, one a function, learn what was
found, and are trained together once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from noether_razor._types import Key
from noether_razor.conserved import Combined, Neural
from noether_razor.conserved.features import Monomials
from noether_razor.errors import InputError
from noether_razor.proposals.functions import FunctionProposals, checked, in_order, values_along
from noether_razor.proposals.independence import gradients, independent_gradients, motion_of
from noether_razor.proposals.quadratics import canonical_spread

STAGES = 5
"""At most."""

PATIENCE = 2
"""Stages in a row that may find nothing; networks do not always find what there is."""

SLOW = 0.03
"""Share of the variance of held-out trajectories below which a function counts as found."""

TERMS = 60
"""Polynomials of the known functions, at most."""

FLOOR = 1e-7
"""Share of the variance below which a network gains nothing by moving less: float32 ends there."""

RIDGE = 1e-4
"""Of the total covariance of networks' values, so that two networks do not pay by being equal."""

TAILS = 4.0
"""Deviations from the mean beyond which a value adds no more to a function's variance."""

SEARCH, POLISH = 1e-2, 3e-3
"""Learning rates. At the second an invariant of third degree was not found at all."""

LONGER = 4
"""Times as many steps at the end as in a stage: of Kepler's three functions the last then drifts by
8e-4 instead of 5e-3, on held-out trajectories."""

COMPARED = 2000
"""States that gradients are compared at."""


def propose_networks(
    key: Key,
    states: np.ndarray,
    held_out: np.ndarray,
    count: int,
    *,
    width: int = 32,
    depth: int = 2,
    steps: int = 3000,
    batch: int = 64,
    samples: int = 16,
) -> FunctionProposals:
    """Train networks to move as little as they can along trajectories, and not to depend.

    Ask for more than you expect: what is not conserved shows by its share.

    Args:
        key: of the networks and the batches; the same key gives the same proposals.
        states: training trajectories x = (q, p), [R, T, 2n].
        held_out: others, [R', T', 2n], of which `held_out` of the result tells.
        count: K, networks of a stage, and proposals at the end; of more than 2n only 2n remain, as
            no more can be independent.
        width, depth: of a network's hidden layers.
        steps: of Adam in a stage, with a cosine decay; `LONGER` times as many at the end.
        batch: trajectories a step.
        samples: of each of them, at random.

    Raises:
        InputError: states of another shape or not finite, fewer than 2 trajectories or 3 samples.

    Source: linear slow feature analysis (Wiskott and Sejnowski, Neural Computation 14 (2002), 715)
        has the loss of one stage for linear functions of given features.
    """
    states, held_out = checked(states), checked(held_out)
    if min(states.shape[1], held_out.shape[1]) < 3:
        raise InputError(
            "trajectories have fewer than 3 samples, expected 3 or more: the way a "
            "state moves is told by its neighbours"
        )
    spread = canonical_spread(states)
    paths = jnp.asarray(states, jnp.result_type(float))
    kind = {"spread": jnp.asarray(spread, paths.dtype), "width": width, "depth": depth}
    how = {"steps": steps, "batch": min(batch, len(states)), "samples": samples}
    search_key, network_key, copy_key, polish_key = jax.random.split(key, 4)

    def stage(key: Key, known: Sequence[Combined]) -> FunctionProposals:
        network_key, batch_key = jax.random.split(key)
        start = Neural.create(network_key, count=count, **kind)
        explained = jnp.asarray(_polynomials(known, states), paths.dtype)
        family = _train(batch_key, start, paths, explained, SEARCH, **how)
        return in_order(family, states, held_out)

    found, last = _search(search_key, stage, held_out, spread)
    if not found:
        return last
    fast = last.quantities.only(last.held_out >= SLOW).each()
    chosen = [*found, *fast][: min(count, len(spread))]
    targets = np.concatenate([values_along(one, states) for one in chosen], -1)
    targets = (targets - targets.mean((0, 1))) / targets.std((0, 1))
    copies = Neural.create(network_key, count=len(chosen), **kind)
    copies = _copy(copy_key, copies, paths, jnp.asarray(targets, paths.dtype), **how)
    nothing = jnp.asarray(_polynomials([], states), paths.dtype)
    longer = {**how, "steps": LONGER * steps}
    copies = _train(polish_key, copies, paths, nothing, POLISH, **longer)
    return in_order(copies, states, held_out)


def _search(
    key: Key,
    stage: Callable[[Key, Sequence[Combined]], FunctionProposals],
    held_out: np.ndarray,
    spread: np.ndarray,
) -> tuple[list[Combined], FunctionProposals]:
    """Slow functions that are independent of each other, slowest first in a stage; the last stage.

    Args:
        key: of the stages.
        stage: proposes, given the functions that are known.
        held_out: trajectories that tell what is slow and what depends, [R', T', 2n].
        spread: unit of every coordinate, [2n].
    """
    inner, motion = (some[:: max(1, len(some) // COMPARED)] for some in motion_of(held_out, spread))
    found: list[Combined] = []
    slopes = np.zeros((len(inner), 0, len(spread)))
    number = idle = 0
    while True:
        number += 1
        last = stage(jax.random.fold_in(key, number), found)
        before = len(found)
        each = gradients(last.quantities, inner, spread)
        for k, one in enumerate(last.quantities.each()):
            more = np.concatenate([slopes, each[:, k : k + 1]], 1)
            slow = last.held_out[k] < SLOW
            if slow and independent_gradients(more, motion).rank > len(found):
                found, slopes = [*found, one], more
        idle = 0 if len(found) > before else idle + 1
        if len(found) == len(spread) - 1 or idle == PATIENCE or number == STAGES:
            return found, last


def _polynomials(known: Sequence[Combined], states: np.ndarray) -> np.ndarray:
    """Orthonormal columns [R, TERMS] that span polynomials of known functions, by trajectory.

    Of as high a degree as leaves `TERMS` of them at most, or half as many as trajectories; the
    constant is the first. Columns that are not needed are zero.
    """
    most = min(TERMS, len(states) // 2)
    basis = np.ones((len(states), 1))
    if known:
        values = np.concatenate([values_along(one, states).mean(1) for one in known], -1)
        values = (values - values.mean(0)) / values.std(0)
        # Tails drawn in, lest the highest powers be of one trajectory.
        values = np.tanh(values / 2)
        for degree in range(1, TERMS):
            powers = np.asarray(jax.vmap(Monomials(len(known), degree))(jnp.asarray(values)), float)
            if powers.shape[1] >= most:
                break
            basis = np.concatenate([np.ones((len(states), 1)), powers], 1)
    axes, sizes, _ = np.linalg.svd(basis, full_matrices=False)
    axes = axes[:, sizes > 1e-6 * sizes[0]]
    return np.pad(axes, ((0, 0), (0, TERMS - axes.shape[1])))


@partial(jax.jit, static_argnames=("steps", "batch", "samples"))
def _train(
    key: Key,
    family: Neural,
    paths: jax.Array,
    known: jax.Array,
    rate: float,
    *,
    steps: int,
    batch: int,
    samples: int,
) -> Neural:
    """Minimise log det W - log det T, T of what the known columns [R, TERMS] leave."""
    identity = jnp.eye(len(jax.tree.leaves(family.parameters)[0]))

    def loss(family: Neural, key: Key) -> jax.Array:
        path_key, sample_key, one_key = jax.random.split(key, 3)
        some = jax.random.choice(path_key, len(paths), (batch, 1), replace=False)
        at = jax.random.randint(sample_key, (batch, samples), 0, paths.shape[1])
        one = jax.random.randint(one_key, (len(paths),), 0, paths.shape[1])
        value = jax.vmap(family.value)
        within, total = jax.vmap(value)(paths[some, at]), value(paths[jnp.arange(len(paths)), one])
        total = total - known @ (known.T @ total)
        total, size = _drawn_in(total)
        within = (within - within.mean(1, keepdims=True)) / size
        moved = jnp.einsum("rti,rtj->ij", within, within) / (batch * samples)
        spread = total.T @ total / len(total)
        return (
            jnp.linalg.slogdet(moved + FLOOR * identity)[1]
            - jnp.linalg.slogdet(spread + RIDGE * identity)[1]
        )

    return _descend(key, family, loss, rate, steps)


def _drawn_in(values: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Values [R, K] with the outermost drawn in, of unit variance; and the unit it has, [K].

    A function that varies on a few trajectories far out and nowhere else has a small unit then, and
    moves by much of it. The variance itself must not pay: what moves less than the floor, as any
    function of a momentum does, would grow tails, or cliffs, for nothing else.
    """
    size = jnp.sqrt(jnp.mean(values**2, 0)) + 1e-12
    drawn = TAILS * jnp.tanh(values / size / TAILS)
    unit = jnp.sqrt(jnp.mean(drawn**2, 0)) + 1e-12
    return drawn / unit, size * unit


@partial(jax.jit, static_argnames=("steps", "batch", "samples"))
def _copy(
    key: Key,
    family: Neural,
    paths: jax.Array,
    targets: jax.Array,
    *,
    steps: int,
    batch: int,
    samples: int,
) -> Neural:
    """Networks that learn to be given functions, of values [R, T, K] along the paths."""

    def loss(family: Neural, key: Key) -> jax.Array:
        path_key, sample_key = jax.random.split(key)
        at = (
            jax.random.randint(path_key, (batch * samples,), 0, paths.shape[0]),
            jax.random.randint(sample_key, (batch * samples,), 0, paths.shape[1]),
        )
        return jnp.mean((jax.vmap(family.value)(paths[at]) - targets[at]) ** 2)

    return _descend(key, family, loss, SEARCH, steps)


def _descend(key: Key, family: Neural, loss, rate: float | jax.Array, steps: int) -> Neural:
    """Adam with a cosine decay on a loss(family, key); a slope that is not finite moves nothing.

    A determinant of a batch may be zero to rounding; the next batch's is not.
    """
    optimiser = optax.scale_by_adam()

    def step(carry: tuple, i_and_key: tuple) -> tuple[tuple, None]:
        (family, state), (i, key) = carry, i_and_key
        slope = jax.tree.map(
            lambda leaf: jnp.nan_to_num(leaf, posinf=0.0, neginf=0.0), jax.grad(loss)(family, key)
        )
        update, state = optimiser.update(slope, state)
        decayed = rate * (1 + jnp.cos(jnp.pi * i / steps)) / 2
        return (jax.tree.map(lambda leaf, by: leaf - decayed * by, family, update), state), None

    start = family, optimiser.init(family)
    each = jnp.arange(steps), jax.random.split(key, steps)
    (family, _), _ = jax.lax.scan(step, start, each)
    return family
