"""The bound against the number of directions held, compared with the true rank, over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.paper.exhibits import Exhibit
from experiments.paper.record import Record, Records
from experiments.paper.tables import write_texts
from experiments.text import comma_separated, markdown, mean_and_error
from noether_razor.describe.canvas import BLUE, GREY, PAGE, SMALL, TEXT, new_figure, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = {"one fewer": -1, "one more": 1, "two more": 2}

LEGEND = (
    "Bound with that many directions held less the bound at the true rank, in nats a training "
    "transition; mean and standard error over seeds. A true symmetry costs nothing and need not "
    "gain anything; a false one costs."
)


def write(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write the curves as PNG, CSV (a row per rank and run) and Markdown; return the paths."""
    picture = out / f"{exhibit.name}.png"
    save(_draw(exhibit.title, records), picture)
    points = [
        {"system": label, "seed": one.config["seed"], "true": one.truth.rank}
        | {"rank": int(rank), "bound": bound, "error": error}
        for label, some in records.items()
        for one in some
        for rank, bound, error in one.bounds
    ]
    parts = [
        f"## {exhibit.title}",
        markdown([_row(label, some) for label, some in records.items()]),
        LEGEND,
    ]
    texts = {"csv": comma_separated(points), "md": "\n\n".join(parts) + "\n"}
    return [picture, *write_texts(out / exhibit.name, texts)]


def beside_the_truth(one: Record) -> dict[int, float]:
    """The bound minus that at the true rank, by the number of directions beyond the true rank.

    Empty if the curve does not contain the true rank.
    """
    curve = {int(rank): bound for rank, bound, _ in one.bounds}
    if one.truth.rank not in curve:
        return {}
    return {rank - one.truth.rank: b - curve[one.truth.rank] for rank, b in curve.items()}


def _row(label: str, some: Sequence[Record]) -> dict[str, object]:
    curves = [beside_the_truth(one) for one in some]
    costs = {
        name: [curve[step] for curve in curves if step in curve] for name, step in STEPS.items()
    }
    said = {name: mean_and_error(values) if values else "-" for name, values in costs.items()}
    return {"system": label, "true": some[0].truth.rank, **said}


def _draw(title: str, records: Records) -> Figure:
    """Draw one panel per system, with one line per seed."""
    columns = 4
    rows = -(-len(records) // columns)
    figure, axes = new_figure(PAGE, 0.5 + 1.7 * rows, rows, columns, sharex=True)
    figure.suptitle(f"{title}\n(bound less that at the true rank, nats)", fontsize=TEXT)
    for ax in np.ravel(axes)[len(records) :]:
        ax.set_visible(False)
    for ax, (label, some) in zip(np.ravel(axes), records.items(), strict=False):
        for one in some:
            curve = sorted(beside_the_truth(one).items())
            ax.plot(*np.reshape(curve, (-1, 2)).T, "o-", color=BLUE, ms=3, lw=1, alpha=0.6)
        ax.axvline(0, color=GREY, linestyle="--", linewidth=1, zorder=0)
        ax.set_yscale("symlog", linthresh=1.0)
        ax.set_title(f"{label} ({some[0].truth.rank})", fontsize=SMALL)
        ax.set_xticks(range(-2, 3))
    figure.supxlabel("directions held, beyond the true rank", fontsize=SMALL)
    return figure
