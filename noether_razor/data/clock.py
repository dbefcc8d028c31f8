"""Read the times of samples, which are numbers, dates or text, and find their usual step.

Dates and durations become seconds. Numbers keep the user's unit.

One tolerance says what counts as uniform, for every format and between files: how far a sample may
be from its place on a grid of equal steps, as a share of a step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.base.errors import InputError

SINCE_1970 = {1e12: "milliseconds", 1e15: "microseconds", 1e18: "nanoseconds"}
"""The least whole number that is a date in these units, in 2001; the largest is in 2049."""


class Times(NamedTuple):
    """Times of rows, [N] in float64, and a remark on how they were read."""

    values: np.ndarray
    note: str


def numbers(column: np.ndarray, name: str, source: str) -> Times:
    """Times as numbers; dates become seconds from the first one.

    Raises:
        InputError: a value is missing, or is neither a number, a duration nor a date.
    """
    if column.dtype.kind in "fiu":
        values = column.astype(np.float64)
        if not np.isfinite(values).all():
            row = int(np.argmax(~np.isfinite(values)))
            raise InputError(
                f"{source}: column {name} holds NaN or infinity in data row {row + 1}, expected a "
                "time: correct or remove that row"
            )
        return _since_1970(column, values, name)
    if column.dtype.kind == "m":
        return Times(column / np.timedelta64(1, "s"), f"{name} holds durations: taken as seconds")
    if column.dtype.kind != "M" and (lasting := _durations(column)) is not None:
        return Times(lasting, f"{name} holds durations: taken as seconds")
    dates = _dates(column, name, source)
    first = dates.min()
    seconds = (dates - first) / np.timedelta64(1, "s")
    return Times(seconds, f"{name} holds dates: taken as seconds from {first}")


def _since_1970(column: np.ndarray, values: np.ndarray, name: str) -> Times:
    """Numbers as they are; those that count parts of a second since 1970 as seconds."""
    for least, unit in SINCE_1970.items():
        dates = len(values) and least <= values.min() and values.max() < 2.5 * least
        if dates and (values == np.round(values)).all():
            seconds = (column - column.min()).astype(np.float64) / (least / 1e9)
            told = f"{name} counts {unit} since 1970: taken as seconds from the first one"
            return Times(seconds, told)
    return Times(values, "")


def counts(column: np.ndarray) -> bool:
    """Whether a column may number the samples: whole numbers that are not all the same."""
    if column.dtype.kind not in "fiu" or not np.isfinite(column).all():
        return False
    return bool((column == np.round(column)).all() and np.ptp(column) > 0)


def _durations(column: np.ndarray) -> np.ndarray | None:
    """Seconds of texts such as 00:00:01.5 or 0 days 00:00:01.5; None for other texts."""
    import pandas as pd

    texts = pd.Series(column.astype(str)).str.strip()
    if not texts.str.fullmatch(r"(-?\d+ days?,? )?\d+:\d\d:\d\d(\.\d+)?").all():
        return None
    return pd.to_timedelta(texts).dt.total_seconds().to_numpy()


def _dates(column: np.ndarray, name: str, source: str) -> np.ndarray:
    import pandas as pd

    if column.dtype.kind == "M":
        dates = column
    else:
        texts = pd.Series(column.astype(str))
        # Days and months cannot be told apart in other forms than 2024-01-31.
        parsed = pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
        dates = parsed.dt.tz_localize(None).to_numpy()
    if np.isnat(dates).any():
        row = int(np.argmax(np.isnat(dates)))
        raise InputError(
            f"{source}: column {name} holds {str(column[row])!r} in data row {row + 1}, expected "
            "numbers, durations such as 00:00:01.5, or dates such as 2024-01-31 12:00:01.5"
        )
    return dates


class Steps(NamedTuple):
    """The steps of rows that are sorted by trajectory and time.

    Attributes:
        usual: the median step; NaN if no trajectory has two rows.
        gap: whether the step from row i to row i + 1 is not the usual one, or leads to another
            trajectory, [N - 1].
    """

    usual: float
    gap: np.ndarray


def steps(times: np.ndarray, code: np.ndarray, tolerance: float) -> Steps:
    """Find the usual step, and where the steps differ from it.

    Args:
        times: ascending within a trajectory, [N].
        code: number of the trajectory of each row, [N]; the rows of a trajectory are together.
        tolerance: how far each end of a step may be off its place, as a share of a step.
    """
    step = np.diff(times)
    inside = code[1:] == code[:-1]
    usual = float(np.median(step[inside])) if inside.any() else float("nan")
    off = np.abs(step - usual) > 2 * tolerance * abs(usual)
    return Steps(usual, ~inside | off)


class Grid(NamedTuple):
    """The grid of equal steps that is nearest to the times of some runs.

    Attributes:
        dt: step of the grid.
        off: largest distance of a sample from its place, as a share of the step.
        row: row of that sample.
    """

    dt: float
    off: float
    row: int


def grid(times: np.ndarray, runs: np.ndarray) -> Grid:
    """Fit one step to all runs by least squares; each run has its own start.

    Args:
        times: times of all rows, [N].
        runs: first row and length of each, [K, 2].
    """
    rows = np.concatenate([np.arange(start, start + count) for start, count in runs.tolist()])
    of_run = np.repeat(np.arange(len(runs)), runs[:, 1])
    mean = lambda v: (np.bincount(of_run, v) / runs[:, 1])[of_run]  # noqa: E731
    place = rows - np.repeat(runs[:, 0], runs[:, 1])
    place, t = place - mean(place), times[rows] - times[np.repeat(runs[:, 0], runs[:, 1])]
    t = t - mean(t)
    dt = float((place @ t) / (place @ place))
    off = np.abs(t - dt * place) / dt
    worst = int(np.argmax(off))
    return Grid(dt, float(off[worst]), int(rows[worst]))
