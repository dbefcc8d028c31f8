"""Named arrays of any number of axes, as a table with a row for each sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data import clock
from noether_razor.data.names import (
    COUNT_NAMES,
    ID_NAMES,
    RATE_NAMES,
    STEP_NAMES,
    TIME_NAMES,
    is_partner,
    partner,
    plain,
)
from noether_razor.data.steps import spare_step, step_of_array
from noether_razor.data.table import Roles, Table, listed
from noether_razor.data.trajectories import default_names

FIRST = ("q", "positions", "position", "pos")
STATES = ("x", "states", "state", "z", "y", "coords", "trajectories", "data", "array")
"""Arrays of whole states: the first half of the last axis are positions, the second momenta."""
NEARER = 0.25
"""The first axis is time if the mean squared distance of neighbours on it is less than this share
of that on the second axis. If the neighbours on both are unrelated, the share is 1."""


def table_of_arrays(arrays: Mapping[str, np.ndarray], source: str) -> Table:
    """Make a table of arrays `q`, `p` [trajectory, time, n], whole states, or single coordinates.

    The axis of trajectories may be missing if there is only one: [time, n], or [time] for one
    coordinate.

    Args:
        arrays: arrays by name. Times are `t`, [time] or [trajectory, time], or a step `dt`. `names`
            holds the names of all coordinates.
        source: name of the data, for messages.

    Raises:
        InputError: there are no coordinates, or the shapes disagree.
    """
    by_name = {plain(name): name for name in arrays}
    named = lambda wanted: [by_name[name] for name in wanted if name in by_name]  # noqa: E731
    times = named(TIME_NAMES)
    counts = [name for name in named(COUNT_NAMES) if clock.counts(np.ravel(arrays[name]))]
    steps = [name for name in named(STEP_NAMES) if name not in counts]
    if times and steps:
        raise InputError(f"{source}: holds both {times[0]} and {steps[0]}, expected one of them")
    step = step_of_array(arrays[steps[0]], steps[0], source) if steps else None
    rates = {name: arrays[name] for name in named(RATE_NAMES) if np.size(arrays[name]) == 1}
    spare = spare_step(rates.items(), "number", source)
    names = _texts(arrays[by_name["names"]]) if "names" in by_name else []
    told = {*times, *counts, *steps, *rates, by_name.get("names")}
    rest = [name for name in arrays if name not in told]
    time = "t" if times else (*counts, "")[0]
    t = np.asarray(arrays[(*times, *counts)[0]]) if time else None
    blocks, kind = _blocks(arrays, rest, source)
    notes: list[str] = []
    if not blocks:
        columns = _by_coordinate(arrays, rest, time, t, source)
        return Table(source, columns, step, spare=spare)
    used = [np.asarray(arrays[name]) for name in blocks]
    shaped = _shaped(used, blocks, t, source, notes)
    shaped, t = _time_second(shaped, t, blocks, source, notes)
    if kind == "x" and shaped[0].shape[2] % 2 == 0 and _kind_of_names(names) != "x":
        shaped, kind = np.split(shaped[0], 2, axis=2), _kind_of_names(names)
        notes.append(
            f"{blocks[0]}: the first half of the last axis is taken as positions, the second half "
            f"as {'velocities' if kind == 'v' else 'momenta'}"
        )
    n = shaped[0].shape[2]
    given = names or default_names(n, kind)
    if len(given) != n * len(shaped) or len(set(given)) != len(given):
        raise InputError(
            f"{source}: names are {listed(given)}, expected {n * len(shaped)} different ones, "
            "positions first"
        )
    columns = _index(shaped[0].shape[:2], time, t)
    for name, values in zip(given, np.concatenate(shaped, axis=2).T, strict=True):
        columns[name] = values.T.ravel()
    roles = Roles(
        time,
        "trajectory",
        tuple(given[:n]),
        tuple(given[n:]),
        kind,
        tuple(name for name in rest if name not in blocks),
    )
    return Table(source, columns, step, roles, notes=notes, spare=spare)


def fields_of(array: Any) -> dict[str, np.ndarray]:
    """The fields of a structured array, by name; none of anything else."""
    names = getattr(getattr(array, "dtype", None), "names", None) or ()
    return {name: array[name] for name in names}


def _blocks(
    arrays: Mapping[str, np.ndarray], rest: Sequence[str], source: str
) -> tuple[list[str], str]:
    """Names of the arrays of positions and of momenta or velocities, or of states, and the kind."""
    lower = {name.lower(): name for name in rest}
    find = lambda names: next((lower[name] for name in names if name in lower), None)  # noqa: E731
    axes = {name: np.asarray(arrays[name]).ndim for name in rest}
    if not rest:
        raise InputError(f"{source}: holds no array of positions, expected q and p, and t or dt")
    first = find(FIRST)
    whole = [name for name in rest if axes[name] == 3] if first is None else [first]
    for name in whole:  # such as theta and omega, x and v
        found = {kind: other for kind in "pv" if (other := partner(name, rest, kind))}
        if len(found) == 2 and first is not None:
            raise InputError(f"{source}: holds both {found['p']} and {found['v']}, expected one")
        for kind, other in found.items():
            if axes[other] == axes[name] or first is not None:
                return [name, other], kind
    if first and len(rest) == 1:
        return [first], "q"
    states = find(STATES) or (rest[0] if len(rest) == 1 else None)
    if states is not None and first is None:
        # An array [trajectory, time] of any other name, or beside others, is one coordinate.
        alone = len(rest) == 1 and states.lower() in STATES
        if axes[states] >= (2 if alone else 3):
            others = [name for name in rest if axes[name] == 3 and name != states]
            if others:
                raise InputError(
                    f"{source}: holds {listed([states, *others])}, expected one array of states, "
                    "or q and p, or q and v: rename them so, or leave the others out"
                )
            return [states], "x"
    return [], ""


def _kind_of_names(names: Sequence[str]) -> str:
    """Kind of the names' second half: "p" for momenta, "v" for velocities, "x" for neither."""
    n = len(names) // 2
    pairs = list(zip(names[:n], names[n:], strict=False))
    kinds = [kind for kind in "pv" if all(is_partner(a, b, kind) for a, b in pairs)]
    return kinds[0] if kinds else "x"


