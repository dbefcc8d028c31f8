"""Variables of MATLAB's files: structs as dictionaries, struct arrays and cell arrays as lists."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from noether_razor.base.extras import needed

HEAD = b"MATLAB 7.3"
"""First bytes of files from version 7.3 on, which are HDF5."""


def variables(content: bytes) -> dict[str, Any]:
    """The variables of a file before version 7.3, by name. Objects of classes are left out."""
    from scipy.io import loadmat

    return {
        name: _plain(value)
        for name, value in loadmat(io.BytesIO(content)).items()
        if not name.startswith("__") and _is_plain(value)
    }


def _is_plain(value: Any) -> bool:
    """Whether a value is numbers, text, a struct or a cell array, and no object."""
    from scipy.io.matlab import MatlabFunction, MatlabOpaque

    usual = isinstance(value, np.ndarray) and not isinstance(value, MatlabFunction | MatlabOpaque)
    return usual and value.dtype.kind in "fiucUSOV"


def _plain(value: np.ndarray) -> Any:
    if value.dtype.names is not None:
        structs = [
            {name: _plain(one[name]) for name in value.dtype.names if _is_plain(one[name])}
            for one in value.ravel(order="F")
        ]
        return structs[0] if len(structs) == 1 else structs
    if value.dtype.kind == "O":
        return [_plain(one) for one in value.ravel(order="F") if _is_plain(one)]
    return _of_one_axis(value)


def _of_one_axis(value: np.ndarray) -> np.ndarray:
    """Convert a matrix of one row or column to a vector, and one of one entry to a scalar."""
    if value.size == 1:
        return value.reshape(())
    return value.ravel() if value.ndim == 2 and 1 in value.shape else value


def variables_of_hdf5(content: bytes, source: str) -> dict[str, Any]:
    """The variables of a file from version 7.3 on, by name. A struct array is a struct of lists.

    Raises:
        InputError: h5py is missing.
    """
    h5py = needed("h5py", source)
    with h5py.File(io.BytesIO(content), "r") as file:
        return {name: _of_node(file[name], file) for name in file if not name.startswith("#")}


def _of_node(node: Any, file: Any) -> Any:
    """Convert a node: a group to a dictionary, references to a list of nodes, else to an array."""
    if hasattr(node, "keys"):
        return {name: _of_node(node[name], file) for name in node}
    values = np.asarray(node)
    if values.dtype.kind == "O":
        return [_of_node(file[reference], file) for reference in values.ravel()]
    if "MATLAB_empty" in node.attrs:  # the values are the lengths of the axes
        return np.zeros(0)
    if node.attrs.get("MATLAB_class") == b"char":
        return "".join(map(chr, values.T.ravel()))
    return _of_one_axis(values.T)  # MATLAB's first axis is the last one of HDF5
