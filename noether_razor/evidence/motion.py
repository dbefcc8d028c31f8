"""The motion x(t) under a law, and its derivatives by the start and by the weights."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Index, State
from noether_razor.evidence.fields import Field
from noether_razor.mechanics.integrate.explicit import one_step

STATES = 1000
"""States whose designs are computed at once."""
SOLVER = "Butcher5"
"""Runge-Kutta method for the motion. Each step is made in two halves, because the derivatives also
need the state in the middle of the step."""
STEPS = (1, 2, 4, 8)
"""Numbers of steps between two samples that are tried; the smallest accurate number is used."""
ACCURATE = 3e-5
"""Error of a state one sample later, in units of the spread, that counts as accurate. Its
derivatives, by a method of lower order, then err by a few parts in a hundred at most."""


class Law(NamedTuple):
    """What a field is computed with: the symplectic form, and a unit of every weight, [M]."""

    J: np.ndarray
    scale: np.ndarray


def sensitive_step(
    field: Field, law: Law, weights: jax.Array, steps: Index | int, x: State, S: jax.Array
) -> tuple[State, jax.Array]:
    """The state [m] one sample later, and its derivatives by the start and the weights, [m, m + M].

    The derivatives S obey S' = DF S + (0, design), which is solved by the classical Runge-Kutta
    method.

    Args:
        field: the law of motion.
        law: the symplectic form and the units of the weights.
        weights: weights in units of `law.scale`, [M].
        steps: number of steps from one sample to the next.
        x: the state, [m].
        S: its derivatives, [m, m + M].
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

    The error is the distance from the result of twice as many steps. Where the motion does not stay
    finite, no more steps are tried.
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
    parts = [_followed(field, law, weights, steps, some) for some in split(states, STATES)]
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
    parts = [np.asarray(_designs(field, J, some)) for some in split(states, STATES)]
    return np.concatenate(parts)[: len(states)]


def split(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """Rows in parts of `size`; the last part is filled up with the first row."""
    filled = np.concatenate([rows, np.repeat(rows[:1], -len(rows) % size, axis=0)])
    return np.split(filled, len(filled) // size)


@partial(jax.jit, static_argnames="field")
def _designs(field: Field, J: jax.Array, states: jax.Array) -> jax.Array:
    return jax.vmap(partial(field.design, J))(states)
