"""Networks proposed from trajectories: functions that hardly move along them, and are independent.

The loss is log det W - log det T of the covariances within trajectories and in all. By itself it is
content with functions of one conserved function: C, C^2 and C^3 are three for any covariance, and
easier to find than an invariant of high degree. So networks are trained in stages. What a stage has
found is known to the next: T is then of what polynomials of the known leave unexplained, where a
function of the known has no variance left. At the end new networks, one a function, learn what was
found, and are trained together once more; there each counts by what it tells beyond those before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from noether_razor._types import Key
from noether_razor.conserved import Combined, Neural
from noether_razor.errors import InputError
from noether_razor.proposals.functions import FunctionProposals, checked, in_order, values_along
from noether_razor.proposals.known import Known, known_of, unexplained
from noether_razor.proposals.quadratics import canonical_spread
from noether_razor.proposals.search import search

FLOOR = 1e-7
"""Share of the variance below which a network gains nothing by moving less: float32 ends there."""

BLUR, SHARP = 1e-2, 3e-4
"""Spreads by which states are blurred, in the search and at the end: a function moves by so much of
its gradient at least. Nothing else asks what is exactly conserved, as every function of a momentum
may be, to be smooth; and in the search the wilder functions of what is known are not found first.
"""

RIDGE = 1e-4
"""Ridge of the total covariance of networks' values: two networks gain nothing if equal."""

TAILS = 4.0
"""Deviations from the mean beyond which a value adds no more to a function's variance."""

SEARCH, POLISH = 2e-2, 1e-2
"""Learning rates of Muon. Adam leaves invariants of third degree unfound (docs/findings.md)."""

LONGER = 6
"""Times as many steps at the end as in a stage. Of Kepler's three functions in the plane the last
drifted by 5e-3 at once as many and by 8e-4 at four times."""

TOTAL = 1024
"""Trajectories, at most, that tell the whole variance in a step."""


def propose_networks(
    key: Key,
    states: np.ndarray,
    held_out: np.ndarray,
    count: int,
    *,
    known: Combined | None = None,
    width: int = 32,
    depth: int = 2,
    steps: int = 3000,
    batch: int = 64,
    samples: int = 16,
) -> FunctionProposals | None:
    """Train networks to move as little as they can along trajectories, and not to depend.

    Ask for more networks than you expect functions.

    Args:
        key: of the networks and the batches; the same key gives the same proposals.
        states: training trajectories x = (q, p), [R, T, 2n].
        held_out: others, [R', T', 2n], of which `held_out` of the result tells.
        count: networks of a stage.
        known: conserved functions that networks need not find again.
        width, depth: of a network's hidden layers.
        steps: of the optimiser in a stage, with a cosine decay; `LONGER` times as many at the end.
        batch: trajectories a step.
        samples: of each of them, at random.

    Returns:
        Slow functions that are independent of each other, fewer than 2n; the networks of the last
        stage, which are not slow, if there are none; or None, if there are none beside the known.

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

    def stage(number: int, known: Sequence[Combined]) -> FunctionProposals:
        network_key, batch_key = jax.random.split(jax.random.fold_in(search_key, number))
        start = Neural.create(network_key, count=count, **kind)
        told = known_of([known], states, spread)
        family = _train(batch_key, start, paths, told, SEARCH, BLUR, **how)
        return in_order(family, states, held_out)

    given, found, last = search(stage, known, states, held_out, spread)
    if not found:
        return None if given else last
    before = known_of([[*given, *found[:k]] for k in range(len(found))], states, spread)
    targets = np.concatenate([values_along(one, states) for one in found], -1)
    for k, columns in enumerate(np.asarray(before.columns, float)):
        # What a function tells beyond those before it may be the least of it.
        targets[..., k] = unexplained(columns, targets[..., k].mean(1))[:, None]
    targets = (targets - targets.mean((0, 1))) / targets.std((0, 1))
    copies = Neural.create(network_key, count=len(found), **kind)
    copies = _copy(copy_key, copies, paths, jnp.asarray(targets, paths.dtype), **how)
    longer = {**how, "steps": LONGER * steps}
    copies = _train(polish_key, copies, paths, before, POLISH, SHARP, **longer)
    return in_order(copies, states, held_out)


@partial(jax.jit, static_argnames=("steps", "batch", "samples"))
def _train(
    key: Key,
    family: Neural,
    paths: jax.Array,
    known: Known,
    rate: float,
    blur: float,
    *,
    steps: int,
    batch: int,
    samples: int,
) -> Neural:
    """Minimise log det W - log det T, and the price of gradients that are known."""
    identity = jnp.eye(len(jax.tree.leaves(family.parameters)[0]))
    unit, many = family.spread, min(len(paths), TOTAL)

    def loss(family: Neural, key: Key) -> jax.Array:
        path_key, sample_key, rows_key, one_key, blur_key, angle_key = jax.random.split(key, 6)
        some = jax.random.choice(path_key, len(paths), (batch, 1), replace=False)
        at = jax.random.randint(sample_key, (batch, samples), 0, paths.shape[1])
        rows = jax.random.choice(rows_key, len(paths), (many,), replace=False)
        one = jax.random.randint(one_key, (many,), 0, paths.shape[1])
        value = jax.vmap(family.value)
        seen = paths[some, at]
        seen = seen + blur * unit * jax.random.normal(blur_key, seen.shape, seen.dtype)
        within, total = jax.vmap(value)(seen), value(paths[rows, one])
        total, size = _drawn_in(known.beyond(total, rows))
        within = (within - within.mean(1, keepdims=True)) / size
        moved = jnp.einsum("rti,rtj->ij", within, within) / (batch * samples)
        spread = total.T @ total / len(total)
        return (
            jnp.linalg.slogdet(moved + FLOOR * identity)[1]
            - jnp.linalg.slogdet(spread + RIDGE * identity)[1]
            + known.price(angle_key, family, unit)
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
    """Muon with a cosine decay on a loss(family, key); a slope that is not finite moves nothing.

    A determinant of a batch may be zero to rounding; the next batch's is not.
    """
    cosine = optax.cosine_decay_schedule(1.0, steps)
    optimiser = optax.contrib.muon(
        lambda count: rate * cosine(count), muon_weight_dimension_numbers=_matrices
    )

    def step(carry: tuple, key: Key) -> tuple[tuple, None]:
        family, state = carry
        slope = jax.tree.map(
            lambda leaf: jnp.nan_to_num(leaf, posinf=0.0, neginf=0.0), jax.grad(loss)(family, key)
        )
        update, state = optimiser.update(slope, state, family)
        return (optax.apply_updates(family, update), state), None

    start = family, optimiser.init(family)
    (family, _), _ = jax.lax.scan(step, start, jax.random.split(key, steps))
    return family


def _matrices(family: Any) -> Any:
    """Which leaves are matrices of hidden layers, [K, inputs, outputs]; Adam learns the others."""
    matrix = optax.contrib.MuonDimensionNumbers(reduction_axis=1, output_axis=2)
    return jax.tree.map(lambda leaf: matrix if min(leaf.shape[1:], default=1) > 1 else None, family)
