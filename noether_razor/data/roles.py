"""Find which column is time, which one names the trajectory, and which columns are a pair.

These roles are guessed from usual names of columns. What the user says takes precedence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data import clock
from noether_razor.data.names import (
    COUNT_NAMES,
    ID_NAMES,
    ROW_NAMES,
    TIME_NAMES,
    UNIT_NAMES,
    as_identifier,
    is_position,
    partner,
    plain,
    without_brackets,
    without_unit,
)
from noether_razor.data.table import Roles, Table, is_number, listed


def find_roles(table: Table, asked: Roles) -> Roles:
    """Find the role of every column.

    Args:
        table: the table as it was read; the units in its headings are moved to `units`.
        asked: the roles that the user gives; empty entries are guessed.

    Raises:
        InputError: a column that is asked for is not there, or the coordinates cannot be found.
    """
    asked = _cleaned(table, asked)
    names = list(table.columns)
    for name in (asked.time, asked.id, *asked.coordinates):
        if name and name not in names:
            raise InputError(f"{table.source}: has no column {name}, it has {listed(names)}")
    by_plain = {plain(name): name for name in reversed(names)}
    free = lambda wanted: [  # noqa: E731
        by_plain[n] for n in wanted if n in by_plain and by_plain[n] not in asked.coordinates
    ]
    counts = [name for name in free(COUNT_NAMES) if clock.counts(table.columns[name])]
    labels = free(ID_NAMES)
    usable = [name for name in labels if not _numbers_rows(name, table.columns[name])]
    units = [name for name in free(UNIT_NAMES) if name != asked.id]
    time = asked.time or (*free(TIME_NAMES), *counts, *units, "")[0]
    label = asked.id or (*usable, "")[0]
    rest = [name for name in names if name not in (time, label)]
    if asked.first:
        first, second, kind = _asked(asked, rest, table.source)
    else:
        unnamed = [name for name in rest if re.fullmatch(r"Unnamed_\d+(_level_\d+)?", name)]
        coordinates = [name for name in rest if name not in (*counts, *labels, *unnamed)]
        first, second, kind = _pairs(table, coordinates)
    left = tuple(name for name in rest if name not in (*first, *second))
    return Roles(time, label, tuple(first), tuple(second), kind, left)


def _numbers_rows(name: str, column: np.ndarray) -> bool:
    """Whether a column such as id has a different value in every row."""
    return plain(name) in ROW_NAMES and len(set(column.tolist())) == len(column)


def _cleaned(table: Table, asked: Roles) -> Roles:
    """Take units out of the names of columns, and make them fit to stand in formulas."""
    clean: dict[str, str] = {}
    units: dict[str, str] = {}
    for name in table.columns:
        bare, unit = without_unit(name)
        found = as_identifier(bare)
        found = found if found not in clean.values() else as_identifier(name)
        if found in clean.values():
            raise InputError(
                f"{table.source}: the columns {listed(list(table.columns))} have names that differ "
                "in marks alone, expected different words: rename them"
            )
        clean[name] = found
        if unit or name in table.units:
            units[found] = unit or without_brackets(table.units[name])
    renamed = [
        f"{old} is called {new}" for old, new in clean.items() if without_unit(old)[0] != new
    ]
    if renamed:
        table.notes.append("; ".join(renamed))
    table.columns = {clean[name]: values for name, values in table.columns.items()}
    table.units = units
    of = lambda name: clean.get(name, name)  # noqa: E731
    return asked._replace(
        time=of(asked.time),
        id=of(asked.id),
        first=tuple(map(of, asked.first)),
        second=tuple(map(of, asked.second)),
    )


def _asked(
    asked: Roles, rest: Sequence[str], source: str
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The columns that the user names; partners of positions are found by their names."""
    if not asked.second:
        for kind in "pv":
            found = [partner(name, rest, kind) for name in asked.first]
            if asked.kind == "q" and all(found):
                return asked.first, tuple(found), kind
        return asked.first, (), asked.kind
    if len(asked.second) != len(asked.first):
        what = "velocities" if asked.kind == "v" else "momenta"
        raise InputError(
            f"{source}: {len(asked.first)} positions and {len(asked.second)} {what} are named, "
            "expected as many"
        )
    return asked.first, asked.second, asked.kind


