"""Experiments of `configs/`: one, or a sweep."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from noether_razor.cli.commands._values import precision

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from noether_razor.variational.config import ExperimentConfig


def run(options: argparse.Namespace) -> None:
    """Run an experiment of `configs/`, or a sweep over several."""
    from noether_razor.cli import compose

    if options.multirun:
        compose.sweep(options.overrides, run_job)
    else:
        run_one(compose.compose_experiment(options.overrides), options.again)


def run_job(config: DictConfig) -> None:
    """One job of a sweep; launchers may call it in another process."""
    from noether_razor.cli import compose

    overrides = compose.job_overrides()
    print(f"noether-razor: run {' '.join(overrides)}", file=sys.stderr)
    again = shlex.join(["noether-razor", "run", *overrides])
    run_one(compose.as_experiment(config, overrides), again)


def run_one(config: ExperimentConfig, again: str) -> None:
    """Simulate an experiment's data and run it in its directory; `again` is the command line."""
    from noether_razor.cli.progress import show_progress
    from noether_razor.variational.in_directory import run_experiment

    with precision(config.settings.precision), show_progress() as progress:
        run_experiment(config, progress=progress, command=again)
    print(f"{config.out}")
