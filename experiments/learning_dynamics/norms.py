"""E4, E5, E7, E8: the norms of filters before a normalisation."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from experiments.checks import Check, check
from experiments.learning_dynamics.finding import Curve, Finding, Panel, five, relative_error, thin
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import (
    WATCHED,
    Problem,
    by_step,
    descend,
    problem,
    unravelled,
    whole,
)
from noether_razor.learning_dynamics import adaptive, predict
from noether_razor.learning_dynamics.charges import ChargeLog
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.regimes import RegimeWarning

LATE = 1 / 3
"""The last part of a run, as a share of it, that counts as "late"."""


def without_momentum(plan: Plan, seeds: int) -> Finding:
    """E4: squared norms without momentum (NM Eq 19)."""
    given, (descent, *_) = problem(plan, seeds), plan.descents()
    log, measured, first = _norms(plan, descent, given)
    path = predict.first_order(2, jnp.ravel(first), by_step(log.gradient_square), descent)
    predicted = unravelled(path, seeds)
    decay = first[:, None] * np.exp(
        -2 * descent.weight_decay * np.asarray(predict.times_of(descent, plan.steps))[:, None]
    )
    return Finding(
        "E4",
        "Scale without momentum",
        _setting(plan, descent),
        [
            check("NM Eq 19: relative error", relative_error(predicted, measured), high=1e-3),
            check(
                "the same without gradients",
                relative_error(decay, measured),
                low=1e-3,
                control=True,
            ),
        ],
        [five("Squared norms of five filters", "|q|^2", measured, predicted)],
    )


def with_momentum(plan: Plan, seeds: int) -> Finding:
    """E5: squared norms with momentum, whole data and mini-batches (NLD's charge equation)."""
    given, (descent, *_) = problem(plan, seeds), plan.descents()
    checks, panels = [], []
    for batch in (plan.samples, plan.batch):
        log, measured, first = _norms(replace(plan, batch=batch), descent, given)
        path = predict.charge_ode(2, jnp.ravel(first), by_step(log.velocity_square), descent)
        predicted = unravelled(path, seeds)
        wrong = predict.charge_ode(2, jnp.ravel(first), by_step(log.gradient_square), descent)
        title = "whole data" if batch == plan.samples else f"batches of {batch}"
        error = relative_error(predicted, measured)
        off = relative_error(unravelled(wrong, seeds), measured)
        checks += [
            check(f"{title}: relative error", error, high=1e-2),
            check(f"{title}: with |g|^2 in place of |v|^2", off, low=1e-2, control=True),
        ]
        panels.append(five(title.capitalize(), "|q|^2", measured, predicted))
    return Finding("E5", "Scale with momentum", _setting(plan, descent), checks, panels)


def fourth_power(plan: Plan, seeds: int) -> Finding:
    """E7: the closed form of the fourth power (NLD Eq 17), where it holds and where it does not."""
    given = problem(plan, seeds)
    checks: list[Check] = []
    panels: list[Panel] = []
    decay, momentum = plan.weight_decays[0], max(plan.momenta)
    slow, fast = plan.learning_rates[:-1], plan.learning_rates[-1]
    for batch in (plan.samples, plan.batch):
        _, _, error = _closed(plan, Descent(fast, 0.0, decay), given, batch, adaptive.persistent)
        what = f"beta = 0, eta = {fast:g}, batch {batch}: relative error of |q|^2"
        checks.append(check(what, error, high=1e-3))
    for rate in slow:
        ratio, panel, error = _closed(
            plan, Descent(rate, momentum, decay), given, plan.samples, adaptive.persistent
        )
        at = f"beta = {momentum:g}, eta = {rate:g}, whole data"
        checks.append(check(f"{at}: relative error of |q|^2", error, high=2e-2))
        checks.append(check(f"{at}: late |v|^2 / |g|^2", ratio, expected=1 / (1 - momentum) ** 2))
        panels.append(panel._replace(title=at))
    descent = Descent(fast, momentum, decay)
    ratio, panel, error = _closed(plan, descent, given, plan.batch, adaptive.persistent)
    _, _, white = _closed(plan, descent, given, plan.batch, adaptive.uncorrelated)
    at, limit = f"beta = {momentum:g}, eta = {fast:g}, batch {plan.batch}", 1 / (1 - momentum**2)
    checks += [
        check(
            f"{at}: late |v|^2 / |g|^2", ratio, low=0.9 * limit, high=1.1 * limit, expected=limit
        ),
        check(f"{at}: relative error of |q|^2", error, low=2e-2, control=True),
        check(f"{at}: the same for uncorrelated gradients", white),
    ]
    panels.append(panel._replace(title=at))
    return Finding(
        "E7",
        "The closed form of the fourth power, and its regime",
        f"k = {decay:g}, {plan.steps} steps.",
        checks,
        panels,
        [
            "Eq 17 takes |v| for |g| / mu: gradients that persist for longer than 1 / (1 - beta) "
            "steps. In mini-batches they do not, and |v|^2 is nearly that of uncorrelated ones. "
            "There the closed form fails, and the charge equation (E5) does not."
        ],
    )


def equilibrium(plan: Plan, seeds: int) -> Finding:
    """E8: the angle by which a filter turns in a step, once its norm is stationary."""
    given = problem(plan, seeds)
    checks, curves = [], []
    for number, descent in enumerate(plan.descents()):
        log, measured, _ = _norms(plan, descent, given)
        before, after = measured[:, :-1], measured[:, 1:]
        r, r_after = np.sqrt(before), np.sqrt(after)
        chord = (descent.learning_rate**2 * log.velocity_square - (r_after - r) ** 2) / (
            r * r_after
        )
        square = (2 * np.arcsin(np.sqrt(np.maximum(chord, 0)) / 2)) ** 2
        count = round(plan.steps * LATE)
        angle = np.sqrt(square[:, -count:].mean((1, 2)))
        expected = adaptive.equilibrium_angle(descent)
        spans = plan.steps * 4 * descent.learning_rate * descent.weight_decay / descent.friction
        at = f"eta = {descent.learning_rate:g}, beta = {descent.momentum:g}"
        checks += [
            check(f"{at}: turn of a step, radians", angle, expected=expected),
            check(f"{at}: over sqrt(2 eta k / (1 + beta))", angle / expected, low=0.97, high=1.03),
            check(f"{at}: relaxation times run", [spans], low=8.0),
        ]
        early = np.sqrt(square[:, : max(2, round(count / 50))].mean((1, 2))) / expected
        checks.append(
            check(f"{at}: the same in the first steps", np.abs(early - 1), low=0.03, control=True)
        )
        x = thin(np.arange(plan.steps))
        mean = np.sqrt(square.mean(2))[0, x]
        curves.append(Curve(at, x, mean, np.full(len(x), expected), colour=number))
    return Finding(
        "E8",
        "Equilibrium: how far a filter turns in a step",
        f"k = {plan.weight_decays[0]:g}, batch {plan.batch}, {plan.steps} steps, root mean square "
        "over filters and the last third.",
        checks,
        [Panel("Turn in a step", "step", "radians", curves, "y")],
    )


def _late_ratio(log: ChargeLog) -> Any:
    """|v|^2 / |g|^2 of the last steps, by seed."""
    count = round(log.velocity_square.shape[1] * LATE)
    v, g = (one[:, -count:].mean((1, 2)) for one in (log.velocity_square, log.gradient_square))
    return v / g


def _norms(plan: Plan, descent: Descent, given: Problem) -> tuple[ChargeLog, Any, Any]:
    """The log of the filters, their squared norms [S, n + 1, G] and the first ones [S, G]."""
    runs = descend(plan, descent, given, WATCHED)
    return runs.logs[0], *whole(runs)


def _closed(
    plan: Plan, descent: Descent, given: Problem, batch: int, law: Callable
) -> tuple[np.ndarray, Panel, np.ndarray]:
    """Late |v|^2 / |g|^2, a panel, and the largest relative error of a closed form, by seed."""
    log, measured, first = _norms(replace(plan, batch=batch), descent, given)
    source, ratio = by_step(measured[:, :-1] * log.gradient_square), _late_ratio(log)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RegimeWarning)  # outside the regime on purpose
        path = law(jnp.ravel(first), source, descent, float(ratio.mean()))
    predicted = unravelled(path, len(measured))
    return ratio, five("", "|q|^2", measured, predicted), relative_error(predicted, measured)


def _setting(plan: Plan, descent: Descent) -> str:
    return (
        f"{plan.width[0]} filters, eta = {descent.learning_rate:g}, beta = {descent.momentum:g}, "
        f"k = {descent.weight_decay:g}, batch {plan.batch}, {plan.steps} steps."
    )
