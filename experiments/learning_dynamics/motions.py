"""E12, E13: charges along the equation of motion, without a network."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from experiments.checks import check
from experiments.learning_dynamics.finding import Curve, Finding, Panel
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import keys_of
from noether_razor.learning_dynamics import bregman
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.mechanics.integrate import solve

DIMENSION = 4
TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])


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
    """E13: a charge that only friction changes is multiplied by beta in each step."""
    momenta = np.asarray(plan.momenta)
    rate, decay = plan.learning_rates[0], plan.weight_decays[0]
    descents = Descent(rate, jnp.asarray(momenta), decay)
    theory = np.exp(-rate * descents.friction / descents.mass)
    turn = jax.vmap(jax.vmap(_turning, (None, _OVER_MOMENTA, None, None)), (0, None, None, None))
    spin = jax.jit(turn, static_argnums=2)
    keys = keys_of(seeds)
    charge, stretched = (np.asarray(spin(keys, descents, plan.steps, each)) for each in (0.0, 1.0))
    # Where the charge is more than rounding errors: a small momentum leaves only these.
    known = np.abs(charge[..., 1:]) > 1e-3 * np.abs(charge[..., :1])
    off, broken = (
        np.abs(np.where(known, one[..., 1:] / one[..., :-1] - momenta[:, None], 0)).max((1, 2))
        for one in (charge, stretched)
    )
    factor = jax.vmap(jax.vmap(_continuous_factor, (None, _OVER_MOMENTA)), (0, None))
    integrated = np.abs(jax.jit(factor)(keys, descents) - theory).max(1)
    shown = np.arange(1 + min(plan.steps, 14))  # later, small momenta leave rounding errors
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


def _mirror_charges(
    key: jax.Array, descent: Descent, times: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The charge of scale along a solution, and two integrals of its balance.

    The first integral has the metric's term, the second does not.
    """
    q_key, v_key, c_key = jax.random.split(key, 3)
    q0 = jax.random.uniform(q_key, (DIMENSION,), minval=1.0, maxval=2.0)
    v0 = jax.random.normal(v_key, (DIMENSION,))
    target = jax.nn.softmax(jax.random.normal(c_key, (DIMENSION,)))
    loss = lambda q: 5 * jnp.sum((q / jnp.sum(q) - target) ** 2)  # noqa: E731
    lagrangian = bregman.heavy_ball(loss, descent, bregman.entropy)
    scaling = lambda q: q  # noqa: E731

    def terms(t: jax.Array, q: jax.Array, v: jax.Array) -> bregman.Balance:
        # All terms but the rate are independent of the path's curvature.
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
    """The charge W q . v before and after each step from a first velocity, [steps + 1]."""
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
    """The factor by which a charge changes in the time of one step, along Eq 3."""
    q0, v0 = jax.random.normal(key, (2, 2))
    m, mu, k = descent.mass, descent.friction, descent.weight_decay
    slope = jax.grad(lambda q: jnp.log1p(q @ q))

    def field(x: jax.Array) -> jax.Array:
        q, v = jnp.split(x, 2)
        return jnp.concatenate([v, -(slope(q) + k * q + mu * v) / m])

    times = descent.learning_rate * jnp.arange(2)
    (q, v) = jnp.split(solve(field, jnp.concatenate([q0, v0]), times)[-1], 2)
    return ((TURN @ q) @ v) / ((TURN @ q0) @ v0)
