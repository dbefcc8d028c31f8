"""Pages of the studies: noise and numbers of trajectories, the zoo, new systems, calibration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.evidence.kept import current
from experiments.evidence.runs import Run, plan, records
from experiments.intervals import wilson
from noether_razor.base.files import write_atomically
from noether_razor.describe._words import table
from noether_razor.describe.canvas import BLUE, GREY, PAGE, SMALL, new_figure, save
from noether_razor.evidence.judged import SURE, TOLERANCE

FALSE = 0.95
"""Parallelness with the true span below which a direction that is called conserved is false."""

TITLES = {
    "grid": "Noise and numbers of trajectories",
    "zoo": "The zoo: systems that were known while the rule was made",
    "new": "New systems: run first when the rule was frozen for the first time",
    "later": "Later systems: added and run after the rule was frozen for the second time",
}

METHOD = (
    "Noise is on every observation, in units of each coordinate's spread, and nothing but these "
    "observations is given to the method. Each trajectory has 41 samples. A cell holds the rank "
    "that was found in each seed; in parentheses, where it differs, the rank on the trajectories "
    "alone, without a law of motion. F: directions that are called conserved and are false, of all "
    f"seeds: their parallelness with the true span is below {FALSE}. S: directions that are called "
    "slow. A true quantity that is not counted is undetermined, unless the column *lost* says "
    "otherwise: true quantities that are said to change or to be slow."
)


class Scored(NamedTuple):
    """Counts of the directions of one run, for the verdict or for the trajectories alone."""

    rank: int
    false: int
    slow: int
    undetermined: int
    lost: int


def scored(part: dict, true: int) -> Scored:
    """Score the directions of one run.

    Args:
        part: the entry "verdict" or "tracks" of a record.
        true: how many quadratics the system conserves.
    """
    verdicts, parallel = part["verdicts"], part["parallel"]
    pairs = list(zip(verdicts, parallel, strict=True))
    return Scored(
        rank=verdicts.count("c"),
        false=sum(v == "c" and p < FALSE for v, p in pairs),
        slow=verdicts.count("s"),
        undetermined=verdicts.count("u"),
        lost=max(0, true - verdicts.count("c") - verdicts.count("u")),
    )


def write(study: str, out: Path) -> Path:
    """Write the page of a study from its records."""
    kept = {Run(*record["run"]): record for record in records(study, out)}
    planned = plan(study)
    done = [kept[run] for run in planned if run in kept]
    parts = [f"# {TITLES[study]}", METHOD]
    if len(done) < len(planned):
        parts.append(f"**{len(done)} of {len(planned)} runs are done.**")
    codes = current()
    present = sum(record.get("code") in codes for record in done)
    if present < len(done):
        parts.append(
            f"{present} of these {len(done)} runs are marked as made with the code as it is, or "
            "with code whose runs it gives again; the others were made with an earlier version."
        )
    parts.append(_summary(done))
    for count in dict.fromkeys(run.trajectories for run in planned):
        some = [record for record in done if Run(*record["run"]).trajectories == count]
        parts += [f"## {count} trajectories", _by_system(some)]
    path = out / f"{study}.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _by_system(some: Sequence[dict]) -> str:
    cells: dict[tuple[str, float], list[dict]] = defaultdict(list)
    for record in some:
        run = Run(*record["run"])
        cells[run.system, run.noise].append(record)
    noises = list(dict.fromkeys(noise for _, noise in cells))
    rows = []
    for name in dict.fromkeys(name for name, _ in cells):
        row = [cells[name, noise] for noise in noises]
        true = next(record["true"] for records in row for record in records)
        seconds = [record["seconds"] for records in row for record in records]
        lost = sum(scored(r["verdict"], true).lost for records in row for r in records)
        texts = [_cell(records, true) for records in row]
        rows.append((name, str(true), *texts, str(lost), f"{np.median(seconds):.1f}"))
    header = ("system", "true", *(f"noise {noise:g}" for noise in noises), "lost", "seconds")
    return table(header, rows)


def _cell(some: Sequence[dict], true: int) -> str:
    law = [scored(record["verdict"], true) for record in some]
    alone = [scored(record["tracks"], true) for record in some]
    ranks, without = ([one.rank for one in many] for many in (law, alone))
    text = " ".join(map(str, ranks))
    if without != ranks:
        text += f" ({' '.join(map(str, without))})"
    for letter, number in (("F", sum(s.false for s in law)), ("S", sum(s.slow for s in law))):
        text += f" {letter}{number}" if number else ""
    return text


def _summary(done: Sequence[dict]) -> str:
    rows = []
    noises = sorted({record["run"][1] for record in done})
    for label, some in [(f"noise {n:g}", [r for r in done if r["run"][1] == n]) for n in noises] + [
        ("all", list(done))
    ]:
        for way, key in (("verdict", "verdict"), ("trajectories alone", "tracks")):
            each = [(scored(record[key], record["true"]), record["true"]) for record in some]
            false = sum(one.false > 0 for one, _ in each)
            right = sum(one.rank - one.false == true and not one.false for one, true in each)
            low, high = wilson(false, len(each))
            rows.append(
                (
                    label,
                    way,
                    str(len(each)),
                    f"{right} ({right / max(len(each), 1):.0%})",
                    f"{false} ({max(low, 0.0):.1%} to {high:.1%})",
                    f"{sum(one.rank - one.false for one, _ in each)} of "
                    f"{sum(true for _, true in each)}",
                    str(sum(one.lost for one, _ in each)),
                )
            )
    header = (
        "data", "judged by", "runs", "rank right", "runs with a false law (95 % interval)",
        "true quantities found", "lost",
    )  # fmt: skip
    return table(header, rows)


class Bin(NamedTuple):
    """The directions whose stated probability is in one range."""

    low: float
    high: float
    stated: float
    true: float
    interval: tuple[float, float]
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]


EDGES = (0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0)


def reliability(done: Iterable[dict], key: str = "verdict") -> list[Bin]:
    """How often a direction is within the tolerance, for each range of the stated probability.

    The interval resamples runs, not directions: directions of one run are not independent.
    """
    runs = [
        (np.array(record[key]["cautious"]), np.array(record[key]["true_size"]) <= TOLERANCE)
        for record in done
    ]
    generator = np.random.default_rng(0)
    bins = []
    for low, high in zip(EDGES, EDGES[1:], strict=False):
        last = high == EDGES[-1]
        inside = [(p >= low) & ((p < high) | last) for p, _ in runs]
        counts = np.array([part.sum() for part in inside])
        hits = np.array([true[part].sum() for part, (_, true) in zip(inside, runs, strict=True)])
        if not counts.sum():
            continue
        drawn = generator.integers(len(runs), size=(1000, len(runs)))
        share = hits[drawn].sum(1) / np.maximum(counts[drawn].sum(1), 1)
        stated = sum(p[part].sum() for part, (p, _) in zip(inside, runs, strict=True))
        low_, high_ = np.quantile(share, [0.025, 0.975])
        bins.append(
            Bin(low, high, float(stated / counts.sum()), float(hits.sum() / counts.sum()),
                (float(low_), float(high_)), int(counts.sum()))
        )  # fmt: skip
    return bins


def write_calibration(studies: Sequence[str], out: Path) -> Path:
    """Write the calibration of the stated probabilities, with its picture."""
    done = [record for study in studies for record in records(study, out)]
    parts = [
        "# Calibration",
        "Probability: that the change of a direction is within the tolerance "
        f"({TOLERANCE:g} of the spread), with every uncertainty counted as change. True: the share "
        "of these directions whose change, measured on 100 clean trajectories of other initial "
        "states, is within the tolerance; its 95 % interval resamples runs. A cautious probability "
        "errs to one side: where it is not near 1, more directions are conserved than it says. "
        f"Only from {SURE:g} on is anything called conserved.",
        f"Studies: {', '.join(TITLES[study].split(':')[0].lower() for study in studies)}; "
        f"{len(done)} runs.",
    ]
    for title, key in (("Verdict", "verdict"), ("Trajectories alone", "tracks")):
        bins = reliability(done, key)
        rows = [
            (f"{b.low:g} to {b.high:g}", str(b.count), f"{b.stated:.4f}", f"{b.true:.4f}",
             f"{b.interval[0]:.4f} to {b.interval[1]:.4f}")
            for b in bins
        ]  # fmt: skip
        header = ("probability", "directions", "stated, mean", "true", "95 % interval")
        parts += [f"## {title}", table(header, rows), _log_score(done, key)]
    save(_draw(done), out / "calibration.png")
    parts.append("![reliability](calibration.png)")
    path = out / "calibration.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _log_score(done: Sequence[dict], key: str) -> str:
    score, plain, base = log_score([record[key] for record in done])
    return (
        f"Log score: {score:.3f} nats a direction (probabilities are cut at one in a million); "
        f"{plain:.3f} for the constant {base:.2f}, the share that is within the tolerance."
    )


def log_score(parts: Sequence[dict]) -> tuple[float, float, float]:
    """Log score of the stated probabilities, that of a constant probability, and this constant.

    Scores are in nats per direction. The constant is the share of directions that are within the
    tolerance.
    """
    stated = np.concatenate([part["cautious"] for part in parts])
    true = np.concatenate([part["true_size"] for part in parts]) <= TOLERANCE
    base = true.mean()
    clipped = np.clip([stated, np.full(len(true), base)], 1e-6, 1 - 1e-6)
    score, plain = -np.log(np.where(true, clipped, 1 - clipped)).mean(1)
    return float(score), float(plain), float(base)


def _draw(done: Sequence[dict]):
    figure, ax = new_figure(PAGE / 2, 3.4)
    for key, colour, label in (
        ("tracks", GREY, "trajectories alone"),
        ("verdict", BLUE, "verdict"),
    ):
        bins = reliability(done, key)
        ax.errorbar(
            [b.stated for b in bins], [b.true for b in bins],
            np.abs([[b.true - b.interval[0], b.interval[1] - b.true] for b in bins]).T,
            color=colour, marker="o", ms=4, capsize=2, label=label,
        )  # fmt: skip
    ax.plot([0, 1], [0, 1], color="0.7", linestyle="--", linewidth=1, zorder=0)
    ax.set(xlabel="stated probability", ylabel="share within the tolerance", xlim=(-0.02, 1.02))
    ax.legend(fontsize=SMALL, frameon=False)
    return figure
