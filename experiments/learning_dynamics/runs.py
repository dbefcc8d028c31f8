"""Training runs of the experiments: five seeds at once, every step logged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.learning_dynamics.data import teacher
from experiments.learning_dynamics.networks import FILTERS, HEADS, make_network
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.training import Samples, cross_entropy, train
from noether_razor.learning_dynamics.charges import ChargeLog, with_charges
from noether_razor.learning_dynamics.descent import Descent, fixed_norm, rescaled
from noether_razor.learning_dynamics.symmetries import Symmetry

WATCHED = FILTERS, HEADS[0]
"""Symmetries of the normalised network; runs that log the same ones share compiled code."""


class Runs(NamedTuple):
    """S runs that differ by their seed.

    Attributes:
        loss: loss of each step's batch before the step, [S, n].
        logs: one per symmetry; each field is [S, n, G].
        start: the quantity of each symmetry before the first step, [S, G].
        parameters: the last parameters, each [S, ...].
    """

    loss: np.ndarray
    logs: tuple[ChargeLog, ...]
    start: tuple[np.ndarray, ...]
    parameters: Any


class Problem(NamedTuple):
    """S networks, their data, and the keys of their mini-batches, [S, ...]."""

    parameters: Any
    data: Samples
    keys: jax.Array


def problem(plan: Plan, seeds: int) -> Problem:
    """Teachers' data and first parameters, of seeds 0 to S - 1."""
    keys = jax.vmap(lambda key: jax.random.split(key, 3))(keys_of(seeds))
    data = jax.vmap(
        partial(teacher, samples=plan.samples, inputs=plan.inputs, classes=plan.classes)
    )
    parameters = [start(plan, key)[1] for key in keys[:, 1]]
    return Problem(
        jax.tree.map(lambda *leaves: jnp.stack(leaves), *parameters), data(keys[:, 0]), keys[:, 2]
    )


def start(plan: Plan, key: jax.Array) -> tuple[Any, Any]:
    """The network of a plan as a function, and first parameters."""
    width = tuple(plan.width) if plan.network in ("convolutional", "vgg11") else plan.width[0]
    apply, parameters = make_network(plan.network, key, plan.inputs, width, plan.classes)
    if plan.first_norm:
        factors = plan.first_norm / jnp.sqrt(quantity(FILTERS, parameters))
        parameters = rescaled(FILTERS, parameters, factors)
    return apply, parameters


def alike(descent: Descent, symmetry: Symmetry, readout_rate: Any) -> Any:
    """Train all parameters by gradient descent."""
    return descent.transformation


def apart(descent: Descent, symmetry: Symmetry, readout_rate: Any) -> Any:
    """Train the symmetry's parameters by gradient descent, and the rest at the readout's rate."""
    return parted(symmetry, descent.transformation, optax.sgd(readout_rate))


def constrained(descent: Descent, symmetry: Symmetry, readout_rate: Any) -> Any:
    """Train as with `apart`, and restore the norms after every step."""
    own = fixed_norm(descent.transformation, symmetry)
    return parted(symmetry, own, optax.sgd(readout_rate))


def descend(
    plan: Plan,
    descent: Descent,
    given: Problem,
    symmetries: tuple[Symmetry, ...],
    optimiser: Callable[[Descent, Symmetry, Any], Any] = alike,
) -> Runs:
    """Train as the plan says, with one descent, and log the charges of the symmetries."""
    apply, _ = start(plan, given.keys[0])
    traced = Descent(*(jnp.asarray(value, float) for value in descent))
    parameters, loss, logs = _run(
        given, traced, plan.readout_rate, apply, symmetries, optimiser, plan.steps, plan.batch
    )
    first = tuple(
        np.asarray(jax.vmap(partial(quantity, symmetry))(given.parameters))
        for symmetry in symmetries
    )
    return Runs(np.asarray(loss), jax.tree.map(np.asarray, logs), first, parameters)


def parted(
    symmetry: Symmetry, own: optax.GradientTransformation, rest: optax.GradientTransformation
) -> optax.GradientTransformation:
    """One optimiser for the parameters of a symmetry, another for all others."""
    moved = {path for path, _ in symmetry.parts}

    def labels(parameters: dict[str, Any]) -> dict[str, str]:
        return {name: "own" if name in moved else "rest" for name in parameters}

    return optax.multi_transform({"own": own, "rest": rest}, labels)


def whole(runs: Runs, which: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Quantities of a symmetry before and after every step, [S, n + 1, G], and the first [S, G]."""
    first = runs.start[which].reshape(len(runs.loss), -1)
    later = runs.logs[which].quantity.reshape(*runs.loss.shape, -1)
    return np.concatenate([first[:, None], later], axis=1), first


def by_step(logged: np.ndarray) -> np.ndarray:
    """Reshape [S, n, G] to [n, S G], to predict all seeds at once."""
    seeds, steps = logged.shape[:2]
    return np.moveaxis(logged.reshape(seeds, steps, -1), 1, 0).reshape(steps, -1)


def unravelled(path: Any, seeds: int) -> np.ndarray:
    """Reshape [n, S G] to [S, n, G]."""
    path = np.asarray(path)
    return np.moveaxis(path.reshape(len(path), seeds, -1), 0, 1)


@partial(jax.jit, static_argnames=("apply", "symmetries", "optimiser", "steps", "batch"))
def _run(
    given: Problem,
    descent: Descent,
    readout_rate: jax.Array,
    apply: Any,
    symmetries: tuple[Symmetry, ...],
    optimiser: Callable[[Descent, Symmetry, Any], Any],
    steps: int,
    batch: int,
) -> tuple[Any, jax.Array, tuple[ChargeLog, ...]]:
    inner = optimiser(descent, symmetries[0], readout_rate)
    logged = with_charges(inner, symmetries, descent)

    def one(parameters: Any, data: Samples, key: jax.Array) -> tuple[Any, Any]:
        return train(
            key,
            cross_entropy(apply),
            parameters,
            data,
            logged,
            steps,
            batch,
            lambda parameters, state, loss: (loss, state.logs),
        )

    parameters, (loss, logs) = jax.vmap(one)(*given)
    return parameters, loss, logs


def quantity(symmetry: Symmetry, parameters: Any) -> jax.Array:
    """X = q . eta of each charge of a symmetry, [G]."""
    chosen = symmetry.chosen(parameters)
    return symmetry.inner(chosen, symmetry.direction(chosen))


def keys_of(seeds: int) -> jax.Array:
    """The keys of seeds 0 to S - 1."""
    return jax.vmap(jax.random.key)(jnp.arange(seeds))
