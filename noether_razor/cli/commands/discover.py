"""Find what is conserved in files of trajectories."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noether_razor.base.errors import InputError
from noether_razor.cli.commands._reading import load, reading, show
from noether_razor.cli.commands._values import check_seed, precision

if TYPE_CHECKING:
    from noether_razor.data.trajectories import Trajectories
    from noether_razor.discovery.result import Discovery


def discover(options: argparse.Namespace) -> None:
    """Find what is conserved in files of trajectories."""
    # A wrong file is reported before anything slow is imported, or anything is written.
    trajectories = load(options)
    out = options.out or f"{Path(options.files[0]).stem}-discovery"
    by = _by_fit if options.method == "variational" else _by_evidence
    print(by(trajectories, options, out))
    print(f"{Path(out) / 'report.md'}")


def _by_evidence(trajectories: Trajectories, options: argparse.Namespace, out: str) -> Discovery:
    _refuse(options, ("candidates", "budget", "start"), "variational")
    if options.seed is not None and not options.networks:
        raise InputError("--seed belongs to --networks or --method variational: ask for one")
    from noether_razor.cli.progress import show_progress
    from noether_razor.discovery.in_directory import discover_in_directory

    with show_progress() as progress:
        return discover_in_directory(
            trajectories,
            out,
            degree=2 if options.degree is None else options.degree,
            functions=options.functions or (),
            networks=bool(options.networks),
            progress=progress,
            **_common(trajectories, options),
        )


def _by_fit(trajectories: Trajectories, options: argparse.Namespace, out: str) -> Discovery:
    _refuse(options, ("degree", "functions", "networks"), "evidence")
    from noether_razor.cli.compose import budget_settings
    from noether_razor.cli.progress import show_progress
    from noether_razor.inference.settings import Start
    from noether_razor.variational.discover import SHARE_OF_EVIDENCE
    from noether_razor.variational.in_directory import discover_by_fit_in_directory

    changes: dict[str, Any] = {"start": Start(options.start or "proposals")}
    if options.candidates is not None:
        changes["candidates"] = options.candidates
    settings = budget_settings(options.budget or "standard", **changes)
    settings = replace(settings, evidence=settings.steps // SHARE_OF_EVIDENCE)
    with precision(settings.precision), show_progress() as progress:
        return discover_by_fit_in_directory(
            trajectories, out, settings, progress=progress, **_common(trajectories, options)
        )


def _common(trajectories: Trajectories, options: argparse.Namespace) -> dict[str, Any]:
    """What both methods take."""
    from noether_razor.evidence.judged import TOLERANCE

    return {
        "tolerance": TOLERANCE if options.tolerance is None else options.tolerance,
        "noise": options.noise,
        "seed": check_seed(options.seed or 0),
        "files": options.files,
        "reading": reading(options).said(),
        "command": options.again,
        "ready": lambda: show(trajectories),
    }


def _refuse(options: argparse.Namespace, names: Sequence[str], method: str) -> None:
    """Refuse options that belong to the other method.

    Raises:
        InputError: one of them is given.
    """
    for name in names:
        if getattr(options, name) is not None:
            raise InputError(f"--{name} belongs to --method {method}: leave it out, or ask for it")
