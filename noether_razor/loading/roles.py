"""Which column is time, which trajectory a row is of, and which columns are a pair.

Guessed from names that are in use; what the user says goes before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from noether_razor.errors import InputError
from noether_razor.loading.table import Roles, Table, listed

TIME_NAMES = ("t", "time", "times", "timestamp", "timestamps", "datetime", "date", "seconds", "sec")
ID_NAMES = (
    "trajectory", "traj", "trajectory_id", "traj_id", "track", "track_id", "run", "run_id", "orbit",
    "orbit_id", "id", "episode", "trial", "series", "simulation", "sim", "experiment", "particle",
    "particle_id", "label", "replicate", "realization",
)  # fmt: skip
ANGLES = ("theta", "phi", "psi", "alpha", "beta", "gamma", "angle")
UNIT = re.compile(r"^(.*?)\s*[\[(]([^\])]*)[\])]\s*$")
"""A name with its unit in brackets, as x [m] or x (m)."""


def find_roles(table: Table, asked: Roles) -> Roles:
    """Say which column is what.

    Args:
        table: as read; the units in its headings are moved to `units`.
        asked: by the user; empty entries are guessed.

    Raises:
        InputError: a column that is asked for is not there, no pair is found, or no time.
    """
    _take_units(table)
    names = list(table.columns)
    for name in (asked.time, asked.id, *asked.coordinates):
        if name and name not in names:
            raise InputError(f"{table.source}: has no column {name}, it has {listed(names)}")
    lower = {name.lower(): name for name in reversed(names)}
    free = lambda wanted: next(  # noqa: E731
        (lower[name] for name in wanted if name in lower and lower[name] not in asked.coordinates),
        "",
    )
    time, label = asked.time or free(TIME_NAMES), asked.id or free(ID_NAMES)
    rest = [name for name in names if name not in (time, label)]
    if asked.first:
        first, second, kind = _asked(asked, rest, table.source)
    else:
        first, second, kind = _pairs(table, rest)
    left = tuple(name for name in rest if name not in (*first, *second))
    return Roles(time, label, tuple(first), tuple(second), kind, left)


def _take_units(table: Table) -> None:
    """Move units that stand in the names of columns to the table's units."""
    found: dict[str, np.ndarray] = {}
    for name, values in table.columns.items():
        match = UNIT.match(name)
        plain = match[1].strip() if match and match[1].strip() else name
        plain = plain if plain not in found else name
        if match and plain != name:
            table.units[plain] = match[2]
        elif name in table.units and plain != name:
            table.units[plain] = table.units.pop(name)
        found[plain] = values
    table.columns = found


