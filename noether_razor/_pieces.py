"""Recordings with gaps, or of unequal length, as pieces of one length without a gap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from noether_razor.errors import InputError

TOLERANCE = 1e-3
"""Relative deviation of a time step from the usual one beyond which there is a gap."""


def cut(tracks: Sequence[np.ndarray], length: int, source: str) -> np.ndarray:
    """Cut tracks at their gaps, and what is between gaps into pieces; the rest is left out.

    A gap is a row with a value that is not finite, or a time step other than the usual one (the
    median of all).

    Args:
        tracks: rows of time and coordinates, [T_i, 1 + 2n] each.
        length: samples in a piece.
        source: for messages.

    Returns:
        The pieces, [R, length, 1 + 2n], in the order of the tracks.

    Raises:
        InputError: a length below 2, or no piece of it.
    """
    if length < 2:
        raise InputError(f"pieces of {length} samples, expected 2 or more")
    steps = np.concatenate([np.diff(track[:, 0]) for track in tracks])
    steps = steps[np.isfinite(steps)]
    usual = float(np.median(steps)) if len(steps) else 0.0
    runs = [run for track in tracks for run in _without_gaps(track, usual)]
    pieces = [run[i : i + length] for run in runs for i in range(0, len(run) - length + 1, length)]
    if not pieces:
        longest = max((len(run) for run in runs), default=0)
        raise InputError(
            f"{source}: no {length} samples follow one another without a gap, the longest run has "
            f"{longest}: ask for shorter pieces"
        )
    return np.stack(pieces)


def _without_gaps(track: np.ndarray, usual: float) -> list[np.ndarray]:
    whole = np.asarray(np.isfinite(track).all(axis=1))
    jumps = np.abs(np.diff(track[:, 0]) - usual) > TOLERANCE * abs(usual)
    apart = jumps | ~whole[1:] | ~whole[:-1]
    runs = np.split(track, np.flatnonzero(apart) + 1)
    return [run for run in runs if np.isfinite(run).all()]
