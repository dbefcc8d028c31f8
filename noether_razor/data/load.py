"""Trajectories from files and from objects in memory, with every choice told to the user."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.extras import extras_named
from noether_razor.data import checks as check
from noether_razor.data.formats import read_file
from noether_razor.data.objects import SOURCE, table_of_object
from noether_razor.data.roles import find_roles
from noether_razor.data.side_by_side import stacked
from noether_razor.data.state import (
    by_body,
    check_numbers,
    momenta,
    unwrapped,
    without_constants,
)
from noether_razor.data.steps import timing
from noether_razor.data.table import Roles, Table
from noether_razor.data.tracks import tracks_of
from noether_razor.data.trajectories import Slopes, Trajectories, check_variation, concatenate
from noether_razor.data.velocities import with_velocities


@dataclass(frozen=True)
class Reading:
    """How a table is to be read. What is not given is guessed.

    Attributes:
        time, id: the column of times, and the column that tells trajectories apart.
        q: columns of positions.
        p, v: columns of momenta or of velocities; one of them, in the order of `q`. With neither,
            and no columns that are named for them, velocities are estimated.
        x: columns of all quantities that the motion depends on, if these are not positions and
            momenta.
        angles: coordinates that are angles, wrapped or not.
        dt: time between rows, if there is no column of times.
        time_tolerance: distance of a sample from its place on a grid of equal steps that counts as
            none, as a share of a step.
        masses: masses that turn velocities into momenta: one for all, one for each coordinate, or
            one for each body.
        pieces: number of samples in a piece. If it is given, trajectories are cut into pieces of
            this length, at gaps in time and at values that are not finite. Each piece counts as a
            trajectory.

    Raises:
        InputError: a number is out of its range, or columns exclude each other.
    """

    time: str = ""
    id: str = ""
    q: tuple[str, ...] = ()
    p: tuple[str, ...] = ()
    v: tuple[str, ...] = ()
    x: tuple[str, ...] = ()
    angles: tuple[str, ...] = ()
    dt: float | None = None
    time_tolerance: float = check.TIME_TOLERANCE
    masses: tuple[float, ...] | None = None
    pieces: int | None = None

    def __post_init__(self) -> None:
        for name in ("q", "p", "v", "x", "angles"):
            given = getattr(self, name)
            words = given.split(",") if isinstance(given, str) else given
            object.__setattr__(self, name, tuple(word.strip() for word in words))
        if self.masses is not None:
            object.__setattr__(self, "masses", tuple(np.atleast_1d(self.masses).tolist()))
        if self.pieces is not None and not isinstance(self.pieces, int | np.integer):
            raise InputError(f"pieces is {self.pieces!r}, expected a whole number of samples")
        if not isinstance(self.time_tolerance, int | float):
            raise InputError(f"time_tolerance is {self.time_tolerance!r}, expected a number")
        if self.p and self.v:
            raise InputError("both p and v are named, expected momenta or velocities")
        if self.x and (self.q or self.p or self.v):
            raise InputError("x is named beside q, p or v, expected one or the others")
        if (self.p or self.v) and not self.q:
            raise InputError("momenta or velocities are named without positions q")
        if self.dt is not None:
            check.time_step(self.dt, "dt")
        if not 0 < self.time_tolerance < 1:
            raise InputError(
                f"time_tolerance is {self.time_tolerance}, expected a share of a step, in (0, 1)"
            )

    def said(self) -> dict[str, Any]:
        """The settings that differ from the defaults, by name, in JSON's own types."""
        default = Reading()
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value != getattr(default, name)
        }


def load_trajectories(
    path: str | os.PathLike | Sequence[str | os.PathLike],
    masses: Sequence[float] | None = None,
    pieces: int | None = None,
    *,
    reading: Reading | None = None,
) -> Trajectories:
    """Read and check the trajectories of a file, or of several that belong to one system.

    Files may be text tables with any separator, packed or not, Parquet, Feather, JSON, NumPy's,
    MATLAB's, HDF5, NetCDF and Zarr; see docs/data.md. `taken` of the result says which columns were
    taken for what, and `notes` says what was done.

    Args:
        path: path of the file, whose extension says its type; or several paths, whose trajectories
            are put one after the other.
        masses, pieces: see `Reading`.
        reading: how the files are to be read; guessed by default.

    Raises:
        InputError: a file cannot be used. The message is one line with the file, what was found,
            what was expected and how to mend it.
    """
    how = _how(reading, masses, pieces)
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    places = [os.path.realpath(each) for each in paths]
    for number, each in enumerate(paths):
        if places[number] in places[:number]:
            raise InputError(f"{each}: is given twice, expected every file once: leave one out")
    parts = []
    for each in paths:
        with extras_named(str(each)):
            parts.append(trajectories_of(read_file(Path(each)), how))
    for part in parts[1:]:
        _check_units(part, parts[0])
    loaded = without_constants(concatenate(parts))
    check_variation(loaded)
    return loaded


