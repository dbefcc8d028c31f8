"""Figures of several runs side by side; the look is that of `canvas`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from noether_razor.canvas import (
    BLUE,
    COLUMN,
    GREY,
    ORANGE,
    PAGE,
    RED,
    SMALL,
    TEXT,
    few_ticks,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from noether_razor.paper.spectra import Spectrum

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


def of_spectra(title: str, found: dict[str, list[Spectrum]]) -> Figure:
    """A column a system: singular values of the learned generators, and how true each direction is.

    Every seed is a line; the dashed line is the number of quantities that the system conserves.

    Args:
        title: of the figure.
        found: by the name of the system, the spectra of its seeds.
    """
    figure, axes = new_figure(
        max(COLUMN, 1.9 * len(found)), 4.2, 2, len(found), sharex="col", sharey="row"
    )
    axes = np.asarray(axes).reshape(2, len(found))
    figure.suptitle(title, fontsize=TEXT)
    for (above, below), (name, spectra) in zip(axes.T, found.items(), strict=True):
        for one in spectra:
            number = np.arange(1, len(one.values) + 1)
            above.plot(number, one.values, "o-", color=BLUE, markersize=3, linewidth=0.7, alpha=0.6)
            below.plot(number, one.parallelness, "D", color=ORANGE, markersize=3, alpha=0.6)
        for ax in (above, below):
            ax.axvline(spectra[0].true_rank + 0.5, color=GREY, linestyle="--", linewidth=1)
        above.set_yscale("log")
        above.set_title(f"{name}: {spectra[0].true_rank}", fontsize=SMALL)
        below.set(xlabel="number", ylim=(-0.05, 1.05))
    axes[0, 0].set_ylabel("singular value")
    axes[1, 0].set_ylabel("parallelness")
    return figure


def of_hamiltonians(
    title: str, q: np.ndarray, p: np.ndarray, found: dict[str, np.ndarray], data: np.ndarray
) -> Figure:
    """Hamiltonians of one degree of freedom over phase space, side by side with the truth.

    Args:
        title: of the figure.
        q, p: the grid's axes, [Q] and [P].
        found: by model, values [Q, P], each with the mean of the truth; the truth comes first.
        data: states that were trained on, [N, 2].
    """
    figure, axes = new_figure(PAGE, 2.7, 1, len(found), sharex=True, sharey=True)
    figure.suptitle(title, fontsize=TEXT)
    truth = next(iter(found.values()))
    levels = np.linspace(truth.min(), truth.max(), 13)
    for ax, (name, values) in zip(axes, found.items(), strict=True):
        drawn = ax.contourf(q, p, values.T, levels, cmap="cividis", extend="both")
        ax.contour(q, p, truth.T, levels, colors="white", linewidths=0.4)
        ax.plot(*data.T, ".", color=RED, markersize=2)
        ax.set(xlabel="q", aspect="equal")
        ax.set_title(name, fontsize=SMALL)
    axes[0].set_ylabel("p")
    bar = figure.colorbar(drawn, ax=axes, shrink=0.8)
    bar.set_label("H (energy)", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure
