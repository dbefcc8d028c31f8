"""Arrays in groups, as HDF5 and Zarr hold them; groups with the same arrays are trajectories."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.extras import needed
from noether_razor.data.arrays import table_of_arrays
from noether_razor.data.joined import joined
from noether_razor.data.steps import spare_of_attributes
from noether_razor.data.table import Spare, Table


def read_hdf5(content: bytes, source: str) -> Table:
    """Read an HDF5 file as a table.

    Raises:
        InputError: h5py is missing, or see `_of_groups`.
    """
    h5py = needed("h5py", source)
    with h5py.File(io.BytesIO(content), "r") as file:
        return _of_groups(file, h5py.Dataset, source, source, None)


def read_zarr(path: Path, source: str) -> Table:
    """Read a Zarr store as a table.

    Raises:
        InputError: zarr is missing, the store asks for pickles, or see `_of_groups`.
    """
    zarr = needed("zarr", source)
    for name in (".zarray", ".zmetadata", "zarr.json"):
        for file in path.rglob(name):
            if b"pickle" in file.read_bytes():
                raise InputError(f"{source}: {file.name} asks for pickles, which are never read")
    return _of_groups(zarr.open_group(str(path), mode="r"), zarr.Array, source, source, None)


def _of_groups(
    root: Mapping[str, Any], dataset: type, source: str, place: str, spare: Spare | None
) -> Table:
    """A table of the arrays of a group, or of the groups in it.

    Args:
        root: the group.
        dataset: the type of arrays.
        source: the file, for messages.
        place: the file and the path of the group in it.
        spare: the step that attributes of the groups around it give.

    Raises:
        InputError: attributes give two different steps, groups differ, or see `table_of_arrays`.
    """
    names = sorted(root)  # stores of Zarr have no order
    arrays = {name: root[name] for name in names if isinstance(root[name], dataset)}
    groups = [name for name in names if name not in arrays and hasattr(root[name], "keys")]
    # An attribute that is nearer to the data takes precedence.
    spare = spare_of_attributes([root.attrs], place) or spare  # type: ignore[attr-defined]
    spare = spare_of_attributes([array.attrs for array in arrays.values()], place) or spare
    if arrays or not groups:
        table = table_of_arrays({name: np.asarray(a) for name, a in arrays.items()}, source)
        table.spare = table.spare or spare
        return table
    tables = {
        name: _of_groups(root[name], dataset, source, f"{place}/{name}", spare) for name in groups
    }
    return joined(tables, "group", source) if len(groups) > 1 else tables[groups[0]]
