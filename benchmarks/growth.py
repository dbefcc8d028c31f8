"""Time and memory of `discover` against the size of the data.

    python -m benchmarks.growth [--limit 1200] [--out results/growth]

A run that exists is not made again. A run over the limit is kept as such, and its sweep ends.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.evidence.kept import keep, load
from noether_razor.base.files import write_atomically


class Size(NamedTuple):
    """The size of one run."""

    beads: int = 0  # 0: two oscillators in place of a ring of beads
    trajectories: int = 200
    degree: int = 2


class Sweep(NamedTuple):
    """A sweep over one size.

    Attributes:
        of: what is varied, for the page.
        field: the varied field of `Size`.
        values: its values, in order.
    """

    of: str
    field: str
    values: list[int]

    @property
    def sizes(self) -> list[Size]:
        """The size of each run."""
        return [Size()._replace(**{self.field: value}) for value in self.values]


SWEEPS = (
    Sweep("degrees of freedom", "beads", [2, 3, 5, 8, 12, 20, 30, 50]),
    Sweep("trajectories", "trajectories",
          [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000]),
    Sweep("degree of the polynomials", "degree", [1, 2, 3, 4, 5, 6, 7, 8]),
)  # fmt: skip
TEXT = (
    "Three sweeps: degrees of freedom (a harmonic ring of beads, 200 trajectories), trajectories "
    "(two oscillators), and the degree of the searched polynomials (two oscillators, 200 "
    "trajectories). Each trajectory has 51 samples. Noise is 0.01 of the spread. Every run is a "
    "process of its own, with one thread of linear algebra. Seconds are those of `discover`, "
    "without imports and simulation."
)
LARGE = 4
"""The exponent is fitted to the largest runs, this many. Small runs are mostly imports and
compilation."""


def one(size: Size) -> dict:
    """Run in this process: seconds to the first table and to the result, largest memory, counts."""
    import jax

    import noether_razor as nr

    system = (
        nr.make_system("chain", beads=size.beads)
        if size.beads
        else nr.make_system("oscillator", frequencies="1,1.62")
    )
    data = nr.simulate(system, key=jax.random.key(0), trajectories=size.trajectories)
    generator = np.random.default_rng(0)
    noise = 0.01 * data.states.std((0, 1)) * generator.normal(size=data.states.shape)
    q, p = np.split(data.states + noise, 2, axis=-1)
    began, first = time.perf_counter(), []
    found = nr.discover(
        nr.Trajectories(q, p, data.dt),
        degree=size.degree,
        first=lambda table: first.append(time.perf_counter() - began),
    )
    seconds = time.perf_counter() - began
    return {
        "functions": math.comb(len(data.names) + size.degree, size.degree) - 1,
        "first table (s)": round(first[0], 1),
        "result (s)": round(seconds, 1),
        "GiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "conserved": sum(one.verdict == "conserved" for one in found.directions),
    }


def in_a_new_process(size: Size, limit: float) -> dict:
    """Run `one` in a process of its own; "over the limit" where it does not end in time."""
    flags = {"OMP_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.growth", "--one", json.dumps(size)],
            capture_output=True, text=True, timeout=limit, env=os.environ | flags,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"ended": f"over the limit of {limit:g} s"}
    if done.returncode:
        return {"ended": (done.stderr.strip() or f"signal {-done.returncode}").splitlines()[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def measure(path: Path, limit: float) -> list[dict]:
    """Make the runs that are missing, and keep each when it is made."""
    kept = load(path)
    for sweep in SWEEPS:
        for size in sweep.sizes:
            made = next((row for row in kept if row["size"] == list(size)), None)
            if made is None:
                made = {"size": list(size)} | in_a_new_process(size, limit)
                kept.append(made)
                keep(path, kept)
                print(sweep.of, made, flush=True)
            if "ended" in made:
                break
    return kept


def exponent(values: list[int], seconds: list[float]) -> float:
    """Slope of log seconds against log size over the largest runs."""
    some = slice(-LARGE, None)
    return float(np.polyfit(np.log(values[some]), np.log(seconds[some]), 1)[0])


def write(kept: list[dict], out: Path) -> None:
    """Write the page and the picture."""
    from noether_razor.describe._words import table
    from noether_razor.describe.canvas import PAGE, new_figure, save

    by_size = {tuple(row["size"]): row for row in kept}
    columns = ("functions", "first table (s)", "result (s)", "GiB", "conserved")
    parts = [f"# Growth\n\n{TEXT}"]
    figure, axes = new_figure(PAGE, 2.6, 1, len(SWEEPS))
    for sweep, ax in zip(SWEEPS, np.ravel(axes), strict=True):
        rows, values, seconds = [], [], {"first table (s)": [], "result (s)": []}
        for value, size in zip(sweep.values, sweep.sizes, strict=True):
            row = by_size.get(tuple(size))
            if row is None:
                break
            if "ended" in row:
                rows.append((str(value), row["ended"], *[""] * (len(columns) - 1)))
                break
            rows.append((str(value), *(str(row[name]) for name in columns)))
            values.append(value)
            for name, some in seconds.items():
                some.append(row[name])
        parts.append(f"## {sweep.of.capitalize()}\n\n" + table((sweep.of, *columns), rows))
        if len(values) >= LARGE:
            slopes = ", ".join(
                f"{name.removesuffix(' (s)')} {exponent(values, some):.1f}"
                for name, some in seconds.items()
            )
            parts.append(f"Exponent of the seconds over the {LARGE} largest: {slopes}.")
        for name, some in seconds.items():
            ax.loglog(values, some, "o-", label=name.removesuffix(" (s)"))
        ax.set_xlabel(sweep.of)
        ax.set_ylabel("seconds")
        ax.legend()
    save(figure, out.with_suffix(".png"))
    parts.append(f"![seconds against size]({out.name}.png)")
    write_atomically(out.with_suffix(".md"), ("\n\n".join(parts) + "\n").encode())


def main() -> None:
    """Parse the command line, measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--limit", type=float, default=1200.0, help="seconds a run (1200)")
    parser.add_argument("--out", type=Path, default=Path("results/growth"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(Size(*json.loads(options.one)))))
        return
    write(measure(options.out.with_suffix(".jsonl"), options.limit), options.out)


if __name__ == "__main__":
    main()
