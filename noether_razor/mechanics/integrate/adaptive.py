"""Solvers with adaptive steps: reference trajectories, flows, driven equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import diffrax
import jax
import jax.numpy as jnp

from noether_razor.base.types import Scalar, State, States, Times, VectorField
from noether_razor.mechanics.integrate.explicit import one_step

MOST_STEPS = 256
"""Most steps of an adaptive flow over time one."""


def solve(
    field: VectorField, x: State, times: Times, rtol: float = 1e-10, atol: float = 1e-10
) -> States:
    """States [T, 2n] at the times [T], the first of which is x, to reference accuracy.

    Dormand and Prince's eighth-order method with adaptive steps. Use float64: in float32 the
    tolerances are raised to what the precision allows. Samples that cannot be reached, because the
    motion blows up, are infinite.

    Args:
        field: the autonomous vector field x -> x'.
        x: state [2n] at times[0].
        times: where to report, increasing, [T].
        rtol: error allowed in one step, relative to the state.
        atol: error allowed in one step, in units of the state.
    """
    times = jnp.asarray(times, x.dtype)
    times = times - times[0]
    precision = float(jnp.finfo(x.dtype).eps)
    controller = diffrax.PIDController(
        max(rtol, 10 * precision),
        max(atol, 10 * precision),
        # A motion that blows up shortens its steps without end: give up on it.
        dtmin=precision * times[-1],
        force_dtmin=False,
    )
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda _, x, __: field(x)),
        diffrax.Dopri8(),
        t0=times[0],
        t1=times[-1],
        dt0=None,
        y0=x,
        saveat=diffrax.SaveAt(ts=times),
        # Steps end on the samples, because interpolating would cost four digits.
        stepsize_controller=diffrax.ClipStepSizeController(controller, step_ts=times),
        max_steps=1_000_000,
        throw=False,
    )
    return cast(jax.Array, solution.ys)


def flow(
    field: VectorField, x: State, steps: int | None = None, tolerance: float = 1e-5
) -> tuple[State, jax.Array]:
    """The state after time one, and whether the flow reached that time.

    With fixed steps the cost is known, and every derivative can be computed, as training needs it.
    With a tolerance the steps are adaptive, and there are at most `MOST_STEPS`. A flow that needs
    more steps does not reach time one.

    Args:
        field: the autonomous vector field x -> x'.
        x: state [2n].
        steps: number of steps of Butcher's method, or None for adaptive steps of Tsit5.
        tolerance: error allowed in one adaptive step, relative to the state and in its units.
    """
    if steps is not None:
        dt = 1.0 / steps
        advance = lambda _, x: one_step(field, x, dt, "Butcher5")  # noqa: E731
        end = jax.lax.fori_loop(0, steps, advance, x)
        return end, jnp.all(jnp.isfinite(end))
    precision = float(jnp.finfo(x.dtype).eps)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda _, x, __: field(x)),
        diffrax.Tsit5(),
        t0=0.0,
        t1=1.0,
        dt0=None,
        y0=x,
        stepsize_controller=diffrax.PIDController(
            max(tolerance, 10 * precision), max(tolerance, 10 * precision)
        ),
        max_steps=MOST_STEPS,
        throw=False,
    )
    end = cast(jax.Array, solution.ys)[0]
    reached = solution.result == diffrax.RESULTS.successful
    return end, reached & jnp.all(jnp.isfinite(end))


def solve_driven(
    field: Callable[[Scalar, State, jax.Array], State],
    x: State,
    times: Times,
    drive: jax.Array,
    rtol: float = 1e-8,
    atol: float = 1e-10,
) -> States:
    """States [T, m] at the times [T] of x' = field(t, x, u(t)), for a drive u of each interval.

    drive[i] belongs to the interval from times[i] to times[i + 1]. u is linear between knots in
    the middle of the intervals, and constant outside the first and the last. This is twice as
    accurate as a u that is constant in each interval, and u has no jumps. Steps of the solver end
    on samples and on knots.

    Args:
        field: the vector field, a function of the time, the state [m] and the drive [d] at that
            time.
        x: state [m] at times[0].
        times: where to report, increasing, [T].
        drive: one value for each interval, [T - 1, d].
        rtol: error allowed in one step, relative to the state.
        atol: error allowed in one step, in units of the state.
    """
    times = jnp.asarray(times, x.dtype)
    middles = (times[1:] + times[:-1]) / 2
    knots = jnp.concatenate([times[:1], middles, times[-1:]])
    values = jnp.concatenate([drive[:1], drive, drive[-1:]])
    path = diffrax.LinearInterpolation(knots, jnp.asarray(values, x.dtype))
    controller = diffrax.PIDController(rtol, atol)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, x, _: field(t, x, path.evaluate(t))),
        diffrax.Tsit5(),
        t0=times[0],
        t1=times[-1],
        dt0=middles[0] - times[0],
        y0=x,
        saveat=diffrax.SaveAt(ts=times),
        stepsize_controller=diffrax.ClipStepSizeController(
            controller, step_ts=jnp.sort(jnp.concatenate([times, middles]))
        ),
        max_steps=1_000_000,
        throw=False,
    )
    return cast(jax.Array, solution.ys)
