"""One call from trajectories to a discovery: fit, price every direction, read off the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key
from noether_razor.conserved import Quadratic
from noether_razor.discovery.algebra import algebra_name
from noether_razor.discovery.evidence import rank_evidence
from noether_razor.discovery.judge import judge, readable_quantities
from noether_razor.discovery.result import Discovery, Quantity
from noether_razor.errors import InputError
from noether_razor.inference.fit import Progress
from noether_razor.inference.learn import Learned, Store, learn
from noether_razor.inference.problem import dynamical_scaling, spread_of
from noether_razor.inference.settings import Kind, Settings, Start, Symmetry
from noether_razor.measure import Data, measure, some_transitions
from noether_razor.phase_space import Scaling
from noether_razor.proposals import Proposals, canonical_spread, propose_quadratics
from noether_razor.trajectories import Trajectories, Transitions

SHARE_OF_EVIDENCE = 10
"""Steps of the fit for one of each refit that asks for the rank, unless somebody says otherwise."""
PRICED_TRANSITIONS = 256
"""Held-out transitions that a direction is priced on."""


def discover_by_fit(
    trajectories: Trajectories,
    *,
    key: Key,
    settings: Settings | None = None,
    held_out: float = 0.2,
    report: Callable[[str, int, int, str], None] = lambda stage, done, total, note: None,
) -> Discovery:
    """Find the conserved quantities of a system from its trajectories.

    Args:
        trajectories: of one system, in any units.
        key: of everything random.
        settings: how to look; the defaults suit up to about a dozen coordinates.
        held_out: share of the trajectories that is only tested on.
        report: called with a stage, steps done, steps in all, and a remark.

    Example:
        >>> data = simulate(make_system("oscillator"), key=jax.random.key(0))
        >>> print(discover_by_fit(data, key=jax.random.key(1)))
    """
    split_key, key = jax.random.split(key)
    data = Data.of(trajectories, key=split_key, held_out=held_out)
    settings = settings or Settings(evidence=Settings.steps // SHARE_OF_EVIDENCE)
    told = {"on_chunk": reporter(report), "on_rank": rank_reporter(report)}
    return investigate(key, data, settings, **told).discovery


class Investigation(NamedTuple):
    """A discovery, and the model behind it."""

    discovery: Discovery
    learned: Learned


def investigate(
    key: Key,
    data: Data,
    settings: Settings,
    built_in: Quadratic | None = None,
    *,
    seed: int | None = None,
    store: Store | None = None,
    on_chunk: Callable[[str, Progress], None] = lambda phase, progress: None,
    on_rank: Callable[[int, int, float], None] = lambda done, total, bound: None,
) -> Investigation:
    """Fit a model to the data and say what it has found; the whole pipeline on one page.

    Args:
        key: of everything random.
        data: training and held-out data.
        settings: every choice; `settings.symmetry` picks the plain, learned or built-in model.
        built_in: the quantities of a built-in model, in the user's coordinates, with the amplitude
            they are to have.
        seed: to be reported.
        store: where the fit keeps its state.
        on_chunk: called as the fit goes.
        on_rank: called as ranks are refitted, with ranks done, ranks in all, and the bound.

    Raises:
        InputError: the settings ask for other functions than quadratics.
        RunError: the fit failed.
    """
    if settings.kind is not Kind.quadratic:
        raise InputError(
            f"kind is {settings.kind.value}, expected quadratic: use discover_functions"
        )
    began = time.perf_counter()
    learn_key, discover_key, evaluate_key = jax.random.split(key, 3)
    learned, proposals = fit_model(learn_key, data, settings, built_in, store, on_chunk)
    problem, fitted = learned
    test = problem.scale(data.test)
    measured = measure(evaluate_key, learned, data)
    found, rank, values, evidence = [], 0, np.zeros(0), []
    quantities: list[Quantity] = []
    if settings.symmetry is Symmetry.learned:
        found, values = judge(
            discover_key,
            learned,
            data.train_paths,
            data.test_paths,
            some_transitions(discover_key, test, PRICED_TRANSITIONS),
        )
        quantities = readable_quantities(
            discover_key, learned, data.train_paths, data.test_paths, found
        )
        rank = len(quantities)
        if settings.evidence:
            evidence_key = jax.random.fold_in(discover_key, 1)
            evidence = rank_evidence(evidence_key, learned, settings, found, on_rank)
    units = np.asarray(problem.scaling.units(data.train_paths.degrees_of_freedom), float)
    discovery = Discovery(
        rank=rank,
        singular_values=[float(value) for value in values],
        quantities=quantities,
        candidates=found,
        start=settings.start.value,
        baseline=[float(value) for value in proposals.eigenvalues],
        noise_variance=float(np.mean(np.asarray(fitted.noise_variance, float) * units**2)),
        seed=seed,
        seconds=time.perf_counter() - began + (store.seconds_before if store else 0.0),
        evidence=evidence,
        algebra=algebra_name(quantities, canonical_spread(data.train_paths.states)),
        **measured,
    )
    return Investigation(discovery, learned)


def fit_model(
    key: Key,
    data: Data,
    settings: Settings,
    built_in: Quadratic | None,
    store: Store | None = None,
    on_chunk: Callable[[str, Progress], None] = lambda phase, progress: None,
) -> tuple[Learned, Proposals]:
    """The model of an investigation, and the proposals from data alone; see `investigate`."""
    paths = data.train_paths.states
    scaling = dynamical_scaling(paths, data.train.dt) if settings.canonical_scaling else Scaling()
    proposals = propose_quadratics(paths, proposal_count(settings, paths.shape[-1]))
    candidates = _candidates(settings, proposals, built_in, data.train)
    learned = learn(key, data.train, settings, candidates, scaling, store=store, on_chunk=on_chunk)
    return learned, proposals


def proposal_count(settings: Settings, dimension: int) -> int:
    """How many candidates start as proposals; there are only so many quadratics to propose."""
    if settings.start is Start.random:
        return min(settings.candidates, dimension * (dimension + 3) // 2)
    return min(settings.candidates - settings.random_candidates, dimension * (dimension + 3) // 2)


def reporter(
    report: Callable[[str, int, int, str], None],
) -> Callable[[str, Progress], None]:
    """Progress of the fit as the command shows it."""

    def on_chunk(phase: str, progress: Progress) -> None:
        report(phase, progress.step, progress.steps, f"bound {progress.elbo:.2f} nats a transition")

    return on_chunk


def rank_reporter(
    report: Callable[[str, int, int, str], None],
) -> Callable[[int, int, float], None]:
    """Progress of the refits of ranks as the command shows it."""

    def on_rank(done: int, total: int, bound: float) -> None:
        report("ranks", done, total, f"bound {bound:.2f} nats a transition")

    return on_rank


def of_amplitude(quantities: Quadratic, amplitude: Any, start: jax.Array) -> Quadratic:
    """The same quantities, each resized to an amplitude in units of the data's spread.

    Args:
        quantities: K of them, in the coordinates of `start`.
        amplitude: one number, or one a quantity [K].
        start: states [N, 2n].
    """
    quantities = jax.tree.map(lambda leaf: jnp.asarray(leaf, start.dtype), quantities)
    norms = jnp.linalg.norm(quantities.rescale(spread_of(start)).coefficients(), axis=1)
    scale = jnp.asarray(amplitude, start.dtype) / norms
    return Quadratic(quantities.A * scale[:, None, None], quantities.b * scale[:, None])


def _candidates(
    settings: Settings, proposals: Proposals, built_in: Quadratic | None, train: Transitions
) -> Quadratic | None:
    """The quantities a model starts with, in the user's coordinates."""
    if settings.symmetry is Symmetry.built_in:
        return built_in
    if settings.symmetry is Symmetry.plain or settings.start is Start.random:
        return None
    proposed = proposals.quantities.rescale(1 / proposals.spread)
    return of_amplitude(proposed, settings.amplitude, train.start)
