"""Level sets of a quantity, in a plane of two coordinates."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np

from noether_razor.evidence.recording import Recording
from noether_razor.evidence.search import one_value

COARSE, FINE = 15, 80
"""Points of a grid along each coordinate: to choose the plane, and to draw."""
LINES = 13
"""Level lines."""

Function = Callable[[np.ndarray], np.ndarray]
"""Takes states [N, m] in the user's units to values [N]."""


class LevelSets(NamedTuple):
    """Values of a quantity on a grid.

    Attributes:
        plane: places of the two coordinates of the plane.
        x, y: values of these coordinates, in the user's units, [G].
        values: values of the quantity about their mean, in units of their spread over the data,
            [G, G]; the first axis is that of y. The other coordinates have their means. Values
            that are not finite are NaN.
        heights: values of the level lines, evenly spaced over the values on the data.
    """

    plane: tuple[int, int]
    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    heights: np.ndarray


def level_sets(function: Function, data: Recording) -> LevelSets | None:
    """The level sets in the plane in which a quantity varies most.

    None if the quantity has one value in all of the data, or if none of its values on the data
    occurs in that plane.

    The planes go through the means of all coordinates, and reach as far as the data.

    Args:
        function: the quantity.
        data: the recording.
    """
    states = (data.centre + data.spread * data.z).reshape(-1, data.dimension)
    with np.errstate(all="ignore"):
        along = function(states)
    mean, spread = along.mean(), along.std()
    if one_value(along):
        return None
    axes = [np.linspace(low, high, FINE) for low, high in
            zip(states.min(0), states.max(0), strict=True)]  # fmt: skip

    def on(plane: tuple[int, int], points: int) -> np.ndarray:
        of_x, of_y = (axes[i][np.linspace(0, FINE - 1, points).astype(int)] for i in plane)
        grid = np.tile(data.centre, (points, points, 1))
        grid[..., plane[0]], grid[..., plane[1]] = of_x[None, :], of_y[:, None]
        with np.errstate(all="ignore"):
            values = function(grid.reshape(-1, data.dimension)).reshape(points, points)
        return np.where(np.isfinite(values), (values - mean) / spread, np.nan)

    planes = list(combinations(range(data.dimension), 2))
    most = np.abs(along - mean).max() / spread
    varies = [_variation(on(plane, COARSE), most) for plane in planes]
    plane = planes[int(np.argmax(varies))]
    values = on(plane, FINE)
    heights = (np.linspace(along.min(), along.max(), LINES) - mean) / spread
    if not ((heights > np.nanmin(values)) & (heights < np.nanmax(values))).any():
        return None
    return LevelSets(plane, axes[plane[0]], axes[plane[1]], values, heights)


def _variation(values: np.ndarray, most: float) -> float:
    """Standard deviation of the finite values, none of which counts as larger than `most`."""
    finite = values[np.isfinite(values)]
    return float(np.clip(finite, -most, most).std()) if len(finite) else 0.0
