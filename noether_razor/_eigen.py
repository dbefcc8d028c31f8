"""Generalised eigenproblems of two quadratic forms, where the lower one may be singular."""

from __future__ import annotations

import numpy as np


def generalised_eigen(
    top: np.ndarray, bottom: np.ndarray, rounding: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ascending l [K'] and columns v [K, K'] with top v = l bottom v and v . bottom v = 1.

    Args:
        top: symmetric, [K, K].
        bottom: symmetric and positive but for rounding, [K, K].
        rounding: what `bottom` has less of than this share of its largest eigenvalue, it does not
            see, and no v has a part in: K' is at most K.
    """
    sizes, axes = np.linalg.eigh(np.asarray(bottom, float))
    seen = sizes > rounding * sizes[-1]
    whiten = axes[:, seen] / np.sqrt(sizes[seen])
    values, vectors = np.linalg.eigh(whiten.T @ np.asarray(top, float) @ whiten)
    return values, whiten @ vectors
