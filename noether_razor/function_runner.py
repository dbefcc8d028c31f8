"""Discoveries of functions in run directories: locked, checkpointed, resumed, and written out."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from noether_razor.discovery.function_report import write_function_report
from noether_razor.discovery.functions import FunctionDiscovery
from noether_razor.inference.settings import Settings
from noether_razor.investigate import Data, rank_reporter
from noether_razor.investigate_functions import FunctionInvestigation, investigate_functions
from noether_razor.runner import DirectoryStore, Report, open_files
from noether_razor.runs import RunDirectory


def discover_functions_in_directory(
    file: str | os.PathLike | Sequence[str | os.PathLike],
    out: str | Path,
    settings: Settings,
    *,
    seed: int,
    progress: Report,
    masses: Sequence[float] | None = None,
    pieces: int | None = None,
    command: str | None = None,
) -> FunctionDiscovery:
    """Discover functions from files of trajectories, with everything written into a directory.

    Args and errors are those of `discover_in_directory`; `settings.kind` says what functions.
    """
    key, data, claimed = open_files(file, settings, seed, masses, pieces)
    with RunDirectory(out) as run:
        run.claim(claimed)
        if run.finished:
            document = json.loads((run / "discovery.json").read_text())
            return FunctionDiscovery.from_dict(document)
        store = DirectoryStore(run, progress)
        found = investigate_functions(
            key, data, settings, seed=seed, store=store, on_rank=rank_reporter(progress)
        )
        figures = _figures(run, found, data)
        write_function_report(found.discovery, run.path, figures, command)
        run.write_json("discovery.json", found.discovery.to_dict())
        return found.discovery


def _figures(run: RunDirectory, found: FunctionInvestigation, data: Data) -> list[str]:
    """Draw what is worth looking at; the names of the files."""
    from noether_razor import canvas, function_plots, plots

    drawn = {
        "functions.png": function_plots.spectra(found.discovery),
        "sections.png": function_plots.sections(found, data.test_paths),
        "training.png": plots.training(run.metrics.read()),
    }
    for name, figure in drawn.items():
        canvas.save(figure, run / name)
    return list(drawn)
