"""Tables of what is in memory: data frames, data sets, arrays by name, arrays and lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.arrays import fields_of, table_of_arrays
from noether_razor.data.datasets import columns_of_dataset, steps_of_dataset
from noether_razor.data.frames import table_of_frame
from noether_razor.data.steps import spare_of_attributes
from noether_razor.data.table import Table
from noether_razor.data.trajectories import default_names

SOURCE = "data"


def table_of_object(data: Any, t: Any = None) -> Table:
    """A table of a data frame, a data set, arrays by name, an array, or a list of arrays.

    Args:
        data: see `load.as_trajectories`.
        t: times, or the time between samples; a list of times for a list of arrays.

    Raises:
        InputError: the object is of another kind, or its shapes cannot be used.
    """
    package = type(data).__module__.split(".")[0]
    if package == "polars":
        columns = {name: data[name].to_numpy() for name in data.columns}
        return _with_time(Table(SOURCE, columns), t)
    if package == "xarray":
        whole = data if hasattr(data, "data_vars") else data.to_dataset(name=data.name or "x")
        spare = spare_of_attributes(steps_of_dataset(whole), SOURCE)
        return _with_time(Table(SOURCE, columns_of_dataset(whole), spare=spare), t)
    if hasattr(data, "columns") and hasattr(data, "index"):
        return _with_time(table_of_frame(data, SOURCE), t)
    if hasattr(data, "groups") and hasattr(data, "obj"):  # a frame that was grouped
        return table_of_object(data.obj, t)
    if isinstance(data, Sequence) and data and all(hasattr(one, "columns") for one in data):
        return _with_time(_of_frames(dict(enumerate(data))), t)
    if isinstance(data, Mapping) and data and all(hasattr(v, "columns") for v in data.values()):
        return _with_time(_of_frames(data), t)
    if _is_solution(data) or (isinstance(data, Sequence) and data and all(map(_is_solution, data))):
        data, t = _of_solutions(data, t)
    data = fields_of(data) or data
    if isinstance(data, Mapping):
        arrays = {str(name): np.asarray(value) for name, value in data.items()}
        return table_of_arrays(arrays | _time_of(t), SOURCE)
    if isinstance(data, Sequence) and data and np.ndim(data[0]) >= 2:
        return _of_list(data, t)
    array = np.asarray(data)
    if array.dtype.kind not in "fiu":
        raise InputError(
            f"{SOURCE}: is a {type(data).__name__}, expected a table, arrays by name, or an array "
            "of states [trajectory, time, 2n]"
        )
    return table_of_arrays({"x": array} | _time_of(t), SOURCE)


def _is_solution(data: Any) -> bool:
    """Whether data are what scipy.integrate.solve_ivp gives: times t [T] and states y [m, T]."""
    return isinstance(data, Mapping) and {"t", "y", "nfev", "success"} <= data.keys()


def _of_solutions(data: Any, t: Any) -> tuple[Any, Any]:
    """States and times of one solution or of a list, with time as the first axis of states."""
    if t is not None:
        raise InputError(f"{SOURCE}: holds its own times and t is given beside them: leave t out")
    if isinstance(data, Mapping):
        return {"x": np.asarray(data["y"]).T[None]}, data["t"]
    return [np.asarray(one["y"]).T for one in data], [one["t"] for one in data]


def _of_frames(frames: Mapping[Any, Any]) -> Table:
    """A table of frames, one for each trajectory."""
    import pandas as pd

    whole = pd.concat([pd.DataFrame(one) for one in frames.values()], ignore_index=True)
    labels = np.repeat(np.array(list(map(str, frames)), object), [len(f) for f in frames.values()])
    found = table_of_frame(whole, SOURCE)
    found.columns = {"trajectory": labels, **found.columns}
    return found


def _time_of(t: Any) -> dict[str, np.ndarray]:
    if t is None:
        return {}
    times = np.asarray(t)
    return {"dt": times} if times.ndim == 0 else {"t": times}


def _with_time(table: Table, t: Any) -> Table:
    if t is None:
        return table
    times = np.asarray(t)
    if times.ndim == 0:
        table.step = float(times)
    elif times.shape == (len(table),):
        table.columns["t"] = times
    else:
        raise InputError(f"{SOURCE}: t has shape {times.shape}, expected ({len(table)},)")
    return table


def _of_list(parts: Sequence[Any], t: Any) -> Table:
    """A table of arrays [T_i, 2n], one for each trajectory."""
    arrays = [np.asarray(part) for part in parts]
    widths = {array.shape[1:] for array in arrays}
    if len(widths) != 1 or arrays[0].ndim != 2:
        raise InputError(
            f"{SOURCE}: arrays have shapes {', '.join(str(a.shape) for a in arrays[:4])}, expected "
            "[time, m] with the same m"
        )
    joined = np.concatenate(arrays)
    columns = {"trajectory": np.repeat(np.arange(len(arrays)), [len(array) for array in arrays])}
    m = joined.shape[1]
    names = default_names(m, "x") if m % 2 else default_names(m // 2)
    columns |= dict(zip(names, joined.T, strict=True))
    halves = "the first half of each row is taken as positions, the second half as momenta"
    notes = [] if m % 2 else [halves]
    table = Table(SOURCE, columns, notes=notes)
    if isinstance(t, Sequence) and len(t) == len(arrays):
        return _with_time(table, np.concatenate([np.asarray(part) for part in t]))
    if t is not None and np.ndim(t) == 1 and all(len(array) == len(t) for array in arrays):
        return _with_time(table, np.tile(np.asarray(t), len(arrays)))
    return _with_time(table, t)
