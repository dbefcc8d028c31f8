"""A picture of what was read."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from noether_razor.data.trajectories import Trajectories

SHOWN = 8
"""Trajectories that are drawn, evenly spaced in their order."""


def coordinates(trajectories: Trajectories) -> Figure:
    """Every coordinate against time, with some trajectories over each other."""
    x, names = trajectories.states, trajectories.names
    rows = len(names) // 2 if trajectories.paired else len(names)
    columns = 2 if trajectories.paired else 1
    figure = Figure(figsize=(5 * columns, 1.6 * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True)
    time = trajectories.dt * np.arange(x.shape[1])
    some = np.unique(np.linspace(0, len(x) - 1, SHOWN).round().astype(int))
    for i, name in enumerate(names):
        ax = axes[i % rows, i // rows]
        ax.plot(time, x[some, :, i].T, ".-", markersize=2, linewidth=0.8)
        ax.set_ylabel(name)
    for ax in axes[-1]:
        ax.set_xlabel("time from the first sample")
    figure.suptitle(f"{len(some)} of {len(x)} trajectories")
    return figure
