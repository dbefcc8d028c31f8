"""The page of `methods`: four methods on the same noisy observations, and which is the default."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.evidence.kept import load
from experiments.evidence.methods import ALONE, CELLS, FITS, JUDGED, METHODS, TRAJECTORIES, VERDICT
from experiments.evidence.pages import FALSE, log_score, scored
from experiments.evidence.runs import STEPS, records
from experiments.intervals import wilson
from noether_razor.base.files import write_atomically
from noether_razor.describe._words import listed, table
from noether_razor.evidence.judged import TOLERANCE


class Total(NamedTuple):
    """Counts of one method over some runs."""

    runs: int
    right: int
    with_false: int
    found: int
    true: int
    seconds: float


def write(out: Path) -> Path:
    """Write `methods.md` from the records in `out`, into the folder above it."""
    path = out.parent / "methods.md"
    write_atomically(path, page(load(out / "methods.jsonl"), _law(out)).encode())
    return path


def page(every: Sequence[dict], law: str = "") -> str:
    """The page.

    Args:
        every: records of runs, see `methods.make`.
        law: text on what the grid says of the law of motion.
    """
    common = shared(every)
    seeds = {name: sorted({r["run"][3] for r in every if r["method"] == name}) for name in METHODS}
    done = "; ".join(f"{name}: {len(some)}" for name, some in seeds.items())
    parts = [
        "# Four methods on the same data",
        "Every method gets the same noisy observations and nothing else: "
        f"{TRAJECTORIES} trajectories of {STEPS + 1} samples, independent noise on every "
        "observation, in units of each coordinate's spread. No method is told the noise. Made by "
        "`python -m experiments.evidence methods`.",
        f"- *{VERDICT}* is closed form: laws of motion that are linear in Gaussian weights.\n"
        f"- *{ALONE}* is free of a model: the first table of the same runs.\n"
        "- The two variational methods fit a network and its symmetries together. The settings "
        f"are those of `{'` and `'.join(FITS.values())}` in `configs/`. They hold out a fifth of "
        "the trajectories. The span of what they have learned is judged by the same rule.",
        _before(every),
        f"Seeds that are done, from 0 on, in part or in full: {done}.",
        _default(common),
        "## On the runs that every method has done",
        _summary(common),
        "## System by system",
        _cells(every),
        "Rank: one number a seed. False: directions that are called conserved and whose "
        f"parallelness with the true span is below {FALSE}, of all seeds. Log score: of the stated "
        "probabilities that a change is within the tolerance, mean in nats a direction, 0 is best; "
        "in parentheses that of the constant share that is within the tolerance. Seconds: median "
        "processor time of a run on one core, with compilation.",
        _beyond([record for record in every if record["method"] == VERDICT]),
        "## Does the law of motion add anything?",
        _added(every),
        law,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _before(every: Sequence[dict]) -> str:
    """Text: how many runs of the fits are from the time when fits had their own verdict."""
    fits = [record for record in every if record["method"] in FITS]
    old = sum(record.get("code", "") != JUDGED for record in fits)
    if not old:
        return ""
    return (
        f"**{old} of the {len(fits)} variational runs are older.** They had a verdict of their "
        "own: conserved where the posterior disagreed with the symmetry by less than two of its "
        "deviations, and the drift was not surely above a hundredth. Its code is deleted. They are "
        "kept because they are why `discover` does not use the fit."
    )


def shared(every: Sequence[dict]) -> list[dict]:
    """The records of those runs that every method has done."""
    done = [{tuple(r["run"]) for r in every if r["method"] == name} for name in METHODS]
    common = set.intersection(*done)
    return [record for record in every if tuple(record["run"]) in common]


def total(some: Sequence[dict]) -> Total:
    """The summary of the records of one method."""
    each = [(scored(r["directions"], r["true"]), r["true"]) for r in some]
    return Total(
        runs=len(each),
        right=sum(one.rank == true and not one.false for one, true in each),
        with_false=sum(one.false > 0 for one, _ in each),
        found=sum(one.rank - one.false for one, _ in each),
        true=sum(true for _, true in each),
        seconds=float(np.median([r["seconds"] for r in some])) if each else float("nan"),
    )


def _totals(common: Sequence[dict]) -> dict[str, Total]:
    return {name: total([r for r in common if r["method"] == name]) for name in METHODS}


def _default(common: Sequence[dict]) -> str:
    """Text: which method `discover` uses, and whether these figures support it."""
    if not common:
        return "No run is done by every method yet."
    totals = _totals(common)
    figures = "; ".join(
        f"{name}: rank right in {t.right} of {t.runs} runs, a false law in {t.with_false}, "
        f"{t.seconds:.1f} s"
        for name, t in totals.items()
    )
    default = totals[VERDICT]
    order = lambda t: (t.with_false, -t.right)  # noqa: E731
    beaten = [name for name in METHODS if order(totals[name]) > order(default)]
    equal = [n for n in METHODS if n != VERDICT and order(totals[n]) == order(default)]
    better = [name for name in METHODS if order(totals[name]) < order(default)]
    text = f"**`discover` uses the {VERDICT} by default.** On the same runs: {figures}."
    if beaten:
        text += f" By false laws first, then by right ranks, it is before {listed(beaten)}."
    if equal:
        text += (
            f" It is equal to {listed(equal)} by these two figures. What sets it apart is the "
            "time, that it states probabilities, and what the law of motion adds: the last section."
        )
    if better:
        text += f" It is behind {listed(better)}: these figures do not speak for the default."
    slower = [n for n in METHODS if totals[n].seconds > default.seconds]
    if slower:
        times = (f"{totals[n].seconds / default.seconds:.1f} times" for n in slower)
        text += f" Time against the default's: {listed(slower)} {listed(list(times))}."
    return text


def _summary(common: Sequence[dict]) -> str:
    rows = []
    for name, t in _totals(common).items():
        low, high = wilson(t.with_false, t.runs) if t.runs else (0.0, 1.0)
        rows.append(
            (name, str(t.runs), str(t.right), f"{t.with_false} ({low:.0%} to {high:.0%})",
             f"{t.found} of {t.true}", f"{t.seconds:.1f}")
        )  # fmt: skip
    header = (
        "method", "runs", "rank right", "runs with a false law (95 % interval)",
        "true quantities found", "seconds",
    )  # fmt: skip
    return table(header, rows)


def _cells(every: Sequence[dict]) -> str:
    rows = []
    for name, noise in CELLS:
        for method in METHODS:
            some = _of(every, name, noise, method)
            if not some:
                continue
            each = [scored(r["directions"], r["true"]) for r in some]
            ranks = " ".join(str(one.rank) for one in each)
            rows.append(
                (name, f"{noise:g}", method, str(some[0]["true"]), ranks,
                 str(sum(one.false for one in each)), _score(some),
                 f"{total(some).seconds:.1f}")
            )  # fmt: skip
    header = ("system", "noise", "method", "true", "rank", "false", "log score", "seconds")
    return table(header, rows)


def _score(some: Sequence[dict]) -> str:
    if not all("cautious" in record["directions"] for record in some):
        return "-"
    score, plain, _ = log_score([record["directions"] for record in some])
    return f"{score:.4f} ({plain:.4f})"


def _beyond(some: Sequence[dict]) -> str:
    """Directions that the verdict calls conserved and that change by more than the tolerance."""
    sizes = [
        size
        for record in some
        for letter, size in zip(
            *map(record["directions"].get, ("verdicts", "true_size")), strict=True
        )
        if letter == "c"
    ]
    large = [size for size in sizes if size > TOLERANCE]
    text = (
        f"Of {len(sizes)} directions that the {VERDICT} calls conserved, {len(large)} change by "
        f"more than the tolerance of {TOLERANCE:g} on 100 clean trajectories"
    )
    return text + (f"; the most by {max(large):.3f} of the spread." if large else ".")


def _of(every: Sequence[dict], name: str, noise: float, method: str) -> list[dict]:
    some = [r for r in every if r["method"] == method and r["run"][:2] == [name, noise]]
    return sorted(some, key=lambda record: record["run"][3])


def _added(every: Sequence[dict]) -> str:
    same, other = [], []
    for name, noise in CELLS:
        law, alone = (_of(every, name, noise, method) for method in (VERDICT, ALONE))
        label = f"{name} (noise {noise:g})"
        if not law:
            continue
        if [r["directions"] for r in law] == [r["directions"] for r in alone]:
            same.append(label)
        else:
            a, b = total(law), total(alone)
            other.append(
                f"{label}: {a.found} of {a.true} true quantities and {a.with_false} runs with a "
                f"false law, against {b.found} and {b.with_false}"
            )
    text = ""
    if same:
        text += (
            f"It adds nothing in: {listed(same)}. There the trajectories alone decide every "
            "direction in every seed, and the verdict is theirs. "
        )
    if other:
        text += f"With it against without: {'; '.join(other)}."
    return text.strip()


def _law(out: Path) -> str:
    """Text: what the law of motion adds on the grid, where data are noisier and fewer."""
    done = list(records("grid", out)) if (out / "grid").exists() else []
    if not done:
        return ""
    asked = [record for record in done if record["by"]]
    sums = {}
    for key in ("verdict", "tracks"):
        each = [scored(record[key], record["true"]) for record in asked]
        sums[key] = (sum(s.rank - s.false for s in each), sum(s.false > 0 for s in each))
    (found, false), (found_alone, false_alone) = sums["verdict"], sums["tracks"]
    return (
        f"On the [grid](evidence/grid.md) of noise and numbers of trajectories a law decided in "
        f"{len(asked)} of {len(done)} runs. In these it found {found} of "
        f"{sum(r['true'] for r in asked)} true quantities, with a false law in {false} runs; the "
        f"trajectories alone found {found_alone}, with a false law in {false_alone} runs."
    )
