"""From a file to a table, by the file's extension and its first bytes.

Nothing in a file is ever executed: pickles are refused, in every disguise.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from noether_razor.errors import InputError
from noether_razor.loading.arrays import table_of_arrays
from noether_razor.loading.isolated import read_isolated
from noether_razor.loading.table import Table, listed, one_line
from noether_razor.loading.text import read_text

TEXT = (".csv", ".tsv", ".txt", ".dat", ".asc", ".tab")
PACKED = (".gz", ".xz", ".bz2", ".zip")
MOST_UNPACKED = 8 * 2**30
"""Bytes that a packed file may hold: more does not fit into the memory of a small machine."""


def read_file(path: Path) -> Table:
    """Read a table of samples.

    Raises:
        InputError: no such file, an unknown or damaged one, or a package that reads it is missing.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file: check the path")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    extension = suffixes[-1] if suffixes else ""
    if path.is_dir() and extension != ".zarr":
        raise InputError(f"{path}: is a directory, expected a file: name the file inside it")
    packed = extension in PACKED
    if packed:
        extension = suffixes[-2] if len(suffixes) > 1 else ".csv"
    if extension in (".pkl", ".pickle", ".joblib", ".pt"):
        raise InputError(
            f"{path}: is a pickle, which can run any program when it is opened, so it is never "
            "read: save arrays with numpy.savez, or a table as .csv or .parquet"
        )
    if extension not in READERS:
        raise InputError(
            f"{path}: unknown file type {extension or '(no extension)'}, expected one of "
            f"{', '.join(FORMATS)}: convert it or name it by what it holds"
        )
    try:
        content: Any = path if path.is_dir() else path.read_bytes()
        if packed:
            content = _unpacked(path, content)
        return READERS[extension](content, str(path))
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{path}: does not fit into memory: leave columns or rows out") from None
    except Exception as error:  # damaged bytes raise nearly anything on their way
        if "allow_pickle" in str(error):
            raise InputError(
                f"{path}: holds pickled Python objects, expected plain numbers: save arrays with "
                "a numeric dtype (trajectories of unequal length cannot be one array)"
            ) from error
        raise InputError(
            f"{path}: cannot be read as {extension[1:]} ({one_line(error)}): write it again"
        ) from error


def named_as_file(word: str) -> bool:
    """Whether a word ends as the name of a file that can be read."""
    suffix = Path(word).suffix.lower()
    return suffix in READERS or suffix in PACKED


def _unpacked(path: Path, content: bytes) -> bytes:
    extension = path.suffix.lower()
    if extension == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            if len(files) != 1:
                names = listed([info.filename for info in files])
                raise InputError(f"{path}: holds the files {names}, expected one: unpack it")
            if files[0].file_size > MOST_UNPACKED:
                raise InputError(f"{path}: is too large unpacked: unpack it and take a part")
            return archive.read(files[0])
    opened: Callable[..., Any] = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}[extension]
    with opened(io.BytesIO(content)) as file:
        found = file.read(MOST_UNPACKED + 1)
    if len(found) > MOST_UNPACKED:
        raise InputError(f"{path}: is too large unpacked: unpack it and take a part")
    return found


def _npz(content: bytes, source: str) -> Table:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise InputError(
            f"{source}: is not an npz archive, or it was cut short: write it with numpy.savez"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return table_of_arrays({name: archive[name] for name in archive.files}, source)


def _npy(content: bytes, source: str) -> Table:
    return table_of_arrays({"x": np.load(io.BytesIO(content), allow_pickle=False)}, source)


def _parquet(content: bytes, source: str) -> Table:
    return _with_pandas("read_parquet", content, source)


def _feather(content: bytes, source: str) -> Table:
    return _with_pandas("read_feather", content, source)


def _with_pandas(reader: str, content: bytes, source: str) -> Table:
    import pandas as pd

    _need("pyarrow", "pip install pyarrow", source)
    return table_of_frame(getattr(pd, reader)(io.BytesIO(content)), source)


def table_of_frame(frame: Any, source: str) -> Table:
    """A table of a pandas frame; levels of its index that have names are columns.

    Raises:
        InputError: a name that is there twice.
    """
    if not hasattr(frame, "reset_index") or not hasattr(frame, "columns"):
        raise InputError(f"{source}: is a {type(frame).__name__}, expected a table")
    there = set(map(str, frame.columns))
    named = [name for name in frame.index.names if name is not None and str(name) not in there]
    if named:
        frame = frame.reset_index(level=named)
    names = [str(name).strip() for name in frame.columns]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"{source}: the column {name} is there {names.count(name)} times, expected every "
                "name once: rename or remove the others"
            )
    columns = {name: _plain(frame.iloc[:, i]) for i, name in enumerate(names)}
    return Table(source, columns)


