"""Discoveries in run directories: locked, checkpointed, resumed, and written out."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax

from noether_razor.build import Experiment, build
from noether_razor.config import ExperimentConfig
from noether_razor.conserved import Quadratic
from noether_razor.discovery.functions import FunctionDiscovery
from noether_razor.discovery.result import Discovery
from noether_razor.discovery.truth import compare_with_truth
from noether_razor.errors import InputError
from noether_razor.inference.forecast import forecast
from noether_razor.inference.learn import Learned
from noether_razor.inference.settings import Kind, Settings, Symmetry
from noether_razor.investigate import (
    Investigation,
    investigate,
    of_amplitude,
    rank_reporter,
)
from noether_razor.investigate_functions import FunctionInvestigation, investigate_functions
from noether_razor.loading import Reading, load_trajectories
from noether_razor.measure import Data
from noether_razor.outputs import read_result, write_beside
from noether_razor.runs import RESULT, RunDirectory
from noether_razor.store import DirectoryStore, Report
from noether_razor.systems import stack


def discover_in_directory(
    file: str | os.PathLike | Sequence[str | os.PathLike],
    out: str | Path,
    settings: Settings,
    *,
    seed: int,
    progress: Report,
    reading: Reading | None = None,
    command: str | None = None,
) -> Discovery | FunctionDiscovery:
    """Discover from files of trajectories, with everything written into a directory.

    Args:
        file: trajectories, one file or several of the same system.
        out: the directory; a run that stopped there is continued.
        settings: every choice.
        seed: of everything random.
        progress: told how far it is.
        reading: how the files are to be read.
        command: the one that does this, for the report.

    Raises:
        InputError: a file or a directory that cannot be used.
        RunError: the fit failed.
    """
    key, data, claimed = _open_files(file, settings, seed, reading or Reading())
    with RunDirectory(out) as run:
        run.claim(claimed)
        if run.finished:
            return read_result(run)
        found = _investigate(key, data, settings, None, seed, DirectoryStore(run, progress))
        write_beside(run, key, found, data, command)
        return _finish(run, found.discovery)


def _open_files(
    file: str | os.PathLike | Sequence[str | os.PathLike],
    settings: Settings,
    seed: int,
    reading: Reading,
) -> tuple[jax.Array, Data, dict[str, Any]]:
    """What a discovery from files starts with: its key, its data, and what it is known by."""
    files = [str(each) for each in ([file] if isinstance(file, str | os.PathLike) else file)]
    trajectories = load_trajectories(files, reading=reading)
    if trajectories.velocities or not trajectories.paired:
        raise InputError(
            f"{trajectories.source}: holds no momenta, which --method variational needs: give the "
            "masses of velocities with --masses, or take --method evidence"
        )
    split_key, key = jax.random.split(jax.random.key(seed))
    which = files if len(files) > 1 else files[0]
    claimed = {"file": which, **reading.said(), "seed": seed, "settings": asdict(settings)}
    return key, Data.of(trajectories, key=split_key), claimed


def run_experiment(
    config: ExperimentConfig,
    *,
    progress: Report,
    command: str | None = None,
) -> Discovery | FunctionDiscovery:
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
            return read_result(run)
    made = build(config)
    data, built_in = _data(made), _built_in(made, config)
    with run:
        run.claim(asdict(config))
        store = DirectoryStore(run, progress)
        found = _investigate(made.key, data, config.settings, built_in, config.seed, store)
        if made.evaluation:
            run.write_json("evaluation.json", _evaluation(made, found.learned))
        if isinstance(found, Investigation):
            truth = compare_with_truth(made.key, found.learned, found.discovery, made.system)
            run.write_json("truth.json", truth._asdict())
        write_beside(run, made.key, found, data, command)
        seconds = store.seconds_before + time.perf_counter() - began
        return _finish(run, replace(found.discovery, seconds=seconds))


def _investigate(
    key: jax.Array,
    data: Data,
    settings: Settings,
    built_in: Quadratic | None,
    seed: int,
    store: DirectoryStore,
) -> Investigation | FunctionInvestigation:
    """The pipeline of the settings' kind of candidates."""
    told: dict[str, Any] = {"seed": seed, "store": store, "on_rank": rank_reporter(store.report)}
    if settings.kind is Kind.quadratic:
        return investigate(key, data, settings, built_in, **told)
    return investigate_functions(key, data, settings, **told)


def _finish(
    run: RunDirectory, discovery: Discovery | FunctionDiscovery
) -> Discovery | FunctionDiscovery:
    """Write the result, which says that the run is finished."""
    run.write_text(RESULT, discovery.to_json())
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
