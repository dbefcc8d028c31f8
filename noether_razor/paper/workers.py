"""Runs side by side: every core is a worker that takes one run after the other.

A second run of the same shape compiles nothing in the same worker. Whatever is serial in a run,
compiling, simulating and drawing, then costs nothing beside the other worker's steps, and there is
nothing to synchronise at each step: `benchmarks/seeds.py` compares this with the alternatives.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from noether_razor._cores import cores, with_devices
from noether_razor.errors import InputError, RunError
from noether_razor.paper import record
from noether_razor.paper.plan import Run

_CONTEXT = multiprocessing.get_context("spawn")
Report = Callable[[str, int, int, str], None]


def make(
    runs: Sequence[Run],
    report: Report,
    command: str | None = None,
    workers: int = 0,
    flags: str = "",
) -> None:
    """Run what has no record yet; stopped, the same call goes on.

    Args:
        runs: wanted.
        report: told how far it is, from threads of this process.
        command: the one that does this, for the reports of the runs.
        workers: processes; if 0, as many as there are cores, or one where jax has a GPU.
        flags: for XLA, beside those of the environment.

    Raises:
        InputError: fewer than no workers; a run directory or a record that cannot be used.
        RunError: some of the runs failed, and all others were made; or a worker died.
    """
    if workers < 0:
        raise InputError(f"--workers is {workers}, expected 1 or more, or 0 for every core")
    wanted = {run.kept: run for run in runs}.values()  # exhibits share runs, and rows may too
    missing = [run for run in wanted if record.read(run.kept, run.config) is None]
    missing.sort(key=lambda run: run.config.seed)  # so that there is soon one of everything
    report("runs", 0, len(missing), "")
    if not missing:
        return
    messages = _CONTEXT.Queue()
    listener = threading.Thread(target=_listen, args=(messages, report), daemon=True)
    listener.start()
    failures: list[str] = []
    try:
        with side_by_side(min(workers or count(), len(missing)), messages, flags) as pool:
            jobs = {pool.submit(_make, run, command): run for run in missing}
            for number, job in enumerate(as_completed(jobs), start=1):
                try:
                    job.result()
                except (InputError, BrokenProcessPool):
                    raise  # none of the others would fare better
                except Exception as error:  # one run; the others are worth having
                    failures.append(f"{jobs[job].config.out}: {str(error) or repr(error)}")
                report("runs", number, len(missing), str(jobs[job].config.out))
    except BrokenProcessPool as error:
        raise RunError(
            "a worker was killed, perhaps for its memory: the same command goes on where it "
            "was, and --workers 1 needs the least"
        ) from error
    finally:
        messages.put(None)
        listener.join()
    if failures:
        raise RunError(f"{len(failures)} of {len(missing)} runs failed; the first: {failures[0]}")


@contextmanager
def side_by_side(
    workers: int, messages: Any = None, flags: str = ""
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes, each on a core of its own; left early, it takes no more jobs.

    Args:
        workers: processes.
        messages: the queue that progress goes to, if any.
        flags: for XLA.
    """
    places = _CONTEXT.Queue()
    for place in range(workers):
        places.put(place)
    told = (places, messages, os.getpid(), flags)
    with ProcessPoolExecutor(workers, _CONTEXT, enter, told) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def count() -> int:
    """How many processes there is room for: as there are cores, or one where jax has a GPU."""
    return 1 if _gpu() else cores()


def _make(run: Run, command: str | None) -> None:
    """In a worker: one run, and its record."""
    import jax

    from noether_razor.variational.in_directory import run_experiment

    name = str(run.config.out)

    def progress(stage: str, done: int, total: int, note: str) -> None:
        _worker["messages"].put((f"worker {_worker['place'] + 1}", done, total, f"{name}: {note}"))

    try:
        with jax.enable_x64(run.config.settings.precision == "float64"):
            run_experiment(run.config, progress=progress, command=command)
        record.keep(run.config, run.kept)
    except InputError as error:
        raise InputError(str(error)) from None  # without what cannot be sent to the parent


_worker: dict[str, Any] = {}
"""Place of this process and where its messages go, if it is a worker."""


def enter(places: Any, messages: Any, parent: int, flags: str) -> None:
    """Become a worker: one core, one device of XLA, and no life without the parent.

    Args:
        places: a queue of numbers, one a worker.
        messages: the queue that progress goes to.
        parent: its process number.
        flags: for XLA.
    """
    _worker.update(place=places.get(), messages=messages)
    os.environ["XLA_FLAGS"] = with_devices(f"{os.environ.get('XLA_FLAGS', '')} {flags}", 1)
    if hasattr(os, "sched_setaffinity") and not _gpu():
        own = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {own[_worker["place"] % len(own)]})
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _gpu() -> bool:
    """Whether jax is installed for one; it is not asked, since it would take the memory."""
    return any(find_spec(f"jax_cuda{version}_plugin") for version in (12, 13))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(1.0)
    os._exit(1)


def _listen(messages: Any, report: Report) -> None:
    while (message := messages.get()) is not None:
        report(*message)
