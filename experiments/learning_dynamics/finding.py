"""What an experiment finds: checks of numbers against bounds, and curves to draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Check(NamedTuple):
    """A number that is measured once per seed, and the bounds between which it must lie.

    Attributes:
        what: the number, in words.
        values: one per seed; only one if nothing is random.
        low, high: the bounds, for every seed.
        control: whether it is a control, which shows that the check above it can fail.
        expected: what theory says of it, if that is a number.
    """

    what: str
    values: tuple[float, ...]
    low: float = -math.inf
    high: float = math.inf
    control: bool = False
    expected: float | None = None

    @property
    def passed(self) -> bool:
        """Every seed lies between the bounds; NaN does not."""
        return all(self.low <= value <= self.high for value in self.values)

    @property
    def bounded(self) -> bool:
        """Whether it has a bound; a check without bounds is only reported."""
        return math.isfinite(self.low) or math.isfinite(self.high)


def check(what: str, values: object, **rest: object) -> Check:
    """A check of an array of values, one per seed."""
    flat = tuple(float(value) for value in np.ravel(np.asarray(values)))
    return Check(what, flat, **rest)  # type: ignore[arg-type]


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
