"""Discoveries in run directories: locked, checkpointed, resumed, and written out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax

from noether_razor.base.errors import InputError
from noether_razor.base.extras import check_pictures
from noether_razor.base.reports import Report
from noether_razor.base.runs import RESULT, RunDirectory
from noether_razor.conserved import Quadratic
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.discover import checked, claim
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.judged import TOLERANCE
from noether_razor.evidence.recording import recording
from noether_razor.inference.forecast import forecast
from noether_razor.inference.learn import Learned
from noether_razor.inference.settings import Settings, Symmetry
from noether_razor.systems import stack
from noether_razor.variational.build import Experiment, build
from noether_razor.variational.config import ExperimentConfig
from noether_razor.variational.data import Data
from noether_razor.variational.discover import fit_and_judge, rank_reporter
from noether_razor.variational.fit import of_amplitude
from noether_razor.variational.outputs import write_beside
from noether_razor.variational.store import DirectoryStore
from noether_razor.variational.truth import compare_with_truth


def discover_by_fit_in_directory(
    trajectories: Trajectories,
    out: str | Path,
    settings: Settings,
    *,
    tolerance: float = TOLERANCE,
    noise: Mapping[str, float] | None = None,
    seed: int,
    files: Sequence[str],
    reading: Mapping[str, Any],
    progress: Report,
    command: str | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Discovery:
    """Discover from trajectories that were read from files; write everything into a directory.

    Args:
        trajectories: trajectories of one system.
        out: the directory; a run that stopped there is continued, and a finished one is read.
        settings: all settings of the fit.
        tolerance, noise: see `discover`.
        seed: seed of everything random.
        files, reading: the files that the trajectories were read from, and the options of
            `load_trajectories` that were given.
        progress: called to report the progress of the run.
        command: the command line of this run, to be shown in the report.
        ready: called once all of the input has been checked and accepted.

    Raises:
        InputError: if the trajectories, a number or the directory cannot be used.
        RunError: if the fit fails.
    """
    check_pictures(str(out))
    recorded = checked(trajectories, tolerance, noise)
    split_key, key = jax.random.split(jax.random.key(seed))
    data = Data.of(trajectories, key=split_key)
    claimed = claim("variational", files, tolerance, noise, reading)
    claimed |= {"seed": seed, "settings": asdict(settings)}
    with RunDirectory(out) as run:
        run.claim(claimed)
        ready()
        if run.finished:
            return _read(run)
        store = DirectoryStore(run, progress)
        found = fit_and_judge(
            key, data, recorded, settings, tolerance=tolerance, seed=seed, store=store,
            on_rank=rank_reporter(progress),
        )  # fmt: skip
        write_beside(run, key, found, data, command)
        return _finish(run, found.discovery)


def run_experiment(
    config: ExperimentConfig,
    *,
    progress: Report,
    command: str | None = None,
) -> Discovery:
    """Run an experiment of a config in its directory.

    Args:
        config: the configuration; `config.out` is its directory. A finished run there is read.
        progress: called to report the progress of the run.
        command: the command line of this run, to be shown in the report.

    Raises:
        InputError: if the directory cannot be used.
        RunError: if the fit fails.
    """
    assert config.out is not None
    began = time.perf_counter()
    run = RunDirectory(config.out)
    if run.finished:
        with run:
            run.claim(asdict(config))
            return _read(run)
    check_pictures(str(config.out))
    made = build(config)
    data = Data(
        made.train, made.train_trajectories, made.test_trajectories, made.observed_trajectories
    )
    built_in = _built_in(made, config)
    with run:
        run.claim(asdict(config))
        store = DirectoryStore(run, progress)
        found = fit_and_judge(
            made.key, data, recording(data.observed), config.settings, built_in,
            seed=config.seed, store=store, on_rank=rank_reporter(progress),
        )  # fmt: skip
        if made.evaluation:
            run.write_json("evaluation.json", _evaluation(made, found.learned))
        truth = compare_with_truth(made.key, found.learned, made.system)
        run.write_json("truth.json", truth._asdict())
        write_beside(run, made.key, found, data, command)
        seconds = store.seconds_before + time.perf_counter() - began
        return _finish(run, replace(found.discovery, seconds=seconds))


def _read(run: RunDirectory) -> Discovery:
    """The result of a finished run."""
    return Discovery.from_json((run / RESULT).read_text())


def _finish(run: RunDirectory, discovery: Discovery) -> Discovery:
    """Write the result, which says that the run is finished."""
    run.write_text(RESULT, discovery.to_json())
    return discovery


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
