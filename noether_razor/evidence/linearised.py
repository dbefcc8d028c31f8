"""The misfit of a law to noisy trajectories, with the motion linearised about a guess.

The motion and its derivatives are followed one sample at a time, however long a piece is. So few
functions are compiled for each law, and no derivatives are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.cores import cores
from noether_razor.evidence.fields import Field
from noether_razor.evidence.motion import Law, sensitive_step, split

BATCH = 50
"""Pieces that are followed at once. It does not depend on the data, so that less is compiled."""


class Pieces(NamedTuple):
    """Trajectories that are cut into pieces of at most L samples.

    Attributes:
        y: observed states, [P, L, m].
        weight: 1 where there is a sample, 0 where a shorter piece is filled up, [P, L].
        steps: number of steps of the motion from each sample to the next, [P, L].
    """

    y: np.ndarray
    weight: np.ndarray
    steps: np.ndarray

    @property
    def order(self) -> np.ndarray:
        """Indices of the pieces, [P], sorted by their length and then by the steps that they need.

        Pieces that are next to each other in this order are integrated in one batch.
        """
        return np.lexsort((self.steps.max(1), self.weight.sum(1)))

    def batches(self, start: np.ndarray) -> Iterator[tuple[np.ndarray, Pieces]]:
        """Starts [P, m] and pieces in order, `BATCH` at a time; the last batch is filled up."""
        order = self.order
        weight = split(self.weight[order], BATCH)
        weight[-1][len(order) % BATCH or BATCH :] = 0.0
        parts = (split(rows[order], BATCH) for rows in (start, self.y, self.steps))
        for s, y, steps, w in zip(*parts, weight, strict=True):
            yield s, Pieces(y, w, steps)


class _Sums(NamedTuple):
    """Sums of products over the samples so far.

    The factors are residuals and derivatives of the states, divided by the noise's standard
    deviation.

    Attributes:
        hessian: derivatives by the weights, times derivatives by the weights, [M, M].
        slope: derivatives by the weights, times residuals, [M].
        own: derivatives by the start, times derivatives by the start, [P, m, m]; the precision of
            the start's prior is added.
        cross: derivatives by the start, times derivatives by the weights, [P, m, M].
        pull: derivatives by the start, times residuals, [P, m].
        squares: squared residuals, not divided by the noise, [P, m].
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
        sums: sums over the samples of the pieces.
        start: start of each piece, [BATCH, m].
        counted: which entries are pieces; the others fill the batch up, [BATCH].
        states: [BATCH, L, m].
    """

    sums: _Sums
    start: np.ndarray
    counted: np.ndarray
    states: np.ndarray


class Moments(NamedTuple):
    """What the pieces say about the weights, with the starts integrated out.

    Attributes:
        hessian: second derivatives of half the misfit by the weights, [M, M].
        slope: minus its first derivatives, [M].
        log_determinants: log determinants of the precision of every start, [P].
    """

    hessian: np.ndarray
    slope: np.ndarray
    log_determinants: np.ndarray


class Linearised(NamedTuple):
    """The motion of all pieces to first order in the weights and the starts.

    Attributes:
        batches: batches of all pieces.
        place: place of every piece in the batches, [P].
        states: [P, L, m].
        squares: sum of squared residuals, [P, m].
    """

    batches: list[_Batch]
    place: np.ndarray
    states: np.ndarray
    squares: np.ndarray

    def moments(self, damping: float = 0.0) -> Moments:
        """The moments, if the diagonal of all second derivatives is multiplied by 1 + `damping`."""
        with np.errstate(over="ignore", invalid="ignore"):  # the motion may have left the data
            found = [_without_starts(batch, damping) for batch in self.batches]
        hessian, slope, log = zip(*found, strict=True)
        return Moments(sum(hessian), sum(slope), np.concatenate(log)[self.place])

    def start_step(self, step: np.ndarray, damping: float = 0.0) -> np.ndarray:
        """The best change of every start, [P, m], if the weights change by `step` [M]."""
        found = [_start_step(batch, step, damping) for batch in self.batches]
        return np.concatenate(found)[self.place]


def linearised(
    field: Field,
    law: Law,
    weights: np.ndarray,
    start: np.ndarray,
    pieces: Pieces,
    noise: np.ndarray,
) -> Linearised:
    """Integrate the motion of all pieces, together with its derivatives.

    Args:
        field: the law of motion.
        law: the symplectic form and the units of the weights.
        weights: weights in units of `law.scale`, [M].
        start: start of each piece, [P, m].
        pieces: the observed pieces.
        noise: variance of the noise of every coordinate, [m].
    """

    def follow(s: np.ndarray, some: Pieces) -> _Batch:
        y, weight, steps = some
        with jax.enable_x64(True):  # each thread has a setting of its own
            x, S = jnp.asarray(s), first_sensitivity(len(s), s.shape[1], len(weights))
            sums, states = _first(s, y[:, 0], weight[:, 0], noise, len(weights)), [x]
            for k in range(1, int(weight.any(0).sum())):
                n = steps[:, k - 1].max()
                x, S, sums = _next(field, law, weights, noise, x, S, sums, y[:, k], weight[:, k], n)
                states.append(x)
            sums = _Sums(*map(np.asarray, sums))
        states += [states[-1]] * (y.shape[1] - len(states))
        return _Batch(sums, s, (weight > 0).any(axis=1), np.stack(states, 1))

    with ThreadPoolExecutor(cores()) as threads:
        batches = list(threads.map(follow, *zip(*pieces.batches(start), strict=True)))
    place = np.argsort(pieces.order)
    states = np.concatenate([batch.states for batch in batches])[place]
    squares = np.concatenate([batch.sums.squares for batch in batches])[place]
    return Linearised(batches, place, states, squares)


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
        residual**2,
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
        sums.squares + residual**2,
    )


def _without_starts(batch: _Batch, damping: float) -> tuple[np.ndarray, ...]:
    """Hessian, slope and log determinants, with the starts integrated out."""
    sums, own = batch.sums, _damped(batch.sums.own, damping)
    both = np.concatenate([sums.cross, _pull(batch)[..., None]], -1)
    starts = _solved(own, both)
    flat = starts.reshape(-1, starts.shape[-1])
    taken = sums.cross.reshape(len(flat), -1).T @ flat
    return (
        _damped(sums.hessian, damping) - taken[:, :-1],
        np.asarray(sums.slope) - taken[:, -1],
        np.linalg.slogdet(own)[1],
    )


def _start_step(batch: _Batch, step: np.ndarray, damping: float) -> np.ndarray:
    """The best change of the starts of a batch, [BATCH, m]."""
    pull = _pull(batch) - batch.sums.cross @ step
    return _solved(_damped(batch.sums.own, damping), pull[..., None])[..., 0]


def _pull(batch: _Batch) -> np.ndarray:
    """Minus the derivatives of half the misfit by the starts, [BATCH, m]."""
    return np.asarray(batch.sums.pull) - batch.start * batch.counted[:, None]


def _damped(square: np.ndarray, damping: float) -> np.ndarray:
    return square + damping * square * np.eye(square.shape[-1])


def _solved(square: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions of linear systems [P, m, m]; NaN if a matrix is singular to rounding."""
    try:
        return np.linalg.solve(square, right)
    except np.linalg.LinAlgError:
        return np.full_like(right, np.nan)
