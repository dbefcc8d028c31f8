"""Readers in a process of their own, because some damaged files crash them.

The child gets the file's bytes on standard input and writes npz to standard output: arrays of
numbers or texts, and the layout of what holds them as JSON. No pickles are written or read.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.datasets import columns_of_dataset, steps_of_dataset
from noether_razor.data.matlab import variables

LAYOUT = "layout"
"""Name of the array of the npz that holds the layout."""


def read_isolated(kind: str, content: bytes, source: str) -> dict[str, Any]:
    """What a file holds, by name: arrays, numbers and texts, and dictionaries and lists of them.

    Args:
        kind: "mat" for MATLAB's files before version 7.3, read by SciPy: the result holds the
            variables. "nc" for NetCDF, read by xarray: the result holds "columns" by name, and
            "attributes" that may give a step.
        content: bytes of the file.
        source: name of the file, for messages.

    Raises:
        InputError: the file cannot be read.
    """
    command = [sys.executable, "-m", "noether_razor.data.isolated", kind]
    child = subprocess.run(command, input=content, capture_output=True)
    if child.returncode != 0:
        last = child.stderr.decode(errors="replace").strip().splitlines()[-1:]
        told = last[0][:200] if last and child.returncode > 0 else "it is damaged"
        raise InputError(f"{source}: cannot be read as {kind} ({told}): write it again")
    with np.load(io.BytesIO(child.stdout), allow_pickle=False) as archive:
        return _restored(json.loads(str(archive[LAYOUT])), archive)


def _stored(value: Any, arrays: dict[str, np.ndarray]) -> list:
    """The layout of a value for JSON: its kind, and what it holds; arrays are put into `arrays`."""
    if isinstance(value, dict):
        return ["dict", {name: _stored(one, arrays) for name, one in value.items()}]
    if isinstance(value, list):
        return ["list", [_stored(one, arrays) for one in value]]
    name = f"array{len(arrays)}"
    arrays[name] = value
    return ["array", name]


def _restored(layout: list, archive: Mapping[str, np.ndarray]) -> Any:
    """The value that was stored."""
    kind, held = layout
    if kind == "dict":
        return {name: _restored(one, archive) for name, one in held.items()}
    if kind == "list":
        return [_restored(one, archive) for one in held]
    return archive[held][()]  # a single number is no array


def _netcdf(content: bytes) -> dict[str, Any]:
    import xarray

    engine = "scipy" if content.startswith(b"CDF") else "h5netcdf"
    with xarray.open_dataset(io.BytesIO(content), engine=engine) as data:
        columns = columns_of_dataset(data.load())
        attributes = steps_of_dataset(data)
    texts = {name: values.astype(str) for name, values in columns.items() if values.dtype == object}
    return {"columns": columns | texts, "attributes": attributes}


if __name__ == "__main__":
    found = {"mat": variables, "nc": _netcdf}[sys.argv[1]](sys.stdin.buffer.read())
    stored: dict[str, np.ndarray] = {}
    layout = json.dumps(_stored(found, stored))
    np.savez(sys.stdout.buffer, allow_pickle=False, **{LAYOUT: np.array(layout)}, **stored)
