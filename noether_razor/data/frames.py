"""Tables of pandas, and the formats that hold them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.extras import needed
from noether_razor.data.headings import of_levels
from noether_razor.data.table import Table


def read_parquet(content: bytes, source: str) -> Table:
    """Read a Parquet file as a table.

    Raises:
        InputError: pyarrow is missing, or two columns have the same name.
    """
    import pandas as pd

    needed("pyarrow", source)
    return table_of_frame(pd.read_parquet(io.BytesIO(content)), source)


def read_feather(content: bytes, source: str) -> Table:
    """Read a Feather file as a table.

    Raises:
        InputError: pyarrow is missing, or two columns have the same name.
    """
    import pandas as pd

    needed("pyarrow", source)
    return table_of_frame(pd.read_feather(io.BytesIO(content)), source)


def table_of_frame(frame: Any, source: str) -> Table:
    """Make a table of a pandas frame; levels of its index that have names become columns.

    Raises:
        InputError: two columns have the same name.
    """
    if not hasattr(frame, "reset_index") or not hasattr(frame, "columns"):
        raise InputError(f"{source}: is a {type(frame).__name__}, expected a table")
    if frame.columns.nlevels > 1:
        levels = map(frame.columns.get_level_values, range(frame.columns.nlevels))
        frame = frame.set_axis(of_levels([[str(p).strip() for p in one] for one in levels]), axis=1)
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
