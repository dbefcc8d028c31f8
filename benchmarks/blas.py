"""Threads of BLAS: seconds of the decompositions of one discovery, with one thread and with all.

    python -m benchmarks.blas [--out results/blas.json]

The decompositions are those of the smooth curves that laws of motion are compared with. They are
timed alone, and beside as many busy processes as there are cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from noether_razor.base.blas import one_blas_thread
from noether_razor.base.cores import cores
from noether_razor.base.files import write_atomically
from noether_razor.evidence.curves import fit_curves

REPEATS = 5


def seconds(one_thread: bool) -> float:
    """Median seconds of `fit_curves` on 100 trajectories of 51 samples of 4 coordinates."""
    z = np.random.default_rng(0).normal(size=(100, 51, 4))
    taken = []
    with one_blas_thread() if one_thread else nullcontext():
        for _ in range(REPEATS):
            began = time.perf_counter()
            fit_curves(z, np.full(4, 0.01), 1e-6)
            taken.append(time.perf_counter() - began)
    return float(np.median(taken))


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep this many processes busy."""
    workers = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(processes)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()


def _spin() -> None:
    while True:
        pass


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/blas.json"))
    options = parser.parse_args()
    rows = []
    for beside in (0, cores()):
        with busy(beside):
            one, every = seconds(True), seconds(False)
        rows.append(
            {
                "busy processes beside": beside,
                "cores": cores(),
                "one thread (s)": round(one, 3),
                "all threads (s)": round(every, 3),
                "ratio": round(every / one, 1),
            }
        )
        print(rows[-1], flush=True)
    write_atomically(options.out, (json.dumps(rows, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
