"""The motion x(t) under a law, and its derivatives by the start and by the weights.

Both are followed in stretches of `STRETCH` samples, however long a piece is. So one function is
compiled for each law.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import VectorField
from noether_razor.evidence.fields import Field

STRETCH = 10
"""Samples that are followed by one call of a compiled function."""
BATCH = 50
"""Pieces that are followed at once. It does not depend on the data, so that less is compiled."""
STATES = 1000
"""States whose designs are computed at once."""


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
    """

    y: np.ndarray
    weight: np.ndarray

    def batches(self, start: np.ndarray) -> Iterator[tuple[np.ndarray, Pieces]]:
        """Starts [P, m] and pieces, `BATCH` at a time; the last are filled up without weight."""
        weight = _split(self.weight, BATCH)
        weight[-1][len(self.y) % BATCH or BATCH :] = 0.0
        for s, y, w in zip(_split(start, BATCH), _split(self.y, BATCH), weight, strict=True):
            yield s, Pieces(y, w)


class Moments(NamedTuple):
    """What the pieces say of the weights, their starts integrated out.

    Attributes:
        hessian: second derivatives of half the misfit by the weights, [M, M].
        slope: minus its first derivatives, [M].
        starts: how the best starts depend on the weights, and their step, [P, m, M + 1].
        states: [P, L, m].
        log_determinant: of all starts' precisions.
        squares: sum of squared residuals of every coordinate, [m].
    """

    hessian: np.ndarray
    slope: np.ndarray
    starts: np.ndarray
    states: np.ndarray
    log_determinant: float
    squares: np.ndarray


def moments(
    field: Field,
    law: Law,
    weights: np.ndarray,
    start: np.ndarray,
    pieces: Pieces,
    noise: np.ndarray,
) -> Moments:
    """Second moments of the linearised motion, for noise of variance [m] and starts [P, m]."""
    parts = [
        [
            np.asarray(leaf)
            for leaf in _batch_moments(
                *sensitivities(field, law, weights, s, part.y.shape[1]), s, part, noise
            )
        ]
        for s, part in pieces.batches(start)
    ]
    hessian, slope, log, starts, states, residuals = zip(*parts, strict=True)
    each = lambda leaves: np.concatenate(leaves)[: len(pieces.y)]  # noqa: E731
    return Moments(
        sum(hessian), sum(slope), each(starts), each(states), float(each(log).sum()), sum(residuals)
    )


def squares(
    field: Field, law: Law, weights: np.ndarray, start: np.ndarray, pieces: Pieces
) -> np.ndarray:
    """Sum of squared residuals of every coordinate, [m]."""
    total = np.zeros(start.shape[1])
    for s, part in pieces.batches(start):
        error = part.y - motion(field, law, weights, s, part.y.shape[1])
        # What has no weight may be infinite, and a trial step may leave the data.
        with np.errstate(over="ignore", invalid="ignore"):
            total += np.where(part.weight[..., None] > 0, error**2, 0.0).sum((0, 1))
    return total


@jax.jit
def _batch_moments(
    states: jax.Array, sensitivity: jax.Array, start: jax.Array, part: Pieces, noise: jax.Array
) -> tuple[jax.Array, ...]:
    y, weight = part
    pieces, length, m = y.shape
    root = (jnp.sqrt(weight)[..., None] / jnp.sqrt(noise)).reshape(pieces, -1)
    error = (y - states).reshape(pieces, -1) * root
    S = sensitivity.reshape(pieces, length * m, -1) * root[..., None]
    by_start, by_weight = S[..., :m], S[..., m:]
    counted = jnp.any(weight > 0, axis=1)
    own = jnp.einsum("pka,pkb->pab", by_start, by_start) + jnp.eye(m)
    cross = jnp.einsum("pka,pkb->pab", by_start, by_weight)
    pull = jnp.einsum("pka,pk->pa", by_start, error) - start * counted[:, None]
    root_of_own = jnp.linalg.cholesky(own)
    both = jnp.concatenate([cross, pull[..., None]], -1)
    starts = jax.scipy.linalg.cho_solve((root_of_own, True), both)
    flat = by_weight.reshape(-1, by_weight.shape[-1])
    hessian = flat.T @ flat - jnp.einsum("pma,pmb->ab", cross, starts[..., :-1])
    slope = flat.T @ error.ravel() - jnp.einsum("pma,pm->a", cross, starts[..., -1])
    log_determinant = 2 * jnp.log(jnp.diagonal(root_of_own, axis1=1, axis2=2)).sum(1)
    by_coordinate = ((y - states) ** 2 * weight[..., None]).sum((0, 1))
    return hessian, slope, log_determinant, starts, states, by_coordinate


