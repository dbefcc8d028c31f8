"""E0, E1, E12, E13: the equations themselves, without a network."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from noether_razor.integrate import solve
from noether_razor.learning_dynamics import bregman, predict
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.experiments.finding import Curve, Finding, Panel, check
from noether_razor.learning_dynamics.experiments.plan import Plan
from noether_razor.learning_dynamics.experiments.runs import keys_of
from noether_razor.learning_dynamics.regimes import RegimeWarning
from noether_razor.noether import euler_lagrange_residual

DIMENSION = 4
CURVATURES = 0.1, 1.0
TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])


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


def curved_metric(plan: Plan, seeds: int) -> Finding:
    """E12: the charge's equation of motion for a mirror map that is not Euclidean."""
    descent = plan.descents()[0]
    times = jnp.linspace(0.0, 5.0, 201)
    charges = jax.jit(jax.vmap(lambda key: _mirror_charges(key, descent, times)))(keys_of(seeds))
    measured, summed, left_out = (np.asarray(charge) for charge in charges)
    size = np.abs(measured).max(1)
    errors = np.abs(measured - summed).max(1) / size
    without = np.abs(measured - left_out).max(1) / size
    curves = [
        Curve("", np.asarray(times), *pair, colour=seed)
        for seed, pair in enumerate(zip(measured, summed, strict=True))
    ]
    return Finding(
        "E12",
        "Noether's learning dynamics with the entropy as mirror map",
        f"A loss of q / sum q in {DIMENSION} dimensions, m = {descent.mass:g}, mu = "
        f"{descent.friction:g}; the scale charge against the time integral of its balance.",
        [
            check("largest difference over the largest charge", errors, high=1e-6),
            check("the same without the metric's term", without, low=1e-3, control=True),
        ],
        [Panel("Scale charge, five seeds", "t", "charge", curves)],
    )


