"""Runs of the verdict by evidence on simulated data, kept as JSON lines.

Noise is on every observation, and nothing but these observations is given to the method. The truth
is only used to score: by clean trajectories of other initial states.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import ArrayLike

from experiments.evidence.kept import Kept, load
from experiments.evidence.known_systems import SYSTEMS
from experiments.evidence.later_systems import LATER
from experiments.evidence.new_systems import NEW
from experiments.evidence.systems import GRID, system
from noether_razor.conserved.features import Monomials
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.directions import parallelness
from noether_razor.evidence.functions import on_tracks
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import TOLERANCE, Judged
from noether_razor.evidence.recording import Recording, recording
from noether_razor.systems import System, stack

STEPS = 40
FORGET = 100
"""Compiled programs are dropped after this many runs: a process can hold only so many of them."""
JUDGES = 100
"""Number of clean trajectories on which the true size of a change is measured."""


class Run(NamedTuple):
    """One run: a system, the noise in units of the spread, trajectories, and a seed."""

    system: str
    noise: float
    trajectories: int
    seed: int


def plan(study: str) -> list[Run]:
    """The runs of a study, in the order in which they are made: many trajectories first."""
    if study == "grid":
        every = product((200, 50, 20), range(5), (0.0, 0.03, 0.1, 0.3), GRID)
        return [Run(name, noise, count, seed) for count, seed, noise, name in every]
    if study == "zoo":
        every = product(range(5), (0.0, 0.01), SYSTEMS)
        return [Run(name, noise, 200, seed) for seed, noise, name in every]
    if study in ("new", "later"):
        every = product(range(5), (0.0, 0.03), NEW if study == "new" else LATER)
        return [Run(name, noise, 200, seed) for seed, noise, name in every]
    raise ValueError(f"unknown study {study!r}")


def records(study: str, out: Path) -> Iterator[dict]:
    """The records of the runs of a study."""
    for path in sorted((out / study).glob("*.jsonl")):
        yield from load(path)


def make(
    study: str,
    out: Path,
    part: int = 0,
    parts: int = 1,
    seeds: int = 5,
    noises: Sequence[float] = (),
    systems: Sequence[str] = (),
) -> None:
    """Make runs that are missing or of older code, for every `parts`-th system from `part` on.

    Args:
        study: "grid", "zoo", "new" or "later".
        out: the directory of the studies.
        part, parts: which systems.
        seeds: number of seeds.
        noises, systems: only these; all by default.
    """
    if unknown := set(systems) - {run.system for run in plan(study)}:
        raise SystemExit(f"{study} has no {', '.join(sorted(unknown))}")
    planned = [
        run
        for run in plan(study)
        if run.seed < seeds
        and (not noises or run.noise in noises)
        and (not systems or run.system in systems)
    ]
    names = list(dict.fromkeys(run.system for run in planned))[part::parts]
    kept = {name: Kept(_path(out / study, name)) for name in names}
    missing = [run for run in planned if run.system in kept and kept[run.system].lacks(run)]
    for done, run in enumerate(missing, start=1):
        record = one(run, system(run.system))
        kept[run.system].add(record)
        if done % FORGET == 0:
            jax.clear_caches()
        by = f" by {record['by']}" if record["by"] else ""
        print(
            f"{run.system}, noise {run.noise:g}, {run.trajectories} trajectories, seed {run.seed}: "
            f"{record['verdict']['rank']} of {record['true']}{by}, {record['seconds']:.1f} s",
            flush=True,
        )


def _path(folder: Path, name: str) -> Path:
    """File of the records of a system."""
    return folder / f"{name.replace(' ', '_').replace(':', '-')}.jsonl"


def one(run: Run, made: System) -> dict:
    """Simulate, judge and score one run."""
    observed = observe(run, made)
    judges, noise = observed.judges, observed.noise
    began = time.perf_counter()
    data = recording(observed.trajectories)
    findings = investigate(data, TOLERANCE, always=False)
    return {
        "run": run,
        "true": len(made.conserved),
        "verdict": score(findings.judged, data, made, judges),
        "tracks": score(findings.tracks, data, made, judges),
        "by": findings.by,
        "hamiltonian": _finite(findings.hamiltonian),
        "laws": [(law.label, _finite(law.nats)) for law in findings.laws],
        "noise": [float(f"{v:.4g}") for v in findings.noise / np.maximum(noise, 1e-300)]
        if run.noise
        else [float(f"{v:.3g}") for v in findings.noise / observed.spread],
        "seconds": round(time.perf_counter() - began, 2),
    }


class Observed(NamedTuple):
    """What a method is given, and what it is scored by.

    Attributes:
        trajectories: noisy observations.
        judges: clean states of other trajectories, [JUDGES, T, m].
        noise, spread: standard deviations of every coordinate's noise and of its clean values, [m].
    """

    trajectories: Trajectories
    judges: np.ndarray
    noise: np.ndarray
    spread: np.ndarray


def observe(run: Run, made: System) -> Observed:
    """Simulate a run, with noise on every observation."""
    clean = simulate(
        made, key=jax.random.key(run.seed), trajectories=run.trajectories + JUDGES, steps=STEPS
    )
    states, judges = np.split(clean.states, [run.trajectories])
    spread = clean.states.std((0, 1))
    noise = run.noise * spread
    generator = np.random.default_rng(run.seed)
    q, p = np.split(states + noise * generator.normal(size=states.shape), 2, axis=-1)
    return Observed(Trajectories(q, p, clean.dt, clean.names), judges, noise, spread)


def score(judged: Judged, data: Recording, made: System, judges: np.ndarray) -> dict:
    """Score every direction: its parallelness with the truth, and the true size of its change."""
    with jax.enable_x64(True):
        values = on_tracks(
            Monomials(data.dimension, 2), (judges - data.centre) / data.spread
        ).values
    values = np.asarray(values) @ judged.coefficients.T
    change = sizes_of(values)
    verdicts = judged.verdicts()
    return {
        "rank": verdicts.count("conserved"),
        "verdicts": "".join(verdict[0] if verdict != "changes" else "x" for verdict in verdicts),
        "none": _short(judged.none),
        "parallel": _short(parallel(judged, data, made)),
        "true_size": _short(change),
        "size": _short(judged.size),
        "cautious": _short(judged.cautious),
        "hopeful": _short(judged.hopeful),
    }


def parallel(judged: Judged, data: Recording, made: System) -> np.ndarray:
    """Parallelness of each direction with the true span, in units of the spread."""
    m = data.dimension
    truth = stack(made.conserved, made.degrees_of_freedom)
    i, j = np.triu_indices(m)
    rows = judged.coefficients.copy()
    rows[:, m:] /= np.where(i == j, np.sqrt(0.5), 1.0)
    return parallelness(rows, in_spreads(truth.A, truth.b, data))


def in_spreads(A: ArrayLike, b: ArrayLike, data: Recording) -> np.ndarray:
    """Quadratics x.A x / 2 + b.x, [K, m, m] and [K, m], as rows [K, D] in units of the spread."""
    A, b = np.asarray(A, float), np.asarray(b, float)
    slope = (b + A @ data.centre) * data.spread
    A = A * np.outer(data.spread, data.spread)
    i, j = np.triu_indices(data.dimension)
    return np.concatenate([slope, A[:, i, j] * np.where(i == j, np.sqrt(0.5), 1.0)], axis=1)


def sizes_of(values: np.ndarray) -> np.ndarray:
    """Sizes [K] of the change of values [R, T, K]; see docs/evidence.md."""
    return (values - values.mean(1, keepdims=True)).std((0, 1)) / values.std((0, 1))


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def _finite(value: float) -> float | None:
    return round(float(value), 1) if np.isfinite(value) else None
