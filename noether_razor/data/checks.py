"""The checks that arrays of a recording have to pass; every failure is one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from noether_razor.base.errors import InputError

if TYPE_CHECKING:
    from noether_razor.data.trajectories import Trajectories

TIME_TOLERANCE = 0.05
"""Default distance of a sample from its place on a grid of equal steps, as a share of a step, that
counts as none. A state is then wrong by at most that share of the motion in one step. The noise of
the coordinates, which is estimated from the data, includes this error. Half or twice the value
changes which files are refused, but no verdict."""


def coordinates(values: Any, name: str, source: str) -> np.ndarray:
    """Check positions or momenta [R, T, n], R, n >= 1 and T >= 2, and return them as float64."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{source}: {name} has dtype {array.dtype}, expected real numbers")
    if array.ndim != 3 or 0 in array.shape:
        raise InputError(
            f"{source}: {name} has shape {array.shape}, expected [trajectory, time, n] with none "
            "of them 0: reshape it (one trajectory has shape [1, time, n])"
        )
    if array.shape[1] < 2:
        raise InputError(
            f"{source}: {name} holds a single time step, expected 2 or more: a law of motion "
            "needs a before and an after"
        )
    return array.astype(np.float64)


def time_step(dt: Any, source: str) -> float:
    """Check that the time step is one finite number above 0, and return it."""
    array = np.asarray(dt)
    if array.dtype.kind not in "fiu" or array.size != 1:
        raise InputError(f"{source}: dt is {dt!r}, expected one number, the time between samples")
    value = float(array.reshape(()))
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{source}: dt is {value}, expected a time above 0")
    return value


def finite(states: np.ndarray, names: tuple[str, ...], source: str) -> None:
    """Refuse NaN and infinity among the states [R, T, 2n]."""
    bad = np.argwhere(~np.isfinite(states))
    if len(bad):
        trajectory, time, i = bad[0]
        raise InputError(
            f"{source}: {names[i]} is {states[trajectory, time, i]} in trajectory {trajectory} at "
            f"time index {time} (both counted from 0), the first of {len(bad)}, expected finite "
            "numbers: repair or drop that trajectory, or cut around them with --pieces"
        )


def alike(part: Trajectories, first: Trajectories) -> None:
    """Refuse a recording whose coordinates, step or samples are not those of the first."""
    given = [
        (part.degrees_of_freedom, first.degrees_of_freedom, "degrees of freedom"),
        (", ".join(part.names), ", ".join(first.names), "as its coordinates"),
        (part.q.shape[1], first.q.shape[1], "samples in a trajectory"),
    ]
    mends = (
        "leave it out, or correct its columns",
        "rename them, or leave it out",
        "cut all files into pieces of one length with --pieces",
    )
    for (found, expected, what), mend in zip(given, mends, strict=True):
        if found != expected:
            raise InputError(
                f"{part.source}: has {found} {what}, expected {expected} as {first.source} has: "
                f"{mend}"
            )
    if abs(part.dt - first.dt) * part.q.shape[1] > TIME_TOLERANCE * first.dt:
        raise InputError(
            f"{part.source}: has dt = {part.dt:.8g}, expected {first.dt:.8g} as {first.source} "
            "has: resample it, or leave it out"
        )
