"""From a file to a table, by the file's extension and its first bytes.

Nothing in a file is ever executed. Pickles are refused, also inside files of other formats.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.extras import needed
from noether_razor.data.arrays import fields_of, table_of_arrays
from noether_razor.data.frames import read_feather, read_parquet
from noether_razor.data.groups import read_hdf5, read_zarr
from noether_razor.data.isolated import read_isolated
from noether_razor.data.marks import FRAMES
from noether_razor.data.matlab import HEAD, variables_of_hdf5
from noether_razor.data.nested import table_of_nested
from noether_razor.data.steps import spare_of_attributes
from noether_razor.data.table import Table, listed, one_line
from noether_razor.data.text import read_text

TEXT = (".csv", ".tsv", ".txt", ".dat", ".asc", ".tab", ".xvg", ".sto", ".mot")
PACKED = (".gz", ".xz", ".bz2", ".zip")
HINTS = {
    **dict.fromkeys(
        (".xyz", ".lammpstrj", ".dump", ".gro", ".pdb", ".xtc", ".trr", ".dcd"), FRAMES
    ),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "save the sheet as .csv"),
    **dict.fromkeys((".bag", ".db3", ".mcap", ".ulg"), "write the messages of a topic as .csv"),
    **dict.fromkeys((".trk", ".trz", ".cmbl", ".cap"), "export the data as .csv or .txt"),
    **dict.fromkeys((".rds", ".rdata", ".rda"), "write a table with write.csv"),
}
"""What to do with files of other types."""
MOST_UNPACKED = 8 * 2**30
"""Most bytes that a packed file may hold: more do not fit into the memory of a small machine."""


def read_file(path: Path) -> Table:
    """Read a table of samples.

    Raises:
        InputError: there is no such file, its type is unknown, it is damaged, or a package that
            reads it is missing.
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
            f"{', '.join(FORMATS)}: "
            + HINTS.get(extension, "convert it or name it by what it holds")
        )
    try:
        content: Any = path if path.is_dir() else path.read_bytes()
        if packed:
            content = _unpacked(path, content)
        return READERS[extension](content, str(path))
    except (InputError, ModuleNotFoundError):  # the caller names the extra that is missing
        raise
    except MemoryError:
        raise InputError(f"{path}: does not fit into memory: leave columns or rows out") from None
    except Exception as error:  # damaged bytes can raise almost any exception
        if "allow_pickle" in str(error):
            raise InputError(
                f"{path}: holds pickled Python objects, expected plain numbers: save arrays with "
                "a numeric dtype (trajectories of unequal length cannot be one array)"
            ) from error
        raise InputError(
            f"{path}: cannot be read as {extension[1:]} ({one_line(error)}): write it again"
        ) from error


def named_as_file(word: str) -> bool:
    """Whether a word has the extension of a file that can be read."""
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
    array = np.load(io.BytesIO(content), allow_pickle=False)
    return table_of_arrays(fields_of(array) or {"x": array}, source)


def _json(content: bytes, source: str) -> Table:
    text = content.decode("utf-8-sig")
    lines = text.strip().splitlines()
    if len(lines) > 1 and lines[0].strip().startswith("{") and lines[0].strip().endswith("}"):
        return table_of_nested([json.loads(line) for line in lines if line.strip()], source)
    return table_of_nested(json.loads(text), source)


def _matlab(content: bytes, source: str) -> Table:
    newer = content.startswith(HEAD)
    found = variables_of_hdf5(content, source) if newer else read_isolated("mat", content, source)
    return table_of_nested(found, source)


def _netcdf(content: bytes, source: str) -> Table:
    for module in ("xarray", *(() if content.startswith(b"CDF") else ("h5netcdf",))):
        needed(module, source)
    found = read_isolated("nc", content, source)
    spare = spare_of_attributes(found["attributes"], source)
    return Table(source, found["columns"], spare=spare)


READERS: dict[str, Callable[[Any, str], Table]] = {
    **dict.fromkeys(TEXT, read_text),
    ".npz": _npz,
    ".npy": _npy,
    ".parquet": read_parquet,
    ".pq": read_parquet,
    ".feather": read_feather,
    ".arrow": read_feather,
    ".json": _json,
    ".jsonl": _json,
    ".ndjson": _json,
    ".mat": _matlab,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    ".nc": _netcdf,
    ".zarr": read_zarr,
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
