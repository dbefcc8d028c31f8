"""E0, E1: the equation of motion, from the Lagrangian and from the steps of descent."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.checks import check
from experiments.learning_dynamics.finding import Curve, Finding, Panel
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import keys_of
from noether_razor.learning_dynamics import bregman, predict
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.regimes import RegimeWarning
from noether_razor.mechanics.noether import euler_lagrange_residual

DIMENSION = 4
CURVATURES = 0.1, 1.0


def lagrangian_to_equation(plan: Plan, seeds: int) -> Finding:
    """E0: the Euler-Lagrange equation of the Bregman Lagrangian, by autodiff, is Eq 3."""
    keys = keys_of(seeds)
    masses = 0.1 * 0.5 ** np.arange(5)
    descents = jax.tree.map(lambda *each: jnp.array(each), *plan.descents())
    errors = _worst(_heavy_ball_error, keys, descents).max(1)
    nesterov = _worst(_nesterov_error, keys, jnp.zeros(1))[:, 0]
    limits = _worst(_natural_gradient_error, keys, jnp.asarray(masses))
    slopes = np.log2(limits[:, :-1] / limits[:, 1:])
    curve = Curve("entropy", masses, limits.mean(0), _line(masses, limits.mean(0)))
    return Finding(
        "E0",
        "From the Lagrangian to the equation of motion",
        f"Random losses and paths in {DIMENSION} dimensions, t from 0.2 to 3; residuals over the "
        "largest term.",
        [
            check("finite steps: m q'' + mu q' + grad f + k q", errors, high=1e-10),
            check("Nesterov: q'' + (3 / t) q' + grad f", nesterov, high=1e-10),
            check(
                "m to 0, entropy: order of the distance to natural gradient flow in m",
                slopes[:, -1],
                low=0.9,
                high=1.1,
                expected=1,
            ),
        ],
        [Panel("To natural gradient flow", "m", "distance", [curve._replace(marks=True)], "xy")],
    )


def modified_flow(plan: Plan, seeds: int) -> Finding:
    """E1: descent follows the second-order equation to second order in the learning rate."""
    rates, horizon = np.asarray(plan.learning_rates), plan.steps * min(plan.learning_rates)
    curvature = jnp.tile(jnp.geomspace(*CURVATURES, DIMENSION), seeds)
    loss = lambda q: jnp.sum(curvature * q**2) / 2  # noqa: E731
    start = jnp.concatenate([jax.random.normal(key, (DIMENSION,)) for key in keys_of(seeds)])
    checks, panels = [], []
    for momentum in plan.momenta:
        by_rate = [_flow_errors(loss, start, Descent(rate, momentum), horizon) for rate in rates]
        errors = np.stack(by_rate, axis=1)
        slopes = np.log(errors[:, -2] / errors[:, -1]) / np.log(rates[-2] / rates[-1])
        beta = f"beta = {momentum:g}: order in eta"
        checks += [
            check(f"{beta}, gradient flow", slopes[:, 0], low=0.9, high=1.1, expected=1),
            check(f"{beta}, Eq 3", slopes[:, 1], low=1.85, high=2.15, expected=2),
            check(f"{beta}, Eq 3 from rest", slopes[:, 2], high=1.15, control=True, expected=1),
        ]
        names = ("gradient flow", "Eq 3", "Eq 3 from rest")
        curves = [
            Curve(name, rates, mean, _line(rates, mean, order), colour=i, marks=True)
            for i, (name, mean, order) in enumerate(
                zip(names, errors.mean(0).T, (1, 2, 1), strict=True)
            )
        ]
        panels.append(Panel(f"beta = {momentum:g}", "learning rate", "error", curves, "xy"))
    return Finding(
        "E1",
        "Modified flow",
        f"Quadratic losses in {DIMENSION} dimensions, curvatures from {CURVATURES[0]:g} to "
        f"{CURVATURES[1]:g}; largest error at t = {horizon:g}, orders from the two smallest "
        "learning rates.",
        checks,
        panels,
        [
            "At a fixed time, not over all steps: in the first 1 / (1 - beta) of them the velocity "
            "decays by beta a step, and by exp(-mu eta / m) in Eq 3, a difference of first order."
        ],
    )


def _wavy(key: jax.Array) -> bregman.Loss:
    a, b = jax.random.normal(key, (2, DIMENSION, DIMENSION))
    return lambda q: jnp.sum(jnp.sin(a @ q)) + jnp.sum((b @ q) ** 2) / 4


def _path(key: jax.Array) -> Callable[[jax.Array], jax.Array]:
    a, b = jax.random.uniform(key, (2, DIMENSION))
    return lambda z: 1.5 + jnp.sin((1 + a) * z[0] + 6 * b) / 2


def _motion(path: Callable, t: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    velocity = jax.jacfwd(lambda t: path(t[None]))
    return path(t[None]), velocity(t), jax.jacfwd(velocity)(t)


def _worst(error: Callable, keys: jax.Array, cases: Any) -> np.ndarray:
    """The largest error(loss, path, case, t) over t, by seed and case, [S, N]."""
    times = jnp.linspace(0.2, 3.0, 15)

    def one(key: jax.Array, case: Any) -> jax.Array:
        loss, path = _wavy(key), _path(jax.random.fold_in(key, 1))
        return jax.vmap(lambda t: error(loss, path, case, t))(times).max()

    return np.asarray(jax.jit(jax.vmap(jax.vmap(one, (None, 0)), (0, None)))(keys, cases))


def _heavy_ball_error(
    loss: bregman.Loss, path: Callable, descent: Descent, t: jax.Array
) -> jax.Array:
    q, v, a = _motion(path, t)
    own = bregman.heavy_ball(loss, descent).normalised(t)
    parts = (descent.mass * a, descent.friction * v, jax.grad(loss)(q), descent.weight_decay * q)
    left = euler_lagrange_residual(own.density, path)(t[None]) - sum(parts)
    return jnp.abs(left).max() / jnp.abs(jnp.stack(parts)).max()


def _nesterov_error(loss: bregman.Loss, path: Callable, _: jax.Array, t: jax.Array) -> jax.Array:
    q, v, a = _motion(path, t)
    own = bregman.nesterov(loss).normalised(t)
    parts = (a, 3 / t * v, jax.grad(loss)(q))
    # L is t / 2 times |q'|^2 / 2 - f, so its equation is t / 2 times this one.
    left = euler_lagrange_residual(own.density, path)(t[None]) * 2 / t - sum(parts)
    return jnp.abs(left).max() / jnp.abs(jnp.stack(parts)).max()


def _natural_gradient_error(
    loss: bregman.Loss, path: Callable, mass: jax.Array, t: jax.Array
) -> jax.Array:
    q, v, _ = _motion(path, t)
    descent = Descent(2 * mass)  # mu = 1, and m = eta / 2
    own = bregman.heavy_ball(loss, descent, bregman.entropy).normalised(t)
    flow = jax.hessian(bregman.entropy)(q) @ v + jax.grad(loss)(q)
    return jnp.abs(euler_lagrange_residual(own.density, path)(t[None]) - flow).max()


def _line(x: np.ndarray, y: np.ndarray, order: int = 1) -> np.ndarray:
    """The curve y ~ x^order through the last point."""
    return y[-1] * (x / x[-1]) ** order


def _flow_errors(
    loss: bregman.Loss, start: jax.Array, descent: Descent, horizon: float
) -> np.ndarray:
    """Errors at the horizon of gradient flow, of Eq 3, and of Eq 3 from rest, by seed, [S, 3]."""
    steps = round(horizon / descent.learning_rate)
    measured = _steps(loss, start, descent, steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RegimeWarning)  # larger rates leave the regime on purpose
        flows = (
            predict.gradient_flow(loss, start, descent, steps),
            predict.modified_flow(loss, start, descent, steps),
            predict.second_order(loss, start, 0 * start, descent, steps),
        )
    errors = [np.abs(flow[-1] - measured).reshape(-1, DIMENSION).max(1) for flow in flows]
    return np.stack(errors, axis=1)


@partial(jax.jit, static_argnames=("loss", "steps"))
def _steps(loss: bregman.Loss, start: jax.Array, descent: Descent, steps: int) -> jax.Array:
    optimiser = descent.transformation

    def step(carry: tuple, _: None) -> tuple:
        q, state = carry
        updates, state = optimiser.update(jax.grad(loss)(q), state, q)
        return (optax.apply_updates(q, updates), state), None

    return jax.lax.scan(step, (start, optimiser.init(start)), None, steps)[0][0]
