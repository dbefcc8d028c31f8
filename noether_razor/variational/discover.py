"""Discover conserved quantities by the fit of the paper, with one call.

1. Candidates start at the directions that change least along the trajectories, or at random.
2. The Hamiltonian network and the candidates are fitted together, by the variational bound.
3. The span of the learned candidates is judged by the rule of the verdict; see docs/evidence.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from noether_razor.base.reports import Report
from noether_razor.base.types import Key
from noether_razor.base.versions import versions
from noether_razor.conserved import Quadratic
from noether_razor.conserved.features import Monomials
from noether_razor.data import Reading, as_trajectories
from noether_razor.describe.directions import orthonormal_span
from noether_razor.discovery.discover import checked, discovery_of
from noether_razor.discovery.fit_result import Bound, VariationalFit
from noether_razor.discovery.quadratics import quadratic
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.investigate import Findings, investigate
from noether_razor.evidence.judged import CONSERVED, TOLERANCE, Judged
from noether_razor.evidence.recording import Recording
from noether_razor.evidence.search import searched
from noether_razor.inference.fit import Progress
from noether_razor.inference.learn import Learned, Store
from noether_razor.inference.settings import Settings, Symmetry
from noether_razor.variational.curve import bounds_by_rank
from noether_razor.variational.data import Data
from noether_razor.variational.fit import (
    fit_model,
    learned_quantities,
    measured,
    proposals,
)
from noether_razor.variational.quadratics import Span, in_monomials

SHARE_OF_EVIDENCE = 10
"""By default a refit for the curve of bounds has the fit's number of steps divided by this."""
PACKAGES = ("noether_razor", "jax", "flax", "numpyro", "diffrax", "optax", "numpy", "scipy")

OnChunk = Callable[[str, Progress], None]
OnRank = Callable[[int, int, float], None]


