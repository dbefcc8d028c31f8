"""Discoveries in run directories: locked, checkpointed, resumed, and written out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpyro.infer.svi import SVIState

from noether_razor.build import Experiment, build
from noether_razor.checkpoints import load_checkpoint, read_metadata, save_checkpoint
from noether_razor.config import ExperimentConfig
from noether_razor.conserved import Quadratic
from noether_razor.discovery.report import write_report
from noether_razor.discovery.result import Discovery
from noether_razor.discovery.truth import compare_with_truth
from noether_razor.errors import InputError
from noether_razor.inference.fit import Progress
from noether_razor.inference.forecast import forecast, rollouts
from noether_razor.inference.learn import Learned
from noether_razor.inference.settings import Settings, Symmetry
from noether_razor.investigate import (
    Data,
    Investigation,
    investigate,
    of_amplitude,
    rank_reporter,
    reporter,
)
from noether_razor.runs import RunDirectory
from noether_razor.systems import stack
from noether_razor.trajectories import load_trajectories, split, transitions

Report = Callable[[str, int, int, str], None]


class DirectoryStore:
    """The state of a fit in a run directory's checkpoint, and its course in `metrics.jsonl`."""

    def __init__(self, run: RunDirectory, report: Report):
        self.run, self.report = run, report
        self.began = time.perf_counter()
        kept = read_metadata(run.checkpoint) if run.checkpoint.exists() else {}
        self.phase: str | None = kept.get("phase")
        self.seconds_before: float = kept.get("seconds", 0.0)
        self.steps_before: int = kept.get("steps_before", 0)
        self._total: int = kept.get("total", 0)
        run.metrics.truncate_after(kept.get("total", 0))

    def reached(self, phase: str) -> bool:
        return self.phase == phase

    def load(self, phase: str, like: SVIState) -> tuple[int, SVIState] | None:
        if not self.reached(phase):
            return None
        state, metadata = load_checkpoint(self.run.checkpoint, like)
        return metadata["step"], state

    def save(self, phase: str, progress: Progress) -> None:
        if phase != self.phase:
            self.steps_before, self.phase = self._total, phase
        self._total = self.steps_before + progress.step
        self.run.metrics.append(self._total, phase=phase, elbo=progress.elbo)
        metadata = {
            "phase": phase,
            "step": progress.step,
            "steps_before": self.steps_before,
            "total": self._total,
            "seconds": self.seconds_before + time.perf_counter() - self.began,
        }
        save_checkpoint(self.run.checkpoint, progress.state, metadata)
        reporter(self.report)(phase, progress)


def discover_in_directory(
    file: str | os.PathLike | Sequence[str | os.PathLike],
    out: str | Path,
    settings: Settings,
    *,
    seed: int,
    progress: Report,
    masses: Sequence[float] | None = None,
    pieces: int | None = None,
    command: str | None = None,
) -> Discovery:
    """Discover from files of trajectories, with everything written into a directory.

    Args:
        file: trajectories, one file or several of the same system.
        out: the directory; a run that stopped there is continued.
        settings: every choice.
        seed: of everything random.
        progress: told how far it is.
        masses, pieces: how the files are to be read; see `load_trajectories`.
        command: the one that does this, for the report.

    Raises:
        InputError: a file or a directory that cannot be used.
        RunError: the fit failed.
    """
    key, data, claimed = open_files(file, settings, seed, masses, pieces)
    with RunDirectory(out) as run:
        run.claim(claimed)
        if run.finished:
            return read(run)
        store = DirectoryStore(run, progress)
        found = investigate(
            key, data, settings, seed=seed, store=store, on_rank=rank_reporter(progress)
        )
        _write_beside(run, key, found, data, command)
        return _finish(run, found.discovery)


def open_files(
    file: str | os.PathLike | Sequence[str | os.PathLike],
    settings: Settings,
    seed: int,
    masses: Sequence[float] | None,
    pieces: int | None,
) -> tuple[jax.Array, Data, dict[str, Any]]:
    """What a discovery from files starts with: its key, its data, and what it is known by."""
    files = [str(each) for each in ([file] if isinstance(file, str | os.PathLike) else file)]
    trajectories = load_trajectories(files, masses, pieces)
    split_key, key = jax.random.split(jax.random.key(seed))
    train, test = split(trajectories, key=split_key)
    reading = {"masses": masses and list(masses), "pieces": pieces}
    given = {name: value for name, value in reading.items() if value is not None}
    which = files if len(files) > 1 else files[0]
    claimed = {"file": which, **given, "seed": seed, "settings": asdict(settings)}
    return key, Data(transitions(train), train, test), claimed


