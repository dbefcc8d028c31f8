"""Rows of a table as trajectories of one length and one time step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data import clock
from noether_razor.data.table import Roles, Table

KEPT = 0.9
"""Share of the samples that a suggested length of pieces keeps."""
FEWEST = 10
"""Fewest samples of a piece that are suggested."""
NOTED = 1e-3
"""Deviation from equal steps, as a share of a step, from which the user is told of it."""


class Tracks(NamedTuple):
    """States [R, T, m], the time between samples, and what was done to the rows."""

    x: np.ndarray
    dt: float
    notes: list[str]


def tracks_of(
    table: Table, roles: Roles, step: float | None, tolerance: float, pieces: int | None
) -> Tracks:
    """Sort rows by trajectory and time, drop rows that are there twice, and find the step.

    Args:
        table: the table, with numbers in all coordinates.
        roles: which column is what.
        step: time between rows, where there is no column of times; else None.
        tolerance: distance of a sample from its place, as a share of a step; see `TIME_TOLERANCE`.
        pieces: samples of a piece, if trajectories are cut at gaps into pieces of one length.

    Raises:
        InputError: the times cannot be used, or trajectories differ in length and `pieces` is None.
    """
    source, notes = table.source, []
    x = np.column_stack([table.columns[name].astype(np.float64) for name in roles.coordinates])
    label = _labels(table, roles)
    if roles.time:
        times, note = clock.numbers(table.columns[roles.time], roles.time, source)
        notes += [note] if note else []
    else:
        times = np.zeros(0)
    code = _codes(label, times, len(x), notes)
    if step is None:
        x, times, code, order = _sorted(x, times, code, label, source, notes)
    else:
        order = np.argsort(code, kind="stable")
        x, code = x[order], code[order]
        times = _counted(code) * step
    found = clock.steps(times, code, tolerance)
    if not np.isfinite(found.usual):
        raise _no_step(roles.id, source)
    rows = _Rows(x, times, code, order, found.gap, roles, label, source)
    runs = _runs(rows)
    if pieces is None:
        _refuse_gaps(rows, found.usual, runs)
    runs = runs if pieces is None else _pieces_of(runs, pieces, source)
    grid = clock.grid(times, runs)
    if grid.off > tolerance:
        raise InputError(
            f"{source}: time {times[grid.row]:.8g} in trajectory{rows.name(grid.row)} is "
            f"{100 * grid.off:.2g} % of a step off its place on a grid of equal steps of "
            f"{grid.dt:.6g}, expected at most {100 * tolerance:g} %: allow for more with "
            "--time-tolerance (a share of a step), or resample the data"
        )
    if roles.time and grid.off > NOTED:
        notes.append(
            f"{roles.time}: samples are up to {100 * grid.off:.2g} % of a step off equal steps of "
            f"{grid.dt:.6g}: taken as equal"
        )
    length = int(runs[0, 1])
    x = x[runs[:, :1] + np.arange(length)]
    return Tracks(x, grid.dt if step is None else step, notes)


def _labels(table: Table, roles: Roles) -> np.ndarray | None:
    if not roles.id:
        return None
    label = table.columns[roles.id]
    if label.dtype.kind == "f":
        missing = np.isnan(label)
    else:  # None and NaN are no labels, and NaN is not equal to itself
        missing = np.array([one is None or one != one or str(one) in ("", "<NA>") for one in label])
    if np.any(missing):
        row = int(np.argmax(missing))
        raise InputError(
            f"{table.source}: column {roles.id} is empty in data row {row + 1}: fill it in"
        )
    if label.dtype.kind == "O":
        label = label.astype(str).astype(object)
    return label.astype(np.int64) if _whole(label) else label


def _whole(label: np.ndarray) -> bool:
    return label.dtype.kind == "f" and bool((label == np.round(label)).all())


def _codes(label: np.ndarray | None, times: np.ndarray, rows: int, notes: list[str]) -> np.ndarray:
    """A number for the trajectory of each row, in the order in which they begin."""
    if label is not None:
        return _first_seen(label)
    back = np.flatnonzero(np.diff(times) <= 0) + 1 if len(times) else np.zeros(0, int)
    segments = np.split(times, back)
    restarts = len(np.unique(times)) < rows and all(len(part) > 1 for part in segments)
    if len(back) and restarts:
        notes.append(f"no column names the trajectories: time starts again {len(back)} times")
        return np.repeat(np.arange(len(segments)), [len(part) for part in segments])
    return np.zeros(rows, int)


def _first_seen(label: np.ndarray) -> np.ndarray:
    """A number for each label, in the order in which the labels first appear."""
    if label.dtype.kind == "O":  # texts, which only tables have
        import pandas as pd

        return pd.factorize(label)[0]
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def _counted(code: np.ndarray) -> np.ndarray:
    """How many rows of the same trajectory stand before each, [N]; rows of one are together."""
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    lengths = np.diff(np.append(starts, len(code)))
    return np.arange(len(code)) - np.repeat(starts, lengths)


def _sorted(
    x: np.ndarray,
    times: np.ndarray,
    code: np.ndarray,
    label: np.ndarray | None,
    source: str,
    notes: list[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows by trajectory and time, without those that are there twice, and their old places."""
    order = np.lexsort((times, code))
    together = np.argsort(code, kind="stable")
    inside = np.diff(code[together]) == 0
    unsorted = int((inside & (np.diff(times[together]) < 0)).sum())
    x, times, code = x[order], times[order], code[order]
    same = (np.diff(times) == 0) & (np.diff(code) == 0)
    if same.any():
        equal = (x[1:] == x[:-1]) | (np.isnan(x[1:]) & np.isnan(x[:-1]))
        twice = same & equal.all(1)
        if (same & ~twice).any():
            raise _conflict(int(np.argmax(same & ~twice)), times, order, label, source)
        keep = np.append(True, ~twice)
        x, times, code, order = x[keep], times[keep], code[keep], order[keep]
        notes.append(f"{int(twice.sum())} rows are there twice: dropped once")
    if unsorted:
        notes.append(f"time goes back {unsorted} times within a trajectory: rows sorted by time")
    return x, times, code, order


