"""The motion x(t) under a law, and its derivatives by the start and by the weights.

Both are followed one sample at a time, however long a piece is. So few functions are compiled for
each law, and no derivatives are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._cores import cores
from noether_razor._types import Index, State
from noether_razor.evidence.fields import Field
from noether_razor.integrate.explicit import one_step

BATCH = 50
"""Pieces that are followed at once. It does not depend on the data, so that less is compiled."""
STATES = 1000
"""States whose designs are computed at once."""
SOLVER = "Butcher5"
"""Runge-Kutta method of the motion, in two halves of a step."""
STEPS = (1, 2, 4, 8)
"""Steps of a sample: the fewest that are accurate."""
ACCURATE = 3e-5
"""Error of a state one sample later, in units of the spread, that counts as accurate. Its
derivatives, by a method of lower order, then err by a few parts in a hundred at most."""


class Law(NamedTuple):
    """What a field is computed with: the symplectic form, and a unit of every weight, [M]."""

    J: np.ndarray
    scale: np.ndarray


class Pieces(NamedTuple):
    """Trajectories that are cut into pieces of L samples.

    Attributes:
        y: observed states, [P, L, m].
        weight: 1 where there is a sample, 0 where the last piece of a trajectory is filled up,
            [P, L].
        steps: of the motion from each sample to the next, [P, L].
    """

    y: np.ndarray
    weight: np.ndarray
    steps: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """The pieces, [P], with those first that need few steps: they are followed together."""
        return np.argsort(self.steps.max(1), kind="stable")

    def batches(self, start: np.ndarray) -> Iterator[tuple[np.ndarray, Pieces]]:
        """Starts [P, m] and pieces in order, `BATCH` at a time; the last batch is filled up."""
        order = self.order
        weight = _split(self.weight[order], BATCH)
        weight[-1][len(order) % BATCH or BATCH :] = 0.0
        parts = (_split(rows[order], BATCH) for rows in (start, self.y, self.steps))
        for s, y, steps, w in zip(*parts, weight, strict=True):
            yield s, Pieces(y, w, steps)


class _Sums(NamedTuple):
    """Sums over the samples so far, of derivatives and residuals in units of the noise.

    Attributes:
        hessian: derivatives by the weights times themselves, [M, M].
        slope: times residuals, [M].
        own: derivatives by the starts times themselves, with the prior's precision, [P, m, m].
        cross: derivatives by the starts times those by the weights, [P, m, M].
        pull: derivatives by the starts times residuals, [P, m].
        squares: squared residuals of every coordinate, not in units of the noise, [m].
    """

    hessian: jax.Array
    slope: jax.Array
    own: jax.Array
    cross: jax.Array
    pull: jax.Array
    squares: jax.Array


class _Batch(NamedTuple):
    """Pieces that are followed together.

    Attributes:
        sums: over their samples.
        start: of each, [BATCH, m].
        counted: which are pieces; the others fill the batch up, [BATCH].
        states: [BATCH, L, m].
    """

    sums: _Sums
    start: np.ndarray
    counted: np.ndarray
    states: np.ndarray


class Moments(NamedTuple):
    """What the pieces say of the weights, their starts integrated out.

    Attributes:
        hessian: second derivatives of half the misfit by the weights, [M, M].
        slope: minus its first derivatives, [M].
        starts: how the best starts depend on the weights, and their step, [P, m, M + 1].
        log_determinant: of all starts' precisions.
    """

    hessian: np.ndarray
    slope: np.ndarray
    starts: np.ndarray
    log_determinant: float


class Linearised(NamedTuple):
    """The motion of all pieces to first order in the weights and the starts.

    Attributes:
        batches: all of the pieces.
        place: of every piece in the batches, [P].
        states: [P, L, m].
        squares: sum of squared residuals of every coordinate, [m].
    """

    batches: list[_Batch]
    place: np.ndarray
    states: np.ndarray
    squares: np.ndarray

    def moments(self, damping: float = 0.0) -> Moments:
        """The moments; `damping` times its diagonal is added to the second derivatives."""
        with np.errstate(over="ignore", invalid="ignore"):  # the motion may have left the data
            found = [_without_starts(batch, damping) for batch in self.batches]
        hessian, slope, log, starts = zip(*found, strict=True)
        return Moments(
            sum(hessian),
            sum(slope),
            np.concatenate(starts)[self.place],
            float(np.concatenate(log)[self.place].sum()),
        )


def linearised(
    field: Field,
    law: Law,
    weights: np.ndarray,
    start: np.ndarray,
    pieces: Pieces,
    noise: np.ndarray,
) -> Linearised:
    """Follow the motion and its derivatives, for noise of variance [m] and starts [P, m]."""

    def follow(s: np.ndarray, some: Pieces) -> _Batch:
        y, weight, steps = some
        with jax.enable_x64(True):  # each thread has a setting of its own
            x, S = jnp.asarray(s), first_sensitivity(len(s), s.shape[1], len(weights))
            sums, states = _first(s, y[:, 0], weight[:, 0], noise, len(weights)), [x]
            for k in range(1, y.shape[1]):
                n = steps[:, k - 1].max()
                x, S, sums = _next(field, law, weights, noise, x, S, sums, y[:, k], weight[:, k], n)
                states.append(x)
            sums = _Sums(*map(np.asarray, sums))
        return _Batch(sums, s, (weight > 0).any(axis=1), np.stack(states, 1))

    with ThreadPoolExecutor(cores()) as threads:
        batches = list(threads.map(follow, *zip(*pieces.batches(start), strict=True)))
    place = np.argsort(pieces.order)
    states = np.concatenate([batch.states for batch in batches])[place]
    return Linearised(batches, place, states, sum(batch.sums.squares for batch in batches))


def first_sensitivity(pieces: int, m: int, weights: int) -> np.ndarray:
    """Derivatives of the starts by themselves and by the weights, [P, m, m + M]."""
    return np.broadcast_to(np.eye(m, m + weights), (pieces, m, m + weights))


def _first(x: np.ndarray, y: np.ndarray, weight: np.ndarray, noise: np.ndarray, M: int) -> _Sums:
    """The sums after the first sample. The prior of a start is the standard normal."""
    pieces, m = x.shape
    there = weight[:, None] > 0
    residual = np.where(there, y - x, 0.0)
    own = np.eye(m) + np.where(there[..., None], np.diag(1 / noise), 0.0)
    return _Sums(
        np.zeros((M, M)), np.zeros(M), own, np.zeros((pieces, m, M)), residual / noise,
        (residual**2).sum(0),
    )  # fmt: skip


@partial(jax.jit, static_argnames="field")
def _next(
    field: Field,
    law: Law,
    weights: jax.Array,
    noise: jax.Array,
    x: jax.Array,
    S: jax.Array,
    sums: _Sums,
    y: jax.Array,
    weight: jax.Array,
    steps: jax.Array,
) -> tuple[jax.Array, jax.Array, _Sums]:
    """States, their derivatives and the sums, one sample later."""
    x, S = jax.vmap(partial(sensitive_step, field, law, weights, steps))(x, S)
    return x, S, _counted(sums, x, S, y, weight, noise)


def _counted(
    sums: _Sums, x: jax.Array, S: jax.Array, y: jax.Array, weight: jax.Array, noise: jax.Array
) -> _Sums:
    """The sums with one more sample of every piece."""
    m = x.shape[1]
    there = (weight > 0)[:, None]
    residual = jnp.where(there, y - x, 0.0)
    root = 1 / jnp.sqrt(noise)
    error = residual * root
    S = jnp.where(there[..., None], S * root[:, None], 0.0)
    by_start, by_weight = S[..., :m], S[..., m:]
    flat = by_weight.reshape(-1, by_weight.shape[-1])
    return _Sums(
        sums.hessian + flat.T @ flat,
        sums.slope + flat.T @ error.ravel(),
        sums.own + jnp.einsum("pka,pkb->pab", by_start, by_start),
        sums.cross + jnp.einsum("pka,pkb->pab", by_start, by_weight),
        sums.pull + jnp.einsum("pka,pk->pa", by_start, error),
        sums.squares + (residual**2).sum(0),
    )


def _without_starts(batch: _Batch, damping: float) -> tuple[np.ndarray, ...]:
    """Hessian, slope, log determinants and starts, the starts integrated out."""
    sums = batch.sums
    damped = lambda square: square + damping * square * np.eye(square.shape[-1])  # noqa: E731
    pull = sums.pull - batch.start * batch.counted[:, None]
    own = damped(sums.own)
    both = np.concatenate([sums.cross, pull[..., None]], -1)
    try:
        starts = np.linalg.solve(own, both)
    except np.linalg.LinAlgError:  # derivatives are beyond rounding: nothing is known
        starts = np.full_like(both, np.nan)
    flat = starts.reshape(-1, starts.shape[-1])
    taken = sums.cross.reshape(len(flat), -1).T @ flat
    return (
        damped(sums.hessian) - taken[:, :-1],
        np.asarray(sums.slope) - taken[:, -1],
        np.linalg.slogdet(own)[1],
        starts,
    )


def sensitive_step(
    field: Field, law: Law, weights: jax.Array, steps: Index | int, x: State, S: jax.Array
) -> tuple[State, jax.Array]:
    """The state [m] some steps and one sample later, its derivatives by start and weights.

    The derivatives, [m, m + M], obey S' = DF S + (0, design), solved by the classical Runge-Kutta
    method.
    """
    J = jnp.asarray(law.J)
    velocity = partial(field.velocity, weights * law.scale, J)
    h = 1 / steps

    def slopes(x: State) -> tuple[jax.Array, jax.Array]:
        by_weights = field.design(J, x) * law.scale
        return jax.jacfwd(velocity)(x), jnp.pad(by_weights, ((0, 0), (len(x), 0)))

    def half_step(x: State, _: None) -> tuple[State, State]:
        later = one_step(velocity, x, h / 2, SOLVER)
        return later, later

    def advance(_: Index, carry: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
        x, S = carry
        later, both = jax.lax.scan(half_step, x, length=2)  # so the field is compiled once
        states = jnp.concatenate([x[None], both])
        (a, b, c), (at_start, between, at_end) = jax.vmap(slopes)(states)
        k1 = a @ S + at_start
        k2 = b @ (S + h * k1 / 2) + between
        k3 = b @ (S + h * k2 / 2) + between
        k4 = c @ (S + h * k3) + at_end
        return later, S + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6

    return jax.lax.fori_loop(0, steps, advance, (x, S))


def steps_needed(field: Field, law: Law, weights: np.ndarray, states: np.ndarray) -> np.ndarray:
    """The fewest steps that are accurate, from each of the states [N, m] to a sample later, [N].

    Twice as many steps tell the error. Where the motion leaves all bounds, no more are tried.
    """
    needed, rest = np.full(len(states), STEPS[0]), np.arange(len(states))
    later = _sample_later(field, law, weights, STEPS[0], states)
    for more in STEPS[1:]:
        before, later = later, _sample_later(field, law, weights, more, states[rest])
        with np.errstate(invalid="ignore"):
            wrong = np.abs(later - before).max(1) > ACCURATE
        rest, later = rest[wrong], later[wrong]
        needed[rest] = more
        if not len(rest):
            break
    return needed


def _sample_later(
    field: Field, law: Law, weights: np.ndarray, steps: int, states: np.ndarray
) -> np.ndarray:
    """States [N, m] one sample later."""
    parts = [_followed(field, law, weights, steps, some) for some in _split(states, STATES)]
    return np.concatenate(parts)[: len(states)]


@partial(jax.jit, static_argnames="field")
def _followed(
    field: Field, law: Law, weights: jax.Array, steps: jax.Array, states: jax.Array
) -> jax.Array:
    velocity = partial(field.velocity, weights * law.scale, law.J)
    step = partial(one_step, velocity, dt=1 / (2 * steps), solver=SOLVER)
    return jax.lax.fori_loop(0, 2 * steps, lambda _, x: jax.vmap(step)(x), states)


def designs(field: Field, J: np.ndarray, states: np.ndarray) -> np.ndarray:
    """The matrices [N, m, M] that take weights to velocities at states [N, m]."""
    parts = [np.asarray(_designs(field, J, some)) for some in _split(states, STATES)]
    return np.concatenate(parts)[: len(states)]


def _split(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """Rows in parts of `size`; the last part is filled up with the first row."""
    filled = np.concatenate([rows, np.repeat(rows[:1], -len(rows) % size, axis=0)])
    return np.split(filled, len(filled) // size)


@partial(jax.jit, static_argnames="field")
def _designs(field: Field, J: jax.Array, states: jax.Array) -> jax.Array:
    return jax.vmap(partial(field.design, J))(states)