def rotation(plan: Plan, seeds: int) -> Finding:
    """E13: a charge that nothing but friction changes decays by beta a step."""
    momenta = np.asarray(plan.momenta)
    rate, decay = plan.learning_rates[0], plan.weight_decays[0]
    descents = Descent(rate, jnp.asarray(momenta), decay)
    theory = np.exp(-rate * descents.friction / descents.mass)
    turn = jax.vmap(jax.vmap(_turning, (None, _OVER_MOMENTA, None, None)), (0, None, None, None))
    spin = jax.jit(turn, static_argnums=2)
    keys = keys_of(seeds)
    charge, stretched = (np.asarray(spin(keys, descents, plan.steps, each)) for each in (0.0, 1.0))
    # Where a small momentum has left anything of the charge that is no rounding.
    known = np.abs(charge[..., 1:]) > 1e-3 * np.abs(charge[..., :1])
    off, broken = (
        np.abs(np.where(known, one[..., 1:] / one[..., :-1] - momenta[:, None], 0)).max((1, 2))
        for one in (charge, stretched)
    )
    factor = jax.vmap(jax.vmap(_continuous_factor, (None, _OVER_MOMENTA)), (0, None))
    integrated = np.abs(jax.jit(factor)(keys, descents) - theory).max(1)
    shown = np.arange(1 + min(plan.steps, 60))
    curves = [
        Curve(
            f"beta = {momentum:g}",
            shown,
            np.abs(charge[0, j, shown] / charge[0, j, 0]),
            theory[j] ** shown,
            colour=j,
        )
        for j, momentum in enumerate(momenta)
    ]
    largest = int(np.argmax(np.where(momenta <= 0.9, momenta, -1)))
    at = f"beta = {momenta[largest]:g}"
    return Finding(
        "E13",
        "What decides whether a charge is kept",
        f"f = log(1 + |q|^2) in the plane from v != 0, eta = {rate:g}, k = {decay:g}; momenta "
        f"{', '.join(f'{value:g}' for value in momenta)}.",
        [
            check("charge after over before a step, less beta", off, high=1e-12),
            check(
                f"{at}: theory's factor, exp(-mu eta / m), less beta",
                [theory[largest] - momenta[largest]],
                low=-1e-3,
                high=1e-3,
            ),
            check(
                "the equation of motion, integrated: factor less exp(-mu eta / m)",
                integrated,
                high=1e-6,
            ),
            check(
                "charge after over before, less beta, where the loss is not round",
                broken,
                low=1e-3,
                control=True,
            ),
        ],
        [Panel("Charge of the rotation", "step", "charge / first charge", curves, "y")],
        [
            "With a large momentum m / mu is long and the charge nearly kept, with a small one it "
            "is gone at once. The continuous theory's factor is too large for small momenta: "
            f"{theory[0]:.3g} for {momenta[0]:g}."
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
    """A power of x through the last point."""
    return y[-1] * (x / x[-1]) ** order


def _flow_errors(
    loss: bregman.Loss, start: jax.Array, descent: Descent, horizon: float
) -> np.ndarray:
    """Errors at the horizon of gradient flow, of Eq 3, and of Eq 3 from rest, by seed, [S, 3]."""
    steps = round(horizon / descent.learning_rate)
    measured = _steps(loss, start, descent, steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RegimeWarning)  # the larger rates are outside on purpose
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


def _mirror_charges(
    key: jax.Array, descent: Descent, times: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The charge of scale along a solution, and the integral of its balance, with and without the
    metric's term."""
    q_key, v_key, c_key = jax.random.split(key, 3)
    q0 = jax.random.uniform(q_key, (DIMENSION,), minval=1.0, maxval=2.0)
    v0 = jax.random.normal(v_key, (DIMENSION,))
    target = jax.nn.softmax(jax.random.normal(c_key, (DIMENSION,)))
    loss = lambda q: 5 * jnp.sum((q / jnp.sum(q) - target) ** 2)  # noqa: E731
    lagrangian = bregman.heavy_ball(loss, descent, bregman.entropy)
    scaling = lambda q: q  # noqa: E731

    def terms(t: jax.Array, q: jax.Array, v: jax.Array) -> bregman.Balance:
        # The terms but the rate do not see the path's curvature.
        return bregman.balance(lagrangian, scaling, lambda z: q + (z[0] - t) * v)(t)

    def field(x: jax.Array) -> jax.Array:
        t, q, v = x[0], x[1 : 1 + DIMENSION], x[1 + DIMENSION : -2]
        at = terms(t, q, v)
        decay = descent.friction / descent.mass
        rates = at.sources - decay * x[-2], at.sources - at.metric - decay * x[-1]
        rest = bregman.acceleration(lagrangian, t, q, v)
        return jnp.concatenate([jnp.ones(1), v, rest, jnp.stack(rates)])

    first = terms(jnp.zeros(()), q0, v0).charge
    begin = jnp.concatenate([jnp.zeros(1), q0, v0, jnp.stack([first, first])])
    path = solve(field, begin, times)
    q, v = path[:, 1 : 1 + DIMENSION], path[:, 1 + DIMENSION : -2]
    charge = jax.vmap(lambda t, q, v: terms(t, q, v).charge)(times, q, v)
    return charge, path[:, -2], path[:, -1]


_OVER_MOMENTA = Descent(None, 0, None)  # type: ignore[arg-type]


def _turning(key: jax.Array, descent: Descent, steps: int, stretch: float) -> jax.Array:
    """W q . v of steps with a first velocity, [steps + 1]."""
    q0, v0 = jax.random.normal(key, (2, 2))
    shape = jnp.array([1.0, 0.0]) * stretch + 1.0
    slope = jax.grad(lambda q: jnp.log1p(jnp.sum(shape * q**2)))
    charge = lambda q, v: (TURN @ q) @ v  # noqa: E731

    def step(carry: tuple, _: None) -> tuple:
        q, v = carry
        v = descent.momentum * v + slope(q) + descent.weight_decay * q
        q = q - descent.learning_rate * v
        return (q, v), charge(q, v)

    _, charges = jax.lax.scan(step, (q0, v0), None, steps)
    return jnp.concatenate([charge(q0, v0)[None], charges])


def _continuous_factor(key: jax.Array, descent: Descent) -> jax.Array:
    """By what a charge has changed after one step's time, along Eq 3."""
    q0, v0 = jax.random.normal(key, (2, 2))
    m, mu, k = descent.mass, descent.friction, descent.weight_decay
    slope = jax.grad(lambda q: jnp.log1p(q @ q))

    def field(x: jax.Array) -> jax.Array:
        q, v = jnp.split(x, 2)
        return jnp.concatenate([v, -(slope(q) + k * q + mu * v) / m])

    times = descent.learning_rate * jnp.arange(2)
    (q, v) = jnp.split(solve(field, jnp.concatenate([q0, v0]), times)[-1], 2)
    return ((TURN @ q) @ v) / ((TURN @ q0) @ v0)
