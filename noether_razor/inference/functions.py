"""Functions as candidates: a razor whose quantities are networks, dictionaries, or several kinds.

The functions start as they were proposed. The fit learns the size of each function, which decides
what is conserved, and at the same time improves the functions themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jax.tree_util import Partial

from noether_razor.base.batches import map_in_batches
from noether_razor.conserved import Combined, Quadratic, Together
from noether_razor.inference.problem import Problem
from noether_razor.inference.settings import Settings
from noether_razor.inference.spread import displacements
from noether_razor.mechanics.phase_space import apply_symplectic_form

SLOWER = 0.0003
"""Learning rate of the functions' own parameters, relative to that of their sizes."""

AMPLITUDE = 0.05
"""Initial size of a function, in units of the data's spread. A network is not conserved exactly,
and the average over its long flows shows this error. At 0.3, where quadratics begin, a fit that had
reached 7 nats a transition fell to -10, and 400 steps did not repair it."""

STRETCH, ABSENT = 1.0, 0.01
"""Limits of how much a function's flow stretches the neighbourhood of a training state at first,
per unit of flow time. A flow that would stretch it by more than `STRETCH` starts at `ABSENT`, with
a negligible amplitude: one step cannot follow such a flow. The first step of a fit with a steep
function had a loss of 1e13."""

STATES = 1000
"""Number of training states on which the displacement by a flow is measured."""


def with_functions(problem: Problem, functions: Any, settings: Settings) -> Problem:
    """The problem with K functions to learn, all of the same amplitude unless `STRETCH` forbids it.

    Args:
        problem: the problem of a plain network.
        functions: a family of K proposed functions, in the model's coordinates.
        settings: settings of the fit, for the steps of a flow in training.
    """
    functions = functions.with_steps(settings.flow_steps)
    widths = displacements(functions, problem.train.start[:STATES], problem.spread)
    unit = jnp.where(widths > 0, 1 / widths, 0.0)
    stretch = AMPLITUDE * unit * _stretch(functions, problem.train.start, problem.spread)
    amplitude = AMPLITUDE * jnp.where(stretch > STRETCH, ABSENT / stretch, 1.0)
    free = {
        "log_amplitude": jnp.log(amplitude),
        "changes": jax.tree.map(jnp.zeros_like, functions),
    }
    razor = replace(
        problem.razor,
        quantities=free,
        family=Partial(_learned, functions, _rates(functions), unit),
        count=len(widths),
        learn_quantities=True,
    )
    return problem._replace(razor=razor)


@jax.jit
def _stretch(functions: Any, states: jax.Array, spread: jax.Array) -> jax.Array:
    """The largest Jacobian of each function's vector field at states [N, 2n], in spreads, [K]."""

    def square(x: jax.Array) -> jax.Array:
        jacobians = jax.jacfwd(lambda x: apply_symplectic_form(functions.gradient(x)))(x)
        return jnp.sum((jacobians * spread / spread[:, None]) ** 2, (1, 2))

    return jnp.sqrt(jnp.max(map_in_batches(square, states, 1024), 0))


def _rates(functions: Any) -> Any:
    """Factor on the learning rate of every leaf.

    A quadratic stays as proposed, because it can be exact. The weights of combinations stay too:
    otherwise they would mix inexact functions into an exact one.
    """
    if isinstance(functions, Combined):
        return Combined(_rates(functions.family), 0.0)  # type: ignore[arg-type]
    if isinstance(functions, Together):
        first, second = _rates(functions.first), _rates(functions.second)
        return replace(functions, first=first, second=second)
    rate = 0.0 if isinstance(functions, Quadratic) else SLOWER
    return jax.tree.map(lambda leaf: rate, functions)


def _learned(functions: Any, rates: Any, unit: jax.Array, free: dict[str, Any]) -> Combined:
    changed = jax.tree.map(
        lambda start, rate, by: start + rate * by, functions, rates, free["changes"]
    )
    return Combined(changed, jnp.diag(unit * jnp.exp(free["log_amplitude"])))
