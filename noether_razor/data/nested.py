"""Make a table of nested objects, lists and arrays, as JSON and MATLAB hold them.

An object of arrays is one table. In a list of such objects, of lists of records or of arrays
[time, n], each entry is one trajectory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.arrays import FIRST, STATES, table_of_arrays
from noether_razor.data.frames import table_of_frame
from noether_razor.data.joined import joined
from noether_razor.data.names import (
    COUNT_NAMES,
    RATE_NAMES,
    STEP_NAMES,
    TIME_NAMES,
    is_position,
    plain,
)
from noether_razor.data.steps import spare_step
from noether_razor.data.table import Table, listed

if TYPE_CHECKING:
    import pandas as pd

TIMING = (*TIME_NAMES, *COUNT_NAMES, *STEP_NAMES, *RATE_NAMES)
"""Plain names of entries that say when samples were taken."""


def table_of_nested(found: Any, source: str) -> Table:
    """Make a table of nested objects (dictionaries), lists, arrays and single values.

    Args:
        found: a list of records, an object of lists or arrays, a list of trajectories, or an object
            that holds one of these. Times, a step and `names` beside trajectories hold for all of
            them.
        source: name of the data, for messages.

    Raises:
        InputError: there are no samples, or it is not clear which of the parts are trajectories.
    """
    return _table(_compact(found), {}, source)


def _compact(value: Any) -> Any:
    """Convert lists of numbers or texts of equal lengths to arrays; lists of records stay lists."""
    if isinstance(value, Mapping):
        return {str(name): _compact(one) for name, one in value.items()}
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value.item()
    if not isinstance(value, list) or not value:
        return value
    if any(isinstance(one, dict) for one in value):
        return value if _is_records(value) else [_compact(one) for one in value]
    try:
        array = np.asarray(value)
    except ValueError:  # of unequal lengths
        return [_compact(one) for one in value]
    if array.dtype.kind != "O":
        return array
    nested = any(isinstance(one, list | np.ndarray) for one in value)
    return [_compact(one) for one in value] if nested else array


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _is_records(value: Any) -> bool:
    """Whether a value is a list of samples: objects that hold single values or one time each."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return False
    first = value[0]
    at = [one for name, one in first.items() if plain(str(name)) in (*TIME_NAMES, *COUNT_NAMES)]
    return bool(at and not any(map(_is_nested, at))) or not any(
        _is_nested(one) for row in value for one in row.values()
    )


def _holds_samples(value: Any) -> bool:
    """Whether a value, or what it holds, may be samples of a motion."""
    if isinstance(value, np.ndarray):
        return value.size > 1 and value.dtype.kind in "fiuO"
    if isinstance(value, dict):
        return any(map(_holds_samples, value.values()))
    if isinstance(value, list) and value:
        return _is_records(value) or all(map(_holds_samples, value))
    return False


def _is_timed(value: Any) -> bool:
    """Whether a value says when its samples were taken."""
    if isinstance(value, list):
        return bool(value) and _is_timed(value[0])
    return isinstance(value, dict) and (
        any(plain(name) in TIMING for name in value) or any(map(_is_timed, value.values()))
    )


def _table(found: Any, above: Mapping[str, Any], source: str) -> Table:
    """Make a table of compacted data; `above` holds times, a step and names from outer levels."""
    if isinstance(found, np.ndarray) and found.ndim > 1:
        return _of_fields(dict(above) | {"x": found}, source)
    if isinstance(found, list) and found:
        return _of_list(found, above, source)
    if isinstance(found, dict) and found:
        return _of_object(found, above, source)
    raise InputError(
        f"{source}: holds no records, expected a list of objects, an object of lists, or a list of "
        "trajectories"
    )


def _of_object(found: dict[str, Any], above: Mapping[str, Any], source: str) -> Table:
    """A table of an object: of its own arrays, or of the parts of it that hold samples."""
    values = list(found.values())
    if all(isinstance(one, dict) and not any(map(_is_nested, one.values())) for one in values):
        return _of_frame(found, above, source)  # as pandas writes a table
    own = {name: one for name, one in found.items() if not isinstance(one, dict | list)}
    nested = {
        name: found[name] for name in found if name not in own and _holds_samples(found[name])
    }
    timing = {name: one for name, one in own.items() if plain(name) in (*TIMING, "names")}
    above = _without_timing(above, own) | timing
    coordinates = any(_is_coordinate(name) and _holds_samples(one) for name, one in own.items())
    if not nested or (coordinates and (timing or not any(map(_is_timed, nested.values())))):
        table, used = _of_fields(above | own, source), own
    else:
        used = _parts(nested, source)
        table = _of_parts(used, above, source)
    left = [name for name in found if name not in used and name not in timing]
    if left:
        table.notes.append(f"left out: {listed(left)}")
    return table


def _is_coordinate(name: str) -> bool:
    return plain(name) in (*FIRST, *STATES) or is_position(name)


