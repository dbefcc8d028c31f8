"""Figures of a discovery of functions; see `plots`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure
from scipy.spatial import KDTree

from noether_razor.canvas import BLUE, GREY, ORANGE, PAGE, SMALL, TEXT, new_figure
from noether_razor.discovery.functions import FunctionDiscovery
from noether_razor.discovery.rank import CONSERVED, DRIFTS
from noether_razor.inference.price import SIGNIFICANT, near_radius
from noether_razor.investigate_functions import FunctionInvestigation
from noether_razor.plots import FLOOR, LOOKS
from noether_razor.trajectories import Trajectories

SHOWN = 6
"""Functions whose level sets are drawn."""

POINTS = 60

FLAT = 0.02
"""Deviations of a function by which it must vary on a section to have level sets there."""


def spectra(discovery: FunctionDiscovery) -> Figure:
    """The certificate of every candidate beside its z, and the gradients' singular values."""
    figure, axes = new_figure(PAGE, 2.8, 1, 3)
    for verdict, (colour, marker) in LOOKS.items():
        some = [(k, d) for k, d in enumerate(discovery.directions, 1) if d.verdict == verdict]
        if not some:
            continue
        number = [k for k, _ in some]
        look: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": "none"}
        drift = np.maximum([[d.drift_low, d.drift, d.drift_high] for _, d in some], FLOOR)
        axes[0].plot(number, drift[:, 1], label=verdict, **look)
        axes[0].vlines(number, drift[:, 0], drift[:, 2], color=colour, linewidth=1)
        axes[1].plot(number, [max(d.z, 1e-2) for _, d in some], **look)
    axes[0].axhline(DRIFTS, color=GREY, linestyle="--", linewidth=1)
    axes[0].set(yscale="log", xlabel="candidate", ylabel="drift, held out")
    axes[0].legend(fontsize=SMALL, frameon=False)
    axes[1].axhline(SIGNIFICANT, color=GREY, linestyle="--", linewidth=1)
    axes[1].set(yscale="log", xlabel="candidate", ylabel="z of moved predictions")
    values = np.maximum(discovery.gradients, FLOOR)
    axes[2].plot(np.arange(1, len(values) + 1), values, "o-", color=BLUE, ms=5, lw=1)
    errors = np.maximum(discovery.gradient_errors, FLOOR)
    axes[2].plot(np.arange(1, len(errors) + 1), errors, "x", color=ORANGE, ms=5, label="its error")
    axes[2].set(yscale="log", xlabel="number", ylabel="gradients' singular value")
    axes[2].set_title(f"{discovery.count} independent", fontsize=TEXT)
    axes[2].legend(fontsize=SMALL, frameon=False)
    return figure


def sections(
    found: FunctionInvestigation,
    paths: Trajectories,
    true: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Figure:
    """Level sets of the conserved functions on the plane (q1, p1), and on (q1, q2) if there is one.

    The other coordinates are those of a held-out state of middling distance, which is marked.
    Nothing is drawn far from training states, where a network may have any value; "far" is what it
    is for the moves that functions are judged by (`inference.price.near_radius`).

    Args:
        found: the functions.
        paths: held-out trajectories.
        true: of states [N, 2n] the values [N, K] that all functions have by what is known; drawn
            in dashes at the same levels.
    """
    kept = [k for k, d in enumerate(found.discovery.directions) if d.verdict == CONSERVED][:SHOWN]
    n = paths.degrees_of_freedom
    planes = [(0, n), *([(0, 1)] if n > 1 else [])]
    columns = max(len(kept), 1)
    figure, axes = new_figure(PAGE, 0.4 + 1.9 * len(planes), len(planes), columns)
    grid = np.reshape(axes, (len(planes), columns))
    states = np.asarray(paths.states, float).reshape(-1, 2 * n)
    centre = states[np.argsort(np.sum((states / states.std(0)) ** 2, 1))[len(states) // 2]]
    near = _near_training(found, states)
    for row, plane in zip(grid, planes, strict=True):
        section = _section(states, centre, plane)
        drawn = near(section)
        for ax, k in zip(row, kept, strict=False):
            _level_sets(ax, found, k, section, drawn, plane, true)
            ax.plot(*centre[list(plane)], "o", color=ORANGE, ms=3)
            ax.set(xlabel=paths.names[plane[0]], ylabel=paths.names[plane[1]])
            ax.set_title(f"function {k + 1}", fontsize=SMALL)
        for ax in row[len(kept) :]:
            ax.set_axis_off()
    return figure


def _near_training(
    found: FunctionInvestigation, held_out: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Whether states [..., 2n] lie near training ones, which most of the held-out [N, 2n] do."""
    problem = found.learned.problem
    tree = KDTree(np.asarray(problem.train.start / problem.spread, float))

    def distance(states: np.ndarray) -> np.ndarray:
        return tree.query(np.asarray(problem.scaling.scale(states) / problem.spread, float))[0]

    radius = float(near_radius(distance(held_out)))
    return lambda states: distance(states) <= radius


def _section(states: np.ndarray, centre: np.ndarray, plane: tuple[int, int]) -> np.ndarray:
    """States [POINTS, POINTS, 2n] that differ from the centre in two coordinates."""
    low, high = np.quantile(states[:, list(plane)], [0.02, 0.98], axis=0)
    points = np.tile(centre, (POINTS, POINTS, 1))
    sides = (np.linspace(a, b, POINTS) for a, b in zip(low, high, strict=True))
    points[..., plane[0]], points[..., plane[1]] = np.meshgrid(*sides)
    return points


def _level_sets(
    ax: Any,
    found: FunctionInvestigation,
    k: int,
    section: np.ndarray,
    near: np.ndarray,
    plane: tuple[int, int],
    true: Callable[[np.ndarray], np.ndarray] | None,
) -> None:
    if not near.any():
        return
    x, y = (section[..., i] for i in plane)
    points = section.reshape(x.size, -1)
    one = found.functions.only(slice(k, k + 1))
    values = np.asarray(jax.vmap(one.value)(jnp.asarray(points, jnp.result_type(float))), float)
    learned = np.ma.masked_where(~near, values.reshape(x.shape))
    if np.ptp(learned.compressed()) < FLAT:
        middle = {"ha": "center", "va": "center", "transform": ax.transAxes}
        ax.text(0.5, 0.8, "has one value here", fontsize=SMALL, **middle)
        ax.set(xlim=(x.min(), x.max()), ylim=(y.min(), y.max()))
        return
    drawn = ax.contour(x, y, learned, 12, cmap="viridis", linewidths=1)
    if true is not None:
        known = np.ma.masked_where(~near, true(points)[:, k].reshape(x.shape))
        look: dict[str, Any] = {"colors": "black", "linestyles": "dashed", "linewidths": 0.7}
        ax.contour(x, y, known, drawn.levels, **look)
