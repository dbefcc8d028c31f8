"""Functions that are not quadratic, by the rule of the verdict: runs, and the page `functions.md`.

A user who suspects the kind of a law gives functions to search. So each system has its own list of
functions, which contains known invariants. The page states the lists. Similar systems without a law
are searched with the same kind of list.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from experiments.evidence.cells import MARKS, cell, summary
from experiments.evidence.kept import Kept, load
from experiments.evidence.runs import JUDGES, sizes_of
from experiments.evidence.sources import OF_FUNCTIONS, fingerprint
from noether_razor.base.files import write_atomically
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe._words import table
from noether_razor.discovery.combinations import Combinations
from noether_razor.evidence.functions import on_tracks
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import CONSERVED, TOLERANCE, UNDETERMINED
from noether_razor.evidence.recording import recording
from noether_razor.evidence.search import searched
from noether_razor.systems import make_system

TRAJECTORIES, STEPS = 200, 50
NOISES = (0.0, 0.01, 0.03)
RECORDS = "functions.jsonl"


class Case(NamedTuple):
    """A system, and what is searched.

    Attributes:
        system, options: see `make_system`.
        degree, functions: see `discover`.
        count: number of independent conserved functions in the span of these.
        all: number of independent conserved functions of the system, with the energy.
        dt: time between samples; the system's own by default.
    """

    system: str
    options: dict
    degree: int
    functions: Sequence[str]
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    all: int
    dt: float | None = None


def _radial(n: int) -> list[str]:
    radius = "sqrt(" + " + ".join(f"q{i}**2" for i in range(1, n + 1)) + ")"
    return [f"{top}/{radius}" for top in ("1", *(f"q{i}" for i in range(1, n + 1)))]


def _toda(beads: int) -> list[str]:
    pairs = [(i, i % beads + 1) for i in range(1, beads + 1)]
    factors = ["", *(f"p{i}*" for i in range(1, beads + 1))]
    return [f"{factor}exp(q{j} - q{i})" for (i, j), factor in product(pairs, factors)]


def _bodies(names: Sequence[tuple[str, str]]) -> list[str]:
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    return [f"1/sqrt(({a[0]} - {b[0]})**2 + ({a[1]} - {b[1]})**2 + 1)" for a, b in pairs]


SQUARE = "1 + q1**2 + q2**2"
TURNING = "1 + sin(q1 - q2)**2"
KEPLER = {"potential": "kepler", "softening": 0.0}
CASES = {
    "quartic potential in the plane": Case("central", {}, 4, (), 2, 2),
    "Kepler in the plane": Case("central", KEPLER, 3, _radial(2), 3, 3),
    "Kepler in space": Case("central", {**KEPLER, "dimensions": 3}, 3, _radial(3), 5, 5),
    "oscillators 1 : 2": Case("oscillator", {"frequencies": [1.0, 2.0]}, 3, (), 3, 3),
    "oscillators 2 : 3": Case("oscillator", {"frequencies": [2.0, 3.0]}, 5, (), 3, 3),
    "Toda ring of three": Case("chain", {"spring": "toda"}, 3, _toda(3), 3, 3),
    "Calogero and Moser": Case(
        "calogero_moser", {}, 2, ["(q1 - q2)**-2", "(q2 - q3)**-2", "(q1 - q3)**-2"], 2, 5
    ),
    "Henon-Heiles, integrable": Case("henon_heiles", {"variant": "integrable"}, 4, (), 2, 2),
    "Henon-Heiles": Case("henon_heiles", {}, 3, (), 1, 1),
    "double pendulum": Case(
        "double_pendulum", {}, 2,
        ["cos(q1)", "cos(q2)", f"p1**2/({TURNING})", f"p2**2/({TURNING})",
         f"p1*p2*cos(q1 - q2)/({TURNING})"], 1, 1, 0.1,
    ),
    "three bodies in the plane": Case(
        "n_body", {}, 2, _bodies([(f"q{i}x", f"q{i}y") for i in (1, 2, 3)]), 5, 5
    ),
    "uniform magnetic field": Case("magnetic", {}, 3, (), 3, 3),
    "spherical pendulum": Case(
        "spherical_pendulum", {}, 2,
        [f"({SQUARE})**2*p1**2", f"({SQUARE})**2*p2**2", f"1/({SQUARE})"], 2, 2,
    ),
    "Lotka and Volterra": Case("lotka_volterra", {}, 2, ["exp(q1)", "exp(p1)"], 1, 1),
    "FPUT chain with fixed ends": Case("chain", {"spring": "fput", "ends": "fixed"}, 4, (), 1, 1),
    "Henon-Heiles, quadratics only": Case("henon_heiles", {}, 2, (), 0, 1),
    "quartic without a symmetry": Case("anharmonic", {}, 3, (), 0, 1),
    "double pendulum, other functions": Case(
        "double_pendulum", {}, 3, ["cos(q1)", "cos(q2)", "sin(q1)", "sin(q2)"], 0, 1, 0.1,
    ),
}  # fmt: skip


def make(out: Path, seeds: int = 5) -> None:
    """Make the runs that are missing or of older code, and keep them as JSON lines."""
    kept, code = Kept(out / RECORDS), fingerprint(OF_FUNCTIONS)
    for seed, noise, name in product(range(seeds), NOISES, CASES):
        if kept.lacks((name, noise, seed), code):
            kept.add(record := one(name, noise, seed), code)
            print(name, noise, seed, record["count"], "of", CASES[name].count, record["verdicts"],
                  f"{record['seconds']} s", flush=True)  # fmt: skip


def one(name: str, noise: float, seed: int) -> dict:
    """Simulate, judge and score one run."""
    case, (trajectories, judges) = CASES[name], observed(name, noise, seed)
    return {"run": (name, noise, seed)} | judged_run(
        trajectories, judges, case.degree, case.functions
    )


def observed(name: str, noise: float, seed: int) -> tuple[Trajectories, np.ndarray]:
    """Trajectories with noise, and states [R, T, m] of clean ones for scoring."""
    case = CASES[name]
    clean = simulate(
        make_system(case.system, **case.options), key=jax.random.key(seed),
        trajectories=TRAJECTORIES + JUDGES, steps=STEPS, dt=case.dt,
    )  # fmt: skip
    states, judges = np.split(clean.states, [TRAJECTORIES])
    generator = np.random.default_rng(seed)
    noisy = states + noise * clean.states.std((0, 1)) * generator.normal(size=states.shape)
    q, p = np.split(noisy, 2, axis=-1)
    return Trajectories(q, p, clean.dt, clean.names), judges


def judged_run(
    trajectories: Trajectories, judges: np.ndarray, degree: int, functions: Sequence[str]
) -> dict:
    """Judge polynomials and functions on trajectories, and score what is called conserved.

    Args:
        trajectories: observed trajectories.
        judges: states of clean trajectories, which give the true sizes of changes, [R, T, m].
        degree, functions: what is searched; see `discover`.
    """
    began = time.perf_counter()
    data = recording(trajectories)
    names = trajectories.names
    search = searched(data, names, degree, functions)
    findings = investigate(data, TOLERANCE, search.features, always=False)
    verdicts = np.array(findings.judged.verdicts())
    with jax.enable_x64(True):
        of = Combinations(search, data, np.zeros(data.dimension), names, names)
        quantities = of.quantities(findings.judged, TOLERANCE)
        seconds = time.perf_counter() - began
        values = on_tracks(search.features, (judges - data.centre) / data.spread).values
    sizes = sizes_of(np.asarray(values) @ findings.judged.coefficients.T)
    return {
        "count": sum(quantity.independent for quantity in quantities),
        "verdicts": "".join(v[0] if v != "changes" else "x" for v in verdicts),
        "false": int((sizes[verdicts == CONSERVED] > TOLERANCE).sum()),
        "largest": float(f"{sizes[verdicts == CONSERVED].max(initial=0):.3g}"),
        "undetermined": int((verdicts == UNDETERMINED).sum()),
        "open": sum(quantity.undetermined for quantity in quantities),
        "by": findings.by,
        "formulas": [quantity.expression for quantity in quantities if quantity.independent],
        "seconds": round(seconds, 1),
    }


def write(out: Path) -> Path:
    """Write the page from the runs."""
    records = load(out / RECORDS)
    parts = [
        "# Functions that are not quadratic",
        f"{TRAJECTORIES} trajectories of {STEPS + 1} samples, noise on every observation in units "
        "of each coordinate's spread. Each system has its own list of functions, which holds what "
        "a user might suspect; see below. A cell holds the number of independent conserved "
        "functions that were found, one for each seed. F: directions that are called conserved and "
        f"change by more than {TOLERANCE:g} of their spread on clean trajectories of other initial "
        f"states. {MARKS} The last three rows are "
        "searched in spans that hold nothing that is conserved.",
        _counts(records),
        "## Formulas\n\nThey are of seed 0, with the least noise and with the most.",
        _formulas(records),
    ]
    path = out / "functions.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _counts(records: Sequence[dict]) -> str:
    rows = []
    for name, case in CASES.items():
        cells, seconds = [], []
        for noise in NOISES:
            some = [r for r in records if r["run"][:2] == [name, noise]]
            cells.append(cell(some))
            seconds += [r["seconds"] for r in some]
        rows.append((name, str(case.all), str(case.count), *cells,
                     f"{np.median(seconds):.0f}" if seconds else "-"))  # fmt: skip
    header = ("system", "all", "in the span", *(f"noise {n:g}" for n in NOISES), "seconds")
    counts = {name: case.count for name, case in CASES.items()}
    return f"{table(header, rows)}\n\n{summary(records, counts, fingerprint(OF_FUNCTIONS))}"


def _formulas(records: Sequence[dict]) -> str:
    rows = []
    for name, case in CASES.items():
        kinds = f"degree {case.degree}"
        if case.functions:
            kinds += "; " + ", ".join(f"`{text}`" for text in case.functions)
        for noise in (NOISES[0], NOISES[-1]):
            for record in records:
                if record["run"] == [name, noise, 0]:
                    texts = "<br>".join(f"`{text}`" for text in record["formulas"]) or "none"
                    rows.append((name, kinds, f"{noise:g}", texts))
    return table(("system", "searched", "noise", "independent conserved functions"), rows)
