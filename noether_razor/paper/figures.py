"""Figures of several runs side by side; the look is that of `canvas`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from noether_razor.canvas import BLUE, GREY, ORANGE, PAGE, SMALL, TEXT, few_ticks, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODELS = {"plain": (GREY, "s"), "learned": (BLUE, "o"), "built in": (ORANGE, "D")}
NATS, SQUARE = "nats a transition", "mean square"
UNITS = {
    "NLL": NATS,
    "KL": NATS,
    "-ELBO": NATS,
    "test MSE": SQUARE,
    "moved MSE": SQUARE,
    "wider MSE": SQUARE,
    "rollout": "spreads",
    "energy": "standard deviations",
}
"""The columns that are drawn, and the unit of each."""


def of_table(title: str, found: dict[str, list[dict[str, float]]]) -> Figure:
    """A panel a column: every seed of every model as a point, with mean and standard error.

    Args:
        title: of the table.
        found: by experiment, the columns of each seed's run.
    """
    figure, axes = new_figure(PAGE, 4.4, 2, len(UNITS) // 2, sharey=True)
    figure.suptitle(title, fontsize=TEXT)
    models = [experiment.rsplit("/", 1)[-1].replace("_", " ") for experiment in found]
    for ax, (name, unit) in zip(axes.flat, UNITS.items(), strict=True):
        everything = []
        for place, (model, runs) in enumerate(zip(models, found.values(), strict=True)):
            values = np.asarray([run[name] for run in runs])
            everything.append(values)
            colour, marker = MODELS.get(model, (GREY, "o"))
            ax.plot(
                values,
                np.full(len(values), place + 0.22),
                marker,
                color=colour,
                markersize=3,
                alpha=0.5,
            )
            error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else 0.0
            ax.errorbar(
                values.mean(),
                place,
                xerr=error,
                color=colour,
                marker=marker,
                capsize=3,
                markersize=6,
            )
        few_ticks(ax, np.concatenate(everything))
        ax.set_xlabel(unit, fontsize=SMALL)
        ax.set(yticks=range(len(models)), yticklabels=models, ylim=(len(models) - 0.4, -0.6))
        ax.set_title(name, fontsize=SMALL)
    return figure
