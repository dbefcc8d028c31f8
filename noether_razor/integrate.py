"""Solving x' = field(x): one step, fixed steps, and reference accuracy. The one home of diffrax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Scalar, State, States, VectorField
from noether_razor.errors import InputError

Solver = str | diffrax.AbstractERK
"""An explicit Runge-Kutta method: "Butcher5", diffrax's name of one ("Tsit5"), or an object."""

MOST_STEPS = 256
"""Of an adaptive flow over time one."""


class Butcher5(diffrax.AbstractERK):
    """Butcher's method of order 5 in 6 stages, for fixed steps (there is no error estimate in it).

    As dear as Tsit5, and better in one long step: over trajectories of three bodies in the plane
    with dt = 1 its mean squared error is about a thirtieth of Tsit5's.

    Source: Butcher, J. Austral. Math. Soc. 4 (1964), 179; Chapra and Canale, Numerical Methods for
    Engineers, chapter 25.
    """

    tableau: ClassVar[diffrax.ButcherTableau] = diffrax.ButcherTableau(
        a_lower=(
            np.array([1 / 4]),
            np.array([1 / 8, 1 / 8]),
            np.array([0.0, -1 / 2, 1.0]),
            np.array([3 / 16, 0.0, 0.0, 9 / 16]),
            np.array([-3 / 7, 2 / 7, 12 / 7, -12 / 7, 8 / 7]),
        ),
        b_sol=np.array([7, 0, 32, 12, 32, 7]) / 90,
        b_error=np.zeros(6),
        c=np.array([1 / 4, 1 / 4, 1 / 2, 3 / 4, 1.0]),
    )
    interpolation_cls: ClassVar[Any] = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

    def order(self, terms: Any) -> int:
        return 5


def one_step(field: VectorField, x: State, dt: float | Scalar, solver: Solver = "Tsit5") -> State:
    """The state [2n] after one explicit Runge-Kutta step of length dt, without error control.

    k_i = field(x + dt sum_{j<i} a_ij k_j) and x + dt sum_i b_i k_i, with the solver's tableau.

    Args:
        field: the autonomous vector field x -> x'.
        x: state [2n].
        dt: length of the step, in the field's unit of time; may be negative.
        solver: an explicit Runge-Kutta method, see `Solver`.

    Raises:
        InputError: no such solver.
    """
    # Not the solver's own `step`: it loops over the stages, so it cannot leave out those that only
    # estimate the error, and it evaluates each once more for the gradient: twice the time in all.
    tableau: Any = explicit_solver(solver).tableau
    stages = stage_count(solver)
    a = np.zeros((stages, stages))
    for i, row in enumerate(tableau.a_lower[: stages - 1], start=1):
        a[i, :i] = row

    # Keeping the matrix products and redoing the rest costs less than reading everything back.
    field = jax.checkpoint(field, policy=jax.checkpoint_policies.dots_saveable)

    def stage(slopes: jax.Array, i_and_row: tuple[Scalar, jax.Array]) -> tuple[jax.Array, None]:
        i, row = i_and_row
        return slopes.at[i].set(field(x + dt * (row @ slopes))), None

    dt = jnp.asarray(dt, x.dtype)
    rows = np.arange(stages), jnp.asarray(a, x.dtype)
    # A scan compiles the field once. Unrolled, it took a third longer and ran no faster.
    slopes, _ = jax.lax.scan(stage, jnp.zeros((stages, *x.shape), x.dtype), rows)
    return x + dt * (jnp.asarray(tableau.b_sol[:stages], x.dtype) @ slopes)


def stage_count(solver: Solver) -> int:
    """Evaluations of the field in `one_step`: the stages that reach the result."""
    tableau: Any = explicit_solver(solver).tableau
    return int(np.flatnonzero(tableau.b_sol)[-1]) + 1


def rollout(
    field: VectorField,
    x: State,
    times: jax.Array,
    solver: Solver = "Tsit5",
    steps_per_sample: int = 1,
) -> States:
    """States [T, 2n] at the times [T], the first of which is x, by steps of fixed number.

    Args:
        field: the autonomous vector field x -> x'.
        x: state [2n] at times[0].
        times: where to report, [T].
        solver: an explicit Runge-Kutta method, see `Solver`.
        steps_per_sample: equal steps from one time to the next.

    Raises:
        InputError: no such solver.
    """
    solver = explicit_solver(solver)

    def advance(x: State, interval: Scalar) -> tuple[State, State]:
        dt = interval / steps_per_sample
        x = jax.lax.fori_loop(0, steps_per_sample, lambda _, x: one_step(field, x, dt, solver), x)
        return x, x

    _, later = jax.lax.scan(advance, x, jnp.diff(jnp.asarray(times, x.dtype)))
    return jnp.concatenate([x[None], later])


