"""What the commands of the studies do: run what is missing, then write.

A slow import stands inside the command that needs it, because the settings of jax's compiler must
come first.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from experiments.arguments import TRAINING, parse
from noether_razor.base.cores import QUICK_FLAGS, hasten_compiling
from noether_razor.base.errors import InputError, RunError
from noether_razor.cli.commands._values import keys_and_values, number

QUICK_SYSTEMS = 2
"""Number of systems in the zoo's miniature."""


def run(command: str, words: Sequence[str], again: str) -> None:
    """Run a command.

    Args:
        command: its name.
        words: the words after it on the command line.
        again: the whole command line that does this, for reports.
    """
    options = parse([command, *words])
    options.again = again
    own = {"embedding": embedding, "learning-dynamics": learning_dynamics, "zoo": zoo}
    own.get(command, exhibit)(options)


def exhibit(options: argparse.Namespace) -> None:
    """Make a table, a figure or a study."""
    from experiments.paper import drawings, exhibits, plan, record, studies, tables
    from experiments.paper.make import make
    from noether_razor.cli.progress import show_progress

    kinds = {
        "table": (exhibits.TABLES, tables.write),
        "figure": (exhibits.FIGURES, drawings.write),
        "study": (exhibits.STUDIES, studies.write),
    }
    known, write = kinds[options.command]
    shown = known[getattr(options, "which", None)]
    out = _out(options)
    rows = plan.runs(shown, options.seeds, out, options.quick)
    with show_progress() as progress:
        runs = [run for row in rows.values() for run in row]
        flags = QUICK_FLAGS if options.quick else ""
        make(runs, progress, options.again, options.workers, flags)
    for path in write(shown, record.gather(rows), out):
        print(path)


def zoo(options: argparse.Namespace) -> None:
    """Judge the known systems, and write the page."""
    _check_seeds(options)
    from experiments.evidence import pages, runs
    from experiments.evidence.known_systems import SYSTEMS

    out = _out(options) / "evidence"
    small = tuple(SYSTEMS)[:QUICK_SYSTEMS] if options.quick else ()
    runs.make("zoo", out, seeds=1 if options.quick else options.seeds, systems=small)
    print(pages.write("zoo", out))


def embedding(options: argparse.Namespace) -> None:
    """Run rows of the study of variational manifold embedding."""
    from experiments.embedding import study

    numbers = list(study.ROWS) if options.which == "all" else [int(options.which)]
    out = _out(options)
    for path in study.run(numbers, out, options.quick):
        print(path)
    failed = study.not_as_wanted(out / "embedding", numbers)
    if failed and not options.quick:
        raise RunError(f"not as wanted: {'; '.join(failed)}")


def learning_dynamics(options: argparse.Namespace) -> None:
    """Run experiments on the charges of gradient descent, then write their figures and page."""
    if options.quick:
        hasten_compiling()
    from experiments.learning_dynamics import study

    _check_seeds(options)
    changes = {key: number(text) for key, text in keys_and_values(options.overrides).items()}
    out = _out(options)
    told = (1 if options.quick else options.seeds, out, options.quick, changes)
    if options.which == "all":
        study.run_all([name for name in TRAINING if name != "tiny_imagenet"], *told)
    else:
        study.run(options.which, *told)
    print(study.write_page(out))


def _check_seeds(options: argparse.Namespace) -> None:
    if options.seeds < 1:
        raise InputError(f"--seeds is {options.seeds}, expected 1 or more")


def _out(options: argparse.Namespace) -> Path:
    return Path(options.out or ("runs/quick" if options.quick else "results"))
