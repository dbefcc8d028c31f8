"""What an experiment finds: checks of numbers against bounds, and curves to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.checks import Check


class Curve(NamedTuple):
    """One line of a panel; `theory` is drawn dashed and black over it.

    Attributes:
        label: entry in the legend; none if empty.
        x: abscissae, [N].
        measured, theory: [N], or none.
        error: half the height of a bar at each point, [N], or none.
        colour: number of its colour; several curves may share one.
        marks: draw marks at the points.
    """

    label: str
    x: np.ndarray
    measured: np.ndarray | None = None
    theory: np.ndarray | None = None
    error: np.ndarray | None = None
    colour: int = 0
    marks: bool = False


class Panel(NamedTuple):
    """Curves in one frame; `log` names its logarithmic axes: "", "x", "y" or "xy"."""

    title: str
    x: str
    y: str
    curves: Sequence[Curve]
    log: str = ""


class Finding(NamedTuple):
    """The outcome of an experiment.

    Attributes:
        name: such as "E4".
        title: what it is about.
        setting: what was run, in a sentence.
        checks: at least one.
        panels: panels of its figure.
        remarks: sentences about what the numbers say.
    """

    name: str
    title: str
    setting: str
    checks: Sequence[Check]
    panels: Sequence[Panel]
    remarks: Sequence[str] = ()


def relative_error(predicted: object, measured: object, axis: int = 1) -> np.ndarray:
    """Largest |predicted - measured| / |measured| of each seed, the first axis."""
    predicted, measured = np.asarray(predicted), np.asarray(measured)
    error = np.abs(predicted - measured) / np.abs(measured)
    return error.reshape(len(error), -1).max(axis)


def thin(values: object, count: int = 400) -> np.ndarray:
    """About `count` entries of a long first axis, evenly spaced, with both ends."""
    values = np.asarray(values)
    return values[np.unique(np.linspace(0, len(values) - 1, count).astype(int))]


def five(title: str, y: str, measured: np.ndarray, predicted: np.ndarray) -> Panel:
    """A panel of the first five quantities of seed 0 against the step, from arrays [S, n, G]."""
    x = thin(np.arange(measured.shape[1]))
    curves = [
        Curve("", x, measured[0, x, i], predicted[0, x, i], colour=i)
        for i in range(min(5, measured.shape[2]))
    ]
    return Panel(title, "step", y, curves)
