"""Find what is conserved in files of trajectories."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noether_razor._commands._reading import load, reading, show
from noether_razor._commands._values import check_seed, precision
from noether_razor.errors import InputError

if TYPE_CHECKING:
    from noether_razor.trajectories import Trajectories


def discover(options: argparse.Namespace) -> None:
    """Find what is conserved in files of trajectories."""
    # A wrong file is reported before anything slow is imported, or anything is written.
    trajectories = load(options)
    out = options.out or f"{Path(options.files[0]).stem}-discovery"
    variational = options.method == "variational" or (
        options.method is None and options.family not in (None, "quadratic")
    )
    if variational:
        _discover_by_fit(options, out)
    else:
        _discover_by_evidence(trajectories, options, out)
    print(f"{Path(out) / 'report.md'}")


def _discover_by_evidence(
    trajectories: Trajectories, options: argparse.Namespace, out: str
) -> None:
    _refuse(options, ("candidates", "budget", "start"), "variational")
    if options.seed is not None and not options.networks:
        raise InputError("--seed belongs to --networks or --method variational: ask for one")
    if options.family not in (None, "quadratic"):
        raise InputError(f"--family {options.family} belongs to --method variational: ask for it")
    from noether_razor.evidence.in_directory import discover_evidence_in_directory
    from noether_razor.evidence.judged import TOLERANCE
    from noether_razor.progress import show_progress

    with show_progress() as progress:
        found = discover_evidence_in_directory(
            trajectories,
            out,
            tolerance=TOLERANCE if options.tolerance is None else options.tolerance,
            noise=options.noise,
            degree=2 if options.degree is None else options.degree,
            functions=options.functions or (),
            networks=bool(options.networks),
            seed=check_seed(options.seed or 0),
            files=options.files,
            reading=reading(options).said(),
            progress=progress,
            command=options.again,
            ready=lambda: show(trajectories),
        )
    print(found)


def _discover_by_fit(options: argparse.Namespace, out: str) -> None:
    _refuse(options, ("tolerance", "noise", "degree", "functions", "networks"), "evidence")
    from noether_razor.compose import budget_settings
    from noether_razor.inference.settings import Kind, Start, for_functions
    from noether_razor.investigate import SHARE_OF_EVIDENCE

    kind = Kind(options.family or "quadratic")
    changes: dict[str, Any] = {"start": Start(options.start or "proposals")}
    if options.candidates is not None:
        changes["candidates" if kind is Kind.quadratic else "functions"] = options.candidates
    settings = budget_settings(options.budget or "standard", **changes)
    if kind is not Kind.quadratic:
        settings = for_functions(settings, kind)
    settings = replace(settings, evidence=settings.steps // SHARE_OF_EVIDENCE)
    seed = check_seed(options.seed or 0)
    from noether_razor.progress import show_progress
    from noether_razor.runner import discover_in_directory

    with precision(settings.precision), show_progress() as progress:
        discover_in_directory(
            options.files,
            out,
            settings,
            seed=seed,
            progress=progress,
            reading=reading(options),
            command=options.again,
        )


def _refuse(options: argparse.Namespace, names: Sequence[str], method: str) -> None:
    """Refuse options that belong to the other method.

    Raises:
        InputError: one of them is given.
    """
    for name in names:
        if getattr(options, name) is not None:
            raise InputError(f"--{name} belongs to --method {method}: leave it out, or ask for it")
