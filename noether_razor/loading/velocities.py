"""Velocities of recorded positions, where nothing else was recorded."""

from __future__ import annotations

import numpy as np

from noether_razor.errors import InputError
from noether_razor.loading.table import Roles

ENDS = 2
"""Samples at either end of a trajectory that are left out: a spline's slope is poor there."""
FEWEST = 5 + 2 * ENDS
"""Samples that a smoothing spline with ends to spare needs: it takes five."""


def with_velocities(
    roles: Roles, x: np.ndarray, dt: float, source: str, notes: list[str]
) -> tuple[Roles, np.ndarray]:
    """Positions [R, T, n] with the slopes of smoothing splines, [R, T - 2 ENDS, 2n].

    How much a spline smooths is chosen by generalised cross-validation.

    Raises:
        InputError: trajectories that are too short.

    Source: Wahba, Spline Models for Observational Data, SIAM 1990, chapter 4.
    """
    from scipy.interpolate import make_smoothing_spline

    count, samples, n = x.shape
    if samples < FEWEST:
        raise InputError(
            f"{source}: holds positions alone and {samples} samples of a trajectory, expected "
            f"{FEWEST} or more to estimate velocities: add columns of velocities"
        )
    t = np.arange(samples)
    inside = slice(ENDS, samples - ENDS)
    slopes = np.empty((count, samples, n))
    for k in range(n):
        unit = x[..., k].std() or 1.0
        for r in range(count):
            slopes[r, :, k] = make_smoothing_spline(t, x[r, :, k] / unit).derivative()(t) * unit
    notes.append(
        "velocities are estimated from the positions, as slopes of smoothing splines; "
        f"{ENDS} samples at either end are left out"
    )
    names = tuple(f"v{name[1:]}" if name.startswith("q") else f"v_{name}" for name in roles.first)
    both = np.concatenate([x, slopes / dt], axis=-1)[:, inside]
    return roles._replace(second=names, kind="v"), both
