"""Readers in a process of their own, because some damaged files crash them.

The child gets the file's bytes on standard input and writes arrays as npz to standard output.
"""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import numpy as np

from noether_razor.errors import InputError
from noether_razor.loading.names import TIME_NAMES, plain

AXES = ("axis", "axes", "component", "components", "coordinate", "coord", "dim", "space", "xyz")
"""Plain names of dimensions of space."""


def read_isolated(kind: str, content: bytes, source: str) -> dict[str, np.ndarray]:
    """The arrays of a file, by name.

    Args:
        kind: "mat" for MATLAB's files before version 7.3, by SciPy; "nc" for NetCDF, by xarray.
        content: of the file.
        source: for messages.

    Raises:
        InputError: the file cannot be read.
    """
    command = [sys.executable, "-m", "noether_razor.loading.isolated", kind]
    child = subprocess.run(command, input=content, capture_output=True)
    if child.returncode != 0:
        last = child.stderr.decode(errors="replace").strip().splitlines()[-1:]
        told = last[0][:200] if last and child.returncode > 0 else "it is damaged"
        raise InputError(f"{source}: cannot be read as {kind} ({told}): write it again")
    with np.load(io.BytesIO(child.stdout), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _matlab(content: bytes) -> dict[str, np.ndarray]:
    from scipy.io import loadmat

    return {
        name: value.ravel() if value.ndim == 2 and 1 in value.shape else value
        for name, value in loadmat(io.BytesIO(content)).items()
        if not name.startswith("__") and value.dtype.kind in "fiucUS"
    }


def _netcdf(content: bytes) -> dict[str, np.ndarray]:
    import xarray

    engine = "scipy" if content.startswith(b"CDF") else "h5netcdf"
    with xarray.open_dataset(io.BytesIO(content), engine=engine) as data:
        columns = columns_of_dataset(data.load())
    return {
        name: values.astype(str) if values.dtype.kind == "O" else values
        for name, values in columns.items()
    }


def columns_of_dataset(data: Any) -> dict[str, np.ndarray]:
    """Columns of an xarray Dataset whose variables share their dimensions.

    A dimension that only some variables have, such as the coordinate of a position, becomes a part
    of their names.

    Raises:
        InputError: there are no variables.
    """
    import xarray

    for name in [name for name in data.data_vars if data[name].ndim == 0]:
        data = data.drop_vars(name)
    for name in list(data.data_vars):
        if plain(str(name)) in TIME_NAMES and data[name].ndim == 1:
            (dim,) = data[name].dims
            data = data.assign_coords({dim: data[name].to_numpy()}).drop_vars(name)
            data = data if dim == name else data.rename({dim: name})
    if not data.data_vars:
        raise InputError("there are no variables, expected positions and momenta")
    sets = [{*data[name].dims} for name in data.data_vars]
    # Where every variable has a last dimension for the axes of space, that is no dimension of rows.
    common = set.intersection(*sets) - {
        dim for one in sets for dim in one if plain(str(dim)) in AXES and len(one) > 1
    }
    flat = {}
    for name, values in data.data_vars.items():
        own = [dim for dim in values.dims if dim not in common]
        if not own:
            flat[name] = values
            continue
        for part in values.stack(__part=own).transpose("__part", ...):
            place = "_".join(str(part.coords[dim].item()) for dim in own)
            flat[f"{name}_{place}"] = part.drop_vars(["__part", *own], errors="ignore")
    frame = xarray.Dataset(flat).to_dataframe().reset_index()
    return {str(name): frame[name].to_numpy() for name in frame.columns}


if __name__ == "__main__":
    arrays = {"mat": _matlab, "nc": _netcdf}[sys.argv[1]](sys.stdin.buffer.read())
    np.savez(sys.stdout.buffer, allow_pickle=False, **arrays)