def _one_trajectory(
    array: np.ndarray,
    name: str,
    t: np.ndarray | None,
    states: bool,
    source: str,
    notes: list[str],
) -> np.ndarray:
    """Convert an array of two axes to [1, time, n].

    Time is the axis that is as long as the times. Without times it is the longer axis. Positions
    with a longer second axis may also be [trajectory, time]. So time may be the second axis only
    in an array of whole states.

    Raises:
        InputError: it is not clear which axis is time.
    """
    rows, columns = array.shape
    samples = max(rows, columns) if t is None else t.size
    told = samples == rows or (states and samples == columns)
    if rows == columns or not told:
        raise InputError(
            f"{source}: {name} has shape {array.shape}, expected [trajectory, time, n]: give it "
            "three axes (one trajectory has shape [1, time, n])"
        )
    axis = "first" if samples == rows else "second"
    notes.append(f"{name}: one trajectory, its {axis} axis of {samples} is taken as time")
    return (array if samples == rows else array.T)[None]


def _shaped(
    used: Sequence[np.ndarray],
    names: Sequence[str],
    t: np.ndarray | None,
    source: str,
    notes: list[str],
) -> list[np.ndarray]:
    """Every array as [trajectory, time, n]."""
    shaped = []
    for name, array in zip(names, used, strict=True):
        _real(array, name, source)
        if array.ndim == 2 and t is not None and t.shape == array.shape:
            array = array[..., None]
        elif array.ndim == 2:
            array = _one_trajectory(array, name, t, len(used) == 1, source, notes)
        elif array.ndim == 1:
            array = array[None, :, None]
        if array.ndim != 3 or 0 in array.shape:
            raise InputError(
                f"{source}: {name} has shape {array.shape}, expected [trajectory, time, n] with "
                "none of them 0: reshape it (one trajectory has shape [1, time, n])"
            )
        shaped.append(array)
    if len({array.shape for array in shaped}) > 1:
        raise InputError(
            f"{source}: {names[0]} has shape {shaped[0].shape} and {names[1]} {shaped[1].shape}, "
            "expected the same: one momentum or velocity for every position"
        )
    return shaped