def _pairs(table: Table, rest: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Positions with their momenta or velocities, or else all observed quantities."""
    pairs, kind = _best_pairs(rest)
    if pairs:
        _complete(table, rest, pairs, kind)
        first = _by_number(list(pairs))
        return tuple(first), tuple(pairs[name] for name in first), kind
    usable = [name for name in rest if _holds_numbers(table.columns[name])]
    moving = [name for name in usable if _moves(table.columns[name])]
    if not moving:
        raise InputError(
            f"{table.source}: has the columns {listed(list(table.columns))}, expected numbers that "
            "change: name the coordinates, as --q x,y --v u,w"
        )
    if all(map(is_position, moving)):
        if all(name.lower().startswith("q") for name in moving):
            return tuple(_by_number(moving)), (), "q"
        names = ",".join(moving)
        raise InputError(
            f"{table.source}: {names} pair with no momenta or velocities: say whether they are "
            f"positions, --q {names} (velocities are then estimated), or all that the motion "
            f"depends on, --x {names}"
        )
    table.notes.append(
        f"no column is the momentum or the velocity of another: {listed(moving)} are taken as all "
        "that the motion depends on; pairs are named by --q and --v"
    )
    return tuple(_by_number(moving)), (), "x"


def _best_pairs(rest: Sequence[str]) -> tuple[dict[str, str], str]:
    """Positions with their momenta, or with their velocities, whichever are more."""
    found: dict[str, dict[str, str]] = {}
    for kind in "pv":
        every = {name: other for name in rest if (other := partner(name, rest, kind))}
        found[kind] = {a: b for a, b in every.items() if a not in every.values()}
    if {"x", "y", "u", "v"} <= set(rest):  # the velocities of fluids are u, v, w
        found["v"] = dict(zip("xyz" if {"z", "w"} <= set(rest) else "xy", "uvw", strict=False))
    kind = "p" if len(found["p"]) >= len(found["v"]) else "v"
    return found[kind], kind


def _holds_numbers(column: np.ndarray) -> bool:
    """Whether a column holds numbers; some bad cells are allowed."""
    if column.dtype.kind in "fiuc":
        return True
    if column.dtype.kind not in "OUS":
        return False
    some = column[:: max(1, len(column) // 200)]
    return sum(map(is_number, map(str, some))) > len(some) / 2


def _moves(column: np.ndarray) -> bool:
    return column.dtype.kind not in "fiu" or bool(len(column) and np.ptp(column) != 0)


def _by_number(names: list[str]) -> list[str]:
    """Sort names by their numbers, as q1, q2, q10, if they differ in their numbers alone."""
    parts = [re.fullmatch(r"(.*?)(\d+)", name) for name in names]
    if all(parts) and len({part[1] for part in parts if part}) == 1:
        return sorted(names, key=lambda name: int(re.sub(r"\D", "", name[len(parts[0][1]) :])))  # type: ignore[index]
    return names


def _complete(table: Table, rest: Sequence[str], pairs: dict[str, str], kind: str) -> None:
    """Refuse a position without a partner where others have one, as in x, y, vx or q1, q2, p1."""
    taken = {*pairs, *pairs.values()}
    stem = lambda name: re.sub(r"\d+$", "", plain(name))  # noqa: E731
    stems = {stem(name) for name in taken if plain(name) != stem(name)}
    for name in rest:
        numbered = plain(name) != stem(name) and stem(name) in stems
        if name in taken or not (numbered or is_position(name)):
            continue
        if _holds_numbers(table.columns[name]):
            what = "momentum" if kind == "p" else "velocity"
            raise InputError(
                f"{table.source}: column {name} has no partner, expected a position and a {what} "
                f"of each: found {listed([f'{a} {b}' for a, b in pairs.items()])}; name all with "
                "--q and --v or --p, or leave it out"
            )
