"""E10, E11: norms held fixed, and norms made larger."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from experiments.checks import check
from experiments.learning_dynamics.finding import Curve, Finding, Panel
from experiments.learning_dynamics.networks import FILTERS
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import (
    WATCHED,
    Problem,
    apart,
    constrained,
    descend,
    problem,
    quantity,
)
from noether_razor.learning_dynamics.descent import Descent, rescaled

WORSE = 1.3
"""At large rates, held norms must have at least this many times the loss of free norms."""


def held_norms(plan: Plan, seeds: int) -> Finding:
    """E10: training with norms held fixed is worse at large rates, and with momentum."""
    given = problem(plan, seeds)
    decay = plan.weight_decays[0]
    by_rate = [Descent(rate, 0.0, decay) for rate in plan.learning_rates]
    rate = 0.1
    by_momentum = [Descent(rate, momentum, decay) for momentum in plan.momenta]
    losses = {
        name: np.stack([_last_losses(plan, each, given) for each in sweep])
        for name, sweep in (("rate", by_rate), ("momentum", by_momentum))
    }
    ratio = {name: both[:, 1] / both[:, 0] for name, both in losses.items()}  # [sweep, S]
    checks = []
    for each, values in zip(plan.learning_rates, ratio["rate"], strict=True):
        what = f"eta = {each:g}, beta = 0: loss held over free"
        if each <= 1e-3:
            checks.append(check(what, values, low=0.98, high=1.02))
        else:
            checks.append(check(what, values, low=WORSE if each >= 0.3 else -np.inf))
    for each, values in zip(plan.momenta, ratio["momentum"], strict=True):
        what = f"eta = {rate:g}, beta = {each:g}: loss held over free"
        if each == 0:
            checks.append(check(what, values, low=0.98, high=1.02))
        else:
            checks.append(check(what, values, low=1.1 if each == 0.9 else -np.inf))
    panels = [
        Panel(
            title,
            label,
            "training loss (nats)",
            [
                Curve(
                    kind,
                    np.asarray(x),
                    losses[name][:, i].mean(1),
                    error=losses[name][:, i].std(1),
                    colour=i,
                    marks=True,
                )
                for i, kind in enumerate(("free", "held fixed"))
            ],
            log,
        )
        for title, label, name, x, log in (
            ("A: without momentum", "learning rate", "rate", plan.learning_rates, "x"),
            (f"B: eta = {rate:g}", "momentum", "momentum", plan.momenta, ""),
        )
    ]
    return Finding(
        "E10",
        "Norms held fixed",
        f"k = {decay:g}, batch {plan.batch}, {plan.steps} steps, readout at {plan.readout_rate:g}; "
        "mean loss of the last 100 steps.",
        checks,
        panels,
        [_where(plan.learning_rates, ratio["rate"].mean(1), given)],
    )


def larger_norms(plan: Plan, seeds: int) -> Finding:
    """E11: larger filters give the same function but learn differently, unless rates follow."""
    given, (descent, *_) = problem(plan, seeds), plan.descents()
    factor = 10.0
    large = given._replace(
        parameters=jax.vmap(lambda p: rescaled(FILTERS, p, jnp.full(plan.width[0], factor)))(
            given.parameters
        )
    )
    followed = Descent(
        descent.learning_rate * factor**2, descent.momentum, descent.weight_decay / factor**2
    )
    cases = ((given, descent), (large, descent), (large, followed))
    runs = [descend(plan, each, some, WATCHED, apart).loss for some, each in cases]
    same, other = (np.abs(run - runs[0]).max(1) for run in (runs[2], runs[1]))
    x = np.arange(plan.steps)
    return Finding(
        "E11",
        "Filters ten times as large",
        f"eta = {descent.learning_rate:g}, beta = {descent.momentum:g}, k = "
        f"{descent.weight_decay:g}, {plan.steps} steps; readout as it was.",
        [
            check("first loss: difference", np.abs(runs[1] - runs[0])[:, 0], high=1e-10),
            check("with a^2 eta and k / a^2: largest difference of the loss", same, high=1e-10),
            check("with eta and k: largest difference of the loss", other, low=0.05, control=True),
        ],
        [
            Panel(
                "Loss, seed 0",
                "step",
                "nats",
                [
                    Curve("standard", x, runs[0][0], runs[2][0], colour=0),
                    Curve("ten times as large", x, runs[1][0], colour=1),
                ],
            )
        ],
        ["Dashed: ten times as large, with a hundred times the rate and a hundredth of the decay."],
    )


def _where(rates: Sequence[float], ratio: np.ndarray, given: Problem) -> str:
    """Text: the learning rate at which the mean ratio over seeds reaches `WORSE`."""
    square = float(jnp.mean(jax.vmap(partial(quantity, FILTERS))(given.parameters)))
    above = ratio >= WORSE
    if not above[-1] or above.all():
        return f"No rate of the sweep is where the ratio reaches {WORSE:g}."
    i = len(above) - int(np.argmin(above[::-1]))  # the first of those that stay above
    at = np.exp(np.interp(WORSE, ratio[i - 1 : i + 1], np.log(rates[i - 1 : i + 1])))
    return (
        "The ratio depends on the rate over the squared norm alone (E11). Filters are drawn with a "
        f"squared norm of {square:.2g}, and the mean ratio is {WORSE:g} at a rate of {at:.2g}; "
        "the plan asks for it from 0.3 on and leaves the norms open."
    )


def _last_losses(plan: Plan, descent: Descent, given: Problem) -> np.ndarray:
    """Mean loss of the last hundred steps, with free norms and with held norms, [2, S]."""
    kinds = (apart, constrained)
    runs = [descend(plan, descent, given, WATCHED, kind) for kind in kinds]
    return np.stack([run.loss[:, -100:].mean(1) for run in runs])
