"""Orbits of the planets, judged by evidence: real motion, in which nothing is exactly conserved.

A run is a data set of `experiments.ephemeris` and a seed. Its verdicts are scored on held-out
pieces: the same planets, at other random epochs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from experiments.ephemeris import SETS, data_set
from experiments.evidence.kept import Kept, load
from experiments.evidence.pages import FALSE
from experiments.evidence.planets_data import ACCURATE, angular_momenta, asked, described
from experiments.evidence.runs import sizes_of
from noether_razor.base.files import write_atomically
from noether_razor.conserved import Quadratic
from noether_razor.describe._words import count, g, table
from noether_razor.describe.directions import parallelness
from noether_razor.discovery.discover import discover
from noether_razor.discovery.report import hamiltonian
from noether_razor.discovery.result import Direction, Discovery
from noether_razor.evidence.judged import CONSERVED, SLOW, TOLERANCE
from noether_razor.systems import stack

HELD_OUT = 1000
"""This is added to the seed of a data set to make its held-out pieces."""
PIECES = 160
RECORDS = "planets.jsonl"
SEEDS = 3
"""Number of seeds of each data set."""
BASELINE = Path(__file__).parents[2] / "results" / "evidence" / "planets_baseline.json"
"""Eigenvalues of a baseline without a model, by data set and seed. They are the variance within
pieces over the total variance, of the least changing quadratics, with the noise subtracted. They
were kept when the code of that baseline was deleted."""

INTRODUCTION = (
    "Written by `python -m experiments.evidence planets` from `planets.jsonl`. The method is that "
    f"of `docs/evidence.md`, with its tolerance of {TOLERANCE:g} of the spread, and nothing but "
    "the trajectories is given to it."
)
COLUMNS = (
    "*Baseline has*: eigenvalues of a baseline (variance within pieces over total variance, of the "
    f"least changing quadratics; `planets_baseline.json`) that are below {ACCURATE:g} squared, of "
    "as many as there are components of the angular momentum. *Cosines*: of every component of the "
    "angular momentum with the span of what is called conserved, in units of the spread; a "
    f"component is found from {FALSE:g} on. *Change*, *interval*, "
    "*probability*: of the directions that are called conserved, the worst of them. *True change*: "
    "of each of these, along held-out pieces: root mean square about the mean of a piece, over the "
    "standard deviation in all pieces. A direction is *false* if that is more than the "
    "tolerance. *By*: what the verdict rests on. *Nats*: log evidence of the best Hamiltonian law "
    "over the best general law; - where no law is adequate."
)


def make(
    out: Path, seeds: int = SEEDS, names: Sequence[str] = tuple(SETS), pieces: int = PIECES
) -> None:
    """Make the runs that are missing or of older code, and keep them as JSON lines.

    Args:
        out: the directory of `planets.jsonl`.
        seeds: number of seeds of each data set, at most `SEEDS`.
        names: names of the data sets.
        pieces: number of pieces of the orbits in a data set.
    """
    kept = Kept(out / RECORDS)
    for name, seed in product(names, range(min(seeds, SEEDS))):
        if kept.lacks((name, seed)):
            kept.add(record := one(name, seed, pieces))
            print(name, seed, record["verdicts"], flush=True)


def one(name: str, seed: int, pieces: int = PIECES) -> dict:
    """Discover what one data set conserves, and score the verdicts on held-out pieces."""
    found = discover(data_set(name, seed, pieces))
    unseen = data_set(name, HELD_OUT + seed, pieces).states
    conserved = [d for d in found.directions if d.verdict == CONSERVED]
    truth = stack(angular_momenta(found.data["degrees_of_freedom"]))
    spread = np.asarray(found.data["spread"], float)
    return {
        "run": [name, seed],
        "rank": found.rank,
        "verdicts": {v: found.count(v) for v in dict.fromkeys(d.verdict for d in found.directions)},
        "cosines": [_digits(cosine) for cosine in cosines(conserved, truth, spread)],
        "conserved": [_said(one, unseen, found) for one in conserved],
        "slow": [_said(one, unseen, found) for one in found.directions if one.verdict == SLOW],
        "changes": {
            one.name: _digits(true_change(one.A, one.b, unseen))
            for one in asked(found.data["degrees_of_freedom"])
        },
        "by": found.by,
        "laws": {label: _finite(nats) for label, nats in found.laws.items()},
        "hamiltonian": _finite(found.hamiltonian),
        "sentence": hamiltonian(found),
        "printed": [quantity.expression for quantity in found.quantities],
        "seconds": round(found.seconds, 1),
    }  # fmt: skip


def true_change(A: np.ndarray, b: np.ndarray, states: np.ndarray) -> float:
    """Size of the change of x.A x / 2 + b.x along trajectories [R, T, m], over its spread."""
    values = np.einsum("rti,ij,rtj->rt", states, A, states) / 2 + states @ b
    return float(sizes_of(values[..., None])[0])


def cosines(conserved: Sequence[Direction], truth: Quadratic, spread: np.ndarray) -> np.ndarray:
    """The cosine of each true quantity with the span of what is called conserved, [K]."""
    if not conserved:
        return np.zeros(len(truth.b))
    with jax.enable_x64(True):
        stacked = (jnp.stack([jnp.asarray(getattr(d, n)) for d in conserved]) for n in "Ab")
        rows, true = (
            np.asarray(forms.rescale(spread).coefficients(), float)  # type: ignore[arg-type]
            for forms in (Quadratic(*stacked), truth)
        )
    return parallelness(true, rows)


def baseline(record: Mapping) -> int | None:
    """How many components of the angular momentum the baseline has; None if it was not run."""
    name, seed = record["run"]
    values = json.loads(BASELINE.read_text()).get(name, {}).get(str(seed))
    if values is None:
        return None
    return sum(value < ACCURATE**2 for value in values[: len(record["cosines"])])


def read(out: Path) -> list[dict]:
    """The records of the runs."""
    return load(out / RECORDS)


def write(out: Path) -> Path:
    """Write the page from the runs."""
    records = read(out)
    title = "# Planets: what real orbits conserve"
    parts = [title, INTRODUCTION, described(), COLUMNS, summary(records)]
    for name, given in SETS.items():
        if some := [record for record in records if record["run"][0] == name]:
            parts += [f"## {given.title}", _runs(some), _words(some)]
    path = out / "planets.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def found_of(record: Mapping) -> int:
    """How many components of the angular momentum are in the span of what is called conserved."""
    return sum(cosine >= FALSE for cosine in record["cosines"])


def false_of(record: Mapping) -> int:
    """How many directions are called conserved and change by more than the tolerance."""
    return sum(said["true"] > TOLERANCE for said in record["conserved"])


def summary(records: Sequence[Mapping]) -> str:
    """Text: the results of all runs together."""
    has = [baseline(record) for record in records]
    pairs = [(record, number) for record, number in zip(records, has, strict=True) if number]
    missed = [record["run"] for record, number in pairs if found_of(record) < number]
    runs = ", ".join(f"{name} {seed}" for name, seed in missed)
    false = sum(map(false_of, records))
    worst = max((one["true"] for record in records for one in record["conserved"]), default=0.0)
    components = sum(number for _, number in pairs)
    conserved = sum(min(found_of(record), number) for record, number in pairs)
    return (
        f"**The baseline has {components} components of the angular momentum in {len(pairs)} runs; "
        f"{conserved} of them are called conserved{f' (missed in {runs})' if missed else ''}. "
        f"{_none_or(false).capitalize()} of "
        f"{sum(len(record['conserved']) for record in records)} directions that are called "
        f"conserved are false: the largest true change is {g(worst)} of the spread.** In "
        f"{_none_or(sum('does not look' in record['sentence'] for record in records))} of "
        f"{len(records)} runs the report says that the motion does not look Hamiltonian."
    )


def _none_or(number: int) -> str:
    """A number as a word, as in "none of 18 runs"."""
    return count(number) if number else "none"


def _runs(some: Sequence[Mapping]) -> str:
    header = (
        "seed", "baseline has", "found", "cosines", "rank", "change", "interval", "probability",
        "true change", "false", "slow (true change)", "undetermined", "by", "nats", "seconds",
    )  # fmt: skip
    rows = []
    for record in some:
        said = record["conserved"]
        low, high = (f(one[k] for one in said) if said else float("nan")
                     for f, k in ((min, "low"), (max, "high")))  # fmt: skip
        rows.append((
            str(record["run"][1]),
            str(baseline(record)).replace("None", "-"),
            str(found_of(record)),
            " ".join(f"{cosine:.4f}" for cosine in record["cosines"]),
            str(record["rank"]),
            g(max((one["size"] for one in said), default=float("nan"))),
            f"{g(low)} to {g(high)}",
            f"{min((one['probability'] for one in said), default=float('nan')):.4f}",
            " ".join(g(one["true"]) for one in said) or "-",
            str(false_of(record)),
            " ".join(f"{g(one['size'])} ({g(one['true'])})" for one in record["slow"]) or "-",
            str(record["verdicts"].get("undetermined", 0)),
            record["by"] or "trajectories alone",
            "-" if record["hamiltonian"] is None else f"{record['hamiltonian']:+.0f}",
            f"{record['seconds']:.0f}",
        ))  # fmt: skip
    return table(header, rows)


def _words(some: Sequence[Mapping]) -> str:
    """Text: true changes of named quantities, the printed quantities, and the laws."""
    parts = {name: np.ravel([record["changes"][name] for record in some])
             for name in some[0]["changes"]}  # fmt: skip
    named = "; ".join(f"{name} {g(v.min())} to {g(v.max())}" for name, v in parts.items())
    printed = dict.fromkeys(text for record in some for text in record["printed"])
    quantities = ", ".join(f"`{text}`" for text in printed) or "nothing"
    lines = [f"- True change along held-out pieces: {named}.", f"- Printed: {quantities}."]
    for record in some:
        laws = "; ".join(
            f"{label} {'given up' if nats is None else f'{nats:+.0f}'}"
            for label, nats in record["laws"].items()
        )
        sentence = record["sentence"].split(":")[0].replace("**", "").rstrip(".")
        lines.append(f"- Seed {record['run'][1]}: {sentence}. Nats over smooth curves: {laws}.")
    return "\n".join(lines)


def _said(one: Direction, unseen: np.ndarray, found: Discovery) -> dict:
    origin = np.array([found.origin[name] for name in found.names])
    return {
        **{key: _digits(getattr(one, key)) for key in ("size", "low", "high")},
        "probability": float(f"{one.probability:.6g}"),
        "true": _digits(true_change(one.A, one.b, unseen - origin)),
    }


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def _finite(value: float) -> float | None:
    return round(float(value), 1) if np.isfinite(value) else None
