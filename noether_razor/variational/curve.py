"""The bound against the number of directions held.

A true symmetry of the dynamics does not lower the bound, and may raise it, however far its flow
moves states. A false symmetry lowers the bound strongly. So the first directions are scaled until
their flows move states by about the spread of the data, and are then held fixed. The weights start
from those of the joint fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Key
from noether_razor.conserved import Quadratic
from noether_razor.data.trajectories import Transitions
from noether_razor.discovery.fit_result import Bound
from noether_razor.inference.evaluate import evaluate
from noether_razor.inference.fit import fit
from noether_razor.inference.fitted import Fitted
from noether_razor.inference.learn import Learned
from noether_razor.inference.model import Razor
from noether_razor.inference.problem import hold
from noether_razor.inference.settings import Settings
from noether_razor.inference.spread import displacements
from noether_razor.variational.fit import units_of

AROUND = 2
"""How far the number of directions goes below and above that of the verdict."""

REACH = 1.0
"""Root mean square displacement along each direction, in units of the data's spread. At 0.3 a false
direction lowers the bound by less than a refit of few steps does without it. At 1 the bound is
highest at the rank."""

REPEATS = 2
"""Refits for each number of directions, each with its own key."""

GENTLE = 0.3
"""Learning rate of a refit, relative to the fit's: the weights are good already."""

EVALUATED = 500
"""Training transitions that the bound is evaluated on."""


def bounds_by_rank(
    key: Key,
    learned: Learned,
    settings: Settings,
    directions: Quadratic,
    rank: int,
    report: Callable[[int, int, float], None] = lambda done, total, bound: None,
) -> list[Bound]:
    """The bound against the number of directions held, around a rank.

    All refits are evaluated on the same transitions with the same draws. So differences between
    bounds are more precise than the bounds themselves.

    Args:
        key: for the refits and the evaluation.
        learned: the model with its learned quantities.
        settings: settings of the fit; each refit has `settings.evidence` steps.
        directions: K directions, in the user's coordinates, the least changing first.
        rank: the rank at the middle of the curve.
        report: called with the ranks done, the ranks in all, and the last bound.
    """
    problem = learned.problem
    rows = _at_the_datas_width(learned, directions)
    ranks = range(max(rank - AROUND, 0), min(rank + AROUND, len(rows)) + 1)
    gentle = replace(settings, annealing=0, learning_rate=GENTLE * settings.learning_rate)
    weights = {k: v for k, v in learned.fitted.parameters.items() if k != "quantities"}
    *keys, choice_key, evaluation_key = jax.random.split(key, REPEATS + 2)
    size = len(problem.train.start)
    chosen = jax.random.permutation(choice_key, size)[:EVALUATED]
    sample = Transitions(problem.train.start[chosen], problem.train.end[chosen], problem.train.dt)

    def held(rank: int) -> Razor:
        # Directions beyond the rank are zero, so all ranks have one shape and are compiled once.
        some = rows * (np.arange(len(rows)) < rank)[:, None]
        return hold(problem.razor, some, problem.spread)

    def bound(rank: int, key: Key) -> float:
        razor, steps = held(rank), settings.evidence
        parameters = fit(key, razor, problem.train, gentle, steps=steps, initial=weights)
        fitted = Fitted(razor, parameters)
        return evaluate(evaluation_key, fitted, sample, training_size=size).elbo

    jacobian = float(np.sum(np.log(units_of(learned))))
    curve = []
    for rank in ranks:
        bounds = np.array([bound(rank, key) for key in keys]) - jacobian
        error = bounds.std(ddof=1) / REPEATS**0.5
        curve.append(Bound(rank, float(bounds.mean()), float(error)))
        report(len(curve), len(ranks), curve[-1].bound)
    return curve


def _at_the_datas_width(learned: Learned, directions: Quadratic) -> np.ndarray:
    """Coefficients [K, D] in units of the spread; each flow moves states by `REACH` spreads."""
    problem = learned.problem
    spread = problem.spread
    units = jnp.asarray(units_of(learned), spread.dtype)
    model = Quadratic(*(jnp.asarray(leaf, spread.dtype) for leaf in directions)).rescale(units)
    widths = displacements(model, problem.train.start[:EVALUATED], spread)
    return np.asarray(model.rescale(spread).coefficients() * (REACH / widths)[:, None])