def _plain(column: Any) -> np.ndarray:
    import pandas as pd

    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return (
            column.to_numpy(np.float64, na_value=np.nan) if column.hasnans else (column.to_numpy())
        )
    return column.to_numpy() if column.dtype.kind in "mM" else column.to_numpy(object)


def _json(content: bytes, source: str) -> Table:
    import pandas as pd

    text = content.decode("utf-8-sig")
    lines = text.strip().splitlines()
    if len(lines) > 1 and lines[0].strip().startswith("{") and lines[0].strip().endswith("}"):
        return table_of_frame(pd.DataFrame([json.loads(line) for line in lines if line]), source)
    found = json.loads(text)
    if isinstance(found, list) and found and all(isinstance(row, dict) for row in found):
        return table_of_frame(pd.DataFrame(found), source)
    if not isinstance(found, dict) or not found:
        raise InputError(
            f"{source}: holds no records, expected a list of objects, or an object of lists"
        )
    if all(isinstance(value, dict) for value in found.values()):
        return table_of_frame(pd.DataFrame(found), source)
    arrays = {name: np.asarray(value) for name, value in found.items()}
    if any(array.ndim > 1 for array in arrays.values()) or "dt" in arrays:
        return table_of_arrays(arrays, source)
    return table_of_frame(pd.DataFrame(found), source)


def _matlab(content: bytes, source: str) -> Table:
    if content.startswith(b"MATLAB 7.3"):
        return _hdf5(content, source)
    return table_of_arrays(read_isolated("mat", content, source), source)


def _hdf5(content: bytes, source: str) -> Table:
    h5py = _need("h5py", "pip install 'noether-razor[files]'", source)
    with h5py.File(io.BytesIO(content), "r") as file:
        return _of_groups(file, h5py.Dataset, source)


def _zarr(path: Path, source: str) -> Table:
    zarr = _need("zarr", "pip install 'noether-razor[files]'", source)
    for name in (".zarray", ".zmetadata", "zarr.json"):
        for file in path.rglob(name):
            if b"pickle" in file.read_bytes():
                raise InputError(f"{source}: {file.name} asks for pickles, which are never read")
    return _of_groups(zarr.open_group(str(path), mode="r"), zarr.Array, source)


def _of_groups(root: Mapping[str, Any], dataset: type, source: str) -> Table:
    """A table of the arrays of a file; groups with the same arrays are trajectories."""
    here = {name: np.asarray(root[name]) for name in root if isinstance(root[name], dataset)}
    groups = [name for name in root if name not in here and hasattr(root[name], "keys")]
    if here or not groups:
        return table_of_arrays(here, source)
    if len(groups) == 1:
        return _of_groups(root[groups[0]], dataset, source)
    tables = {name: _of_groups(root[name], dataset, source) for name in groups}
    first = tables[groups[0]]
    for name, table in tables.items():
        for what, own, expected in (
            ("columns", listed(sorted(table.columns)), listed(sorted(first.columns))),
            ("step", table.step, first.step),
        ):
            if own != expected:
                raise InputError(
                    f"{source}: group {name} has the {what} {own} and group {groups[0]} {expected},"
                    " expected the same for all"
                )
    for name, table in tables.items():
        inside = table.columns["trajectory"]
        alone = len(set(inside)) == 1
        table.columns["trajectory"] = np.array(
            [name if alone else f"{name}/{k}" for k in inside], object
        )
    joined = {
        name: np.concatenate([table.columns[name] for table in tables.values()])
        for name in first.columns
    }
    return Table(source, joined, first.step, first.roles, notes=first.notes)


def _netcdf(content: bytes, source: str) -> Table:
    for module in ("xarray", *(() if content.startswith(b"CDF") else ("h5netcdf",))):
        _need(module, "pip install 'noether-razor[files]'", source)
    return Table(source, read_isolated("nc", content, source))


def _need(module: str, command: str, source: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError:
        raise InputError(
            f"{source}: the package {module} reads it, and is missing: {command}"
        ) from None


READERS: dict[str, Callable[[Any, str], Table]] = {
    **dict.fromkeys(TEXT, read_text),
    ".npz": _npz,
    ".npy": _npy,
    ".parquet": _parquet,
    ".pq": _parquet,
    ".feather": _feather,
    ".arrow": _feather,
    ".json": _json,
    ".jsonl": _json,
    ".ndjson": _json,
    ".mat": _matlab,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".nc": _netcdf,
    ".zarr": _zarr,
}
FORMATS = (
    ".csv",
    ".txt",
    ".npz",
    ".npy",
    ".parquet",
    ".feather",
    ".json",
    ".mat",
    ".h5",
    ".nc",
    ".zarr",
)
