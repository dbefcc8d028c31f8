"""Seconds and memory of reading files of a million rows and more.

    python -m benchmarks.loading [--rows 1e6] [--out results/loading.json]

The same data are written as text with many short and with few long trajectories, and as Parquet.
Each is read in a process of its own, so that its largest memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from noether_razor.base.files import write_atomically


def table(rows: int, samples: int) -> pd.DataFrame:
    """A table of plane oscillators, in trajectories of `samples` samples."""
    count = rows // samples
    label, time_ = np.repeat(np.arange(count), samples), np.tile(0.1 * np.arange(samples), count)
    size = np.random.default_rng(0).normal(size=(2, count))[:, label]
    q, p = size * np.cos(time_), -size * np.sin(time_)
    names = ("trajectory", "t", "q1", "q2", "p1", "p2")
    return pd.DataFrame(dict(zip(names, (label, time_, *q, *p), strict=True)))


def read(path: Path) -> dict:
    """Seconds and gigabytes of reading a file, in a process of its own."""
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.loading", "--read", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(found.stdout)


def main() -> None:
    """Parse the command line, measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--out", default="results/loading.json")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        from noether_razor.data import load_trajectories

        began = time.perf_counter()
        shape = load_trajectories(options.read).states.shape
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        seconds = time.perf_counter() - began
        print(json.dumps({"shape": shape, "seconds": round(seconds, 1), "GiB": round(used, 2)}))
        return
    rows, found = int(options.rows), {}
    with tempfile.TemporaryDirectory() as folder:
        for name, samples in (("short.csv", 10), ("long.csv", 1000), ("short.parquet", 10)):
            path, made = Path(folder) / name, table(rows, samples)
            made.to_csv(path, index=False) if ".csv" in name else made.to_parquet(path, index=False)
            del made
            found[name] = read(path) | {"rows": rows}
            path.unlink()
            print(name, found[name], flush=True)
    write_atomically(options.out, (json.dumps(found, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
