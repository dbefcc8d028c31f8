"""Files of trajectories, read as the command line says."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noether_razor.data import Reading
    from noether_razor.data.trajectories import Trajectories


def reading(options: argparse.Namespace) -> Reading:
    """How the files are to be read."""
    from noether_razor.data import Reading

    names = {"q": "q", "p": "p", "v": "v", "x": "x", "angle": "angles"}
    lists = {ours: tuple(getattr(options, told) or ()) for told, ours in names.items()}
    plain = ("time", "id", "dt", "time_tolerance", "pieces")
    given = {name: getattr(options, name) for name in plain}
    masses = None if options.masses is None else tuple(options.masses)
    said = {name: value for name, value in given.items() if value is not None}
    return Reading(masses=masses, **lists, **said)


def load(options: argparse.Namespace) -> Trajectories:
    """The trajectories of all files."""
    from noether_razor.data import load_trajectories

    return load_trajectories(options.files, reading=reading(options))


def show(trajectories: Trajectories) -> None:
    """Describe on standard output what was read."""
    from noether_razor.data.summary import described

    print(described(trajectories), flush=True)
