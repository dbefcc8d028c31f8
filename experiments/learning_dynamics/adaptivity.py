"""E9: weight decay and norms as an adaptive learning rate."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.checks import check
from experiments.learning_dynamics.finding import Curve, Finding, Panel, five, relative_error
from experiments.learning_dynamics.networks import FILTERS
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import (
    Problem,
    apart,
    constrained,
    parted,
    problem,
    start,
)
from experiments.learning_dynamics.training import Samples, cross_entropy, train
from noether_razor.learning_dynamics.adaptive import Equivalent, equivalent_rmsprop
from noether_razor.learning_dynamics.descent import Descent, rescaled, spherical_rmsprop

WINDOW = 50
"""Number of steps over which a loss is averaged."""


def rmsprop(plan: Plan, seeds: int) -> Finding:
    """E9: decay and norms do what RMSProp does on unit filters, on the same batches."""
    given = problem(plan, seeds)
    apply, _ = start(plan, given.keys[0])
    checks, panels = [], []
    for descent in plan.descents():
        same, asked = equivalent_rmsprop(descent), descent == plan.descents()[0]
        runs = _three(given, descent, same, plan.readout_rate, apply, plan.steps, plan.batch)
        free, adaptive, fixed = jax.tree.map(np.asarray, runs)
        implied = np.sqrt(same.constant * adaptive[2])
        losses = [_smoothed(run[0]) for run in (free, adaptive, fixed)]
        off, off_control = (np.abs(each / losses[0] - 1).max(1) for each in losses[1:])
        least, control = (
            np.sum(run[1] * free[1], axis=2).reshape(seeds, -1).min(1) for run in (adaptive, fixed)
        )
        k = f"k = {descent.weight_decay:g}"
        rows = [
            check(
                f"{k}: squared norm against sqrt(C G)", relative_error(implied, free[2]), high=0.03
            ),
            check(f"{k}: mean loss of {WINDOW} steps", off, high=0.015),
            check(f"{k}: smallest cosine of a filter's directions", least, low=0.9),
            check(
                f"{k}: norms held fixed, difference of the loss over RMSProp's",
                off_control / off,
                low=1.0,
                control=True,
            ),
            check(
                f"{k}: norms held fixed, smallest cosine less RMSProp's",
                control - least,
                high=0.0,
                control=True,
            ),
        ]
        checks += rows if asked else [row._replace(wanted="", holds=None) for row in rows]
        panels += _rmsprop_panels(k, free[2], implied, losses)
    eta = plan.learning_rates[0]
    return Finding(
        "E9",
        "Weight decay and norms as RMSProp",
        f"eta = {eta:g}, no momentum, batch {plan.batch}, {plan.steps} steps, readout at "
        f"{plan.readout_rate:g}, filters of norm {plan.first_norm:.3g} at first; RMSProp on unit "
        "filters on the same batches. Relative differences, the largest of a run.",
        checks,
        panels,
        [
            "Dashed: RMSProp. With a larger decay a filter turns further in a step, and the two "
            "runs, which differ at second order in that turn, part sooner: that is reported, and "
            "not asked for."
        ],
    )


def _rmsprop_panels(
    k: str, square: np.ndarray, implied: np.ndarray, losses: list[np.ndarray]
) -> list[Panel]:
    middle = WINDOW * (np.arange(losses[0].shape[1]) + 0.5)
    loss = [
        Curve("free norms", middle, losses[0][0], losses[1][0], colour=0),
        Curve("norms held fixed", middle, losses[2][0], colour=1),
    ]
    return [
        five(f"{k}: squared norms", "|q|^2", square, implied),
        Panel(f"{k}: loss", "step", "nats", loss),
    ]


def _smoothed(loss: np.ndarray) -> np.ndarray:
    """Means over `WINDOW` steps each, [S, n / WINDOW]; over all steps if there are fewer."""
    window = min(WINDOW, loss.shape[1])
    count = loss.shape[1] // window
    return loss[:, : count * window].reshape(len(loss), count, window).mean(2)


@partial(jax.jit, static_argnames=("apply", "steps", "batch"))
def _three(
    given: Problem,
    descent: Descent,
    same: Equivalent,
    readout_rate: Any,
    apply: Any,
    steps: int,
    batch: int,
) -> Any:
    """Train with free norms, with RMSProp and with held norms, on the same batches.

    Returns:
        For each of them the losses [S, n], the directions of the filters [S, n, D, G], and |q|^2
        [S, n, G]; RMSProp has G in place of |q|^2.
    """

    def one(parameters: Any, data: Samples, key: jax.Array) -> Any:
        go = partial(train, key, cross_entropy(apply), data=data, steps=steps, batch=batch)

        def log(p: Any, state: Any, loss: Any) -> Any:
            size = jnp.sum(p["hidden.kernel"] ** 2, axis=0)
            return loss, p["hidden.kernel"] / jnp.sqrt(size), size

        def log_mean(p: Any, state: Any, loss: Any) -> Any:
            return loss, p["hidden.kernel"], optax.tree.get(state, "mean_square")

        size = jnp.sum(parameters["hidden.kernel"] ** 2, axis=0)
        unit = rescaled(FILTERS, parameters, size**-0.5)
        begin = size**2 / same.constant
        sphere = spherical_rmsprop(FILTERS, same.learning_rate, same.decay, begin)
        mapped = parted(FILTERS, sphere, optax.sgd(readout_rate))
        kinds = [kind(descent, FILTERS, readout_rate) for kind in (apart, constrained)]
        free, held = (go(parameters, optimiser=kind, log=log)[1] for kind in kinds)
        return free, go(unit, optimiser=mapped, log=log_mean)[1], held

    return jax.vmap(one)(*given)