def motion(
    field: Field, law: Law, weights: np.ndarray, start: np.ndarray, length: int
) -> np.ndarray:
    """States at `length` samples from starts [P, m], [P, L, m]."""
    parts = [start[:, None]]
    for _ in range(0, length - 1, STRETCH):
        halves = np.asarray(_stretch(field, law, weights, parts[-1][:, -1]))
        parts.append(halves[:, 2::2])
    return np.concatenate(parts, axis=1)[:, :length]


def sensitivities(
    field: Field, law: Law, weights: np.ndarray, start: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """States [P, L, m], and their derivatives by the start and the weights, [P, L, m, m + M].

    The derivatives obey S' = DF S + (0, design), solved by the classical Runge-Kutta method in
    steps of one sample.
    """
    m = start.shape[1]
    first = np.broadcast_to(np.eye(m, m + len(weights)), (len(start), m, m + len(weights)))
    states, found = [start[:, None]], [first[:, None]]
    for _ in range(0, length - 1, STRETCH):
        halves = np.asarray(_stretch(field, law, weights, states[-1][:, -1]))
        later = _sensitive_stretch(field, law, weights, halves, found[-1][:, -1])
        states.append(halves[:, 2::2])
        found.append(np.asarray(later))
    return np.concatenate(states, 1)[:, :length], np.concatenate(found, 1)[:, :length]


@partial(jax.jit, static_argnames="field")
def _stretch(field: Field, law: Law, weights: jax.Array, start: jax.Array) -> jax.Array:
    return jax.vmap(partial(path, field, law, weights, STRETCH + 1))(start)


@partial(jax.jit, static_argnames="field")
def _sensitive_stretch(
    field: Field, law: Law, weights: jax.Array, halves: jax.Array, first: jax.Array
) -> jax.Array:
    """Derivatives at the samples after the first, [P, L - 1, m, m + M].

    `halves` are the states at samples and half way between them, [P, 2 L - 1, m].
    """
    velocity = partial(field.velocity, weights * law.scale, law.J)

    def advance(
        S: jax.Array, parts: tuple[tuple[jax.Array, ...], tuple[jax.Array, ...]]
    ) -> tuple[jax.Array, jax.Array]:
        (a, b, c), (at_start, between, at_end) = parts
        k1 = a @ S + at_start
        k2 = b @ (S + k1 / 2) + between
        k3 = b @ (S + k2 / 2) + between
        k4 = c @ (S + k3) + at_end
        S = S + (k1 + 2 * k2 + 2 * k3 + k4) / 6
        return S, S

    def of_piece(states: jax.Array, first: jax.Array) -> jax.Array:
        slopes = jax.vmap(jax.jacfwd(velocity))(states)
        by_weights = jax.vmap(partial(field.design, law.J))(states) * law.scale
        pushes = jnp.concatenate([jnp.zeros_like(slopes), by_weights], -1)
        thirds = lambda x: (x[:-1:2], x[1::2], x[2::2])  # noqa: E731
        return jax.lax.scan(advance, first, (thirds(slopes), thirds(pushes)))[1]

    return jax.vmap(of_piece)(halves, first)


def path(field: Field, law: Law, weights: jax.Array, length: int, start: jax.Array) -> jax.Array:
    """States of one piece at `length` samples and half way between them, [2 L - 1, m]."""
    velocity = partial(field.velocity, weights * law.scale, law.J)

    def advance(x: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        x = _half_step(velocity, x)
        return x, x

    _, later = jax.lax.scan(advance, start, None, length=2 * (length - 1))
    return jnp.concatenate([start[None], later])


def _half_step(f: VectorField, x: jax.Array) -> jax.Array:
    """Half a sample by the classical Runge-Kutta method."""
    h = 0.5
    a = f(x)
    b = f(x + h / 2 * a)
    c = f(x + h / 2 * b)
    d = f(x + h * c)
    return x + h / 6 * (a + 2 * b + 2 * c + d)


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