def discover_by_fit(
    data: Any,
    *,
    key: Key,
    t: Any = None,
    reading: Reading | None = None,
    settings: Settings | None = None,
    tolerance: float = TOLERANCE,
    noise: Mapping[str, float] | float | None = None,
    held_out: float = 0.2,
    report: Report = lambda stage, done, total, note: None,
) -> Discovery:
    """Learn conserved quadratics together with the dynamics, and judge what was learned.

    Args:
        data, t, reading, tolerance, noise: as `discover` takes them.
        key: for everything random.
        settings: settings of the fit; the defaults suit up to about a dozen coordinates.
        held_out: share of the trajectories that the fit does not learn from.
        report: called with a stage, steps done, steps in all, and a remark.

    Raises:
        InputError: as for `discover`, and if the coordinates are not positions and momenta.
        RunError: if the fit fails.

    Example:
        >>> data = simulate(make_system("oscillator"), key=jax.random.key(0))
        >>> print(discover_by_fit(data, key=jax.random.key(1)))

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024.
    """
    trajectories = as_trajectories(data, t=t, reading=reading)
    recorded = checked(trajectories, tolerance, noise)
    split_key, key = jax.random.split(key)
    fitted = Data.of(trajectories, key=split_key, held_out=held_out)
    settings = settings or Settings(evidence=Settings.steps // SHARE_OF_EVIDENCE)
    told: dict[str, Any] = {"on_chunk": reporter(report), "on_rank": rank_reporter(report)}
    return fit_and_judge(key, fitted, recorded, settings, tolerance=tolerance, **told).discovery


class Investigation(NamedTuple):
    """A discovery, the model behind it, and the directions as they were judged."""

    discovery: Discovery
    learned: Learned
    findings: Findings


def fit_and_judge(
    key: Key,
    data: Data,
    recorded: Recording,
    settings: Settings,
    built_in: Quadratic | None = None,
    *,
    tolerance: float = TOLERANCE,
    seed: int | None = None,
    store: Store | None = None,
    on_chunk: OnChunk = lambda phase, progress: None,
    on_rank: OnRank = lambda done, total, bound: None,
) -> Investigation:
    """Fit a model to the data, and judge what it has learned.

    Args:
        key: for everything random.
        data: data to learn from, and to judge on.
        recorded: the recording of `data.observed`.
        settings: all settings; `settings.symmetry` picks the plain, learned or built-in model.
        built_in: the quantities of a built-in model, in the user's coordinates, with the amplitude
            that they are to have.
        tolerance: size of a change; see `discover`.
        seed: the seed that is reported in the result.
        store: where the fit keeps its state.
        on_chunk: called after each chunk of the fit with the phase and the progress.
        on_rank: called after each rank of the curve of bounds: ranks done, ranks in all, and the
            bound.

    Raises:
        RunError: if the fit fails.
    """
    began = time.perf_counter()
    learn_key, curve_key, evaluate_key = jax.random.split(key, 3)
    learned = fit_model(learn_key, data, recorded, settings, built_in, tolerance, store, on_chunk)
    findings, singular_values, curve = _nothing(recorded), np.zeros(0), []
    if settings.symmetry is Symmetry.learned:
        findings, singular_values = _judged(learned, recorded, tolerance)
        if settings.evidence:
            curve = _curve(curve_key, learned, settings, findings, recorded, on_rank)
    fit = VariationalFit(
        symmetry=settings.symmetry.value,
        start=settings.start.value,
        candidates=settings.candidates,
        exhausted=exhausted(settings, findings.judged.verdicts().count(CONSERVED)),
        singular_values=[float(value) for value in singular_values],
        curve=curve,
        train_trajectories=len(data.train_paths),
        test_trajectories=len(data.test_paths),
        seed=seed,
        **measured(evaluate_key, learned, data),
    )
    seconds = time.perf_counter() - began + (store.seconds_before if store else 0.0)
    names = data.observed.names
    discovery = discovery_of(
        data.observed, recorded, searched(recorded, names, 2, ()), findings, tolerance, seconds,
        fit=fit, packages=versions(PACKAGES),
    )  # fmt: skip
    return Investigation(discovery, learned, findings)


def exhausted(settings: Settings, conserved: int) -> bool:
    """Whether at least as many directions are conserved as the candidates start from."""
    return conserved >= (proposals(settings) or settings.candidates)


def _nothing(recorded: Recording) -> Findings:
    """The findings of a model without learned candidates: no direction is judged."""
    functions = len(Monomials(recorded.dimension, 2).factors)
    numbers = np.zeros((len(Judged._fields) - 2, 0))
    judged = Judged(np.zeros((0, functions)), *numbers, varies=np.zeros(0, bool))
    return Findings(judged, None, "", (), np.sqrt(recorded.noise) * recorded.spread)


def _judged(learned: Learned, recorded: Recording, tolerance: float) -> tuple[Findings, np.ndarray]:
    """The verdict on the span of the learned candidates, and their singular values.

    Directions are combinations of all monomials of degree 1 and 2, as without a fit. Singular
    values are those of the candidates' coefficients, in units of the data's spread.
    """
    rows = in_monomials(learned_quantities(learned), recorded)
    span = orthonormal_span(rows)
    found = investigate(recorded, tolerance, Span(span), always=False)
    of_monomials = {
        name: judged and judged._replace(coefficients=judged.coefficients @ span)
        for name, judged in (("tracks", found.tracks), ("law", found.law))
    }
    quantities = learned.fitted.quantities
    assert quantities is not None
    amplitudes = quantities.rescale(learned.problem.spread).coefficients()
    values = np.linalg.svd(np.asarray(amplitudes, float), compute_uv=False)
    return found._replace(**of_monomials), values


def _curve(
    key: Key,
    learned: Learned,
    settings: Settings,
    findings: Findings,
    recorded: Recording,
    on_rank: OnRank,
) -> list[Bound]:
    judged = findings.judged
    directions = quadratic(judged, recorded, np.zeros(recorded.dimension))
    rank = judged.verdicts().count(CONSERVED)
    return bounds_by_rank(key, learned, settings, directions, rank, on_rank)


def reporter(report: Report) -> OnChunk:
    """Progress of the fit as the command shows it."""

    def on_chunk(phase: str, progress: Progress) -> None:
        report(phase, progress.step, progress.steps, f"bound {progress.elbo:.2f} nats a transition")

    return on_chunk


def rank_reporter(report: Report) -> OnRank:
    """Progress of the refits of the curve of bounds as the command shows it."""

    def on_rank(done: int, total: int, bound: float) -> None:
        report("ranks", done, total, f"bound {bound:.2f} nats a transition")

    return on_rank
