"""E2, E3, E6: constraints on the gradient, exact updates, translations and rescalings."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.checks import check
from experiments.learning_dynamics.finding import Curve, Finding, Panel, five, thin
from experiments.learning_dynamics.networks import FILTERS, HEADS, UNITS
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import (
    WATCHED,
    Runs,
    by_step,
    descend,
    keys_of,
    problem,
    start,
    unravelled,
    whole,
)
from experiments.learning_dynamics.training import Samples, cross_entropy, draw
from noether_razor.learning_dynamics import predict
from noether_razor.learning_dynamics.charges import ChargeLog
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.symmetries import Symmetry, alignment, rotation, scale

TOLERANCE = 1e-12
"""Tolerance of an identity: some thousand rounding errors."""


def constraints(plan: Plan, seeds: int) -> Finding:
    """E2: on any batch, the gradient has no component along the generator of a symmetry.

    The derivative of this identity, which contains the Hessian, is tested too.
    """
    width = plan.width[0]
    turn = np.zeros((width, width))
    turn[0, 1], turn[1, 0] = 1, -1
    cases = {
        "translation": ("rectifier", HEADS[0]),
        "scale": ("normalised", FILTERS),
        "rescale": ("rectifier", UNITS),
        "rotation": ("linear", rotation(("hidden.kernel", 1), ("readout.kernel", 0), by=turn)),
    }
    checks, curves = [], []
    for number, (name, (network, symmetry)) in enumerate(cases.items()):
        own = Plan(**{**vars(plan), "network": network})
        cosines, curvature, runs = _identities(own, symmetry, seeds)
        # The first step has the kick, of which the log does not know.
        log = jax.tree.map(lambda logged: logged[:, 1:], runs.logs[0])
        size = np.abs(log.charge).reshape(seeds, -1).max(1)
        exact = np.abs(log.charge - log.exact).reshape(seeds, -1).max(1) / size
        checks += [
            check(f"{name}: cosine of gradient and generator", cosines, high=TOLERANCE),
            check(f"{name}: H eta + (D eta)' g over its parts", curvature, high=TOLERANCE),
            check(f"{name}: charge less its exact update", exact, high=TOLERANCE),
        ]
        shape = (seeds, own.steps - 1, -1)
        charge, update = (one.reshape(shape)[0, :, 0] for one in (log.charge, log.exact))
        curves.append(Curve(name, np.arange(1, own.steps), charge, update, colour=number))
    wrong = Plan(**{**vars(plan), "network": "rectifier"})
    missed, *_ = _identities(wrong, scale(("hidden.kernel", -1), name="none"), seeds)
    checks.append(
        check("scale without a normalisation: cosine", missed, low=1e-3, control=True),
    )
    eta, beta, k = plan.descents()[0]
    return Finding(
        "E2",
        "Constraints on gradients, and charges step by step",
        f"Mini-batches of {plan.batch}, eta = {eta:g}, beta = {beta:g}, k = {k:g}, {plan.steps} "
        "steps from a first velocity, four networks.",
        checks,
        [Panel("One charge of each, and its exact update", "step", "charge", curves)],
    )


def translation(plan: Plan, seeds: int) -> Finding:
    """E3: sums over the logits' weights decay as an exponential, or as an oscillator."""
    checks, panels = [], []
    given = problem(plan, seeds)
    for momentum in plan.momenta:
        errors, controls, curves = [], [], []
        for number, decay in enumerate(plan.weight_decays):
            descent = plan.descents()[0]._replace(momentum=momentum, weight_decay=decay)
            runs = descend(plan, descent, given, WATCHED)
            measured, first = whole(runs, 1)
            if momentum == 0:
                source = np.zeros((plan.steps, first.size))
                path = predict.first_order(1, jnp.asarray(first.ravel()), source, descent)
            else:
                path = predict.harmonic(1, jnp.asarray(first.ravel()), descent, plan.steps)
            predicted = unravelled(path, seeds)
            late = np.exp(-decay / (1 - momentum) * predict.times_of(descent, plan.steps))
            errors.append(_of_largest(predicted, measured))
            controls.append(_of_largest(first[:, None] * late[:, None], measured))
            curves.append(_curve(f"k = {decay:g}", measured, predicted, number))
        beta = f"beta = {momentum:g}"
        name, bound = ("exponential", 1e-3) if momentum == 0 else ("oscillator", 1e-4)
        checks.append(check(f"{beta}: {name}, relative error", np.max(errors, 0), high=bound))
        if momentum > 0:
            what = f"{beta}: exponential without inertia, relative error"
            checks.append(check(what, np.min(controls, 0), low=bound, control=True))
        panels.append(Panel(beta, "step", "sum over logits", curves))
    return Finding(
        "E3",
        "Translation: the head of a softmax",
        f"Sums of the readout's rows, eta = {plan.learning_rates[0]:g}, batch {plan.batch}, "
        f"{plan.steps} steps; errors over the largest magnitude of each sum.",
        checks,
        panels,
    )


