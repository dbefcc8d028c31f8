"""Recordings as people have them, read from tables: runs, and the page `recordings.md`.

They are velocities with unknown masses, populations, a rigid body, friction, a drive, and positions
alone. Every run writes a table of text, reads it as the command does, and judges it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp

from experiments.evidence.cells import MARKS, cell, summary
from experiments.evidence.functions import judged_run
from experiments.evidence.kept import Kept, load
from experiments.evidence.sources import OF_FUNCTIONS, fingerprint
from noether_razor.base.files import write_atomically
from noether_razor.data import Reading, load_trajectories
from noether_razor.describe._words import table
from noether_razor.evidence.judged import TOLERANCE

TRAJECTORIES, SAMPLES, JUDGES = 100, 41, 50
RECORDS = "recordings.jsonl"

Rates = Callable[[float, np.ndarray], np.ndarray]
Starts = Callable[[np.random.Generator], np.ndarray]


class Case(NamedTuple):
    """A kind of recording.

    Attributes:
        names: names of the columns.
        rates: x' as a function of the time and the state.
        starts: makes a random initial state.
        dt: time between samples.
        reading: options of the reader.
        count: number of independent conserved functions in the searched span.
        functions: functions that are searched in addition to the quadratics.
        positions: number of columns that are written; all by default.
        noises: noises, in units of each coordinate's spread.
    """

    names: Sequence[str]
    rates: Rates
    starts: Starts
    dt: float
    reading: Reading
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    functions: Sequence[str] = ()
    positions: int | None = None
    noises: Sequence[float] = (0.0, 0.03)


def _kepler(t: float, x: np.ndarray) -> np.ndarray:
    return np.concatenate([x[2:], -x[:2] / np.hypot(*x[:2]) ** 3])


def _orbit(generator: np.random.Generator) -> np.ndarray:
    """A state at the pericentre of a randomly turned ellipse of eccentricity up to 0.4."""
    e, size, turn = 0.4 * generator.uniform(), generator.uniform(0.7, 1.5), generator.uniform() * 7
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    return np.concatenate([size * (1 - e) * along, np.sqrt((1 + e) / (1 - e) / size) * across])


def _two_masses(t: float, x: np.ndarray) -> np.ndarray:
    """Masses 1 and 3 on a line, joined by a spring."""
    pull = x[1] - x[0]
    return np.array([x[2], x[3], pull, -pull / 3])


def _normal(count: int, size: float = 1.0, centre: float = 0.0) -> Starts:
    return lambda generator: centre + size * generator.normal(size=count)


KEPLER = ("x", "y", "vx", "vy")
PLANE = ("1/sqrt(x**2 + y**2)",)
CASES = {
    "Kepler, velocities": Case(KEPLER, _kepler, _orbit, 0.15, Reading(), 2, PLANE),
    "Kepler, positions alone": Case(
        KEPLER, _kepler, _orbit, 0.15, Reading(q=("x", "y")), 2, PLANE, 2, (0.0, 0.01)
    ),
    "pendulum, positions alone": Case(
        ("theta", "v_theta"),
        lambda t, x: np.array([x[1], -np.sin(x[0])]),
        lambda generator: np.array([generator.uniform(-2.5, 2.5), 0.0]),
        0.25, Reading(q=("theta",)), 1, ("cos(theta)",), 1, (0.0, 0.01),
    ),
    "masses 1 and 3, velocities": Case(
        ("x1", "x2", "vx1", "vx2"), _two_masses, _normal(4), 0.3, Reading(), 2
    ),
    "rigid body": Case(
        ("m1", "m2", "m3"),
        lambda t, m: np.array([-m[1] * m[2] / 3, m[2] * m[0], -m[0] * m[1] / 1.5]),
        _normal(3), 0.2, Reading(), 2,
    ),
    "Lotka and Volterra, populations": Case(
        ("prey", "predators"),
        lambda t, n: np.array([n[0] * (1 - n[1]), n[1] * (n[0] - 1)]),
        lambda generator: np.exp(0.3 * generator.normal(size=2)),
        0.2, Reading(), 1, ("log(prey)", "log(predators)"),
    ),
    "epidemic": Case(
        ("S", "I", "R"),
        lambda t, n: np.array([-n[0] * n[1], n[0] * n[1] - 0.5 * n[1], 0.5 * n[1]]),
        lambda generator: generator.uniform(0.4, 1.0, 3),
        0.1, Reading(), 2, ("log(S)",),
    ),
    "damped oscillator": Case(
        ("x", "v"), lambda t, x: np.array([x[1], -x[0] - 0.1 * x[1]]), _normal(2), 0.2, Reading(), 0
    ),
    "driven oscillator": Case(
        ("x", "v"),
        lambda t, x: np.array([x[1], -x[0] + 0.5 * np.cos(1.7 * t)]),
        _normal(2), 0.2, Reading(), 0,
    ),
    "Van der Pol": Case(
        ("x", "v"),
        lambda t, x: np.array([x[1], (1 - x[0] ** 2) * x[1] - x[0]]),
        _normal(2), 0.2, Reading(), 0,
    ),
    "Lorenz": Case(
        ("x", "y", "z"),
        lambda t, x: np.array(
            [10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]]
        ),
        lambda generator: np.array([0, 0, 25]) + 8 * generator.normal(size=3),
        0.02, Reading(x=("x", "y", "z")), 0,
    ),
}  # fmt: skip


def make(out: Path, seeds: int = 5) -> None:
    """Make the runs that are missing or of older code, and keep them as JSON lines."""
    kept, code = Kept(out / RECORDS), fingerprint(OF_FUNCTIONS)
    for seed, (name, case) in product(range(seeds), CASES.items()):
        for noise in case.noises:
            if kept.lacks((name, noise, seed), code):
                kept.add(record := one(name, noise, seed), code)
                print(name, noise, seed, record["count"], "of", case.count, record["verdicts"],
                      f"{record['seconds']} s", flush=True)  # fmt: skip


def one(name: str, noise: float, seed: int) -> dict:
    """Simulate, write a table, read it, judge it and score one run."""
    case = CASES[name]
    generator = np.random.default_rng(seed)
    states = simulated(case, generator)
    observed = states[:TRAJECTORIES]
    observed = observed + noise * states.std((0, 1)) * generator.normal(size=observed.shape)
    columns = case.names[: case.positions]
    values = observed.reshape(-1, len(case.names))[:, : len(columns)]
    rows = pd.DataFrame(values, columns=list(columns))
    rows.insert(0, "time", np.tile(case.dt * np.arange(SAMPLES), TRAJECTORIES))
    rows.insert(0, "run", np.repeat(np.arange(TRAJECTORIES), SAMPLES))
    with tempfile.TemporaryDirectory() as folder:
        rows.to_csv(path := Path(folder) / "recording.csv", index=False)
        read = load_trajectories(path, reading=case.reading)
    assert len(read.names) == len(case.names)
    record = judged_run(read, states[TRAJECTORIES:], 2, case.functions)
    return {"run": (name, noise, seed)} | record


def simulated(case: Case, generator: np.random.Generator) -> np.ndarray:
    """Clean states of all trajectories, [R, T, m]; the last `JUDGES` ones are for scoring."""
    times = case.dt * np.arange(SAMPLES)
    return np.stack(
        [
            solve_ivp(
                case.rates, (0, times[-1]), case.starts(generator), "DOP853", times,
                rtol=1e-10, atol=1e-10,
            ).y.T
            for _ in range(TRAJECTORIES + JUDGES)
        ]
    )  # fmt: skip


def write(out: Path) -> Path:
    """Write the page from the runs."""
    records = load(out / RECORDS)
    rows = []
    for name, case in CASES.items():
        some = [r for r in records if r["run"][0] == name]
        cells = []
        for noise in case.noises:
            cells.append(f"{noise:g}: {cell([r for r in some if r['run'][1] == noise])}")
        formulas = next((r["formulas"] for r in some if r["run"][1] > 0), [])
        seconds = np.median([r["seconds"] for r in some]) if some else np.nan
        texts = "<br>".join(f"`{text}`" for text in formulas) or "none"
        rows.append((name, ", ".join(case.names[: case.positions]), str(case.count),
                     "<br>".join(cells), texts, f"{seconds:.0f}"))  # fmt: skip
    parts = [
        "# Recordings as people have them",
        f"{TRAJECTORIES} trajectories of {SAMPLES} samples are written as a table of text, with "
        "noise on every column in units of its spread, and read as `noether-razor discover` reads "
        "them. All quadratics are searched, and some functions beside them: those that the "
        "formulas hold. A cell holds the noise, and the number of independent conserved functions "
        "in each seed. F: directions that are called conserved and change by more than "
        f"{TOLERANCE:g} of their spread on clean trajectories of other initial states. {MARKS}",
        table(("recording", "columns", "true", "found", "formulas with noise", "seconds"), rows),
        summary(records, {n: case.count for n, case in CASES.items()}, fingerprint(OF_FUNCTIONS)),
        "Positions alone: velocities are differences in time. On clean data their own errors may "
        "look like a slow change of a quantity.",
    ]
    path = out / "recordings.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path
