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
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from noether_razor.base.cores import cores
from noether_razor.base.files import write_atomically

JOBS = 8
LAUNCHERS = ("basic", "joblib", "submitit_local")
BUILT_IN = LAUNCHERS[0]


def nothing(config: Any) -> None:
    """A job without work."""


def imports(config: Any) -> None:
    """A job that imports what a run needs; each process imports it only once."""
    importlib.import_module("noether_razor.variational.in_directory")


WORK: dict[str, Callable[[Any], None]] = {"nothing": nothing, "imports": imports}


def seconds(launcher: str, work: str) -> float:
    """Seconds per job of a sweep that runs in a temporary directory."""
    from noether_razor.cli.compose import sweep

    overrides = ["experiment=oscillator1", f"seed=range(0,{JOBS})", f"hydra/launcher={launcher}"]
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        began = time.perf_counter()
        sweep(overrides, WORK[work])
        return (time.perf_counter() - began) / JOBS


def in_a_new_process(launcher: str, work: str) -> float:
    """Call `seconds` in a new process, in which jax is not imported yet."""
    code = f"from benchmarks.launchers import seconds; print(seconds({launcher!r}, {work!r}))"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/launchers.json"))
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    built_in: dict[str, float] = {}
    for launcher in LAUNCHERS:
        row: dict[str, Any] = {"launcher": launcher, "jobs": JOBS, "cores": cores()}
        for name in WORK:
            found = in_a_new_process(launcher, name)
            if launcher == BUILT_IN:
                built_in[name] = found
            row[f"{name} (s a job)"] = f"{found:.2f}"
            row[f"{name}, ratio to {BUILT_IN}"] = f"{found / built_in[name]:.1f}"
        rows.append(row)
        print(row, flush=True)
    write_atomically(options.out, (json.dumps(rows, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
