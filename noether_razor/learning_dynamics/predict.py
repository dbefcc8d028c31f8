"""Predictions of weights and charges from theory, each with the regime in which it holds.

A prediction that is used outside its regime warns (`RegimeWarning`); the warning names the one to
use. Predictions need concrete numbers, so they do not work inside jit. They are for G symmetries at
once. The time of n steps is n eta.

Source: Tanaka and Kunin, arXiv:2105.02716 ("NLD"); Kunin et al., arXiv:2012.04728 ("NM"). Where a
result is in neither source, its docstring says so.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from noether_razor.base.types import Scalar
from noether_razor.learning_dynamics.bregman import Weights
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.regimes import SMALL_STEP, largest, warn_outside
from noether_razor.mechanics.integrate import solve, solve_driven

EXACT = "the exact discrete update (`charges.ChargeLog.exact`)"
CURVATURE_ITERATIONS = 50


def gradient_flow(
    loss: Callable[[Weights], Scalar], start: Weights, descent: Descent, steps: int
) -> jax.Array:
    """Weights [steps + 1, D] of mu q' = -grad f - k q, the limit m -> 0.

    This holds where m lambda / mu^2 is small, with lambda the largest curvature at the start.
    """
    force = _force(loss, descent)
    inertia = descent.mass * _curvature(force, start) / descent.friction**2
    warn_outside(
        inertia <= SMALL_STEP,
        "gradient_flow",
        f"mass times curvature over squared friction is {inertia:.2g}, above {SMALL_STEP}",
        "modified_flow",
    )
    return _flow(loss, start, descent, steps)


def modified_flow(
    loss: Callable[[Weights], Scalar], start: Weights, descent: Descent, steps: int
) -> jax.Array:
    """Weights [steps + 1, D] of m q'' + mu q' + grad f + k q = 0 (NLD Eq 3).

    The first velocity is -(grad f + k q) / (1 + beta), which is that of steps from v = 0 (not in
    the sources). With it the error is of order eta^2; with a first velocity of zero it is of order
    eta. This holds where eta lambda / (1 + beta) is small, with lambda the largest curvature at the
    start.
    """
    force = _force(loss, descent)
    step = descent.learning_rate * _curvature(force, start) / (1 + descent.momentum)
    warn_outside(
        step <= SMALL_STEP,
        "modified_flow",
        f"the step times the curvature over 1 + beta is {step:.2g}, above {SMALL_STEP}",
        "the updates themselves",
    )
    return second_order(loss, start, force(start) / (1 + descent.momentum), descent, steps)


@partial(jax.jit, static_argnames=("loss", "steps"))
def second_order(
    loss: Callable[[Weights], Scalar],
    start: Weights,
    velocity: Weights,
    descent: Descent,
    steps: int,
) -> jax.Array:
    """Weights [steps + 1, D] of Eq 3 from any position and velocity."""
    force = _force(loss, descent)

    def field(x: jax.Array) -> jax.Array:
        q, v = jnp.split(x, 2)
        return jnp.concatenate([v, (force(q) - descent.friction * v) / descent.mass])

    path = solve(field, jnp.concatenate([start, velocity]), times_of(descent, steps))
    return path[:, : len(start)]


def charge_ode(
    degree: int, start: jax.Array, velocity_square: jax.Array, descent: Descent
) -> jax.Array:
    """Quantities X [n + 1, G] of m X'' + mu X' + d k X = d m |v|^2, d the degree (NLD Eq 11).

    For d = 2 it follows from Eq 3 without any approximation; for d = 1 there is no source term. It
    holds where a step changes X by little.

    Args:
        degree: degree of the symmetry.
        start: X before the first step, [G].
        velocity_square: v . D eta v after each step, [n, G]; see `ChargeLog`.
        descent: the hyper-parameters.
    """
    slow, _ = _roots(degree, descent)
    jump = descent.learning_rate**2 * largest(velocity_square) / max(largest(start), 1e-300)
    change = max(abs(slow) * descent.learning_rate, jump)
    warn_outside(
        change <= SMALL_STEP,
        "charge_ode",
        f"a step changes the quantity by a share of {change:.2g}, above {SMALL_STEP}",
        EXACT,
    )

    return _charges(degree, start, velocity_square, descent)


def first_order(
    degree: int, start: jax.Array, gradient_square: jax.Array, descent: Descent
) -> jax.Array:
    """Quantities X [n + 1, G] of X' = -d k X + (d / 2) eta |g|^2 (NM Eqs 18 to 20).

    This holds without momentum. For d = 1 the solution is an exponential.

    Args:
        degree: degree of the symmetry.
        start: X before the first step, [G].
        gradient_square: g . D eta g at each step, [n, G]; see `ChargeLog`.
        descent: the hyper-parameters.
    """
    warn_outside(
        descent.momentum == 0,
        "first_order",
        f"the momentum is {descent.momentum}, not 0",
        "charge_ode, or harmonic for a translation",
    )
    rate, gain = degree * descent.weight_decay, degree / 2 * descent.learning_rate
    return relaxation(start, gradient_square, rate, gain, descent.learning_rate)


@jax.jit
def relaxation(
    start: jax.Array, source: jax.Array, rate: Any, gain: Any, learning_rate: Any
) -> jax.Array:
    """x [n + 1, G] of x' = gain source - rate x, with a source for each step, [n, G]."""
    times = learning_rate * jnp.arange(len(source) + 1)
    return solve_driven(lambda t, x, u: gain * u - rate * x, start, times, source)


