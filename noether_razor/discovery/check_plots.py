"""The picture of a check: expressions along a few trajectories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from noether_razor.describe._words import short
from noether_razor.describe.canvas import BLUE, GREY, ORANGE, PAGE, RED, SKY, SMALL, new_figure
from noether_razor.discovery.check_result import Check

COLOURS = (BLUE, ORANGE, "black", SKY, RED, GREY)
"""Colours of the trajectories that a panel shows; there are as many trajectories as colours."""
PANELS = 24
"""Expressions that are drawn."""
COLUMNS = 3
"""Panels in a row, at most."""


def along_trajectories(check: Check, values: Sequence[np.ndarray], dt: float) -> Figure:
    """Every expression about its mean, in units of its spread, along a few trajectories.

    Args:
        check: what was found.
        values: values of each expression, [R, T], in the user's units.
        dt: time between samples.
    """
    shown = check.expressions[:PANELS]
    columns = min(len(shown), COLUMNS)
    rows = -(-len(shown) // columns)
    width = PAGE * (0.4 + 0.6 * columns / COLUMNS)
    figure, axes = new_figure(width, 0.4 + 2.2 * rows, rows, columns)
    flat = np.atleast_1d(axes).ravel()
    for ax, one, track in zip(flat, shown, values, strict=False):
        # The trajectories are evenly spaced between the one with the least mean and the greatest.
        order = np.argsort(track.mean(1), kind="stable")
        some = np.unique(np.linspace(0, len(order) - 1, len(COLOURS)).round().astype(int))
        spread = track.std() if one.varies and track.std() > 0 else 1.0
        scaled = (track[order[some]] - track.mean()) / spread
        ax.set_prop_cycle(color=COLOURS)
        ax.plot(dt * np.arange(track.shape[1]), scaled.T, linewidth=1)
        ax.set_title(f"{short(one.expression)}\n{one.verdict}", fontsize=SMALL, parse_math=False)
        ax.set_xlabel("time", fontsize=SMALL)
    for ax in flat[::columns]:
        ax.set_ylabel("value, in spreads", fontsize=SMALL)
    for ax in flat[len(shown) :]:
        ax.set_visible(False)
    return figure
