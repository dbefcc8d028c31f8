"""Tables in which the columns of several trajectories stand side by side."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.names import as_identifier, without_unit
from noether_razor.data.table import Table, listed

WORD = (
    r"(run|trial|data ?set|traj|trajectory|episode|rollout|experiment|simulation|sim|sequence|"
    r"replicate)"
)
BEFORE = re.compile(rf"{WORD}[ _#]*(\d+) *[:_. -] *(.+)", re.IGNORECASE)
AFTER = re.compile(rf"(.+?)[ _.,-]+{WORD}[ _#]*(\d+)", re.IGNORECASE)
LATEST = re.compile(r"latest *: *(.+)", re.IGNORECASE)
"""What Logger Pro calls its only run."""


def stacked(table: Table, asked: Collection[str]) -> Table:
    """A table with a row for each sample of each run, of one with columns for each run.

    Runs are known by names such as `run1_x`, `Run 1: Time (s)` and `Time (s) Run #1`. Rows below
    the end of a run, which are empty, are left out. Columns of no run belong to all.

    Args:
        table: the table as it was read.
        asked: columns that the user names; the table stays as it is if it has one of them.

    Raises:
        InputError: the runs have different columns.
    """
    found = {name: part for name in table.columns if (part := _part(name))}
    shared = [name for name in table.columns if name not in found]
    shared = [n for n in shared if n != "trajectory" or len(set(table.columns[n].tolist())) > 1]
    runs = list(dict.fromkeys(run for run, _ in found.values()))
    known = {*found, *(as_identifier(without_unit(name)[0]) for name in found)}
    if not found or (len(runs) == 1 and shared) or set(asked) & known:
        return table
    by_run = {run: {what: n for n, (r, what) in found.items() if r == run} for run in runs}
    first = by_run[runs[0]]
    if set(first) & set(shared) or "run" in (*first, *shared):
        return table
    for run, columns in by_run.items():
        if columns.keys() != first.keys():
            raise InputError(
                f"{table.source}: run {run} has the columns {listed(list(columns))} and run "
                f"{runs[0]} has {listed(list(first))}, expected the same: leave the others out, or "
                "name columns with --q and --v"
            )
    parts, labels = [], []
    for run, columns in by_run.items():
        values = {name: table.columns[name] for name in shared}
        values |= {what: table.columns[columns[what]] for what in first}
        filled = ~np.all([_missing(values[what]) for what in first], axis=0)
        parts.append({name: column[filled] for name, column in values.items()})
        labels.append(np.full(int(filled.sum()), run))
    columns = {"run": np.concatenate(labels)}
    columns |= {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    units = {name: unit for name, unit in table.units.items() if name in shared}
    units |= {what: table.units[n] for what, n in first.items() if n in table.units}
    if len(runs) > 1:
        note = f"columns of {len(runs)} runs stand side by side: each run is a trajectory"
        table.notes.append(note)
    return Table(table.source, columns, table.step, None, units, table.notes, table.spare)


def _part(name: str) -> tuple[int, str] | None:
    """The number of the run, and the name without it; None for other names."""
    if match := BEFORE.fullmatch(name):
        return int(match[2]), match[3]
    if match := AFTER.fullmatch(name):
        return int(match[3]), match[1]
    match = LATEST.fullmatch(name)
    return (1, match[1]) if match else None


def _missing(column: np.ndarray) -> np.ndarray:
    if column.dtype.kind == "f":
        return np.isnan(column)
    return np.array([one is None or one != one or str(one) in ("", "nan") for one in column])
