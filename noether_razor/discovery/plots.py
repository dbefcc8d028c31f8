"""The pictures of a discovery by evidence."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from noether_razor.describe.canvas import BLUE, GREY, ORANGE, PAGE, RED, SMALL, new_figure
from noether_razor.discovery.result import Discovery

LOOKS = {
    "conserved": (BLUE, "o"),
    "slow": (ORANGE, "D"),
    "undetermined": (GREY, "s"),
    "changes": (RED, "X"),
}
LEAST = 1e-4
"""Least change on the axis. Smaller changes are drawn at this value."""
MOST = 30
"""Directions that are drawn."""
SHOWN = 5
"""Learned functions that are drawn."""


def changes(discovery: Discovery) -> Figure:
    """The change of every direction with its interval, and the tolerance."""
    shown = discovery.directions[:MOST]
    figure, ax = new_figure(PAGE, 1.3 + 0.22 * max(len(shown), 4))
    for verdict, (colour, marker) in LOOKS.items():
        some = [(i, one) for i, one in enumerate(shown, 1) if one.verdict == verdict]
        if not some:
            continue
        size, low, high = (
            np.maximum([getattr(one, name) for _, one in some], LEAST)
            for name in ("size", "low", "high")
        )
        rows = [i for i, _ in some]
        ax.hlines(rows, low, high, color=colour, linewidth=2)
        ax.plot(size, rows, marker, color=colour, ms=6, label=f"{verdict} ({len(some)})")
    ax.axvline(discovery.tolerance, color="black", linestyle="--", linewidth=1)
    ax.annotate(
        "tolerance", (discovery.tolerance, 0), (4, 4), xycoords=("data", "axes fraction"),
        textcoords="offset points", fontsize=SMALL,
    )  # fmt: skip
    ax.set(xscale="log", xlim=(LEAST / 1.5, 1.5), ylim=(len(shown) + 0.7, 0.3))
    ax.set(xlabel="change along trajectories, in units of the spread", ylabel="direction")
    ax.set_yticks(range(1, len(shown) + 1))
    ax.legend(fontsize=SMALL, frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def along_tracks(discovery: Discovery) -> Figure:
    """The values of the learned functions along trajectories that were not learned from."""
    shown = discovery.learned[:SHOWN]
    figure, axes = new_figure(PAGE, 2.2, 1, len(shown))
    for number, (ax, one) in enumerate(zip(np.ravel(axes), shown, strict=True), 1):
        ax.plot(np.asarray(one.tracks).T, linewidth=1)
        ax.set_title(f"C{number}, {'counts' if one.counted else one.verdict}", fontsize=SMALL)
        ax.set(xlabel="sample")
    np.ravel(axes)[0].set(ylabel="value, in spreads")
    return figure
