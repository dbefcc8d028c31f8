"""Processes side by side: every core is a worker that takes one job after the other.

A second run of the same shape compiles nothing in the same worker. Whatever is serial in a run,
compiling, simulating and drawing, then costs nothing beside the other worker's steps, and there is
nothing to synchronise at each step: `benchmarks/seeds.py` compares this with the alternatives.
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
    """A pool of processes, each on a core of its own; left early, it takes no more jobs.

    Args:
        workers: processes.
        report: told what jobs `tell`, from a thread of this process.
        flags: for XLA, beside those of the environment.
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
    """How many processes there is room for: as there are cores, or one where jax has a GPU."""
    return 1 if _gpu() else cores()


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


def tell(done: int, total: int, note: str) -> None:
    """In a worker: how far its job is."""
    _worker["messages"].put((f"worker {_worker['place'] + 1}", done, total, note))


def _gpu() -> bool:
    """Whether jax is installed for one; it is not asked, since it would take the memory."""
    return any(find_spec(f"jax_cuda{version}_plugin") for version in (12, 13))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(1.0)
    os._exit(1)


def _listen(messages: Any, report: Report | None) -> None:
    while (message := messages.get()) is not None:
        if report:
            report(*message)