def harmonic(degree: int, start: jax.Array, descent: Descent, steps: int) -> jax.Array:
    """Quantities X [steps + 1, G] of m X'' + mu X' + d k X = 0, in closed form (NM, momentum).

    This is a damped oscillator. Its first rate -d k X / (1 + beta) is that of steps from rest (not
    in the sources). It holds for translations, which have no source term.
    """
    warn_outside(degree == 1, "harmonic", "only translations have no source |v|^2", "charge_ode")
    slow, fast = _roots(degree, descent)
    first = _first_rate(degree, descent)
    times = times_of(descent, steps)
    if abs(slow - fast) * float(times[-1]) < 1e-6:  # critically damped
        form = (1 + (first - slow) * times) * jnp.exp(slow * times)
    else:
        weight = (first - fast) / (slow - fast)
        form = weight * jnp.exp(slow * times) + (1 - weight) * jnp.exp(fast * times)
    return jnp.real(form)[:, None] * start


@partial(jax.jit, static_argnames=("loss", "steps"))
def _flow(
    loss: Callable[[Weights], Scalar], start: Weights, descent: Descent, steps: int
) -> jax.Array:
    force = _force(loss, descent)
    return solve(lambda q: force(q) / descent.friction, start, times_of(descent, steps))


@jax.jit
def _charges(
    degree: Any, start: jax.Array, velocity_square: jax.Array, descent: Descent
) -> jax.Array:
    def field(t: Scalar, x: jax.Array, source: jax.Array) -> jax.Array:
        value, rate = jnp.split(x, 2)
        pull = degree * (descent.mass * source - descent.weight_decay * value)
        return jnp.concatenate([rate, (pull - descent.friction * rate) / descent.mass])

    x = jnp.concatenate([start, _first_rate(degree, descent) * start])
    times = times_of(descent, len(velocity_square))
    return solve_driven(field, x, times, velocity_square)[:, : len(start)]


def _roots(degree: int, descent: Descent) -> tuple[complex, complex]:
    """The roots a of m a^2 + mu a + d k = 0, the slow one first."""
    middle = descent.friction / (2 * descent.mass)
    root = cmath.sqrt(middle**2 - degree * descent.weight_decay / descent.mass)
    return -middle + root, -middle - root


def _first_rate(degree: Any, descent: Descent) -> Any:
    """X'(0) / X(0) of steps from rest."""
    return -degree * descent.weight_decay / (1 + descent.momentum)


def _force(loss: Callable[[Weights], Scalar], descent: Descent) -> Callable[[Weights], Weights]:
    slope = jax.grad(loss)
    return lambda q: -slope(q) - descent.weight_decay * q


def times_of(descent: Descent, steps: int) -> jax.Array:
    """n eta for n = 0 to steps, [steps + 1]."""
    return descent.learning_rate * jnp.arange(steps + 1)


def _curvature(force: Callable[[Weights], Weights], start: Weights) -> float:
    """The largest magnitude of an eigenvalue of the Hessian, by power iteration."""

    def turn(direction: Weights, _: None) -> tuple[Weights, Scalar]:
        moved = jax.jvp(force, (start,), (direction,))[1]
        size = jnp.linalg.norm(moved)
        return moved / jnp.where(size > 0, size, 1.0), size

    direction = jax.random.normal(jax.random.key(0), start.shape, start.dtype)
    _, sizes = jax.lax.scan(
        turn, direction / jnp.linalg.norm(direction), None, CURVATURE_ITERATIONS
    )
    return float(sizes[-1])
