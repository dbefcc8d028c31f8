"""The look of every figure: colours, sizes, axes, and how a figure is saved.

Colours are those of Okabe and Ito, which people with any colour vision tell apart.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from noether_razor.base.errors import InputError
from noether_razor.base.files import write_atomically

BLUE, SKY, ORANGE, RED, GREY = "#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#777777"
FORMATS = ("png", "pdf", "svg")
SMALL, TEXT = 8, 9
COLUMN, PAGE = 4.5, 9.0
"""Widths in inches."""


def save(figure: Figure, path: str | os.PathLike) -> None:
    """Write a figure as .png, .pdf or .svg, whole or not at all.

    Raises:
        InputError: if the file has another extension, or cannot be written.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise InputError(f"{path}: expected a figure's name to end in .{', .'.join(FORMATS)}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=200)
    write_atomically(path, buffer.getvalue())


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1, **options: Any) -> Any:
    """A figure and its axes: one, or an array of them where there are several."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for ax in axes.flat:
        polish(ax)
    return figure, axes[0, 0] if axes.size == 1 else axes.squeeze()


def few_ticks(ax: Axes, values: np.ndarray) -> None:
    """A few numbers on the horizontal axis; logarithmic where positive values span a decade."""
    if values.min() > 0 and values.max() > 10 * values.min():
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(numticks=4))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.locator_params(axis="x", nbins=4)
        ax.ticklabel_format(axis="x", scilimits=(-2, 4))
        ax.xaxis.get_offset_text().set_fontsize(SMALL)


def round_levels(values: np.ndarray, count: int) -> np.ndarray:
    """About `count` round numbers that span the values."""
    return np.asarray(MaxNLocator(count).tick_values(float(values.min()), float(values.max())))


def polish(ax: Axes) -> None:
    """Small labels, and no frame above and to the right."""
    ax.tick_params(which="both", labelsize=SMALL)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_fontsize(TEXT)
    ax.spines[["top", "right"]].set_visible(False)
