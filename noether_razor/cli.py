"""The command `noether-razor`: simulate, discover, run, exhibits of the paper, studies, systems.

Exit codes: 0 done, 1 the run failed, 2 the input or the command is wrong, 130 interrupted, 141 the
reader of the output went away.
Whatever is heavy is imported inside the subcommand that needs it, so that help is instant.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noether_razor._arguments import SIMULATION_KEYS, TRAINING, parse
from noether_razor._cores import (
    QUICK_FLAGS,
    be_exact_on_a_gpu,
    hasten_compiling,
    use_every_core,
)
from noether_razor.errors import InputError, RunError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from noether_razor.config import ExperimentConfig
    from noether_razor.trajectories import Trajectories


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        try:
            return _run_command(arguments)
        finally:
            sys.stdout.flush()  # so that a closed pipe is noticed here, and not after the end
    except BrokenPipeError:
        # The output that is left is dropped; otherwise Python complains of it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run_command(arguments: Sequence[str] | None) -> int:
    use_every_core()
    be_exact_on_a_gpu()
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        options = parse(words)
        options.again = shlex.join(["noether-razor", *words])
        HANDLERS[options.command](options)
    except InputError as error:
        return _complain(error, 2)
    except RunError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        print("noether-razor: stopped; the same command resumes", file=sys.stderr)
        return 130
    return 0


def simulate(options: argparse.Namespace) -> None:
    """Simulate a system and save its trajectories."""
    from noether_razor._trajectory_files import check_format

    check_format(Path(options.out))
    given = _keys_and_values(options.overrides)
    import jax

    from noether_razor.systems import make_system
    from noether_razor.trajectories import save_trajectories
    from noether_razor.trajectories import simulate as simulate_system

    own = {key: _number(given.pop(key)) for key in SIMULATION_KEYS if key in given}
    _check_system_options(options.system, given)
    system = make_system(options.system, **given)
    seed = _check_seed(own.pop("seed", 0))
    trajectories = simulate_system(system, key=jax.random.key(seed), **own)
    save_trajectories(options.out, trajectories)
    count, samples, n = trajectories.q.shape
    print(
        f"{options.out}: {count} trajectories of {system.name}, {samples} samples each, "
        f"{n} degrees of freedom, dt = {trajectories.dt:g}"
    )


def discover(options: argparse.Namespace) -> None:
    """Find what is conserved in files of trajectories."""
    from noether_razor.trajectories import load_trajectories

    # A wrong file is reported before anything slow is imported, or anything is written.
    trajectories = load_trajectories(options.files, options.masses, options.pieces)
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
    for name in ("candidates", "seed", "budget", "start"):
        if getattr(options, name) is not None:
            raise InputError(
                f"--{name} belongs to --method variational: leave it out, or ask for it"
            )
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
            files=options.files,
            masses=options.masses,
            pieces=options.pieces,
            progress=progress,
            command=options.again,
        )
    print(found)


def _discover_by_fit(options: argparse.Namespace, out: str) -> None:
    for name in ("tolerance", "noise"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name} belongs to --method evidence: leave it out, or ask for it")
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
    seed = _check_seed(options.seed or 0)
    from noether_razor.progress import show_progress
    from noether_razor.runner import discover_in_directory

    with _precision(settings.precision), show_progress() as progress:
        discover_in_directory(
            options.files,
            out,
            settings,
            seed=seed,
            progress=progress,
            masses=options.masses,
            pieces=options.pieces,
            command=options.again,
        )


def run(options: argparse.Namespace) -> None:
    """Run an experiment of `configs/`, or a sweep over several."""
    from noether_razor import compose

    if options.multirun:
        compose.sweep(options.overrides, run_job)
    else:
        run_one(compose.compose_experiment(options.overrides), options.again)


def run_job(config: DictConfig) -> None:
    """One job of a sweep; launchers may call it in another process."""
    from noether_razor import compose

    overrides = compose.job_overrides()
    print(f"noether-razor: run {' '.join(overrides)}", file=sys.stderr)
    again = shlex.join(["noether-razor", "run", *overrides])
    run_one(compose.as_experiment(config, overrides), again)


def run_one(config: ExperimentConfig, again: str) -> None:
    """Simulate an experiment's data and run it in its directory; `again` is the command for it."""
    from noether_razor.progress import show_progress
    from noether_razor.runner import run_experiment

    with _precision(config.settings.precision), show_progress() as progress:
        run_experiment(config, progress=progress, command=again)
    print(f"{config.out}")


