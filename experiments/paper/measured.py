"""The razor and the sceptic's baseline on noisy measurements, one beside the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.paper.exhibits import Exhibit
from experiments.paper.found import NOTE, each_run, each_system, precision
from experiments.paper.plan import runs
from experiments.paper.record import Records
from experiments.paper.tables import write_texts
from experiments.text import comma_separated, markdown
from noether_razor.build import build
from noether_razor.canvas import BLUE, GREY, ORANGE, PAGE, SMALL, TEXT, new_figure, save
from noether_razor.config import ExperimentConfig
from noether_razor.discovery.directions import parallelness
from noether_razor.proposals import propose_quadratics
from noether_razor.systems import stack

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = {"as it stands": False, "noise off": True}
"""The baseline's two ways with measurement noise; see `proposals.slow_directions`."""

FLOOR = 1e-4
"""Smaller eigenvalues are drawn here: on clean data they are zero to rounding."""

BASELINE_NOTE = (
    "The baseline alone: eigenvalues of the training trajectories' covariances, without a model. "
    "Last true, first false: the eigenvalue number r, r the true rank, and the one after it, mean "
    "over seeds; between them a threshold would have to be put. Gap in: seeds in which the ratio "
    "of the two is 2 or more. Parallelness: least of the first r directions with the true span."
)


class Baseline(NamedTuple):
    """One run, one way: the eigenvalues around the true rank, and its directions' truth."""

    last_true: float
    first_false: float
    parallel: float


def write(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write the study as PNG, its runs as CSV and both tables as Markdown; the paths written."""
    seeds = max(len(some) for some in records.values())
    rows = {k: v for k, v in runs(exhibit, seeds, out).items() if k in records}
    found = {
        label: {way: [_baseline(run.config, off) for run in row] for way, off in WAYS.items()}
        for label, row in rows.items()
    }
    picture = out / f"{exhibit.name}.png"
    save(_draw(exhibit.title, found, records), picture)
    parts = [
        f"## {exhibit.title}",
        markdown(each_system(records)),
        precision(records),
        NOTE,
        "### The baseline on the same trajectories",
        markdown([_row(label, *one) for label, both in found.items() for one in both.items()]),
        BASELINE_NOTE,
    ]
    texts = {"csv": comma_separated(each_run(records)), "md": "\n\n".join(parts) + "\n"}
    return [picture, *write_texts(out / exhibit.name, texts)]


def _baseline(config: ExperimentConfig, noise_off: bool) -> Baseline:
    made = build(config)
    true = stack(made.system.conserved)
    rank = len(true.b)
    proposals = propose_quadratics(made.train_trajectories.states, rank + 1, noise_off)
    truth = np.asarray(true.rescale(proposals.spread).coefficients(), float)
    rows = np.asarray(proposals.quantities.coefficients(), float)
    last, first = np.abs(proposals.eigenvalues[rank - 1 : rank + 1])
    return Baseline(float(last), float(first), float(parallelness(rows[:rank], truth).min()))


def _row(label: str, way: str, some: list[Baseline]) -> dict[str, object]:
    gaps = sum(one.first_false >= 2 * one.last_true for one in some)
    return {
        "data": label,
        "baseline": way,
        "last true": f"{np.mean([one.last_true for one in some]):.2g}",
        "first false": f"{np.mean([one.first_false for one in some]):.2g}",
        "gap in": f"{gaps} of {len(some)}",
        "parallelness": f"{np.mean([one.parallel for one in some]):.3f}",
    }


def _draw(title: str, found: dict[str, dict[str, list[Baseline]]], records: Records) -> Figure:
    """Above the baseline's eigenvalues around the true rank, below the rank of the razor."""
    figure, (above, below) = new_figure(PAGE, 4.4, 2, 1, sharex=True)
    figure.suptitle(title, fontsize=TEXT)
    for way, shift, colour in zip(WAYS, (-0.15, 0.15), (GREY, BLUE), strict=True):
        for name, marker in (("last_true", "o"), ("first_false", "X")):
            values = [[getattr(one, name) for one in both[way]] for both in found.values()]
            x = np.repeat(np.arange(len(values)) + shift, [len(some) for some in values])
            y = np.maximum(np.concatenate(values), FLOOR)
            label = f"{name.replace('_', ' ')}, {way}"
            above.plot(x, y, marker, color=colour, ms=4, alpha=0.7, label=label)
    above.set(yscale="log", ylabel="baseline eigenvalue", ylim=(FLOOR / 2, 1))
    above.legend(
        fontsize=SMALL, frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1)
    )
    ranks = [[one.columns["rank"] for one in records[label]] for label in found]
    for place, some in enumerate(ranks):
        spread = place + np.linspace(-0.15, 0.15, len(some))
        below.plot(spread, some, "o", color=ORANGE, ms=4)
    truth = next(iter(records.values()))[0].truth.rank
    below.axhline(truth, color=GREY, linestyle="--", linewidth=1, zorder=0)
    below.set(ylabel=f"rank, the razor (true: {truth})", ylim=(-0.5, truth + 3))
    below.set_xticks(
        range(len(found)), [label.replace(", ", ",\n") for label in found], fontsize=SMALL
    )
    return figure
