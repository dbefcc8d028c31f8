"""One call from trajectories to conserved functions of any shape, and how many are independent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key
from noether_razor.conserved import Combined, Quadratic, Together
from noether_razor.conserved.features import Features, Joined, Monomials, Reciprocals
from noether_razor.discovery.certificate import drift_certificate
from noether_razor.discovery.evidence import REACH, evidence_curve, ranks_around
from noether_razor.discovery.functions import FunctionDiscovery, Judged, judge_functions
from noether_razor.discovery.rank import CONSERVED, DRIFTS
from noether_razor.discovery.result import RankEvidence
from noether_razor.errors import InputError
from noether_razor.inference.evaluate import Effort
from noether_razor.inference.fit import Progress
from noether_razor.inference.functions import STATES, hold_functions
from noether_razor.inference.learn import Learned, Store, learn
from noether_razor.inference.model import Razor
from noether_razor.inference.price import displacements
from noether_razor.inference.problem import dynamical_scaling
from noether_razor.inference.settings import Kind, Settings, Symmetry, for_functions
from noether_razor.investigate import rank_reporter, reporter
from noether_razor.measure import Data, measure, some_transitions
from noether_razor.phase_space import Scaling
from noether_razor.proposals import (
    FunctionProposals,
    propose_dictionary,
    propose_networks,
    propose_quadratics,
)
from noether_razor.proposals.functions import shares_within
from noether_razor.trajectories import Trajectories

EFFORT = Effort(prediction=(8, 4), bound=(4, 8))
"""Effort of an evaluation: every group element is a flow to integrate, in every stage of a step."""

EVALUATED, PRICED = 250, 128
"""Transitions."""

WORDS = 300
"""Features of a dictionary to put functions into words with, at most."""


def discover_functions(
    trajectories: Trajectories,
    *,
    key: Key,
    settings: Settings | None = None,
    features: Features | None = None,
    held_out: float = 0.2,
    report: Callable[[str, int, int, str], None] = lambda stage, done, total, note: None,
) -> FunctionDiscovery:
    """Find the conserved functions of a system from its trajectories, and count them.

    Args:
        trajectories: of one system, in any units.
        key: of everything random.
        settings: how to look; by default with networks, for as long as `for_functions` says.
        features: of a dictionary; see `investigate_functions`.
        held_out: share of the trajectories that is only tested on.
        report: called with a stage, steps done, steps in all, and a remark.

    Raises:
        InputError: the settings ask for quadratics.
        RunError: the fit failed.

    Example:
        >>> data = simulate(make_system("central"), key=jax.random.key(0))
        >>> print(discover_functions(data, key=jax.random.key(1)))
    """
    split_key, key = jax.random.split(key)
    data = Data.of(trajectories, key=split_key, held_out=held_out)
    told = {"on_chunk": reporter(report), "on_rank": rank_reporter(report)}
    settings = settings or for_functions(Settings())
    return investigate_functions(key, data, settings, features=features, **told).discovery


class FunctionInvestigation(NamedTuple):
    """A discovery, the model behind it, and the functions it speaks of.

    Attributes:
        discovery: what is said.
        learned: the model.
        functions: a family of the directions, in the order of the discovery, in the user's
            coordinates.
    """

    discovery: FunctionDiscovery
    learned: Learned
    functions: Combined


def investigate_functions(
    key: Key,
    data: Data,
    settings: Settings,
    *,
    features: Features | None = None,
    seed: int | None = None,
    store: Store | None = None,
    on_chunk: Callable[[str, Progress], None] = lambda phase, progress: None,
    on_rank: Callable[[int, int, float], None] = lambda done, total, bound: None,
) -> FunctionInvestigation:
    """Propose functions from the data, let the bound select, and count: the pipeline on one page.

    Args:
        key: of everything random.
        data: training and held-out data.
        settings: every choice; `settings.kind` picks networks, a dictionary, or both kinds.
        features: of the dictionary, functions of states in units of the data's spread; polynomials
            and the reciprocal of the distance from the origin by default.
        seed: to be reported.
        store: where the fit keeps its state.
        on_chunk: called as the fit goes.
        on_rank: called as ranks are refitted.

    Raises:
        InputError: the settings ask for quadratics, or not for learned functions.
        RunError: the fit failed.
    """
    if settings.kind is Kind.quadratic or settings.symmetry is not Symmetry.learned:
        raise InputError(
            f"kind is {settings.kind.value} and symmetry {settings.symmetry.value}, expected "
            "learned functions of another kind; discover is for quadratics"
        )
    began = time.perf_counter()
    propose_key, learn_key, judge_key, evaluate_key, evidence_key = jax.random.split(key, 5)
    paths, apart = data.train_paths.states, data.test_paths.states
    words = features or default_features(paths.shape[-1], settings.degree)
    proposals = propose(propose_key, paths, apart, settings, words)
    scaling = dynamical_scaling(paths, data.train.dt) if settings.canonical_scaling else Scaling()
    learned = learn(
        learn_key, data.train, settings, proposals.quantities, scaling,
        store=store, on_chunk=on_chunk,
    )  # fmt: skip
    problem, fitted = learned
    test = problem.scale(data.test)
    measured = measure(evaluate_key, learned, data, EVALUATED, EFFORT)
    priced = some_transitions(judge_key, test, PRICED)
    judged = judge_functions(judge_key, learned, data.train_paths, data.test_paths, priced, words)
    evidence: list[RankEvidence] = []
    if settings.evidence:
        held, most = _held(learned, judged, settings)
        kept = sum(one.verdict == CONSERVED for one in judged.directions)
        ranks = ranks_around(kept, most)
        evidence = evidence_curve(evidence_key, learned, settings, ranks, held, on_rank, EFFORT)
    units = np.asarray(problem.scaling.units(paths.shape[-1] // 2), float)
    sizes = displacements(fitted.quantities, problem.train.start[:STATES], problem.spread)
    discovery = FunctionDiscovery(
        count=max(judged.independent.rank, 1),  # the energy, however badly it is learned
        kind=settings.kind.value,
        directions=judged.directions,
        gradients=[float(value) for value in judged.independent.values],
        gradient_errors=[float(value) for value in judged.independent.errors],
        sizes=[float(value) for value in sizes],
        proposed=[float(value) for value in proposals.shares],
        seed=seed,
        seconds=time.perf_counter() - began + (store.seconds_before if store else 0.0),
        evidence=evidence,
        **measured,
    )
    users = judged.functions.rescale(1 / jnp.asarray(units, problem.spread.dtype))
    return FunctionInvestigation(discovery, learned, users)


def propose(
    key: Key, paths: np.ndarray, apart: np.ndarray, settings: Settings, features: Features
) -> FunctionProposals:
    """The candidates of the settings' kind, from the data alone.

    Args:
        key: of networks and batches.
        paths, apart: training and held-out trajectories [R, T, 2n].
        settings: kind, how many functions, and their networks.
        features: of a dictionary.
    """
    if settings.kind is Kind.dictionary:
        return propose_dictionary(paths, apart, features, settings.functions)
    simple = _quadratics(paths, apart, settings) if settings.kind is Kind.auto else None
    networks = propose_networks(
        key, paths, apart, settings.functions, known=simple and simple.quantities,
        width=settings.function_width, steps=settings.function_steps,
    )  # fmt: skip
    both = [some for some in (simple, networks) if some is not None]
    return _beside(*both) if len(both) == 2 else both[0]


def default_features(dimension: int, degree: int) -> Features:
    """Monomials, of as high a degree as leaves `WORDS` of them at most, and 1 / |q|."""
    while degree > 2 and len(Monomials(dimension, degree).names([""] * dimension)) > WORDS:
        degree -= 1
    radius = tuple(((i, 1.0),) for i in range(dimension // 2))
    return Joined((Monomials(dimension, degree), Reciprocals((radius,), softening=1e-3)))


def _quadratics(
    paths: np.ndarray, apart: np.ndarray, settings: Settings
) -> FunctionProposals | None:
    """What is conserved among quadratics, by the data, if anything is."""
    proposed = propose_quadratics(paths, settings.candidates)
    quadratics = proposed.quantities.rescale(1 / proposed.spread)
    certificate = drift_certificate(quadratics, paths)
    # Surely below zero: motion too fast for the samples was taken for noise and taken off.
    kept = (certificate.high <= DRIFTS) & (certificate.low >= -DRIFTS)
    if not kept.any():
        return None
    dtype = jnp.result_type(float)
    few = Quadratic(*(jnp.asarray(leaf[kept], dtype) for leaf in quadratics))
    family = Combined(few, jnp.eye(int(kept.sum()), dtype=dtype))
    return FunctionProposals(family, proposed.eigenvalues[kept], shares_within(family, apart))


def _beside(first: FunctionProposals, second: FunctionProposals) -> FunctionProposals:
    """The proposals of two families as those of one."""
    shares, apart = (np.concatenate(pair) for pair in zip(first[1:], second[1:], strict=True))
    count = len(first.shares)
    both = Together(first.quantities, second.quantities, count)
    identity = jnp.eye(len(shares), dtype=first.quantities.weights.dtype)
    return FunctionProposals(Combined(both, identity), shares, apart)


def _held(
    learned: Learned, judged: Judged, settings: Settings
) -> tuple[Callable[[int], Razor], int]:
    """Razors with the first so many directions held at the data's width, conserved ones first."""
    problem = learned.problem
    order = sorted(
        range(len(judged.directions)),
        key=lambda k: (judged.directions[k].verdict != CONSERVED, judged.directions[k].z),
    )
    family = judged.functions.with_steps(settings.flow_steps).only(np.array(order))
    widths = displacements(family, problem.train.start[:STATES], problem.spread)
    wide = family.weights * (REACH / widths)[:, None]

    def held(rank: int) -> Razor:
        some = wide * (np.arange(len(order)) < rank)[:, None]
        return hold_functions(problem.razor, family._replace(weights=some), len(order))

    return held, len(order)
