"""The checks that arrays of a recording have to pass; every failure is one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from noether_razor.errors import InputError

if TYPE_CHECKING:
    from noether_razor.trajectories import Trajectories

TIME_TOLERANCE = 1e-6
"""Relative deviation of a time step from the mean one that still counts as uniform."""


SAME_STEP = 1e-4
"""Relative difference between the steps of two files that still count as one: coarse times far from
0 leave no less."""


def coordinates(values: Any, name: str, source: str) -> np.ndarray:
    """Positions or momenta [R, T, n] as float64, R, n >= 1 and T >= 2."""
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


def momenta(p: Any, v: Any, masses: Sequence[float] | None, source: str) -> Any:
    """Momenta as they are, or from velocities [R, T, n] and their masses."""
    if p is not None:
        if masses is not None:
            raise InputError(
                f"{source}: holds momenta p, so masses have no use: leave them out, or call the "
                "values v if they are velocities"
            )
        return p
    velocities = coordinates(v, "v", source)
    n = velocities.shape[2]
    if masses is None:
        raise InputError(
            f"{source}: holds velocities v, expected their masses too: add --masses 1,2,3 (one "
            "number for all, one a coordinate, or one a body)"
        )
    each = np.asarray(masses)
    numbers = each.dtype.kind in "fiu" and each.ndim == 1 and each.size > 0
    if not numbers or n % each.size or not (np.isfinite(each) & (each > 0)).all():
        raise InputError(
            f"{source}: masses are {masses}, expected numbers above 0, as many as one, the "
            f"{n} coordinates, or the bodies whose coordinates these are"
        )
    return velocities * np.repeat(each, n // len(each))


def time_step(dt: Any, source: str) -> float:
    """One finite number above 0."""
    array = np.asarray(dt)
    if array.dtype.kind not in "fiu" or array.size != 1:
        raise InputError(f"{source}: dt is {dt!r}, expected one number, the time between samples")
    value = float(array.reshape(()))
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{source}: dt is {value}, expected a time above 0")
    return value


def uniform_step(t: np.ndarray, shape: tuple[int, ...], source: str) -> float:
    """The common step of the times t, [T] or [R, T]; trajectories may start at different times."""
    times = np.asarray(t)
    if times.dtype.kind not in "fiu":
        raise InputError(f"{source}: t has dtype {times.dtype}, expected real numbers")
    if times.shape not in (shape[1:], shape):
        raise InputError(
            f"{source}: t has shape {times.shape}, expected {shape[1:]} or {shape} as in q"
        )
    times = np.atleast_2d(times)
    # What the file's own precision can say about a step: times far from 0 are stored coarsely.
    inexact = times if times.dtype.kind == "f" else times.astype(np.float64)
    rounding = 4 * float(np.spacing(np.abs(inexact).max()))
    steps = np.diff(times.astype(np.float64), axis=-1)
    if not np.isfinite(steps).all():
        raise InputError(f"{source}: t holds NaN or infinity, expected increasing times")
    dt = float(np.mean(steps))
    if (steps <= 0).any():
        trajectory, step = np.argwhere(steps <= 0)[0]
        raise InputError(
            f"{source}: t does not increase from time index {step} to {step + 1} in trajectory "
            f"{trajectory} (counted from 0), expected increasing times: sort the samples"
        )
    off = np.abs(steps - dt) > TIME_TOLERANCE * dt + rounding
    if off.any():
        trajectory, step = np.argwhere(off)[0]
        raise InputError(
            f"{source}: t moves by {steps[trajectory, step]:.8g} after time index {step} in "
            f"trajectory {trajectory} (counted from 0) and by {dt:.8g} on average, expected a "
            "uniform step: resample it, or cut at gaps with --pieces"
        )
    return dt


def finite(states: np.ndarray, names: tuple[str, ...], source: str) -> None:
    """No NaN and no infinity among the states [R, T, 2n]."""
    bad = np.argwhere(~np.isfinite(states))
    if len(bad):
        trajectory, time, i = bad[0]
        raise InputError(
            f"{source}: {names[i]} is {states[trajectory, time, i]} in trajectory {trajectory} at "
            f"time index {time} (both counted from 0), the first of {len(bad)}, expected finite "
            "numbers: repair or drop that trajectory, or cut around them with --pieces"
        )


def alike(part: Trajectories, first: Trajectories) -> None:
    """The coordinates, the step and the samples of one recording are those of the first."""
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
    if abs(part.dt - first.dt) > SAME_STEP * first.dt:
        raise InputError(
            f"{part.source}: has dt = {part.dt:.8g}, expected {first.dt:.8g} as {first.source} "
            "has: resample it, or leave it out"
        )