def run_experiment(
    config: ExperimentConfig,
    *,
    progress: Report,
    command: str | None = None,
) -> Discovery:
    """Run an experiment of a config in its directory.

    Args:
        config: of the experiment; `config.out` is its directory. A finished run there is read.
        progress: told how far it is.
        command: the one that does this, for the report.

    Raises:
        InputError: a directory that cannot be used.
        RunError: the fit failed.
    """
    assert config.out is not None
    began = time.perf_counter()
    run = RunDirectory(config.out)
    if run.finished:
        with run:
            run.claim(asdict(config))
            return read(run)
    made = build(config)
    data, built_in = _data(made), _built_in(made, config)
    with run:
        run.claim(asdict(config))
        store = DirectoryStore(run, progress)
        found = investigate(
            made.key, data, config.settings, built_in,
            seed=config.seed, store=store, on_rank=rank_reporter(progress),
        )  # fmt: skip
        if made.evaluation:
            run.write_json("evaluation.json", _evaluation(made, found.learned))
        truth = compare_with_truth(made.key, found.learned, found.discovery, made.system)
        run.write_json("truth.json", truth._asdict())
        _write_beside(run, made.key, found, data, command)
        seconds = store.seconds_before + time.perf_counter() - began
        return _finish(run, replace(found.discovery, seconds=seconds))


def read(run: RunDirectory) -> Discovery:
    """The result of a finished run."""
    return Discovery.from_json((run / "discovery.json").read_text())


def _write_beside(
    run: RunDirectory, key: jax.Array, found: Investigation, data: Data, command: str | None
) -> None:
    """Figures and report."""
    figures = _figures(run, key, found, data)
    write_report(found.discovery, run.path, figures, command=command)


def _finish(run: RunDirectory, discovery: Discovery) -> Discovery:
    """Write the result, which says that the run is finished."""
    run.write_text("discovery.json", discovery.to_json())
    return discovery


def _data(made: Experiment) -> Data:
    return Data(made.train, made.train_trajectories, made.test_trajectories)


def _built_in(made: Experiment, config: ExperimentConfig) -> Quadratic | None:
    """For a built-in model: the system's own quantities, at the amplitudes of the config."""
    if config.settings.symmetry is not Symmetry.built_in:
        return None
    known = {quantity.name: quantity for quantity in made.system.conserved}
    if not known:
        raise InputError(f"{made.system.name} has no known quantity to build in: use model=plain")
    chosen = config.built_in or dict.fromkeys(known, config.settings.amplitude)
    for name in chosen:
        if name not in known:
            raise InputError(f"built_in names {name!r}, expected some of {', '.join(known)}")
    quantities = stack([known[name] for name in chosen])
    return of_amplitude(quantities, list(chosen.values()), made.train.start)


def _evaluation(made: Experiment, learned: Learned) -> dict[str, Any]:
    """The model's forecasts of every evaluation set, by name."""
    return {
        name: forecast(made.key, learned, paths, made.system.hamiltonian)._asdict()
        for name, paths in made.evaluation.items()
    }


def _figures(
    run: RunDirectory, key: jax.Array, investigation: Investigation, data: Data
) -> list[str]:
    """Draw what is worth looking at; the names of the files."""
    from noether_razor import canvas, plots

    discovery, (problem, fitted) = investigation
    paths = data.test_paths
    start = problem.scaling.scale(jax.numpy.asarray(paths.states[:, 0], problem.spread.dtype))
    times = np.arange(paths.q.shape[1]) * problem.train.dt
    states, energy = rollouts(key, fitted, start[:20], jax.numpy.asarray(times, start.dtype))
    states = np.asarray(problem.scaling.unscale(states))
    times = np.arange(paths.q.shape[1]) * paths.dt
    drawn: dict[str, Any] = {
        "training.png": plots.training(run.metrics.read()),
        "rollout.png": plots.rollout(times, paths.states[0], states[0], paths.names),
        "energy.png": plots.energy_drift(times, np.asarray(energy) * problem.scaling.energy),
    }
    if discovery.candidates:
        drawn["singular_values.png"] = plots.singular_values(discovery)
        drawn["candidates.png"] = plots.candidates(discovery)
    if discovery.evidence:
        drawn["evidence.png"] = plots.evidence(discovery)
    if discovery.quantities:
        drawn["generators.png"] = plots.generators(discovery)
    for name, figure in drawn.items():
        canvas.save(figure, run / name)
    return list(drawn)
