"""Figures of a fit; matplotlib without any global state.

Every function returns a `Figure` of its own; `canvas.save` writes it. Where colours distinguish
things, shapes or lines do so too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from noether_razor.conserved import Quadratic
from noether_razor.describe.canvas import (
    BLUE,
    COLUMN,
    GREY,
    ORANGE,
    PAGE,
    RED,
    SMALL,
    TEXT,
    new_figure,
    polish,
)
from noether_razor.discovery.result import Discovery
from noether_razor.inference.spread import canonical_spread


def singular_values(discovery: Discovery) -> Figure:
    """Learned singular values; the dashed line is the verdict's rank."""
    assert discovery.fit is not None
    figure, ax = new_figure(COLUMN, 3.0)
    values = discovery.fit.singular_values
    number = np.arange(1, len(values) + 1)
    ax.plot(number, values, color=BLUE, marker="o", markersize=5, linewidth=1)
    ax.set(yscale="log", ylabel="singular value (spreads)", xlabel="number")
    ax.set(xticks=_ticks(len(values)))
    if 0 < discovery.rank < len(values):
        ax.axvline(discovery.rank + 0.5, color=GREY, linestyle="--", linewidth=1)
        ax.annotate(
            f"rank {discovery.rank}",
            (discovery.rank + 0.5, 0),
            (4, 6),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=SMALL,
            color=GREY,
        )
    return figure


def curve(discovery: Discovery) -> Figure:
    """The bound against the number of directions held; the dashed line is the verdict's rank."""
    assert discovery.fit is not None
    figure, ax = new_figure(PAGE / 2, 3.0)
    ranks = [one.rank for one in discovery.fit.curve]
    bounds = np.array([one.bound for one in discovery.fit.curve])
    errors = [one.error for one in discovery.fit.curve]
    ax.errorbar(
        ranks, bounds - bounds.max(), errors, color=BLUE, marker="o", markersize=5, capsize=3
    )
    ax.axvline(discovery.rank, color=GREY, linestyle="--", linewidth=1, zorder=0)
    if np.ptp(bounds) > 1:
        ax.set_yscale("symlog", linthresh=1.0)
    ax.set(xlabel="directions held", ylabel="bound below the best (nats)", xticks=ranks)
    ax.set_title(f"Bound (dashed: the verdict, {discovery.rank})", fontsize=TEXT)
    return figure


def generators(discovery: Discovery, columns: int = 4) -> Figure:
    """Generators [J A, J b] of the conserved quantities, as matrices with coordinate names.

    Row i, column j: the rate of x_i along the flow, for each unit of x_j or for the constant 1.
    """
    found = discovery.quantities
    A, b = (np.stack([getattr(q, name) for q in found]) for name in ("A", "b"))
    return matrices(Quadratic(A, b), [q.expression for q in found], discovery.names, columns)