def _without_timing(above: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `above`, without times and step if `own` holds times or a step."""
    timed = any(plain(name) in TIMING for name in own)
    return {name: one for name, one in above.items() if not timed or plain(name) not in TIMING}


def _parts(nested: dict[str, Any], source: str) -> dict[str, Any]:
    """The parts of an object that are trajectories, or that hold them.

    Raises:
        InputError: it is not clear which parts these are.
    """
    lists = {name: one for name, one in nested.items() if isinstance(one, list)}
    if _are_parallel(lists):
        return lists
    tracks = {name: part for name, part in lists.items() if not all(map(_is_vector, part))}
    timed = {name: one for name, one in nested.items() if _is_timed(one)}
    for some in (tracks, timed, nested):
        if len(some) == 1:
            return some
    usable = timed or nested
    objects = [one for one in usable.values() if isinstance(one, dict)]
    if len(objects) == len(usable) and all(one.keys() == objects[0].keys() for one in objects):
        return usable
    raise InputError(
        f"{source}: trajectories may be in {listed(list(usable))}, expected one list of them, or "
        "objects with the same names: leave the others out"
    )


def _of_parts(parts: dict[str, Any], above: Mapping[str, Any], source: str) -> Table:
    if len(parts) == 1:
        return _table(next(iter(parts.values())), above, source)
    if not _are_parallel(parts):
        return _of_tracks(parts, above, source)
    tracks = [
        {name: _three_axes(one) for name, one in zip(parts, of_one, strict=True)}
        for of_one in zip(*parts.values(), strict=True)
    ]
    return _of_tracks(dict(enumerate(tracks)), above, source)


def _are_parallel(parts: Mapping[str, Any]) -> bool:
    """Whether several parts are lists with an array for each trajectory, as t and y."""
    arrays = all(
        isinstance(part, list) and all(isinstance(one, np.ndarray) for one in part)
        for part in parts.values()
    )
    return arrays and len(parts) > 1 and len(set(map(len, parts.values()))) == 1


def _is_vector(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1


def _three_axes(array: np.ndarray) -> np.ndarray:
    """States [time, n] of one trajectory as [1, time, n]."""
    return array[None] if array.ndim == 2 else array


def _of_list(found: list, above: Mapping[str, Any], source: str) -> Table:
    """A table of a list of samples, or of trajectories.

    Raises:
        InputError: the objects of the list may be samples or trajectories.
    """
    if _is_records(found):
        return _of_frame(found, above, source)
    first = found[0]
    if isinstance(first, dict) and not _is_timed(first) and any(map(_is_vector, first.values())):
        raise InputError(
            f"{source}: the objects of a list hold {listed(list(first))} and no times, and may be "
            "trajectories or samples: give each its times t or its step dt"
        )
    return _of_tracks(dict(enumerate(found)), above, source)


def _of_tracks(tracks: Mapping[Any, Any], above: Mapping[str, Any], source: str) -> Table:
    """A table of trajectories by name: objects, lists of records, or arrays [time, n].

    Raises:
        InputError: an array has other axes, or the trajectories differ in their columns.
    """
    tables = {}
    for name, one in tracks.items():
        if isinstance(one, np.ndarray):
            if one.ndim != 2:
                raise InputError(
                    f"{source}: trajectory {name} is an array of shape {one.shape}, expected "
                    "[time, n], or an object with names for its arrays"
                )
            one = _three_axes(one)
        tables[str(name)] = _table(one, above, source)
    return joined(tables, "trajectory", source)


def _of_fields(fields: Mapping[str, Any], source: str) -> Table:
    """A table of arrays by name, or of columns of one length."""
    vectors = [one for one in fields.values() if isinstance(one, np.ndarray)]
    one_length = len({one.shape for one in vectors}) == 1 and vectors[0].ndim == 1
    if one_length and not any(plain(name) in (*STEP_NAMES, *RATE_NAMES) for name in fields):
        return _of_frame(fields, {}, source)
    arrays = {name: np.asarray(one) for name, one in fields.items() if not isinstance(one, str)}
    return table_of_arrays(arrays, source)


def _of_frame(found: Any, above: Mapping[str, Any], source: str) -> Table:
    """A table of records or of columns; if it holds no times, the step in `above` is used."""
    import pandas as pd

    if isinstance(found, Mapping):  # lists, so that missing numbers are found
        found = {
            name: one.tolist() if isinstance(one, np.ndarray) and one.dtype.kind == "O" else one
            for name, one in found.items()
        }
    table = table_of_frame(_by_component(pd.DataFrame(found)), source)
    table.spare = spare_step(above.items(), "number", source)
    return table


def _by_component(frame: pd.DataFrame) -> pd.DataFrame:
    """Split columns of lists into a column for each component: q becomes q1, q2."""
    import pandas as pd

    parts = []
    for name in frame.columns:
        part = frame[[name]]
        if part[name].dtype == object and all(isinstance(cell, list) for cell in part[name]):
            part = pd.DataFrame(part[name].tolist(), index=frame.index)
            part.columns = [f"{name}{i + 1}" for i in range(part.shape[1])]
        parts.append(part)
    return pd.concat(parts, axis=1)
