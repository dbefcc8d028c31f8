"""Data sets of xarray, which NetCDF files hold: their columns, and steps among their attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.names import RATE_NAMES, STEP_NAMES, TIME_NAMES, plain

AXES = ("axis", "axes", "component", "components", "coordinate", "coord", "dim", "space", "xyz")
"""Plain names of dimensions of space."""


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


def steps_of_dataset(data: Any) -> list[dict[str, np.ndarray]]:
    """The attributes that may give a step, of an xarray Dataset and of each of its variables."""
    holders = [data.attrs, *(data[name].attrs for name in data.variables)]
    return [
        {
            str(name): np.asarray(value)
            for name, value in attributes.items()
            if plain(str(name)) in (*STEP_NAMES, *RATE_NAMES)
        }
        for attributes in holders
    ]