def matrices(
    quantities: Quadratic, titles: Sequence[str], names: Sequence[str], columns: int = 4
) -> Figure:
    """The generators of K quantities as matrices; see `generators`."""
    matrices = np.asarray(quantities.generators())[:, :-1]
    count = len(matrices)
    columns = min(columns, count)
    rows = -(-count // columns)
    side = np.clip(0.16 * matrices.shape[1], 1.4, 4.0)
    figure, axes = new_figure(
        (side + 0.45) * columns + 0.5, (side + 0.6) * rows + 0.2, rows, columns
    )
    size = SMALL if len(names) <= 8 else SMALL - 2
    for k, ax in enumerate(np.atleast_1d(axes).flat):
        if k >= count:
            ax.set_axis_off()
            continue
        most = np.abs(matrices[k]).max() or 1.0
        ax.imshow(matrices[k] / most, cmap="RdBu_r", vmin=-1, vmax=1)
        lines = wrap(titles[k], int(16 * side), max_lines=2, placeholder=" ...")
        ax.set_title("\n".join(lines), fontsize=SMALL - 1)
        ax.set_xticks(np.arange(len(names) + 1), [*names, "1"], rotation=90, fontsize=size)
        ax.set_yticks(np.arange(len(names)), names, fontsize=size)
        ax.spines[:].set_visible(True)
        ax.tick_params(length=0)
    figure.supxlabel("red +, blue -; each divided by its largest entry", fontsize=SMALL)
    figure.get_layout_engine().set(h_pad=0.08)  # type: ignore[union-attr]
    return figure


def rollout(
    times: np.ndarray, truth: np.ndarray, model: np.ndarray, names: Sequence[str]
) -> Figure:
    """One trajectory and the model's from the same start: phase planes, and the error in time.

    Args:
        times: [T].
        truth, model: states [T, 2n].
        names: names of the 2n coordinates.
    """
    n = truth.shape[1] // 2
    shown = min(n, 3)
    figure = Figure(figsize=(PAGE, 5.2), layout="constrained")
    grid = figure.add_gridspec(2, shown, height_ratios=(3, 2))
    for i in range(shown):
        ax = figure.add_subplot(grid[0, i])
        ax.plot(truth[:, i], truth[:, n + i], color=BLUE, marker="o", markersize=3, label="data")
        ax.plot(
            model[:, i], model[:, n + i], color=RED, linestyle="--", linewidth=1.5, label="model"
        )
        start = truth[0, [i, n + i]]
        ax.plot(*start, "*", markersize=11, color="black", label="start")
        ax.set(xlabel=names[i], ylabel=names[n + i])
        polish(ax)
    figure.axes[0].legend(fontsize=SMALL, frameon=False)
    ax = figure.add_subplot(grid[1, :])
    error = np.sqrt(np.mean(((model - truth) / canonical_spread(truth)) ** 2, axis=1))
    ax.plot(times[1:], np.maximum(error[1:], 1e-12), color=RED, marker="o", markersize=3)
    ax.set(yscale="log", xlabel="time", ylabel="rms error / spread")
    polish(ax)
    return figure


def energy_drift(times: np.ndarray, change: np.ndarray) -> Figure:
    """How well rollouts of the model keep the model's own energy.

    Args:
        times: [T].
        change: change of the energy since the start, [R, T].
    """
    figure, ax = new_figure(COLUMN, 3.0)
    stayed = np.abs(change[np.isfinite(change).all(1)])
    ax.set(yscale="log", xlabel="time", ylabel="|H(t) - H(0)|")
    if not len(stayed):
        ax.set_title("every rollout left the finite numbers", fontsize=TEXT)
        return figure
    low, middle, high = np.quantile(stayed[:, 1:], [0.05, 0.5, 0.95], axis=0)
    tiny = max(1e-3 * float(np.max(high, initial=0)), 1e-12)
    label = f"90 % of {len(stayed)} rollouts"
    if len(stayed) < len(change):
        label += f", {len(change) - len(stayed)} more diverged"
    low, middle, high = (np.maximum(values, tiny) for values in (low, middle, high))
    ax.fill_between(times[1:], low, high, color=BLUE, alpha=0.25, linewidth=0, label=label)
    ax.plot(times[1:], middle, color=BLUE, label="median")
    ax.legend(fontsize=SMALL, frameon=False)
    return figure


def training(metrics: Sequence[Mapping[str, Any]]) -> Figure:
    """The bound during the fit, phase by phase, from the lines of `metrics.jsonl`."""
    figure, ax = new_figure(COLUMN, 3.0)
    phases = list(dict.fromkeys(line.get("phase", "fit") for line in metrics))
    for phase, colour in zip(phases, (ORANGE, BLUE, RED, GREY), strict=False):
        lines = [line for line in metrics if line.get("phase", "fit") == phase]
        elbo = np.asarray([line["elbo"] for line in lines], float)
        ax.plot([line["step"] for line in lines], elbo, ".-", color=colour, label=phase)
    ax.set_yscale("symlog", linthresh=10.0)
    ax.set(xlabel="step", ylabel="bound (nats a transition)")
    if phases:
        ax.legend(fontsize=SMALL, frameon=False)
    return figure


def _ticks(count: int) -> np.ndarray:
    return np.arange(1, count + 1, max(1, -(-count // 12)))
