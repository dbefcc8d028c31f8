"""What each launcher of a sweep takes a job, besides the job itself.

    python -m benchmarks.launchers [--out results/launchers.json]

A sweep of eight jobs that do nothing, and one of eight jobs that import what a run needs and do no
more; each sweep in a new process. What is measured is the time of the sweep, from its command to
its end, over the number of jobs. The checks before the first job are in it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from noether_razor._cores import cores
from noether_razor._files import write_atomically
from noether_razor.errors import InputError

JOBS = 8
LAUNCHERS = ("basic", "joblib", "submitit_local")
BUILT_IN = LAUNCHERS[0]


def nothing(config: Any) -> None:
    """A job without work."""


def imports(config: Any) -> None:
    """A job that imports what a run needs: a process does so once."""
    importlib.import_module("noether_razor.variational.in_directory")


def seconds(launcher: str, job: Callable[[Any], None]) -> float:
    """Seconds a job of a sweep, in a directory that is removed again.

    Raises:
        InputError: the launcher is not installed.
    """
    from noether_razor.compose import sweep

    overrides = ["experiment=oscillator1", f"seed=range(0,{JOBS})", f"hydra/launcher={launcher}"]
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        began = time.perf_counter()
        sweep(overrides, job)
        return (time.perf_counter() - began) / JOBS


def in_a_new_process(launcher: str, job: Callable[[Any], None]) -> float:
    """`seconds`, where nothing is imported yet."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(seconds, launcher, job).result()


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/launchers.json"))
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    built_in: dict[str, float] = {}
    for launcher in LAUNCHERS:
        row: dict[str, Any] = {"launcher": launcher, "jobs": JOBS, "cores": cores()}
        for name, job in (("nothing", nothing), ("imports", imports)):
            try:
                found = in_a_new_process(launcher, job)
            except InputError as error:
                print(error)
                break
            if launcher == BUILT_IN:
                built_in[name] = found
            row[f"{name} (s a job)"] = f"{found:.2f}"
            row[f"{name}, ratio to {BUILT_IN}"] = f"{found / built_in[name]:.1f}"
        else:
            rows.append(row)
            print(row, flush=True)
    write_atomically(options.out, (json.dumps(rows, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
