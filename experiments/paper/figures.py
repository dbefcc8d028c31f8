"""Figures of several runs side by side; the look is that of `canvas`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.paper.record import NEAR, Records
from noether_razor.describe.canvas import (
    BLUE,
    COLUMN,
    GREY,
    ORANGE,
    PAGE,
    SKY,
    SMALL,
    TEXT,
    few_ticks,
    new_figure,
    round_levels,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODELS = {
    "plain": (GREY, "s"),
    "learned": (BLUE, "o"),
    "built in": (ORANGE, "D"),
    "learned from random": (SKY, "^"),
}
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


def of_table(title: str, records: Records) -> Figure:
    """One panel per column: every seed of every model as a point, with mean and standard error.

    Args:
        title: title of the table.
        records: records by model.
    """
    figure, axes = new_figure(PAGE, 4.4, 2, len(UNITS) // 2, sharey=True)
    figure.suptitle(title, fontsize=TEXT)
    for ax, (name, unit) in zip(axes.flat, UNITS.items(), strict=True):
        everything = []
        for place, (model, some) in enumerate(records.items()):
            values = np.asarray([one.columns[name] for one in some])
            everything.append(values)
            colour, marker = MODELS.get(model, (GREY, "o"))
            style = dict(color=colour, marker=marker)
            above = np.full(len(values), place + 0.22)
            ax.plot(values, above, linestyle="", markersize=3, alpha=0.5, **style)
            error = _standard_error(values)
            ax.errorbar(values.mean(), place, xerr=error, capsize=3, markersize=6, **style)
        few_ticks(ax, np.concatenate(everything))
        ax.set_xlabel(unit, fontsize=SMALL)
        ax.set(yticks=range(len(records)), yticklabels=list(records))
        ax.set_ylim(len(records) - 0.4, -0.6)
        ax.set_title(name, fontsize=SMALL)
    return figure


def of_spectra(title: str, records: Records) -> Figure:
    """One column per system: the generators' singular values, and how true each direction is.

    Every seed is a line; the dashed line is the number of quantities that the system conserves.

    Args:
        title: title of the figure.
        records: records by the name of the system.
    """
    count = len(records)
    figure, axes = new_figure(max(COLUMN, 1.9 * count), 4.2, 2, count, sharex="col", sharey="row")
    axes = np.asarray(axes).reshape(2, count)
    figure.suptitle(title, fontsize=TEXT)
    for (above, below), (name, some) in zip(axes.T, records.items(), strict=True):
        for one in some:
            number = np.arange(1, len(one.truth.values) + 1)
            style = dict(markersize=3, alpha=0.6)
            above.plot(number, one.truth.values, "o-", color=BLUE, linewidth=0.7, **style)
            below.plot(number, one.truth.parallelness, "D", color=ORANGE, **style)
        rank = some[0].truth.rank
        for ax in (above, below):
            ax.axvline(rank + 0.5, color=GREY, linestyle="--", linewidth=1)
        above.set_yscale("log")
        above.set_title(f"{name}, rank {rank}", fontsize=SMALL)
        below.set(xlabel="number", ylim=(-0.05, 1.05))
        below.locator_params(axis="x", nbins=5, integer=True)
    axes[0, 0].set_ylabel("singular value")
    axes[1, 0].set_ylabel("parallelness")
    return figure


def of_horizon(title: str, records: Records) -> Figure:
    """One row per system: errors of rollouts in time, as median and range of each model's seeds.

    Args:
        title: title of the figure.
        records: records by "system, model".
    """
    systems = list(dict.fromkeys(label.split(", ")[0] for label in records))
    names = ("rollout", "energy")
    figure, axes = new_figure(PAGE, 2.7 * len(systems), len(systems), 2, sharex="row")
    axes = np.asarray(axes).reshape(len(systems), 2)
    figure.suptitle(f"{title}: median and range of the seeds", fontsize=TEXT)
    for label, some in records.items():
        system, model = label.split(", ")
        row = systems.index(system)
        for ax, name in zip(axes[row], names, strict=True):
            curves = [one.curves["long"] for one in some]
            values = np.asarray([getattr(curve, name) for curve in curves], float)[:, 1:]
            times, colour = curves[0].times[1:], MODELS[model][0]
            ax.plot(times, np.median(values, 0), color=colour, label=model)
            ax.fill_between(times, values.min(0), values.max(0), color=colour, alpha=0.2, lw=0)
            end = curves[0].times[-1] / 10
            ax.axvline(end, color=GREY, linestyle="--", linewidth=1)
            ax.set(yscale="log", xlabel="time (units of the system)")
            ax.set_title(f"{system}: {name}", fontsize=SMALL)
            ax.set_ylabel(UNITS[name], fontsize=SMALL)
    for ax in axes[:, 0]:
        ax.legend(fontsize=SMALL, frameon=False, loc="lower right")
    return figure


def of_sweep(title: str, axis: str, records: Records) -> Figure:
    """Held-out error of the plain and the learned model, and the generators found, by one number.

    Args:
        title: title of the figure.
        axis: what the number is.
        records: records by "number model".
    """
    figure, (above, below) = new_figure(PAGE, 3.0, 1, 2)
    figure.suptitle(title, fontsize=TEXT)
    for model, (colour, marker) in MODELS.items():
        found = {float(k.split(" ")[0]): v for k, v in records.items() if k.endswith(f" {model}")}
        if not found:
            continue
        x = np.array(list(found))
        panels = [(above, "held-out MSE")] + [(below, NEAR)] * (model == "learned")
        for ax, name in panels:
            values = [np.array([one.columns[name] for one in some]) for some in found.values()]
            for place, some in zip(x, values, strict=True):
                ax.plot(np.full(len(some), place), some, marker, color=colour, ms=3, alpha=0.4)
            mean, error = [v.mean() for v in values], [_standard_error(v) for v in values]
            ax.errorbar(x, mean, error, color=colour, marker=marker, capsize=3, label=model)
    truth = next(iter(records.values()))[0].truth.rank
    below.axhline(truth, color=GREY, linestyle="--", linewidth=1)
    above.set(xscale="log", yscale="log", xlabel=axis, ylabel="one-step error (mean square)")
    below.set(
        xscale="log", xlabel=axis, ylabel=f"generators found (true: {truth})", ylim=(-0.5, None)
    )
    above.legend(fontsize=SMALL, frameon=False)
    return figure


def of_hamiltonians(title: str, axis: np.ndarray, found: dict[str, np.ndarray]) -> Figure:
    """Hamiltonians of one degree of freedom over phase space, side by side with the truth.

    Args:
        title: title of the figure.
        axis: values of q, and of p, [Q].
        found: by model, values [Q, Q] at (q, p); the truth comes first.
    """
    figure, axes = new_figure(PAGE, 2.7, 1, len(found), sharex=True, sharey=True)
    figure.suptitle(f"{title} (white: levels of the truth)", fontsize=TEXT)
    truth = next(iter(found.values()))
    levels = round_levels(truth, 13)
    drawn = None
    for ax, (name, values) in zip(axes, found.items(), strict=True):
        drawn = ax.contourf(axis, axis, values.T, levels, cmap="cividis", extend="both")
        ax.contour(axis, axis, truth.T, levels, colors="white", linewidths=0.4)
        ax.set(xlabel="q", aspect="equal")
        ax.set_title(name, fontsize=SMALL)
    axes[0].set_ylabel("p")
    bar = figure.colorbar(drawn, ax=axes, shrink=0.8)
    bar.set_label("H (energy)", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.0
