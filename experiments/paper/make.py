"""Make the runs of exhibits side by side: those without a record are run, and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool

from experiments import workers
from experiments.paper import record
from experiments.paper.plan import Run
from noether_razor.base.errors import InputError, RunError
from noether_razor.base.reports import Report


def make(
    runs: Sequence[Run],
    report: Report,
    command: str | None = None,
    processes: int = 0,
    flags: str = "",
) -> None:
    """Run what has no record yet; after a stop, the same call continues.

    Args:
        runs: the runs that are wanted.
        report: is called with the progress, in threads of this process.
        command: the command that does this, for the reports of the runs.
        processes: number of processes; 0 means one per core, or only one if jax has a GPU.
        flags: flags for XLA, in addition to those of the environment.

    Raises:
        InputError: if `processes` is negative, or a run directory or record cannot be used.
        RunError: if some of the runs failed, after all others were made; or if a worker died.
    """
    if processes < 0:
        raise InputError(f"--workers is {processes}, expected 1 or more, or 0 for every core")
    wanted = {run.kept: run for run in runs}.values()  # exhibits share runs, and rows may too
    missing = [run for run in wanted if record.read(run.kept, run.config) is None]
    missing.sort(key=lambda run: run.config.seed)  # so that every row soon has a run
    report("runs", 0, len(missing), "")
    if not missing:
        return
    failures: list[str] = []
    room = min(processes or workers.count(), len(missing))
    try:
        with workers.side_by_side(room, report, flags) as pool:
            jobs = {pool.submit(_make, run, command): run for run in missing}
            for number, job in enumerate(as_completed(jobs), start=1):
                try:
                    job.result()
                except (InputError, BrokenProcessPool):
                    raise  # the other runs would fail too
                except Exception as error:  # one run failed; the others are made
                    failures.append(f"{jobs[job].config.out}: {str(error) or repr(error)}")
                report("runs", number, len(missing), str(jobs[job].config.out))
    except BrokenProcessPool as error:
        raise RunError(
            "a worker was killed, perhaps for its memory: the same command goes on where it "
            "was, and --workers 1 needs the least"
        ) from error
    if failures:
        raise RunError(f"{len(failures)} of {len(missing)} runs failed; the first: {failures[0]}")


def _make(run: Run, command: str | None) -> None:
    """Make one run in a worker, and keep its record."""
    import jax

    from noether_razor.variational.in_directory import run_experiment

    name = str(run.config.out)

    def progress(stage: str, done: int, total: int, note: str) -> None:
        workers.tell(done, total, f"{name}: {note}")

    try:
        with jax.enable_x64(run.config.settings.precision == "float64"):
            run_experiment(run.config, progress=progress, command=command)
        record.keep(run.config, run.kept)
    except InputError as error:
        raise InputError(str(error)) from None  # without what cannot be sent to the parent
