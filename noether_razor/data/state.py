"""From tracks to coordinates of a motion: angles without jumps, momenta of velocities, bodies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.table import Roles, is_number
from noether_razor.data.trajectories import ONE_VALUE, Slopes, Trajectories

TURN = 2 * np.pi
FEWEST_STEPS = 20
"""Fewer steps than this do not tell a wrapped angle from other numbers."""


def check_numbers(table_columns: dict[str, np.ndarray], roles: Roles, source: str) -> None:
    """Raise InputError for a coordinate that is no column of real numbers."""
    for name in roles.coordinates:
        column = table_columns[name]
        if column.dtype.kind in "fiu":
            continue
        if column.dtype.kind == "c":
            raise InputError(f"{source}: {name} has dtype {column.dtype}, expected real numbers")
        texts = column.astype(str)
        row = next((i for i, text in enumerate(texts) if not is_number(text)), 0)
        raise InputError(
            f"{source}: column {name} holds {str(texts[row])!r} in data row {row + 1}, expected "
            "numbers only: correct or remove that row"
        )


def unwrapped(
    x: np.ndarray,
    roles: Roles,
    angles: Sequence[str],
    units: dict[str, str],
    source: str,
    notes: list[str],
) -> np.ndarray:
    """Convert angles to radians, and remove their jumps of a full turn.

    Args:
        x: states, [R, T, m].
        roles: which coordinate is what.
        angles: names of the coordinates that are angles.
        units: units of the coordinates. An angle is in degrees if its unit starts with "deg" or
            "°", if its name ends with "deg" or "degrees", or if it jumps by 360.

    Raises:
        InputError: a name in `angles` is none of `roles.first`, or a coordinate that is not in
            `angles` jumps by a full turn.
    """
    x, n = x.copy(), len(roles.first)
    names = roles.coordinates
    for name in angles:
        if name not in roles.first:
            raise InputError(
                f"{source}: --angle names {name}, expected one of {', '.join(roles.first)}"
            )
    for i, name in enumerate(roles.first):
        wrap = _wraps(x[..., i])
        if name not in angles:
            if wrap is not None:
                jump = np.diff(x[wrap.track, :, i])[wrap.time]
                raise InputError(
                    f"{source}: {name} jumps by {jump:.4g} after "
                    f"time index {wrap.time} in trajectory {wrap.track} (counted from 0) and stays "
                    f"within a turn of {wrap.turn:.4g}, as an angle that is wrapped: add --angle "
                    f"{name}"
                )
            continue
        degrees = _in_degrees(name, units) or (wrap is not None and wrap.turn == 360.0)
        turn = 360.0 if degrees else TURN
        before = x[..., i].copy()
        x[..., i] = np.unwrap(before, axis=1, period=turn) * (TURN / turn)
        jumps = int((np.abs(np.diff(before, axis=1)) > turn / 2).sum())
        notes.append(f"{name} is an angle: {jumps} jumps of a turn taken out")
        if degrees:
            notes.append(f"{name} is in degrees: taken to radians, so give its noise in radians")
            if roles.kind == "v" and "rad" not in units.get(names[n + i], "").lower():
                x[..., n + i] *= TURN / turn
                notes.append(f"{names[n + i]} is taken to radians likewise")
    return x


def _in_degrees(name: str, units: dict[str, str]) -> bool:
    """Whether the heading says degrees, as theta [deg] or theta_deg."""
    unit = units.get(name, "").lower()
    return unit.startswith(("deg", "°")) or name.lower().endswith(("deg", "degrees"))


class _Wrap(NamedTuple):
    """A jump of an angle by a turn: its trajectory and time index, and the turn."""

    track: int
    time: int
    turn: float


def _wraps(values: np.ndarray) -> _Wrap | None:
    """Where an angle [R, T] jumps by a turn, and the turn; None if it is no wrapped angle.

    A wrapped angle fills a turn, and its steps are either short or nearly a turn.
    """
    steps = np.abs(np.diff(values, axis=1))
    for turn in (TURN, 360.0):
        if not 0.9 * turn < np.ptp(values) < 1.001 * turn or steps.size < FEWEST_STEPS:
            continue
        jumps = steps > turn / 2
        between = (steps > turn / 4) & (steps < 3 * turn / 4)
        if jumps.any() and not jumps.all() and not between.any():
            track, time = np.argwhere(jumps)[0]
            return _Wrap(int(track), int(time), turn)
    return None


def by_body(roles: Roles, x: np.ndarray, notes: list[str]) -> tuple[Roles, np.ndarray]:
    """Put the coordinates of a body side by side: x1 y1 x2 y2 in place of x1 x2 y1 y2.

    This is done for positions whose names are a letter for the axis and a number for the body.
    """
    parts = [re.fullmatch(r"([a-zA-Z]+)_?(\d+)", name) for name in roles.first]
    n = len(roles.first)
    if not all(parts):
        return roles, x
    keys = [(int(part[2]), part[1]) for part in parts if part]
    axes = list(dict.fromkeys(axis for _, axis in keys))
    if len(axes) == 1 or len(axes) * len({body for body, _ in keys}) != n:
        return roles, x
    order = sorted(range(n), key=lambda i: (keys[i][0], axes.index(keys[i][1])))
    if order == list(range(n)):
        return roles, x
    first = tuple(roles.first[i] for i in order)
    second = tuple(roles.second[i] for i in order) if roles.second else ()
    notes.append(f"coordinates of a body are put side by side: {', '.join(first)}")
    both = order + [n + i for i in order] if second else order
    return roles._replace(first=first, second=second), x[..., both]


def momenta(
    roles: Roles, x: np.ndarray, masses: Sequence[float] | None, source: str, notes: list[str]
) -> tuple[Roles, np.ndarray, np.ndarray]:
    """Replace velocities by momenta if there are masses: one for all, each coordinate or each body.

    Returns:
        The columns, the states, and the mass of every coordinate, [n]; 1 if none is given.

    Raises:
        InputError: the masses do not fit the coordinates, or the data hold no velocities.
    """
    if masses is None:
        if roles.kind == "v":
            notes.append("velocities are used as they are; with --masses they become momenta")
        return roles, x, np.ones(len(roles.first))
    if roles.kind != "v":
        what = "momenta p" if roles.kind == "p" else "no velocities"
        raise InputError(
            f"{source}: holds {what}, so masses have no use: leave them out, or name the "
            "velocities with --v"
        )
    n = len(roles.first)
    each = np.asarray(masses)
    usable = each.dtype.kind in "fiu" and each.ndim == 1 and each.size > 0
    if not usable or n % each.size or not (np.isfinite(each) & (each > 0)).all():
        raise InputError(
            f"{source}: masses are {masses}, expected numbers above 0, as many as one, the "
            f"{n} coordinates, or the bodies whose coordinates these are"
        )
    laid = np.repeat(each.astype(np.float64), n // len(each))
    names = tuple(map(_momentum, roles.first, roles.second))
    told = [
        f"{name} = {mass:g} {old}"
        for name, mass, old in zip(names, laid, roles.second, strict=True)
    ]
    notes.append(f"momenta: {', '.join(told)}")
    x = np.concatenate([x[..., :n], x[..., n:] * laid], axis=-1)
    return roles._replace(second=names, kind="p"), x, laid


def _momentum(position: str, velocity: str) -> str:
    """A name for the momentum whose velocity has this name."""
    if velocity.startswith(("v_", "v")) and not velocity.startswith("vel"):
        return f"p{velocity[1:]}"
    return f"p_{position}"


def without_constants(trajectories: Trajectories) -> Trajectories:
    """Leave out pairs, or observed quantities, that have one and the same value in all data."""
    t, n = trajectories, trajectories.degrees_of_freedom
    constant = np.ptp(t.states, axis=(0, 1)) <= ONE_VALUE * np.abs(t.states).max(axis=(0, 1))
    both = constant[:n] & constant[n:] if t.paired else constant
    if not both.any() or both.all():
        return t
    left, kept = np.flatnonzero(both).tolist(), np.flatnonzero(~both).tolist()
    of = lambda i: (t.names[i], t.names[n + i]) if t.paired else (t.names[i],)  # noqa: E731
    told = ", ".join(name for i in left for name in of(i))
    note = f"{told}: one value in all of the data, left out, as nothing can be said of it"
    names = [t.names[i] for i in kept] + ([t.names[n + i] for i in kept] if t.paired else [])
    p = t.p[..., kept] if t.paired else None
    slopes = t.slopes and Slopes(*(np.broadcast_to(part, n)[kept] for part in t.slopes))
    return replace(
        t, q=t.q[..., kept], p=p, names=tuple(names), notes=(*t.notes, note), slopes=slopes
    )
