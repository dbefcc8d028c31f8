"""Run processes side by side: every core has a worker, which takes one job after the other.

A second run of the same shape compiles nothing in the same worker. The serial parts of a run are
compiling, simulating and drawing. They cost nothing, because another worker makes its steps in that
time. Nothing has to be synchronised at each step. `benchmarks/seeds.py` compares this with the
alternatives.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from noether_razor.base.cores import cores, with_devices
from noether_razor.base.reports import Report

_CONTEXT = multiprocessing.get_context("spawn")


@contextmanager
def side_by_side(
    workers: int, report: Report | None = None, flags: str = ""
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes, each on a core of its own; an error in the block cancels waiting jobs.

    Args:
        workers: number of processes.
        report: is called with what jobs `tell`, in a thread of this process.
        flags: flags for XLA, in addition to those of the environment.
    """
    places, messages = _CONTEXT.Queue(), _CONTEXT.Queue()
    for place in range(workers):
        places.put(place)
    listener = threading.Thread(target=_listen, args=(messages, report), daemon=True)
    listener.start()
    told = (places, messages, os.getpid(), flags)
    try:
        with ProcessPoolExecutor(workers, _CONTEXT, enter, told) as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        messages.put(None)
        listener.join()


def count() -> int:
    """How many processes run at once: one per core, or only one if jax has a GPU."""
    return 1 if _gpu() else cores()


_worker: dict[str, Any] = {}
"""If this process is a worker: its place, and the queue for its messages."""


def enter(places: Any, messages: Any, parent: int, flags: str) -> None:
    """Make this process a worker: it has one core and one device of XLA, and ends with its parent.

    Args:
        places: a queue of numbers, one per worker.
        messages: the queue for messages about progress.
        parent: process number of the parent.
        flags: flags for XLA.
    """
    _worker.update(place=places.get(), messages=messages)
    os.environ["XLA_FLAGS"] = with_devices(f"{os.environ.get('XLA_FLAGS', '')} {flags}", 1)
    if hasattr(os, "sched_setaffinity") and not _gpu():
        own = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {own[_worker["place"] % len(own)]})
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def tell(done: int, total: int, note: str) -> None:
    """Report, from a worker, how far its job is."""
    _worker["messages"].put((f"worker {_worker['place'] + 1}", done, total, note))


def _gpu() -> bool:
    """Whether jax is installed for a GPU; jax is not asked, since it would take the memory."""
    return any(find_spec(f"jax_cuda{version}_plugin") for version in (12, 13))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(1.0)
    os._exit(1)


def _listen(messages: Any, report: Report | None) -> None:
    while (message := messages.get()) is not None:
        if report:
            report(*message)
