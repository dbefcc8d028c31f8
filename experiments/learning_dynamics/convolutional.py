"""The laws of E2, E4 and E5 on a convolutional network with batch normalisation and real images."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.checks import check
from experiments.learning_dynamics.data import digits, tiny_imagenet
from experiments.learning_dynamics.finding import Finding, five, relative_error
from experiments.learning_dynamics.networks import filters_of
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import by_step, keys_of, start, unravelled
from experiments.learning_dynamics.training import (
    Samples,
    accuracy_by_batches,
    cross_entropy,
    train,
)
from noether_razor.learning_dynamics import predict
from noether_razor.learning_dynamics.charges import ChargeLog, with_charges
from noether_razor.learning_dynamics.descent import Descent

WATCHED = 16
"""At most this many filters of a layer are logged: those of a large network do not all fit."""


def convolutional(plan: Plan, seeds: int) -> Finding:
    """Squared norms of convolutional filters, with and without momentum."""
    data, test = tiny_imagenet(plan.data) if plan.data else digits()
    symmetries = filters_of(plan.width)
    checks, panels = [], []
    for descent in plan.descents():
        score, first, logs = _runs(plan, descent, symmetries, data, test, seeds)
        kind = "NM Eq 19" if descent.momentum == 0 else "charge equation"
        bound = 1e-3 if descent.momentum == 0 else 1e-2
        beta = f"beta = {descent.momentum:g}"
        for symmetry, begin, log in zip(symmetries, first, logs, strict=True):
            measured = np.concatenate([begin[:, None], log.quantity], axis=1)
            predicted = unravelled(_predicted(descent, begin, log), seeds)
            size = np.abs(log.charge).reshape(seeds, -1).max(1)
            exact = np.abs(log.charge - log.exact).reshape(seeds, -1).max(1) / size
            free = np.abs(measured / begin[:, None] - 1).reshape(seeds, -1).max(1)
            at = f"{beta}, {symmetry.name}"
            checks += [
                check(f"{at}: charge less its exact update", exact, high=1e-12),
                check(
                    f"{at}: {kind}, relative error", relative_error(predicted, measured), high=bound
                ),
                check(f"{at}: relative change of a norm", free, low=bound, control=True),
            ]
            panels.append(five(at.capitalize(), "|q|^2", measured, predicted))
        checks.append(check(f"{beta}: test accuracy", score))
    eta, _, k = plan.descents()[0]
    return Finding(
        "conv",
        "Convolutions with batch normalisation"
        + (" on Tiny ImageNet" if plan.data else " on digits"),
        f"Filters of each layer: {', '.join(map(str, plan.width))}; eta = {eta:g}, k = {k:g}, "
        f"batch {plan.batch}, {plan.steps} steps.",
        checks,
        panels,
    )


def _predicted(descent: Descent, begin: np.ndarray, log: ChargeLog) -> jax.Array:
    if descent.momentum == 0:
        return predict.first_order(2, jnp.ravel(begin), by_step(log.gradient_square), descent)
    return predict.charge_ode(2, jnp.ravel(begin), by_step(log.velocity_square), descent)


def _runs(
    plan: Plan, descent: Descent, symmetries: Any, data: Samples, test: Samples, seeds: int
) -> tuple[np.ndarray, list[np.ndarray], Any]:
    """Test accuracy [S], first squared norms [S, G] and logs [S, n, G] of each layer."""
    apply, _ = start(plan, jax.random.key(0))
    loss = cross_entropy(apply)
    traced = Descent(*(jnp.asarray(value, float) for value in descent))

    @jax.jit
    def one(key: jax.Array, parameters: Any, data: Samples, descent: Descent) -> Any:
        optimiser = with_charges(descent.transformation, symmetries, descent)

        def log(parameters: Any, state: Any, loss: Any) -> Any:
            return jax.tree.map(lambda logged: logged[:WATCHED], state.logs)

        go = partial(train, key, loss, parameters, data, optimiser)
        last, logs = go(plan.steps, plan.batch, log)
        return accuracy_by_batches(apply, last, test, plan.batch), logs

    scores, first, logs = [], [], []
    for key in keys_of(seeds):  # one after the other: convolutions do not gain by vmap
        parameters = start(plan, key)[1]
        score, log = one(key, parameters, data, traced)
        chosen = [symmetry.chosen(parameters) for symmetry in symmetries]
        scores.append(float(score))
        first.append([s.inner(c, c)[:WATCHED] for s, c in zip(symmetries, chosen, strict=True)])
        logs.append(log)
    stacked = jax.tree.map(lambda *each: np.stack(each), *logs)
    return np.asarray(scores), [np.stack(each) for each in zip(*first, strict=True)], stacked
