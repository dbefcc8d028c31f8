"""Exhibits of the paper and studies: run what is missing, then write."""

from __future__ import annotations

import argparse
from pathlib import Path

from noether_razor._arguments import TRAINING
from noether_razor._commands._values import keys_and_values, number
from noether_razor._cores import QUICK_FLAGS, hasten_compiling
from noether_razor.errors import InputError, RunError


def exhibit(options: argparse.Namespace) -> None:
    """Make a table, a figure or a study: run what is missing, then write."""
    from noether_razor.paper import drawings, exhibits, plan, record, studies, tables, workers
    from noether_razor.progress import show_progress

    kinds = {
        "table": (exhibits.TABLES, tables.write),
        "figure": (exhibits.FIGURES, drawings.write),
        "study": (exhibits.STUDIES, studies.write),
    }
    known, write = kinds[options.command]
    shown = known[getattr(options, "which", None)]
    out = Path(options.out or ("runs/quick" if options.quick else "results"))
    rows = plan.runs(shown, options.seeds, out, options.quick)
    with show_progress() as progress:
        runs = [run for row in rows.values() for run in row]
        flags = QUICK_FLAGS if options.quick else ""
        workers.make(runs, progress, options.again, options.workers, flags)
    for path in write(shown, record.gather(rows), out):
        print(path)


def embedding(options: argparse.Namespace) -> None:
    """Run rows of the study of variational manifold embedding."""
    from noether_razor.paper.embedding import study

    numbers = list(study.ROWS) if options.which == "all" else [int(options.which)]
    out = Path(options.out or ("runs/quick" if options.quick else "results"))
    for path in study.run(numbers, out, options.quick):
        print(path)
    failed = study.failed(out / "embedding", numbers)
    if failed and not options.quick:
        raise RunError(f"not as demanded: {'; '.join(failed)}")


def learning_dynamics(options: argparse.Namespace) -> None:
    """Run experiments on the charges of gradient descent, then write their figures and page."""
    if options.quick:
        hasten_compiling()
    from noether_razor.paper import training

    if options.seeds < 1:
        raise InputError(f"--seeds is {options.seeds}, expected 1 or more")
    changes = {key: number(text) for key, text in keys_and_values(options.overrides).items()}
    out = Path(options.out or ("runs/quick" if options.quick else "results"))
    told = (1 if options.quick else options.seeds, out, options.quick, changes)
    if options.which == "all":
        training.run_all([name for name in TRAINING if name != "tiny_imagenet"], *told)
    else:
        training.run(options.which, *told)
    print(training.write_page(out))
