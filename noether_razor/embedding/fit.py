"""Maximising an objective of an embedding: L-BFGS on fixed nodes, AdamW on fresh samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree

from noether_razor.base.types import Key, Scalar
from noether_razor.embedding.functional import Problem, objective
from noether_razor.embedding.maps import Series
from noether_razor.embedding.priors import sample
from noether_razor.embedding.tables import tabulate, tabulated_objective

Objective = Callable[[Any, Any], Scalar]
"""A function of a pytree of parameters and a pytree of everything else."""


class UnboundedObjective(UserWarning):
    """The objective has no maximum: what is found says where the optimiser stopped."""


class Fit(NamedTuple):
    """An embedding and how it was found.

    Attributes:
        embedding: the embedding that maximises the objective.
        value: value of the objective there.
        slope: largest component of the gradient there.
        steps: number of steps that were taken.
    """

    embedding: Any
    value: jax.Array
    slope: jax.Array
    steps: jax.Array


def fit(embedding: Any, problem: Problem, steps: int = 500, tolerance: float = 1e-9) -> Fit:
    """Climb from an embedding to a maximum of `functional.objective`.

    Args:
        embedding: where to start.
        problem: what to maximise.
        steps: most steps of L-BFGS.
        tolerance: largest component of the gradient at which the fit ends.

    Warns:
        UnboundedObjective: neither bending nor stretch is penalised, and d < D.
    """
    warn_if_unbounded(embedding, problem)
    if isinstance(embedding, Series):
        return fit_series(embedding, problem, steps, tolerance)
    return maximise(objective, embedding, problem, steps, tolerance)


def fit_series(start: Series, problem: Problem, steps: int = 500, tolerance: float = 1e-9) -> Fit:
    """`fit` for a series, by tables and without a warning."""
    given = tabulate(start, problem.nodes), problem
    found = maximise(tabulated_objective, start.coefficients, given, steps, tolerance)
    return found._replace(embedding=replace(start, coefficients=found.embedding))


def warn_if_unbounded(embedding: Any, problem: Problem) -> None:
    """Warn if nothing keeps the objective finite."""
    d = problem.nodes.points.shape[1]
    data = jax.eval_shape(embedding, problem.nodes.points[0]).shape[0]
    if d < data and float(problem.bending) == 0 and float(problem.stretch) == 0:
        warnings.warn(
            f"without a penalty the objective has no maximum for {d} latent dimensions of {data} "
            "(its supremum is infinite, by wiggling across the manifold): set bending or stretch "
            "above 0, or keep to affine maps",
            UnboundedObjective,
            stacklevel=3,
        )


@partial(jax.jit, static_argnames=("objective", "steps"))
def maximise(
    objective: Objective,
    start: Any,
    given: Any,
    steps: int = 500,
    tolerance: float | Scalar = 1e-9,
) -> Fit:
    """L-BFGS with a zoom line search on objective(parameters, given), from `start`.

    If a line search makes no progress, the memory is emptied. If the next one makes no progress
    either, the search ends.
    """
    optimiser = optax.lbfgs(memory_size=20, linesearch=optax.scale_by_zoom_linesearch(30))

    def loss(parameters: Any) -> Scalar:
        return -objective(parameters, given)

    evaluate = optax.value_and_grad_from_state(loss)

    def step(carry: tuple) -> tuple:
        parameters, state, count, stuck, _, _ = carry
        fresh = optimiser.init(parameters)
        state = jax.tree.map(lambda new, old: jnp.where(stuck == 1, new, old), fresh, state)
        now, gradient = evaluate(parameters, state=state)
        updates, state = optimiser.update(
            gradient, state, parameters, value=now, grad=gradient, value_fn=loss
        )
        moved = optax.apply_updates(parameters, updates)
        after = optax.tree.get(state, "value")
        stuck = jnp.where(after < now, 0, stuck + 1)
        return moved, state, count + 1, stuck, _largest(optax.tree.get(state, "grad")), after

    def goes_on(carry: tuple) -> jax.Array:
        _, _, count, stuck, slope, after = carry
        return (count < steps) & (slope > tolerance) & (stuck < 2) & ~jnp.isnan(after)

    now, gradient = jax.value_and_grad(loss)(start)
    first = (start, optimiser.init(start), 0, 0, _largest(gradient), now)
    found, _, count, _, slope, after = jax.lax.while_loop(goes_on, step, first)
    return Fit(found, -after, slope, count)


@partial(jax.jit, static_argnames=("objective", "steps"))
def polish(objective: Objective, start: Any, given: Any, steps: int = 4) -> Fit:
    """Newton's method from near a maximum, to the last digit; for few parameters.

    There is no step in directions in which the objective is flat, such as those of its symmetries.
    """
    flat, unravel = ravel_pytree(start)

    def of(flat: jax.Array) -> Scalar:
        return objective(unravel(flat), given)

    def step(flat: jax.Array, _: None) -> tuple[jax.Array, None]:
        change = jnp.linalg.lstsq(jax.hessian(of)(flat), -jax.grad(of)(flat), rcond=1e-7)[0]
        return flat + change, None

    flat, _ = jax.lax.scan(step, flat, None, steps)
    slope = jnp.max(jnp.abs(jax.grad(of)(flat)))
    return Fit(unravel(flat), of(flat), slope, jnp.asarray(steps))


@partial(jax.jit, static_argnames=("steps", "batch", "dimension", "rate"))
def climb(
    key: Key,
    embedding: Any,
    problem: Problem,
    *,
    dimension: int,
    steps: int,
    batch: int,
    rate: float,
) -> Fit:
    """AdamW on fresh samples of q at every step, gradients clipped to norm 1, as the authors do.

    Source: settings of the public code of arXiv:2511.22128, read for its numbers.
    """
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate))
    precision = jnp.result_type(*jax.tree.leaves(embedding))

    def loss(embedding: Any, key: Key) -> Scalar:
        drawn = sample(key, problem.prior, dimension, batch)
        nodes = jax.tree.map(lambda leaf: leaf.astype(precision), drawn)
        return -objective(embedding, problem._replace(nodes=nodes))

    def step(carry: tuple, key: Key) -> tuple:
        embedding, state = carry
        gradient = jax.grad(loss)(embedding, key)
        updates, state = optimiser.update(gradient, state, embedding)
        return (optax.apply_updates(embedding, updates), state), None

    keys = jax.random.split(key, steps)
    (found, _), _ = jax.lax.scan(step, (embedding, optimiser.init(embedding)), keys)
    now, gradient = jax.value_and_grad(objective)(found, problem)
    return Fit(found, now, _largest(gradient), jnp.asarray(steps))


def _largest(gradient: Any) -> Scalar:
    return jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(gradient)]))