def _asked(
    asked: Roles, rest: Sequence[str], source: str
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The columns that the user names; partners of positions are found by their names."""
    if not asked.second:
        found = [_partner(name, rest) for name in asked.first]
        if asked.kind == "q" and all(found):
            return (asked.first, *_of_one_kind(asked.first, found, source))
        return asked.first, (), asked.kind
    if len(asked.second) != len(asked.first):
        what = "velocities" if asked.kind == "v" else "momenta"
        raise InputError(
            f"{source}: {len(asked.first)} positions and {len(asked.second)} {what} are named, "
            "expected as many"
        )
    return asked.first, asked.second, asked.kind


def _pairs(table: Table, rest: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Positions with their momenta, or else with their velocities; else what is observed."""
    usable = [name for name in rest if table.columns[name].dtype.kind in "fiuc"]
    usable += [name for name in rest if name not in usable and _numbered(name)]
    found: dict[str, dict[str, str]] = {"p": {}, "v": {}}
    for name in usable:
        for kind in "pv":
            if partner := next((s for s in partners(name, kind) if s in usable), ""):
                found[kind].setdefault(name, partner)
    kind = "p" if len(found["p"]) >= len(found["v"]) else "v"
    pairs = {a: b for a, b in found[kind].items() if a not in found[kind].values()}
    if pairs:
        _complete(table, pairs, kind)
        first = _by_number(list(pairs))
        return tuple(first), tuple(pairs[name] for name in first), kind
    moving = [name for name in usable if len(table) and np.ptp(table.columns[name]) != 0]
    if not moving:
        raise InputError(
            f"{table.source}: has the columns {listed(list(table.columns))}, expected numbers that "
            "change: name the coordinates, as --q x,y --v u,w"
        )
    if all(_position(name) for name in moving):
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


def _position(name: str) -> bool:
    """Whether a name is usual for a position or an angle."""
    stem = re.sub(r"_?\d+$", "", name.lower())
    return stem in ("q", "x", "y", "z", "r", "position", "pos", *ANGLES)


def _by_number(names: list[str]) -> list[str]:
    """q1, q2, q10 in this order, if all differ in their numbers alone."""
    parts = [re.fullmatch(r"(.*?)(\d+)", name) for name in names]
    if all(parts) and len({part[1] for part in parts if part}) == 1:
        return sorted(names, key=lambda name: int(re.sub(r"\D", "", name[len(parts[0][1]) :])))  # type: ignore[index]
    return names


def _complete(table: Table, pairs: dict[str, str], kind: str) -> None:
    """Refuse a numbered coordinate without its partner: q1, q2, p1."""
    firsts, seconds = set(pairs), set(pairs.values())
    for name in table.columns:
        match = re.fullmatch(r"([a-zA-Z]+)_?(\d+)", name)
        if not match or name in firsts | seconds:
            continue
        stems = lambda names: {m[1] for n in names if (m := re.match(r"([a-zA-Z]+)_?\d", n))}  # noqa: E731
        if match[1] in stems(firsts) | stems(seconds):
            what = "momentum" if kind == "p" else "velocity"
            raise InputError(
                f"{table.source}: column {name} has no partner, expected a position and a {what} "
                "of every number: add the other, or leave it out"
            )


def _numbered(name: str) -> bool:
    return bool(re.fullmatch(r"[qpv]_?\d+", name))


def _partner(name: str, rest: Sequence[str]) -> str:
    every = [*partners(name, "p"), *partners(name, "v")]
    return next((other for other in every if other in rest), "")


def _of_one_kind(
    first: Sequence[str], second: Sequence[str], source: str
) -> tuple[tuple[str, ...], str]:
    kinds = {
        k for k in "pv" if all(b in partners(a, k) for a, b in zip(first, second, strict=True))
    }
    if not kinds:
        raise InputError(
            f"{source}: {listed(second)} are momenta and velocities mixed, expected one kind: name "
            "them with --p or --v"
        )
    return tuple(second), "p" if "p" in kinds else "v"


def partners(name: str, kind: str) -> list[str]:
    """Names that the momentum ("p") or the velocity ("v") of a position may have."""
    letter, words = (
        ("p", ("p", "mom", "momentum")) if kind == "p" else ("v", ("v", "vel", "velocity"))
    )
    found = [f"{letter}{name}", letter.upper() + name]
    found += [f"{word}_{name}" for word in words] + [f"{name}_{word}" for word in words]
    stem, number = re.fullmatch(r"(.*?)(_?\d*)", name).groups()  # type: ignore[union-attr]
    if stem.lower() in ("q", "x", "r"):
        found += [f"{letter}{number}", f"{letter.upper()}{number}"]
        found += [words[-1], *([] if number else words)]
    for place in ("position", "pos", "q", "r"):
        if stem.lower().startswith(f"{place}_"):
            rest = name[len(place) + 1 :]
            found += [f"{word}_{rest}" for word in words]
    if kind == "v":
        found += [f"{name}dot", f"{name}_dot", f"dot_{name}", f"{name}'", f"d{name}", f"d{name}dt"]
        found += [f"d{name}/dt", f"d{name}_dt", f"{stem}dot{number}", f"{stem}_dot{number}"]
        if stem.lower() in ANGLES:
            found += [f"omega{number}", f"w{number}", f"{stem}_rate{number}", f"omega_{name}"]
            found += [] if number else ["angular_velocity"]
    elif stem.lower() in ANGLES:
        found += [f"L{number}", f"l{number}", f"J{number}", f"L_{name}"]
    return found