def solve(
    field: VectorField, x: State, times: jax.Array, rtol: float = 1e-10, atol: float = 1e-10
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
    """The state after time one, and whether the flow got there.

    With fixed steps the cost is known and any derivative is to be had, as training needs it. With
    a tolerance as many steps are taken as that asks for, at most `MOST_STEPS`; a flow that needs
    more has escaped.

    Args:
        field: the autonomous vector field x -> x'.
        x: state [2n].
        steps: of Butcher's method, or None for adaptive ones of Tsit5.
        tolerance: of an adaptive step, relative to the state and in its units.
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


def symplectic_rollout(
    velocity: VectorField,
    force: VectorField,
    x: State,
    times: jax.Array,
    steps_per_sample: int = 1,
) -> States:
    """States [T, 2n] of q' = velocity(p), p' = force(q) by the method of Stoermer and Verlet.

    Symplectic and of second order, for any separable Hamiltonian. It is conjugate to the symplectic
    Euler method, which diffrax has: half a step of q forth at the end, and back at the start.

    Args:
        velocity: p -> q', [n] -> [n].
        force: q -> p', [n] -> [n].
        x: state (q, p) [2n] at times[0].
        times: where to report, equally spaced, [T].
        steps_per_sample: equal steps from one time to the next.

    Source: Hairer, Lubich, Wanner, "Geometric Numerical Integration", sections I.1.4 and VI.3.
    """
    q, p = jnp.split(x, 2)
    count = (len(times) - 1) * steps_per_sample
    step = jnp.asarray(times[-1] - times[0], x.dtype) / count
    solution = diffrax.diffeqsolve(
        (
            diffrax.ODETerm(lambda _, p, __: velocity(p)),
            diffrax.ODETerm(lambda _, q, __: force(q)),
        ),
        diffrax.SemiImplicitEuler(),
        t0=0.0,
        t1=count * step,
        dt0=None,
        y0=(q - step / 2 * velocity(p), p),
        saveat=diffrax.SaveAt(t0=True, steps=steps_per_sample),
        stepsize_controller=diffrax.StepTo(ts=step * jnp.arange(count + 1)),
        max_steps=count,
    )
    q, p = cast(tuple[jax.Array, jax.Array], solution.ys)
    return jnp.concatenate([q + step / 2 * jax.vmap(velocity)(p), p], axis=-1)[: len(times)]


def solve_driven(
    field: Callable[[Scalar, State, jax.Array], State],
    x: State,
    times: jax.Array,
    drive: jax.Array,
    rtol: float = 1e-8,
    atol: float = 1e-10,
) -> States:
    """States [T, m] at the times [T] of x' = field(t, x, u(t)), driven by what happened meanwhile.

    drive[i] belongs to the interval from times[i] to times[i + 1]. u is linear between knots in
    the middle of the intervals, and constant outside the first and the last: twice as accurate as
    steps, and without their jumps. Steps of the solver end on samples and on knots.

    Args:
        field: the vector field, of the time, the state [m] and the drive [d] at that time.
        x: state [m] at times[0].
        times: where to report, increasing, [T].
        drive: one value an interval, [T - 1, d].
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


def explicit_solver(solver: Solver) -> diffrax.AbstractERK:
    """The method of this name; an object is passed through.

    Raises:
        InputError: not an explicit Runge-Kutta method.
    """
    if isinstance(solver, diffrax.AbstractERK):
        return solver
    known = {
        name: value
        for name, value in vars(diffrax).items()
        if isinstance(value, type)
        and issubclass(value, diffrax.AbstractERK)
        and value is not diffrax.AbstractERK
    } | {"Butcher5": Butcher5}
    if isinstance(solver, str) and solver in known:
        return known[solver]()
    raise InputError(
        f"solver is {solver!r}, expected an explicit Runge-Kutta method: {', '.join(sorted(known))}"
    )
