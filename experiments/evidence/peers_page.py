"""The page of `peers`: a published benchmark's printed figures, and ours on its data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.evidence.kept import load
from experiments.evidence.peers import (
    EVERY,
    LIST,
    NOISES,
    OWN,
    QUADRATIC,
    SAME,
    SAMPLES,
    TRAJECTORIES,
    Measured,
)
from experiments.evidence.peers_systems import PEERS
from experiments.intervals import wilson
from noether_razor.base.files import write_atomically
from noether_razor.describe._words import table
from noether_razor.evidence.judged import TOLERANCE

SOURCE = (
    "R. D. Ray, *From Data to Laws: Neural Discovery of Conservation Laws Without False "
    "Positives*, arXiv:2603.20474 (2026), presents a method, NGCG, on nine systems. Seven are "
    "ordinary differential equations; two are fields in space and time, which are left out here. "
    "We could read its abstract and its author's repository (github.com/Reckonchamp12/NGCG), not "
    "the rest of the paper. The abstract says: discovery rate 1.0 and false discovery rate 0.0 on "
    "four systems with laws, no law on five without, robust to noise of 0.1, 50 to 100 "
    "trajectories, under one minute a system. The figures below, by system, are from "
    "`docs/RESULTS.md` of the repository: one seed, data without noise. We found no printed figure "
    "by system at noise 0.1. The repository counts the two fields as systems with a law; the "
    "abstract does not. Its discovery rate asks whether the constancy of some candidate (defined "
    "below) is less than 0.05. Where there is a law, candidates are accepted below 0.01 and count "
    "as false from 0.05 on, so its false discovery rate is 0 by definition."
)

DATA = (
    "Equations, initial states, parameters and durations are those of the repository's "
    f"`data/generate_data.py`, made again: {TRAJECTORIES} trajectories, of {SAMPLES} samples every "
    f"{EVERY}th, which is where the default method would thin them. Noise is in the units of the "
    "state, as there; *noise/spread* is the largest over the coordinates at noise 0.1. In four of "
    "the systems every trajectory has parameters of its own. A law that needs them is not one "
    "function of the state, and counts as no true direction here."
)

COUNTED = (
    "Quadratics: what `discover` searches by default. Its list: what the source searches, all "
    "monomials to degree 3, or x, y, log x and log y for Lotka-Volterra. True: directions of that "
    f"span whose change is within {TOLERANCE:g} of the spread on 100 clean trajectories of other "
    "initial states. A cell holds the rank that was found in each seed. F: directions that are "
    "called conserved and whose true change is larger. S: directions that are called slow. U: "
    "undetermined directions. Lorenz has three coordinates, which are not positions and momenta: "
    "there the trajectories alone are judged. Seconds: median processor time of a run on one core, "
    "with compilation."
)


def write(out: Path) -> Path:
    """Write `peers.md` from the records in `out`, into the folder above it."""
    every = load(out / "peers.jsonl")
    kept = out / "peers_printed.json"
    expressions = json.loads(kept.read_text()) if kept.exists() else {}
    path = out.parent / "peers.md"
    measured = {name: Measured(**one) for name, one in expressions.items()}
    write_atomically(path, page(every, measured).encode())
    return path


def page(every: Sequence[dict], measured: dict[str, Measured]) -> str:
    """The page, from the records of runs and from the measured printed expressions."""
    seeds = len({record["run"][4] for record in every})
    parts = [
        "# A published benchmark beside the verdict by evidence",
        SOURCE,
        DATA,
        f"Seeds: {seeds}. Made by `python -m experiments.evidence peers`.",
        totals(every),
        wrong(every),
        "## Its data: every trajectory has parameters of its own",
        _systems(every, OWN),
        COUNTED,
        "## The same with one set of parameters, the middles of the ranges",
        _systems(every, SAME),
        "## The printed expressions, measured",
        _expressions(measured),
        "Constancy: the source's measure, std_t C / |mean_t C|, mean over trajectories. It can be "
        "made small by adding a constant to C. Size of change: ours, which cannot: the root mean "
        "square of C about its mean on a trajectory over the standard deviation of C in all of the "
        "data. 0 is conserved, 1 changes as much along a trajectory as anywhere. Both are measured "
        "on clean trajectories made from the source's generator with other random numbers, on "
        "those where the printed expression is finite; its coefficients are printed to three "
        "digits.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def false(record: dict) -> int:
    """Number of directions that are called conserved and change by more than the tolerance."""
    pairs = zip(record["verdicts"], record["true_size"], strict=True)
    return sum(verdict == "c" and size > TOLERANCE for verdict, size in pairs)


def totals(every: Sequence[dict]) -> str:
    """Text: runs with a false law, runs with the true rank, and time."""
    wrong = sum(false(record) > 0 for record in every)
    low, high = wilson(wrong, len(every))
    right = sum(r["verdicts"].count("c") == r["true"] and not false(r) for r in every)
    found = sum(r["verdicts"].count("c") - false(r) for r in every)
    seconds = [record["seconds"] for record in every]
    return (
        f"**A false law in {wrong} of {len(every)} runs (95 % interval {low:.1%} to {high:.1%}); "
        f"the rank is right in {right}; {found} of {sum(r['true'] for r in every)} true directions "
        f"are found.** Median {np.median(seconds):.0f} s a run, most {max(seconds):.0f} s; under a "
        f"minute in {sum(second < 60 for second in seconds)} of {len(every)}."
    )


def wrong(every: Sequence[dict]) -> str:
    """Text: every false law, with the reason if logarithms are searched."""
    some = [record for record in every if false(record)]
    if not some:
        return ""
    each = "; ".join(
        f"{name}, parameters {kind}, {functions}, noise {noise:g}, seed {seed}: a direction that "
        f"changes by {_worst(record):.2f} of its spread"
        for record in some
        for name, kind, noise, functions, seed in [record["run"]]
    )
    text = f"False: {each}."
    if any(r["run"][3] == LIST and PEERS[r["run"][0]].logarithms for r in some):
        text += (
            " The noise of a function is known to second order only, and a logarithm near 0 is far "
            "from that. A few observations there make the noise look so large that a direction "
            "which is all noise seems conserved. `discover` searches no logarithms by itself."
        )
    return text


def _worst(record: dict) -> float:
    pairs = zip(record["verdicts"], record["true_size"], strict=True)
    return max(size for verdict, size in pairs if verdict == "c")


def _systems(every: Sequence[dict], parameters: str) -> str:
    rows = []
    for name, peer in PEERS.items():
        some = [r for r in every if r["run"][0] == name and r["run"][1] == parameters]
        if not some:
            continue
        of = lambda functions, some=some: [r for r in some if r["run"][3] == functions]  # noqa: E731
        row = [name, f"{max(r['noise_in_spreads'] for r in some):.2f}"]
        if parameters == OWN:
            row += ["yes" if peer.printed.law else "no", f"{peer.printed.discovery:g}",
                    f"{peer.printed.false:g}"]  # fmt: skip
        for functions in (QUADRATIC, LIST):
            row.append(_range([r["true"] for r in of(functions)]))
            row += [cell([r for r in of(functions) if r["run"][2] == noise]) for noise in NOISES]
        rows.append((*row, f"{np.median([r['seconds'] for r in some]):.0f}"))
    own = ("law, printed", "DR, printed", "FDR, printed") if parameters == OWN else ()
    ours = [
        f"{functions}: {what}"
        for functions in (QUADRATIC, LIST)
        for what in ("true", *(f"noise {noise:g}" for noise in NOISES))
    ]
    return table(("system", "noise/spread", *own, *ours, "seconds"), rows)


def _range(values: Sequence[int]) -> str:
    return "-" if not values else str(values[0]) if len(set(values)) == 1 else (
        f"{min(values)} to {max(values)}"
    )  # fmt: skip


def cell(some: Sequence[dict]) -> str:
    """Rank by seed, and how many false, slow and undetermined directions in all."""
    if not some:
        return "-"
    some = sorted(some, key=lambda record: record["run"][4])
    text = " ".join(str(record["verdicts"].count("c")) for record in some)
    counts = {
        "F": sum(false(record) for record in some),
        "S": sum(record["verdicts"].count("s") for record in some),
        "U": sum(record["verdicts"].count("u") for record in some),
    }
    return text + "".join(f" {letter}{number}" for letter, number in counts.items() if number)


def _expressions(measured: dict[str, Measured]) -> str:
    rows = [
        (name, f"`{PEERS[name].printed.expression}`", f"{PEERS[name].printed.constancy:.4f}",
         f"{one.constancy:.2g}", f"{one.size:.2g}", f"{one.finite:.0%}")
        for name, one in measured.items()
    ]  # fmt: skip
    header = (
        "system", "expression, printed", "constancy, printed", "constancy here", "size of change",
        "finite on",
    )  # fmt: skip
    return table(header, rows) if rows else ""
