"""What is judged: trajectories in units of their own spread, with the noise of every coordinate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.trajectories import Slopes, Trajectories, check_variation
from noether_razor.evidence.noise import noise_variances

MOST_TRAJECTORIES = 400
"""More trajectories than this are thinned out evenly. This costs precision, never validity."""
MOST_SAMPLES = 128
"""Longer trajectories are thinned out evenly in time."""
ROUNDING = 1e-12
"""Share of a coordinate's largest value that a stored number may be wrong by."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Observed states in units of their spread about their centre, in float64.

    Attributes:
        z: states [R, T, m], each coordinate with mean 0 and variance 1.
        centre: mean of every coordinate, [m], in the user's units.
        spread: standard deviation of every coordinate, [m], in the user's units.
        dt: time between samples, in the user's unit.
        noise: variance of the measurement noise of every coordinate, [m], in squared spreads.
        given: which of these variances the user has given, [m].
        paired: whether the second half of the coordinates are momenta or velocities of the first.
    """

    z: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    dt: float
    noise: np.ndarray
    given: np.ndarray
    paired: bool = True

    @property
    def dimension(self) -> int:
        """m, the number of coordinates."""
        return self.z.shape[-1]

    @property
    def duration(self) -> float:
        """Time from the first to the last sample, in the user's unit."""
        return self.dt * (self.z.shape[1] - 1)


def recording(
    trajectories: Trajectories, noise: Mapping[str, float] | float | None = None
) -> Recording:
    """Centre and scale trajectories, and find the noise of every coordinate.

    Args:
        trajectories: trajectories of one system, in any units and about any origin.
        noise: standard deviations in the user's units, one for all coordinates or one for each
            name; `q` and `p` stand for all positions and all momenta. The variances of the other
            coordinates are estimated, see `noise_variances`.

    Raises:
        InputError: a coordinate never changes, or a noise is negative, not finite, or for an
            unknown name.
    """
    check_variation(trajectories)
    names = trajectories.names
    deviations = _deviations(noise, names, trajectories.paired)
    x, step = _thinned(trajectories.states)
    centre, spread = x.mean((0, 1)), x.std((0, 1))
    z = (x - centre) / spread
    known = ~np.isnan(deviations)
    if trajectories.slopes is None:
        variances = noise_variances(z)
    else:
        variances = _with_slopes(z, spread, trajectories.slopes)
    variances[known] = (deviations[known] / spread[known]) ** 2
    rounding = (ROUNDING * np.abs(x).max((0, 1)) / spread) ** 2
    return Recording(
        z, centre, spread, step * trajectories.dt, np.maximum(variances, rounding), known,
        trajectories.paired,
    )  # fmt: skip


def _with_slopes(z: np.ndarray, spread: np.ndarray, slopes: Slopes) -> np.ndarray:
    """Variances of the noise [m], those of velocities by that of the positions they come from."""
    n = len(slopes.error)
    positions = noise_variances(z[..., :n])
    velocities = (slopes.gain * spread[:n]) ** 2 * positions + slopes.error**2
    return np.concatenate([positions, velocities / spread[n:] ** 2])


def _thinned(x: np.ndarray) -> tuple[np.ndarray, int]:
    """At most `MOST_TRAJECTORIES` and `MOST_SAMPLES` of states [R, T, m], and the step in T."""
    count = len(x)
    if count > MOST_TRAJECTORIES:
        x = x[np.linspace(0, count - 1, MOST_TRAJECTORIES).round().astype(int)]
    step = -(-x.shape[1] // MOST_SAMPLES)
    return x[:, ::step], step


def _deviations(
    noise: Mapping[str, float] | float | None, names: tuple[str, ...], paired: bool
) -> np.ndarray:
    """Standard deviation of every coordinate's noise, NaN where it is to be estimated."""
    if noise is None:
        return np.full(len(names), np.nan)
    if not isinstance(noise, Mapping):
        noise = dict.fromkeys(names, noise)
    half = len(names) // 2
    groups = {"q": names[:half], "p": names[half:]} if paired else {}
    found: dict[str, float] = {}
    for name, value in noise.items():
        if not np.isfinite(value) or value < 0:
            raise InputError(
                f"noise of {name} is {value}, expected a standard deviation, 0 or more"
            )
        members = (name,) if name in names else groups.get(name)
        if members is None:
            raise InputError(
                f"noise names {name!r}, expected one of {', '.join(names)}"
                + (", or q or p for all positions or momenta" if paired else "")
            )
        found |= dict.fromkeys(members, float(value))
    return np.array([found.get(name, np.nan) for name in names])
