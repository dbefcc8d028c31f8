"""Functions that networks learn, by the rule of the verdict: runs, and the page `networks.md`.

The systems are those of `invariant_systems`, with 200 trajectories each, and two similar systems
that conserve only the energy.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import jax
import numpy as np

from experiments.evidence.cells import cell, summary
from experiments.evidence.explained import regressed
from experiments.evidence.invariant_systems import SYSTEMS, Entry
from experiments.evidence.kept import Kept, load
from experiments.evidence.published import REPORTS, SOURCES
from experiments.evidence.runs import JUDGES, sizes_of
from experiments.evidence.sources import ENTRIES, fingerprint
from noether_razor.base.files import write_atomically
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe._words import table
from noether_razor.discovery.quadratics import in_spreads
from noether_razor.evidence.functions import on_tracks
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import CONSERVED, TOLERANCE, UNDETERMINED
from noether_razor.evidence.learned import learned
from noether_razor.evidence.recording import recording
from noether_razor.systems import make_system

TRAJECTORIES = 200
NOISES = (0.0, 0.01, 0.03)
FRESH = 1000
"""Number of trajectories for the regression of a learned function on the true ones."""
RECORDS = "networks.jsonl"
OF_NETWORKS = (*ENTRIES, "learned")
CASES = SYSTEMS | {
    "quartic without a symmetry": Entry("anharmonic", 1),
    "Henon-Heiles": Entry("henon_heiles", 1),
}


def make(
    out: Path, seeds: int = 5, noises: Sequence[float] = NOISES, names: Sequence[str] = ()
) -> None:
    """Make the runs that are missing or of older code, and keep them as JSON lines."""
    kept, code = Kept(out / RECORDS), fingerprint(OF_NETWORKS)
    for noise, seed, name in product(noises, range(seeds), names or CASES):
        if kept.lacks((name, noise, seed), code):
            kept.add(record := one(name, noise, seed), code)
            print(name, noise, seed, record["count"], "of", CASES[name].count, record["verdicts"],
                  record["size"], record["beyond"], record["explained"], record["by"],
                  f"{record['seconds']} s", flush=True)  # fmt: skip


def one(name: str, noise: float, seed: int) -> dict:
    """Simulate, learn, judge and score one run."""
    case = CASES[name]
    system = make_system(case.system, **case.options)
    simulate_key, fresh_key = jax.random.split(jax.random.key(seed))
    clean = simulate(
        system, key=simulate_key,
        trajectories=TRAJECTORIES + JUDGES, steps=case.steps, dt=case.dt,
    )  # fmt: skip
    states, judges = np.split(clean.states, [TRAJECTORIES])
    generator = np.random.default_rng(seed)
    observed = states + noise * clean.states.std((0, 1)) * generator.normal(size=states.shape)
    q, p = np.split(observed, 2, axis=-1)
    began, worked = time.perf_counter(), time.process_time()
    data = recording(Trajectories(q, p, clean.dt, clean.names))
    quadratics = investigate(data, TOLERANCE, always=False).judged.of([CONSERVED])
    known = in_spreads(quadratics.coefficients, data.dimension)
    found = learned(observed, data, known, quadratics.high, TOLERANCE, seed=seed)
    record = {
        "run": (name, noise, seed),
        "seconds": round(time.perf_counter() - began, 1),
        "core": round(time.process_time() - worked, 1),
        "quadratics": len(quadratics.coefficients),
    }
    if found is None:
        nothing = {key: [] for key in ("size", "high", "true_size", "beyond", "explained")}
        return record | nothing | {
            "count": data.dimension - 1, "verdicts": "", "counted": "", "false": 0,
            "undetermined": 0, "by": "",
        }  # fmt: skip

    def values(x: np.ndarray) -> np.ndarray:
        with jax.enable_x64(True):
            of = np.asarray(on_tracks(found.networks, (x - data.centre) / data.spread).values)
        return of @ found.judged.coefficients.T

    some = np.flatnonzero(found.counted)
    fresh = simulate(system, key=fresh_key, trajectories=FRESH, steps=10, dt=case.dt).states
    r_squared = (
        regressed(system, lambda x: values(x)[..., some], fresh, judges)[1] if len(some) else []
    )
    sizes, verdicts = sizes_of(values(judges)), np.array(found.judged.verdicts())
    short = lambda row: [float(f"{x:.3g}") for x in row]  # noqa: E731
    return record | {
        "count": found.count,
        "verdicts": "".join(v[0] if v != "changes" else "x" for v in verdicts),
        "counted": "".join("y" if counted else "n" for counted in found.counted),
        "size": short(found.judged.size),
        "high": short(found.judged.high),
        "true_size": short(sizes),
        "beyond": short(found.beyond),
        "explained": [float(f"{x:.4f}") for x in r_squared],
        "false": int((sizes[found.counted] > TOLERANCE).sum()),
        "undetermined": int((verdicts == UNDETERMINED).sum()),
        "by": found.by,
    }


def write(out: Path) -> Path:
    """Write the page from the runs."""
    records = load(out / RECORDS)
    rows = []
    for name, case in CASES.items():
        cells, kept, seconds = [], [], []
        for noise in NOISES:
            some = [r for r in records if r["run"][:2] == [name, noise]]
            cells.append(cell(some))
            kept += [x for r in some for x in r["explained"]] if noise == 0 else []
            seconds += [r["core"] for r in some]
        good = f"{sum(x >= 0.99 for x in kept)} of {len(kept)}, {min(kept):.4f}" if kept else "-"
        rows.append((name, str(case.count), *cells, good,
                     f"{np.median(seconds):.0f}" if seconds else "-"))  # fmt: skip
    header = ("system", "true", *(f"noise {n:g}" for n in NOISES), "R² 0.99, least", "seconds")
    parts = [
        "# Functions that networks learn",
        f"{TRAJECTORIES} trajectories, noise on every observation in units of each coordinate's "
        "spread. Quadratics are searched first. Networks learn from three quarters of the "
        "trajectories what is left, and are judged on the others. A cell holds the number of "
        "independent conserved functions, known and learned, one for each seed. F: learned "
        f"functions that count and change by more than {TOLERANCE:g} of their spread on clean "
        "trajectories of other initial states. u, s: runs where a direction is undetermined, or "
        "slow. R²: of the learned functions that count on clean data, as functions of the true "
        "ones, on those trajectories; how many have 0.99 or more, and the least. Seconds: median, "
        "of one core.",
        table(header, rows),
        summary(records, {n: case.count for n, case in CASES.items()}, fingerprint(OF_NETWORKS)),
        "## What published tools report",
        table(("system", "here", "tool", "reports", "given", "source"), _published(records)),
        SOURCES,
    ]
    path = out / "networks.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _published(records: Sequence[dict]) -> list[tuple[str, ...]]:
    """Rows of published counts, each with our counts on clean data."""
    rows = []
    for one in REPORTS:
        ours = [str(r["count"]) for r in records if r["run"][:2] == [one.system, 0.0]]
        rows.append((one.system, " ".join(ours) or "-", one.tool, one.counted, one.how, one.source))
    return rows
