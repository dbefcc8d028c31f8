"""Velocities of recorded positions, where nothing else was recorded."""

from __future__ import annotations

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.table import Roles
from noether_razor.data.trajectories import Slopes

DIFFERENCES = np.array([3, -32, 168, -672, 0, 672, -168, 32, -3]) / 840
"""Central differences of eighth order. Their noise is uncorrelated with the position's own."""
LOWER = np.array([0, -1, 9, -45, 0, 45, -9, 1, 0]) / 60
"""Central differences of sixth order. Their distance from `DIFFERENCES` bounds its error."""
ENDS = len(DIFFERENCES) // 2
"""Samples at either end of a trajectory that have no such difference."""
FEWEST = 3 + 2 * ENDS
"""Fewest samples of a trajectory: three of them are then left."""


def with_velocities(
    roles: Roles, x: np.ndarray, dt: float, source: str, notes: list[str]
) -> tuple[Roles, np.ndarray, Slopes]:
    """Positions [R, T, n] with their central differences in time, [R, T - 2 ENDS, 2n].

    Returns:
        The columns with names for the velocities, the states, and the errors of the velocities.

    Raises:
        InputError: the trajectories are too short.

    Source: Fornberg, Mathematics of Computation 51 (1988), 699, for the differences.
    """
    samples = x.shape[1]
    if samples < FEWEST:
        raise InputError(
            f"{source}: holds positions alone and {samples} samples of a trajectory, expected "
            f"{FEWEST} or more to estimate velocities: add columns of velocities"
        )
    windows = np.lib.stride_tricks.sliding_window_view(x, len(DIFFERENCES), axis=1)
    slopes, lower = windows @ DIFFERENCES / dt, windows @ LOWER / dt
    error = np.sqrt(((slopes - lower) ** 2).mean((0, 1)))
    gain = float(np.sqrt((DIFFERENCES**2).sum())) / dt
    notes.append(
        "velocities are estimated from the positions by differences in time; "
        f"{ENDS} samples at either end are left out"
    )
    names = tuple(f"v{name[1:]}" if name.startswith("q") else f"v_{name}" for name in roles.first)
    both = np.concatenate([x[:, ENDS:-ENDS], slopes], axis=-1)
    return roles._replace(second=names, kind="v"), both, Slopes(gain, error)
