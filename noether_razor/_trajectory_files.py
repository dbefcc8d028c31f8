"""The file formats of trajectories: `.npz` arrays, and `.csv` and `.parquet` long tables.

Readers return what the file says, as arrays; whether it makes sense is judged in `trajectories`.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from noether_razor import _trajectory_checks as check
from noether_razor._pieces import cut
from noether_razor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".npz", ".csv", ".parquet")


class Recording(NamedTuple):
    """Arrays as read: q, and p or velocities v, [R, T, n]; t [T] or [R, T], or dt; 2n names."""

    q: np.ndarray
    p: np.ndarray | None = None
    v: np.ndarray | None = None
    t: np.ndarray | None = None
    dt: np.ndarray | None = None
    names: tuple[str, ...] | None = None


def check_format(path: Path) -> str:
    """The file's extension, in lower case, if it is one of `FORMATS`."""
    extension = path.suffix.lower()
    if extension not in FORMATS:
        raise InputError(
            f"{path}: unknown file type {extension or '(no extension)'}, expected one of "
            f"{', '.join(FORMATS)}: convert it or name it by what it holds"
        )
    return extension


def read(path: Path, pieces: int | None = None) -> Recording:
    """Read a recording, by the file's extension; in pieces of so many samples, if that is asked."""
    extension = check_format(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such file: check the path")
    if not path.is_file():
        raise InputError(f"{path}: is a directory, expected a file: name the file inside it")
    if extension != ".npz":
        return _read_table(path, extension, pieces)
    recording = _read_npz(path)
    return recording if pieces is None else _in_pieces(recording, pieces, str(path))


def encode(path: Path, recording: Recording) -> bytes:
    """The bytes of a file of this extension that holds the recording (with its `dt`)."""
    extension = check_format(path)
    buffer = io.BytesIO()
    if extension == ".npz":
        arrays = {name: np.asarray(x) for name, x in recording._asdict().items() if x is not None}
        np.savez(buffer, allow_pickle=False, **arrays)
    elif extension == ".csv":
        _table(recording).to_csv(buffer, index=False)
    else:
        _table(recording).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _read_npz(path: Path) -> Recording:
    if not zipfile.is_zipfile(path):
        raise InputError(
            f"{path}: is not an npz archive, or it was cut short: write it with numpy.savez"
        )
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            there = archive.files
            arrays = {name: archive[name] for name in Recording._fields if name in there}
    except Exception as error:  # damaged bytes raise nearly anything on their way through zipfile
        if "allow_pickle" in str(error):
            raise InputError(
                f"{path}: holds pickled Python objects, expected plain numbers: save arrays with "
                "a numeric dtype (trajectories of unequal length cannot be one array)"
            ) from error
        raise InputError(
            f"{path}: cannot be read as npz ({_line(error)}): write it again"
        ) from error
    second = "v" if "v" in arrays and "p" not in arrays else "p"
    missing = [name for name in ("q", second) if name not in arrays]
    if missing or {"p", "v"} <= set(arrays):
        wrong = f"missing {', '.join(missing)}" if missing else "both p and v"
        raise InputError(
            f"{path}: holds the arrays {_some(there)}, {wrong}: "
            "expected q and p (or velocities v) of shape [trajectory, time, n], and t or dt"
        )
    if ("t" in arrays) == ("dt" in arrays):
        given = "both t and dt" if "t" in arrays else "neither t nor dt"
        raise InputError(f"{path}: holds {given}, expected one of them: store one")
    if "names" in arrays:
        arrays["names"] = tuple(map(str, arrays["names"].ravel()))
    return Recording(**arrays)


def _in_pieces(recording: Recording, pieces: int, source: str) -> Recording:
    """The same, cut where a value is not finite or the time jumps."""
    second = "v" if recording.p is None else "p"
    q, other = check.coordinates(recording.q, "q", source), getattr(recording, second)
    other = check.coordinates(other, second, source)
    count, samples, n = q.shape
    if other.shape != q.shape:
        raise InputError(
            f"{source}: q has shape {q.shape} and {second} {other.shape}, expected the same"
        )
    if recording.t is None:
        times = np.arange(samples) * check.time_step(recording.dt, source)
    else:
        times = np.asarray(recording.t, float)
    try:
        times = np.broadcast_to(times, (count, samples))
    except ValueError:
        raise InputError(
            f"{source}: t has shape {times.shape}, expected {q.shape[1:2]} or {q.shape[:2]}"
        ) from None
    found = cut(list(np.concatenate([times[..., None], q, other], axis=-1)), pieces, source)
    cut_other = {second: found[..., n + 1 :]}
    return recording._replace(q=found[..., 1 : n + 1], t=found[..., 0], dt=None, **cut_other)


def _read_table(path: Path, extension: str, pieces: int | None) -> Recording:
    import pandas as pd

    try:
        if extension == ".csv":
            table = pd.read_csv(path, skipinitialspace=True)
        else:
            table = pd.read_parquet(path)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(
            f"{path}: cannot be read as {extension[1:]} ({_line(error)}): write it again"
        ) from error
    table.columns = [str(name).strip() for name in table.columns]
    names = _coordinate_columns(path, list(table.columns))
    if not len(table):
        raise InputError(f"{path}: holds no rows, expected one for every sample in time")
    for name in ("t", *names):
        _check_numeric(path, table[name], name)
    labels = table["trajectory"]
    if labels.isna().any():
        row = int(np.argmax(labels.isna()))
        raise InputError(f"{path}: column trajectory is empty in data row {row + 1}: fill it in")
    groups = [group for _, group in table.groupby("trajectory", sort=False)]
    for group in groups:
        if len(group) != len(groups[0]) and pieces is None:
            raise InputError(
                f"{path}: trajectory {group['trajectory'].iloc[0]} has {len(group)} samples and "
                f"trajectory {groups[0]['trajectory'].iloc[0]} has {len(groups[0])}, expected "
                "equal lengths: add --pieces and a number of samples to cut them into equal pieces"
            )
    tracks = [group[["t", *names]].to_numpy(np.float64) for group in groups]
    values = np.stack(tracks) if pieces is None else cut(tracks, pieces, str(path))
    n = len(names) // 2
    second = {names[-1][0]: values[..., n + 1 :]}
    return Recording(values[..., 1 : n + 1], **second, t=values[..., 0])


def _coordinate_columns(path: Path, columns: list[str]) -> list[str]:
    """q1 .. qn, p1 .. pn or v1 .. vn, if all are there, and `trajectory` and `t` as well."""
    found = [match for name in columns if (match := re.fullmatch(r"([qpv])(\d+)", name))]
    numbers, letters = [int(match[2]) for match in found], {match[1] for match in found}
    n = max(numbers, default=1)
    second = "v" if "v" in letters and "p" not in letters else "p"
    names = [f"{letter}{i}" for letter in f"q{second}" for i in range(1, n + 1)]
    missing = [name for name in ("trajectory", "t", *names) if name not in columns]
    if missing or 0 in numbers or {"p", "v"} <= letters:
        wanted = f"missing {_some(missing)}" if missing else "numbered from 0"
        if {"p", "v"} <= letters:
            wanted = "momenta p and velocities v"
        raise InputError(
            f"{path}: has the columns {_some(columns)}, {wanted}: expected trajectory, t, "
            "q1..qn, p1..pn (or v1..vn)"
        )
    return names


def _check_numeric(path: Path, column: pd.Series, name: str) -> None:
    import pandas as pd

    if pd.api.types.is_integer_dtype(column) or pd.api.types.is_float_dtype(column):
        return
    text = pd.to_numeric(column.astype(str), errors="coerce").isna() & column.notna()
    row = int(np.argmax(text))
    raise InputError(
        f"{path}: column {name} holds {str(column.iloc[row])!r} in data row {row + 1}, expected "
        "numbers only: correct or remove that row"
    )


def _table(recording: Recording) -> pd.DataFrame:
    import pandas as pd

    assert recording.p is not None
    trajectories, samples, n = recording.q.shape
    columns: dict[str, np.ndarray] = {
        "trajectory": np.repeat(np.arange(trajectories), samples),
        "t": np.tile(np.arange(samples) * float(np.asarray(recording.dt)), trajectories),
    }
    for letter, values in (("q", recording.q), ("p", recording.p)):
        for i in range(n):
            columns[f"{letter}{i + 1}"] = values[..., i].ravel()
    return pd.DataFrame(columns)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _some(names: list[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "") if names else "(none)"