def rescaling(plan: Plan, seeds: int) -> Finding:
    """E6: differences of the squared norms of weights into and out of rectifiers."""
    given = problem(plan, seeds)
    checks, panels = [], []
    for descent in plan.descents():
        runs = descend(plan, descent, given, (UNITS,))
        measured, first = whole(runs)
        log: ChargeLog = runs.logs[0]
        begin = jnp.asarray(first.ravel())
        if descent.momentum == 0:
            path = predict.first_order(2, begin, by_step(log.gradient_square), descent)
        else:
            path = predict.charge_ode(2, begin, by_step(log.velocity_square), descent)
        predicted = unravelled(path, seeds)
        error = np.abs(predicted - measured).reshape(seeds, -1).max(1)
        size = _sizes(given.parameters)
        drift = np.abs(measured - first[:, None]).reshape(seeds, -1).max(1)
        still = np.abs(measured - unravelled(_unforced(begin, descent, plan), seeds))
        beta = f"beta = {descent.momentum:g}"
        name, bound = ("NM Eq 20", 1e-4) if descent.momentum == 0 else ("charge equation", 1e-2)
        checks.append(check(f"{beta}: {name}, error over norms", error / size, high=bound))
        if descent.momentum > 0:
            checks.append(
                check(f"{beta}: {name}, error over drift", error / drift, high=0.05),
            )
        worst = still.reshape(seeds, -1).max(1) / size
        checks.append(
            check(f"{beta}: without the source, over norms", worst, low=bound, control=True)
        )
        panels.append(five(beta, "|w in|^2 - |w out|^2", measured, predicted))
    eta, _, k = plan.descents()[0]
    return Finding(
        "E6",
        "Rescale: the units of a rectifier network",
        f"eta = {eta:g}, k = {k:g}, batch {plan.batch}, {plan.steps} steps; five units of seed 0.",
        checks,
        panels,
    )


def kicked(descent: Descent, symmetry: Symmetry, readout_rate: Any) -> Any:
    """Gradient descent that starts with a velocity: from rest, the charge of a rotation is zero."""
    inner = descent.transformation

    def init(params: Any) -> Any:
        decay, momentum, scaled = inner.init(params)
        kick = jax.tree.map(lambda leaf: jnp.roll(leaf, 1), params)
        return decay, momentum._replace(trace=kick), scaled

    return optax.GradientTransformation(init, inner.update)


def _curve(label: str, measured: np.ndarray, predicted: np.ndarray, colour: int) -> Curve:
    """The curve of seed 0 for the charge that is largest at first."""
    largest = int(np.argmax(np.abs(measured[0, 0])))
    x = thin(np.arange(measured.shape[1]))
    return Curve(label, x, measured[0, x, largest], predicted[0, x, largest], colour=colour)


def _of_largest(predicted: np.ndarray, measured: np.ndarray) -> np.ndarray:
    error = np.abs(predicted - measured).max(1) / np.abs(measured).max(1)
    return error.max(-1)


def _unforced(first: jax.Array, descent: Descent, plan: Plan) -> jax.Array:
    nothing = np.zeros((plan.steps, first.size))
    if descent.momentum == 0:
        return predict.first_order(2, first, nothing, descent)
    return predict.charge_ode(2, first, nothing, descent)


def _sizes(parameters: dict[str, jax.Array]) -> np.ndarray:
    """The largest |w in|^2 + |w out|^2 at first, [S]."""
    chosen = jax.vmap(UNITS.chosen)(parameters)
    return np.asarray(jax.vmap(UNITS.inner)(chosen, chosen).max(1))


def _identities(plan: Plan, symmetry: Symmetry, seeds: int) -> tuple[np.ndarray, np.ndarray, Runs]:
    """Largest cosines, largest violations of the second identity, and a run, by seed."""
    given = problem(plan, seeds)
    apply, _ = start(plan, given.keys[0])
    loss = cross_entropy(apply)

    @jax.jit
    @jax.vmap
    def both(key: jax.Array, parameters: Any, data: Samples) -> tuple[jax.Array, jax.Array]:
        batch = draw(key, data, plan.batch)
        own = lambda parameters: loss(parameters, batch)  # noqa: E731
        cosines = alignment(symmetry, own, parameters)
        return jnp.max(cosines), _second_identity(parameters, own, symmetry)

    cosines, curvature = both(keys_of(seeds), given.parameters, given.data)
    runs = descend(plan, plan.descents()[0], given, (symmetry,), kicked)
    return np.asarray(cosines), np.asarray(curvature), runs


def _second_identity(parameters: Any, loss: Any, symmetry: Symmetry) -> jax.Array:
    """Violation of H eta + (D eta)' g = 0, the derivative of eta . g = 0, relative to its parts."""

    def slope(chosen: tuple) -> tuple:
        return jax.grad(lambda chosen: loss(symmetry.replaced(parameters, chosen)))(chosen)

    chosen = symmetry.chosen(parameters)
    g, turned = jax.jvp(slope, (chosen,), (symmetry.direction(chosen),))
    (pulled,) = jax.vjp(symmetry.direction, chosen)[1](g)
    flat = [jnp.concatenate([jnp.ravel(part) for part in parts]) for parts in (g, turned, pulled)]
    # If the generator is constant, both parts are zero, and the gradient gives the size.
    size = jnp.max(jnp.abs(jnp.stack(flat)))
    return jnp.max(jnp.abs(flat[1] + flat[2])) / size
