"""Join tables, each of one or more trajectories, into one table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.names import TIME_NAMES, plain
from noether_razor.data.table import Table, listed


def joined(tables: Mapping[str, Table], what: str, source: str) -> Table:
    """Join tables with the same columns and the same step; their lengths may differ.

    Args:
        tables: tables by the names of their trajectories.
        what: what the tables are, "group" or "trajectory", for messages.
        source: name of the data, for messages.

    Raises:
        InputError: their columns or their steps differ.
    """
    names = list(tables)
    first = tables[names[0]]
    timed = any(plain(name) in TIME_NAMES for name in first.columns)
    for name, table in tables.items():
        for part, own, expected in (
            ("columns", listed(sorted(table.columns)), listed(sorted(first.columns))),
            ("step", table.step, first.step),
            ("step", *(None if timed else _spare(one) for one in (table, first))),
        ):
            if own != expected:
                raise InputError(
                    f"{source}: {what} {name} has the {part} {own} and {what} {names[0]} "
                    f"{expected}, expected the same for all"
                )
    labels = [_labels(name, table) for name, table in tables.items()]
    columns = {"trajectory": np.concatenate(labels)}
    for name in first.columns:
        if name != "trajectory":
            columns[name] = np.concatenate([table.columns[name] for table in tables.values()])
    return Table(source, columns, first.step, first.roles, notes=first.notes, spare=first.spare)


def _spare(table: Table) -> float | None:
    return table.spare.step if table.spare else None


def _labels(name: str, table: Table) -> np.ndarray:
    """The name of the table's trajectory for each row, with a number if it holds several."""
    inside = table.columns.get("trajectory", np.zeros(len(table), int))
    alone = len(set(inside)) == 1
    return np.array([name if alone else f"{name}/{k}" for k in inside], object)
