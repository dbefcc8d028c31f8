"""Figures of the learning dynamics: what is measured in colour, theory dashed in black over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.learning_dynamics.finding import Panel
from noether_razor.describe.canvas import (
    BLUE,
    GREY,
    ORANGE,
    PAGE,
    RED,
    SKY,
    SMALL,
    TEXT,
    new_figure,
)

COLOURS = (BLUE, ORANGE, SKY, RED, GREY)
MARKS = "osD^v"
IN_A_ROW = 4


def draw(panels: Sequence[Panel]) -> Any:
    """All panels of a finding, at most four in a row."""
    columns = min(len(panels), IN_A_ROW if len(panels) != 6 else 2)
    rows = -(-len(panels) // columns)
    width = PAGE if columns > 1 else 0.6 * PAGE
    figure, axes = new_figure(width, 2.7 * rows + 0.3, rows, columns)
    flat = list(np.atleast_1d(axes).flat)
    for ax in flat[len(panels) :]:
        ax.set_axis_off()
    for ax, panel in zip(flat, panels, strict=False):
        _fill(ax, panel)
    return figure


def _fill(ax: Any, panel: Panel) -> None:
    for curve in panel.curves:
        colour, mark = COLOURS[curve.colour % len(COLOURS)], MARKS[curve.colour % len(MARKS)]
        look = {"marker": mark, "markersize": 4} if curve.marks else {}
        if curve.measured is not None:
            ax.errorbar(
                curve.x,
                curve.measured,
                curve.error,
                color=colour,
                label=curve.label or None,
                linewidth=2.4,
                capsize=2,
                **look,
            )
        if curve.theory is not None:
            ax.plot(curve.x, curve.theory, color="black", linestyle="--", linewidth=1.0, zorder=3)
    if "x" in panel.log:
        ax.set_xscale("log")
    if "y" in panel.log:
        ax.set_yscale("log")
    ax.set(xlabel=panel.x, ylabel=panel.y)
    ax.set_title(panel.title, fontsize=TEXT)
    if any(curve.label for curve in panel.curves):
        ax.legend(fontsize=SMALL - 1, frameon=False)
