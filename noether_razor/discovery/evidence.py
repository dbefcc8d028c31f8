"""The rank by evidence: refit under the first r directions, and see what the bound makes of it.

A symmetry that the dynamics has costs the bound nothing and may gain it something, however far its
flow moves; one that it has not costs much. So the directions are given the data's own width and
held there, the weights go on from where the joint fit left them, and the bound is drawn against r.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key
from noether_razor.conserved import Quadratic
from noether_razor.discovery.rank import CONSERVED
from noether_razor.discovery.result import Direction, RankEvidence
from noether_razor.inference.evaluate import Effort, evaluate
from noether_razor.inference.fit import fit
from noether_razor.inference.fitted import Fitted
from noether_razor.inference.learn import Learned
from noether_razor.inference.model import Razor
from noether_razor.inference.price import displacements
from noether_razor.inference.problem import hold
from noether_razor.inference.settings import Settings
from noether_razor.trajectories import Transitions

AROUND = 2
"""Ranks below and above the verdict's that are refitted."""

REACH = 1.0
"""Root mean square displacement along each direction, in units of the data's spread. At 0.3 a false
direction costs less than a refit of few steps loses by itself; at 1 the bound peaks at the rank."""

REPEATS = 2
"""Refits of each rank, with their own keys."""

GENTLE = 0.3
"""Learning rate of a refit, relative to the fit's: the weights are good already."""

EVALUATED = 500
"""Training transitions that the bound is evaluated on."""


def rank_evidence(
    key: Key,
    learned: Learned,
    settings: Settings,
    found: Sequence[Direction],
    report: Callable[[int, int, float], None] = lambda done, total, bound: None,
) -> list[RankEvidence]:
    """The bound against the rank, around the verdict's.

    Directions that the verdict calls conserved come first, then the others, the least contradicted
    first. All ranks share their evaluation, so that their differences are sharper than each.

    Args:
        key: of the refits and of the evaluation.
        learned: the model with its learned quantities.
        settings: of the fit; `settings.evidence` steps for each refit.
        found: the directions, with their verdicts.
        report: told of refits done, of those in all, and of the last bound.
    """
    problem = learned.problem
    rank = sum(one.verdict == CONSERVED for one in found)
    ordered = sorted(found, key=lambda one: (one.verdict != CONSERVED, one.bracket_z))
    rows = _at_the_datas_width(learned, ordered)

    def held(rank: int) -> Razor:
        # Directions beyond the rank have no size: every rank is one shape, and compiles nothing.
        some = rows * (np.arange(len(rows)) < rank)[:, None]
        return hold(problem.razor, some, problem.spread)

    return evidence_curve(key, learned, settings, ranks_around(rank, len(found)), held, report)


def ranks_around(rank: int, most: int) -> range:
    """The ranks that are refitted around a verdict's."""
    return range(max(rank - AROUND, 0), min(rank + AROUND, most) + 1)


def evidence_curve(
    key: Key,
    learned: Learned,
    settings: Settings,
    ranks: Sequence[int],
    held: Callable[[int], Razor],
    report: Callable[[int, int, float], None] = lambda done, total, bound: None,
    effort: Effort = Effort(),  # noqa: B008, an immutable constant
) -> list[RankEvidence]:
    """The bound at each rank, refitted with what `held` holds there; see `rank_evidence`."""
    problem = learned.problem
    gentle = replace(settings, annealing=0, learning_rate=GENTLE * settings.learning_rate)
    weights = {k: v for k, v in learned.fitted.parameters.items() if k != "quantities"}
    *keys, choice_key, evaluation_key = jax.random.split(key, REPEATS + 2)
    size = len(problem.train.start)
    chosen = jax.random.permutation(choice_key, size)[:EVALUATED]
    sample = Transitions(problem.train.start[chosen], problem.train.end[chosen], problem.train.dt)

    def bound(rank: int, key: Key) -> float:
        razor, steps = held(rank), settings.evidence
        parameters = fit(key, razor, problem.train, gentle, steps=steps, initial=weights)
        fitted = Fitted(razor, parameters)
        return evaluate(evaluation_key, fitted, sample, training_size=size, effort=effort).elbo

    n = problem.train.start.shape[1] // 2
    jacobian = float(np.sum(np.log(np.asarray(problem.scaling.units(n), float))))
    curve = []
    for rank in ranks:
        bounds = np.array([bound(rank, key) for key in keys]) - jacobian
        error = bounds.std(ddof=1) / REPEATS**0.5
        curve.append(RankEvidence(rank, float(bounds.mean()), float(error)))
        report(len(curve), len(ranks), curve[-1].bound)
    return curve


def _at_the_datas_width(learned: Learned, directions: Sequence[Direction]) -> np.ndarray:
    """Coefficients [K, D] in units of the spread: each moves the data by `REACH` of it."""
    problem = learned.problem
    spread = problem.spread
    units = problem.scaling.units(len(spread) // 2).astype(spread.dtype)
    A, b = (jnp.asarray(np.stack([getattr(d, name) for d in directions])) for name in ("A", "b"))
    model = Quadratic(A, b).rescale(units)
    widths = displacements(model, problem.train.start[:EVALUATED], spread)
    return np.asarray(model.rescale(spread).coefficients() * (REACH / widths)[:, None])
