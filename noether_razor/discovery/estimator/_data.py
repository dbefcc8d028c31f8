"""Make trajectories of data in the forms that scikit-learn and pysindy use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.load import Reading
from noether_razor.data.load import trajectories_of as read_table
from noether_razor.data.objects import table_of_object
from noether_razor.data.trajectories import Trajectories

SOURCE = "X"


def is_many(X: Any) -> bool:
    """Whether X holds several trajectories: an array [R, T, m], or a list of arrays [T, m]."""
    if isinstance(X, list | tuple):
        return len(X) > 0 and (hasattr(X[0], "columns") or np.asarray(X[0]).ndim >= 2)
    return not hasattr(X, "columns") and np.asarray(X).ndim == 3


def names_of(X: Any) -> tuple[str, ...] | None:
    """Names of the columns of a data frame, or of several data frames; None for other data.

    Raises:
        InputError: if a name is not a text, or if the names differ between data frames.
    """
    every = [_columns(one) for one in (X if is_many(X) else [X])]
    if any(names != every[0] for names in every):
        raise InputError("X: its trajectories have different columns, expected the same in all")
    return every[0]


def _columns(frame: Any) -> tuple[str, ...] | None:
    columns = getattr(frame, "columns", None)
    if columns is None:
        return None
    names = tuple(columns)
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"X: its columns are {names}, expected names that are texts")
    return names


def states_of(X: Any, columns: int | None = None) -> np.ndarray:
    """One trajectory's states [T, m] in float64; the first half are positions.

    Args:
        X: an array or a data frame.
        columns: m, if it is known.

    Raises:
        InputError: if X has another shape, or values that are not finite real numbers.
    """
    if hasattr(X, "toarray"):
        raise InputError("X is sparse, expected a dense array: call its toarray()")
    try:
        array = np.asarray(X)
        array = array.astype(np.float64) if array.dtype.kind == "O" else array
    except (ValueError, TypeError) as error:
        raise InputError(f"X cannot be read as numbers: {error}") from None
    if array.dtype.kind not in "fiu":
        raise InputError(
            f"X has dtype {array.dtype}, expected real numbers"
            + (": Complex data not supported" if array.dtype.kind == "c" else "")
        )
    if not np.isfinite(array).all():
        raise InputError("X holds NaN or infinity, expected numbers that are finite")
    if columns is not None and array.ndim == 2 and array.shape[1] != columns:
        # In the words that scikit-learn's own estimators use.
        raise InputError(
            f"X has {array.shape[1]} features, but ConservedQuantities is expecting {columns} "
            "features as input"
        )
    if array.ndim != 2 or array.shape[1] < 2 or array.shape[1] % 2:
        raise InputError(
            f"X has shape {array.shape}, expected [time, m] for each trajectory with an even "
            "number m of columns: the positions, then as many momenta"
        )
    return array.astype(np.float64)


def parts_of(X: Any, t: Any) -> tuple[list[np.ndarray], Any]:
    """The states of every trajectory, and their times or their step.

    In one array [N, m] a new trajectory begins at each row whose time is before that of the
    previous row.

    Args:
        X: an array [N, m] or [R, T, m], a data frame, or a list of arrays or data frames with one
            trajectory each.
        t: the step; or times [T] that all trajectories share, or a list of the times of each; or
            times [N] for one array [N, m].

    Raises:
        InputError: if the shapes of X and t do not fit.
    """
    if is_many(X):
        return [states_of(one) for one in X], t
    states = states_of(X)
    if t is None or np.ndim(t) == 0:
        return [states], t
    times = np.asarray(t)
    if times.shape != (len(states),) or times.dtype.kind not in "fiu":
        raise InputError(
            f"t has shape {times.shape} and dtype {times.dtype}, expected a time for each of the "
            f"{len(states)} rows of X, or one step"
        )
    places = np.flatnonzero(np.diff(times) < 0) + 1
    return np.split(states, places), np.split(times, places)


def trajectories_of(X: Any, t: Any, names: Sequence[str] | None) -> Trajectories:
    """X as trajectories.

    Args:
        X, t: see `parts_of`.
        names: names of the columns; None: q1 .. qn, p1 .. pn.

    Raises:
        InputError: if the trajectories have different shapes, or the times have no common step.
    """
    parts, t = parts_of(X, t)
    shapes = sorted({part.shape for part in parts})
    if len(shapes) > 1:
        raise InputError(
            f"X: trajectories have shapes {', '.join(map(str, shapes))}, expected one: cut them to "
            "the same number of samples"
        )
    table = table_of_object(parts, t)
    table.source = SOURCE
    found = read_table(table, Reading())
    return replace(found, names=tuple(names)) if names else found