def as_trajectories(data: Any, *, t: Any = None, reading: Reading | None = None) -> Trajectories:
    """Convert data to trajectories; the data may be a file or an object in memory.

    Args:
        data: `Trajectories`, a path, a table of pandas or polars, a Dataset of xarray, arrays by
            name, or an array of states [trajectory, time, 2n] or [time, 2n], or a list of these; or
            what scipy's solve_ivp returns, or a list of it.
        t: times, or the time between samples, if `data` does not hold them.
        reading: how the data are to be read; guessed by default.

    Raises:
        InputError: see `load_trajectories`.
    """
    if isinstance(data, Trajectories):
        return data
    if isinstance(data, str | os.PathLike):
        return load_trajectories(data, reading=reading)
    with extras_named(SOURCE):
        loaded = trajectories_of(table_of_object(data, t), _how(reading, None, None))
    loaded = without_constants(loaded)
    check_variation(loaded)
    return loaded


def trajectories_of(table: Table, how: Reading) -> Trajectories:
    """The trajectories of a table."""
    source = table.source
    if not len(table):
        raise InputError(f"{source}: holds no rows, expected one for every sample in time")
    roles = table.roles
    if roles is None or how.q or how.x or how.time or how.id:
        kind = "p" if how.p else "v" if how.v else "x" if how.x else "q"
        named = (how.time, how.id, *how.q, *how.p, *how.v, *how.x)
        table = stacked(table, named)
        asked = Roles(how.time, how.id, how.q or how.x, how.p or how.v, kind)
        roles = find_roles(table, asked)
    notes = [*table.notes]
    timed = timing(table, roles, how.dt, notes)
    check_numbers(table.columns, roles, source)
    step = None if timed.counted else timed.step
    tracks = tracks_of(table, roles, step, how.time_tolerance, how.pieces)
    dt = timed.between(tracks.dt, roles.time, source)
    notes += tracks.notes
    x = unwrapped(tracks.x, roles, how.angles, table.units, source, notes)
    roles, x = by_body(roles, x, notes)
    slopes = None
    if roles.kind == "q":
        roles, x, slopes = with_velocities(roles, x, dt, source, notes)
    roles, x, masses = momenta(roles, x, how.masses, source, notes)
    if slopes is not None:
        slopes = Slopes(slopes.gain * masses, slopes.error * masses)
    n = len(roles.first)
    p = x[..., n:] if roles.second else None
    return Trajectories(
        x[..., :n], p, dt, roles.coordinates, source, tuple(notes),
        taken(roles, table), roles.kind == "v", slopes,
    )  # fmt: skip


def _check_units(part: Trajectories, first: Trajectories) -> None:
    """Raise InputError if a column has another unit than in the first file."""
    for what, names in part.taken.items():
        before = first.taken.get(what, names)
        if what not in ("trajectory", "left out") and before != names and "[" in before + names:
            raise InputError(
                f"{part.source}: has the {what} {names}, expected {before} as {first.source} has: "
                "give all files the same units"
            )


def taken(roles: Roles, table: Table) -> dict[str, str]:
    """Which columns were taken for what, for a person to check."""
    unit = lambda name: f"{name} [{table.units[name]}]" if name in table.units else name  # noqa: E731
    told = {
        "time": unit(roles.time) if roles.time else "",
        "trajectory": roles.id,
        "quantities" if roles.kind == "x" else "positions": ", ".join(map(unit, roles.first)),
        "velocities" if roles.kind == "v" else "momenta": ", ".join(map(unit, roles.second)),
        "left out": ", ".join(roles.left_out),
    }
    return {what: names for what, names in told.items() if names}


def _how(reading: Reading | None, masses: Sequence[float] | None, pieces: int | None) -> Reading:
    how = reading or Reading()
    if masses is not None:
        how = replace(how, masses=tuple(np.asarray(masses).tolist()))
    return how if pieces is None else replace(how, pieces=pieces)