def exhibit(options: argparse.Namespace) -> None:
    """Make a table, a figure, a study or the zoo: run what is missing, then write."""
    from noether_razor.paper import drawings, exhibits, plan, record, studies, tables, workers, zoo
    from noether_razor.progress import show_progress

    kinds = {
        "table": (exhibits.TABLES, tables.write),
        "figure": (exhibits.FIGURES, drawings.write),
        "study": (exhibits.STUDIES, studies.write),
        "zoo": ({None: zoo.ZOO}, zoo.write),
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
    changes = {key: _number(text) for key, text in _keys_and_values(options.overrides).items()}
    out = Path(options.out or ("runs/quick" if options.quick else "results"))
    told = (1 if options.quick else options.seeds, out, options.quick, changes)
    if options.which == "all":
        training.run_all([name for name in TRAINING if name != "tiny_imagenet"], *told)
    else:
        training.run(options.which, *told)
    print(training.write_page(out))


def systems(options: argparse.Namespace) -> None:
    """List the systems, their options, and what is known to be conserved."""
    from dataclasses import MISSING, fields

    from noether_razor.systems import SYSTEMS

    for name, cls in SYSTEMS.items():
        print(f"{name}: {(cls.__doc__ or '').strip().splitlines()[0]}")
        for field in fields(cls):  # type: ignore[arg-type]
            default = "required" if field.default is MISSING else f"= {field.default!r}"
            print(f"    {field.name} {default}")
        known = ", ".join(quantity.name for quantity in cls().conserved)
        print(f"    conserved: {known or 'no quadratic quantity'}")


HANDLERS = {
    "simulate": simulate,
    "discover": discover,
    "run": run,
    "table": exhibit,
    "figure": exhibit,
    "study": exhibit,
    "zoo": exhibit,
    "embedding": embedding,
    "learning-dynamics": learning_dynamics,
    "systems": systems,
}


def _keys_and_values(overrides: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in overrides:
        key, equals, text = word.partition("=")
        if not equals or not key.isidentifier():
            raise InputError(f"{word!r} cannot be read, expected key=value")
        if key in given:
            raise InputError(f"{key} is given twice, expected once")
        given[key] = text
    return given


def _number(text: str) -> Any:
    """What JSON reads, and numbers as Python writes them; other text stays, to be complained of."""
    import json

    for read in (json.loads, float):
        try:
            return read(text)
        except ValueError:
            pass
    return text


def _check_system_options(name: str, given: dict[str, str]) -> None:
    """A misspelt key may have been meant for the simulation: name both kinds."""
    from dataclasses import fields

    from noether_razor.systems import SYSTEMS

    if name in SYSTEMS:
        known = [field.name for field in fields(SYSTEMS[name])]  # type: ignore[arg-type]
        for key in given:
            if key not in known:
                raise InputError(
                    f"unknown key {key!r}, expected one of {', '.join(SIMULATION_KEYS)}, or of "
                    f"{name}'s options {', '.join(known) or '(none)'}"
                )


def _check_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise InputError(f"seed is {seed!r}, expected a whole number from 0 to 2^32 - 1")
    return seed


def _precision(precision: str) -> Any:
    import jax

    return jax.enable_x64(precision == "float64")


def _complain(error: Exception, code: int) -> int:
    print(f"noether-razor: error: {' '.join(str(error).split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
