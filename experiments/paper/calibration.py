"""How often what is called conserved is so: the verdict beside the truth, over many small fits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.paper.exhibits import CONDITIONS, Exhibit
from experiments.paper.found import FALSE, NOTE, each_run, each_system, precision
from experiments.paper.record import Records
from experiments.paper.tables import write_texts
from experiments.text import comma_separated, markdown
from noether_razor.canvas import BLUE, ORANGE, PAGE, SMALL, TEXT, new_figure, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUANTILE = 1.96
"""Quantile of the normal distribution for an interval of 95 %."""

SHARES = (
    "Called conserved: directions that the verdict keeps. Truly so: those whose parallelness with "
    f"the true span is {FALSE:g} or more; of them, with Wilson's interval of 95 %. Found: of the "
    "true quantities, how many the kept directions are."
)


class Count(NamedTuple):
    """Directions of all fits to data of one quality: how many are kept, right, and true at all."""

    fits: int
    kept: int
    right: int
    true: int


def write(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write the calibration as PNG, as CSV, a row a run, and as Markdown; the paths written."""
    counts = {name: _count(name, records) for name in CONDITIONS}
    picture = out / f"{exhibit.name}.png"
    save(_draw(exhibit.title, counts), picture)
    parts = [
        f"## {exhibit.title}",
        markdown([_row(*one) for one in counts.items()]),
        SHARES,
        precision(records),
        markdown(each_system(records)),
        NOTE,
    ]
    texts = {"csv": comma_separated(each_run(records)), "md": "\n\n".join(parts) + "\n"}
    return [picture, *write_texts(out / exhibit.name, texts)]


def wilson(right: int, asked: int) -> tuple[float, float]:
    """The interval of 95 % of a share of which `right` of `asked` were seen.

    Source: Wilson, J. American Statistical Association 22 (1927), 209.
    """
    if not asked:
        return 0.0, 1.0
    share, squared = right / asked, QUANTILE**2
    middle = share + squared / (2 * asked)
    reach = QUANTILE * np.sqrt(share * (1 - share) / asked + squared / (4 * asked**2))
    return (middle - reach) / (1 + squared / asked), (middle + reach) / (1 + squared / asked)


def _count(name: str, records: Records) -> Count:
    some = [one for label, row in records.items() if label.endswith(f"; {name}") for one in row]
    kept = np.array([parallel for one in some for parallel in one.truth.kept])
    right = int(np.sum(kept >= FALSE))
    return Count(len(some), len(kept), right, sum(one.truth.rank for one in some))


def _row(name: str, count: Count) -> dict[str, object]:
    low, high = wilson(count.right, count.kept)
    return {
        "data": name,
        "fits": count.fits,
        "called conserved": count.kept,
        "truly so": f"{count.right} ({low:.0%} to {high:.0%})",
        "found": f"{count.right} of {count.true}",
    }


def _draw(title: str, counts: dict[str, Count]) -> Figure:
    """Precision and share found, each with its interval, a line for each quality of the data."""
    figure, axes = new_figure(PAGE, 2.2)
    figure.suptitle(title, fontsize=TEXT)
    shares = {"called conserved that are": (BLUE, "kept"), "true ones found": (ORANGE, "true")}
    for shift, (label, (colour, of)) in zip((-0.12, 0.12), shares.items(), strict=True):
        for place, count in enumerate(counts.values()):
            asked = getattr(count, of)
            low, high = wilson(count.right, asked)
            name = label if not place else None
            axes.plot([low, high], [place + shift] * 2, color=colour, linewidth=2)
            if asked:
                share = count.right / asked
                axes.plot(share, place + shift, "o", color=colour, ms=5, label=name)
    axes.axvline(0.95, color="0.6", linestyle="--", linewidth=1, zorder=0)
    axes.set(xlim=(0, 1.02), ylim=(len(counts) - 0.5, -0.5), xlabel="share, with 95 % interval")
    axes.set_yticks(range(len(counts)), list(counts), fontsize=SMALL)
    axes.legend(fontsize=SMALL, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return figure