def _conflict(
    place: int, times: np.ndarray, order: np.ndarray, label: np.ndarray | None, source: str
) -> InputError:
    early, late = sorted((int(order[place]), int(order[place + 1])))
    if late > early + 1:
        return InputError(
            f"{source}: trajectory{_name(label, late)} has time {times[place]:.8g} twice, in data "
            f"rows {early + 1} and {late + 1}, with other values: if it starts again there, give "
            "it another label"
        )
    return InputError(
        f"{source}: time does not increase from data row {early + 1} to {late + 1}, both are at "
        f"{times[place]:.8g} with other values: name the column that tells trajectories apart "
        "with --id, or correct the times"
    )


class _Rows(NamedTuple):
    """Sorted rows of all trajectories, with what messages need."""

    x: np.ndarray
    times: np.ndarray
    code: np.ndarray
    order: np.ndarray
    gap: np.ndarray
    roles: Roles
    label: np.ndarray | None
    source: str

    def name(self, row: int) -> str:
        """The name of a row's trajectory, with a blank before it."""
        return _name(self.label, self.order[row])


def _name(label: np.ndarray | None, row: int | np.integer) -> str:
    """The label of a row of the file, with a blank before it; "" without labels."""
    return "" if label is None else f" {label[row]}"


def _no_step(named: str, source: str) -> InputError:
    return InputError(
        f"{source}: every trajectory holds a single time step, expected 2 or more; trajectories "
        f"are told apart by the column {named or '(none)'}: name another one with --id"
    )


def _refuse_gaps(rows: _Rows, usual: float, runs: np.ndarray) -> None:
    """Raise InputError if something is missing, or trajectories differ in length."""
    x, times, code, source = rows.x, rows.times, rows.code, rows.source
    finite = np.isfinite(x).all(1)
    advice = _advice(runs, len(x))
    if not finite.all():
        row = int(np.argmax(~finite))
        place = int(np.argmax(~np.isfinite(x[row])))
        raise InputError(
            f"{source}: {rows.roles.coordinates[place]} is {x[row, place]} in trajectory"
            f"{rows.name(row)} at time {times[row]:.8g} (data row {int(rows.order[row]) + 1}), the "
            f"first of {int((~finite).sum())} rows with such values, expected finite numbers: "
            f"repair or drop them, or {advice}"
        )
    gaps = rows.gap & (np.diff(code) == 0)
    if gaps.any():
        place, count = int(np.argmax(gaps)), int(gaps.sum())
        step = times[place + 1] - times[place]
        # No sample is missing where a step is much shorter than two.
        more = ", or allow for uneven ones with --time-tolerance" if step < 1.5 * usual else ""
        if 2 * count > (np.diff(code) == 0).sum():
            advice = "resample the data, or ask the solver for equal times"
        raise InputError(
            f"{source}: time moves by {step:.6g} after {times[place]:.9g} in trajectory"
            f"{rows.name(place)} and by {usual:.6g} usually ({count} such steps), expected equal "
            f"steps: {advice}{more}"
        )
    lengths = np.bincount(code)
    if len(set(lengths.tolist())) > 1:
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        other = int(starts[np.argmax(lengths != lengths[0])])
        raise InputError(
            f"{source}: trajectory{rows.name(other)} has {lengths[code[other]]} samples and "
            f"trajectory{rows.name(0)} has {lengths[0]}, expected equal lengths: {advice}"
        )


def _runs(rows: _Rows) -> np.ndarray:
    """First row and length of every run of samples without a gap, [K, 2]."""
    finite = np.asarray(np.isfinite(rows.x).all(1))
    starts = np.flatnonzero(np.append(True, rows.gap | ~finite[1:] | ~finite[:-1]))
    lengths = np.diff(np.append(starts, len(finite)))
    return np.stack([starts, lengths], axis=1)[finite[starts]]


def _advice(runs: np.ndarray, rows: int) -> str:
    """The option that cuts into the longest pieces that keep most samples."""
    lengths = runs[:, 1]
    for length in sorted({*lengths.tolist(), int(max(lengths, default=0)) // 2}, reverse=True):
        kept = (lengths // max(length, 1) * length).sum()
        if length >= FEWEST and kept >= KEPT * rows:
            return f"add --pieces {length}, which keeps {100 * kept / rows:.0f} % of the samples"
    return "add --pieces and a number of samples, to cut them into equal pieces"


def _pieces_of(runs: np.ndarray, length: int, source: str) -> np.ndarray:
    """Pieces of one length [K, 2] of what is between gaps; the rest of each is left out."""
    if length < 2:
        raise InputError(f"pieces of {length} samples, expected 2 or more")
    starts = [
        start + length * np.arange(count // length)
        for start, count in runs[runs[:, 1] >= length].tolist()
    ]
    if not starts:
        raise InputError(
            f"{source}: no {length} samples follow one another without a gap, the longest run has "
            f"{max(runs[:, 1], default=0)}: ask for shorter pieces"
        )
    first = np.concatenate(starts)
    return np.stack([first, np.full(len(first), length)], axis=1)
