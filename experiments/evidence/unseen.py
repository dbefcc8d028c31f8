"""Functions on systems that nobody had run while the rule was made: runs, and the page `unseen.md`.

The rule for functions is that of commit 668caa7; the systems were added after it. All else is as in
`functions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sympy
from scipy.integrate import solve_ivp

from experiments.evidence.cells import MARKS, cell, summary
from experiments.evidence.functions import NOISES, STEPS, TRAJECTORIES, judged_run
from experiments.evidence.kept import Kept, load
from experiments.evidence.runs import JUDGES
from experiments.evidence.sources import OF_FUNCTIONS, fingerprint
from experiments.evidence.unseen_systems import CASES, Flow
from noether_razor.base.files import write_atomically
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe._words import table
from noether_razor.evidence.judged import TOLERANCE


class Study(NamedTuple):
    """Systems that were added after a rule was frozen.

    Attributes:
        name: name of the study, of its records and of its page.
        title: title of the page.
        systems: the systems.
        changed: what was changed after they had been seen, so that they do not confirm it.
    """

    name: str
    title: str
    systems: Mapping[str, Flow]
    changed: str

    @property
    def records(self) -> str:
        """Name of the file of its records."""
        return f"{self.name}.jsonl"


STUDY = Study(
    "unseen",
    "Functions of systems that were added after the rule was frozen",
    CASES,
    "The count was changed after these systems were seen: of m coordinates at most m - 1 functions "
    "are independent, and what is new in a function must be conserved.",
)


def make(out: Path, seeds: int = 5, study: Study = STUDY) -> None:
    """Make the runs that are missing or of older code, and keep them as JSON lines."""
    kept, code = Kept(out / study.records), fingerprint(OF_FUNCTIONS)
    for seed, noise, (name, flow) in product(range(seeds), NOISES, study.systems.items()):
        if kept.lacks((name, noise, seed), code):
            kept.add(record := one(study, name, noise, seed), code)
            print(name, noise, seed, record["count"], "of", len(flow.invariants),
                  record["verdicts"], f"{record['seconds']} s", flush=True)  # fmt: skip


def one(study: Study, name: str, noise: float, seed: int) -> dict:
    """Simulate, judge and score one run."""
    flow = study.systems[name]
    generator = np.random.default_rng(seed)
    clean = simulated(flow, generator)
    states, judges = np.split(clean, [TRAJECTORIES])
    observed = states + noise * clean.std((0, 1)) * generator.normal(size=states.shape)
    q, p = np.split(observed, 2, axis=-1) if flow.paired else (observed, None)
    trajectories = Trajectories(q, p, flow.dt, tuple(flow.names))
    return {"run": (name, noise, seed)} | judged_run(
        trajectories, judges, flow.degree, flow.functions
    )


def simulated(flow: Flow, generator: np.random.Generator) -> np.ndarray:
    """Clean states of all trajectories, [R, T, m]; the last `JUDGES` ones are for scoring."""
    rates = sympy.lambdify([sympy.symbols(flow.names)], list(flow.rates))
    times = flow.dt * np.arange(STEPS + 1)
    return np.stack(
        [
            solve_ivp(
                lambda t, x: np.array(rates(x), float), (0, times[-1]), flow.starts(generator),
                "DOP853", times, rtol=1e-10, atol=1e-10,
            ).y.T
            for _ in range(TRAJECTORIES + JUDGES)
        ]
    )  # fmt: skip


def write(out: Path, study: Study = STUDY) -> Path:
    """Write the page from the runs."""
    records, systems = load(out / study.records), study.systems
    counts = {name: len(flow.invariants) for name, flow in systems.items()}
    parts = [
        f"# {study.title}",
        f"{TRAJECTORIES} trajectories of {STEPS + 1} samples, noise on every observation in units "
        "of each coordinate's spread. The searched functions are those up to the degree, and what "
        "is named beside it. Tests show that the invariants are conserved, by algebra, and that "
        "the searched span holds no other. A cell holds the number of independent conserved "
        "functions that were found, one for each seed. F: directions that are called conserved and "
        f"change by more than {TOLERANCE:g} of their spread on clean trajectories of other initial "
        f"states. {MARKS}",
        _counts(records, systems),
        f"{summary(records, counts, fingerprint(OF_FUNCTIONS))} {study.changed}",
        "## Formulas\n\nThey are of seed 0, with the least noise.",
        _formulas(records),
    ]
    path = out / f"{study.name}.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _counts(records: Sequence[dict], systems: Mapping[str, Flow]) -> str:
    rows = []
    for name, flow in systems.items():
        some = [r for r in records if r["run"][0] == name]
        cells = [cell([r for r in some if r["run"][1] == noise]) for noise in NOISES]
        searched = f"degree {flow.degree}"
        searched += "".join(f"; `{text}`" for text in flow.functions)
        seconds = f"{np.median([r['seconds'] for r in some]):.0f}" if some else "-"
        rows.append((name, searched, str(len(flow.invariants)), *cells, seconds))
    header = ("system", "searched", "true", *(f"noise {n:g}" for n in NOISES), "seconds")
    return table(header, rows)


def _formulas(records: Sequence[dict]) -> str:
    rows = [
        (record["run"][0], "<br>".join(f"`{text}`" for text in record["formulas"]) or "none")
        for record in records
        if record["run"][1:] == [0.0, 0]
    ]
    return table(("system", "independent conserved functions"), rows)