def _real(array: np.ndarray, name: str, source: str) -> None:
    if array.dtype.kind not in "fiu":
        raise InputError(f"{source}: {name} has dtype {array.dtype}, expected real numbers")


def _time_second(
    shaped: list[np.ndarray],
    t: np.ndarray | None,
    names: Sequence[str],
    source: str,
    notes: list[str],
) -> tuple[list[np.ndarray], np.ndarray | None]:
    """The arrays with time as their second axis, and times [T] or [R, T]."""
    first, second, _ = shaped[0].shape
    if t is not None:
        t = t.ravel() if t.ndim == 2 and 1 in t.shape else t
        if t.shape in ((second,), (first, second)) and not (
            first == second and t.ndim == 1 and _first_is_time(np.concatenate(shaped, axis=2))
        ):
            return shaped, t
        if t.shape in ((first,), (second, first)):
            notes.append(f"{names[0]}: its first axis has the length of the times: taken as time")
            return [np.swapaxes(array, 0, 1) for array in shaped], t
        raise InputError(
            f"{source}: t has shape {t.shape}, expected ({second},) or {(first, second)} as in "
            f"{names[0]}"
        )
    if _first_is_time(np.concatenate(shaped, axis=2)):
        raise InputError(
            f"{source}: neighbours on the first axis of {names[0]} are close to each other and "
            "those on the second are not, as if time came first: expected [trajectory, time, n]: "
            "transpose it, or store the times t in place of dt"
        )
    return shaped, None


def _first_is_time(x: np.ndarray) -> bool:
    """Whether neighbours are close on the first axis and unrelated on the second."""
    if min(x.shape[:2]) < 3 or not np.isfinite(x).all():
        return False
    x = x / np.maximum(np.abs(x).max((0, 1)), np.finfo(float).tiny)
    variance = x.var((0, 1)) + np.finfo(float).tiny
    along, across = ((np.diff(x, axis=axis) ** 2).mean((0, 1)) / (2 * variance) for axis in (0, 1))
    return bool(along.mean() < NEARER * across.mean() and across.mean() > 1 - NEARER)


def _by_coordinate(
    arrays: Mapping[str, np.ndarray],
    rest: Sequence[str],
    time: str,
    t: np.ndarray | None,
    source: str,
) -> dict[str, np.ndarray]:
    """Columns of one array for each coordinate, [trajectory, time] or [time]."""
    numeric = {name: np.squeeze(np.asarray(arrays[name])) for name in rest}
    numeric = {name: a for name, a in numeric.items() if a.dtype.kind in "fiu" and a.ndim in (1, 2)}
    shapes = {array.shape for array in numeric.values()}
    if len(shapes) != 1:
        told = [f"{name} {np.asarray(arrays[name]).shape}" for name in rest]
        raise InputError(
            f"{source}: holds {listed(told)}, expected q and p [trajectory, time, n], or one "
            "array [trajectory, time] for each coordinate"
        )
    shape = shapes.pop()
    shape = shape if len(shape) == 2 else (1, *shape)
    if t is not None and t.size != shape[1] and t.shape != shape:
        raise InputError(f"{source}: {time} has shape {t.shape}, expected {shape[1:]}")
    columns = _index(shape, time, t)
    if shape[0] == 1 and any(plain(name) in ID_NAMES for name in numeric):
        del columns["trajectory"]  # rows of several trajectories, which that array tells apart
    return columns | {name: array.ravel() for name, array in numeric.items()}


def _index(shape: tuple[int, ...], time: str, t: np.ndarray | None) -> dict[str, np.ndarray]:
    """Columns with the trajectory and the time of each row."""
    count, samples = shape
    columns = {"trajectory": np.repeat(np.arange(count), samples)}
    if t is not None:
        t = t if t.dtype.kind != "O" else t.astype(str)
        columns[time] = np.broadcast_to(t if t.ndim == 2 else t.ravel(), shape).ravel()
    return columns


def _texts(names: np.ndarray) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in np.ravel(names)]
