"""A learned function in terms of a few known ones, and what that leaves unsaid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

THRESHOLDS = (0.3, 0.1, 0.03, 0.01, 0.003)
"""Shares of the largest term below which terms are dropped, the loosest first."""

SMALL = 1e-2
"""Share of the variance that may be left unsaid, on states that nothing was fitted to."""

ROUNDS = 10
MOST_TERMS = 12


class Sparse(NamedTuple):
    """Coefficients [D], most of them zero, and the share of the variance that they leave."""

    coefficients: np.ndarray
    residual: float


def sparse_regression(features: np.ndarray, values: np.ndarray) -> Sparse | None:
    """The fewest features of which a combination says what the values are, if few do.

    Least squares, dropping terms that are small beside the largest and fitting the rest again. The
    second half of the samples is held out to tell how much is left.

    Args:
        features: at every state, [N, D].
        values: of the function there, [N].

    Source: Brunton, Proctor, Kutz, PNAS 113 (2016), 3932: sequentially thresholded least squares.
    """
    half = len(values) // 2
    mean, size = features[:half].mean(0), features[:half].std(0)
    size = np.where(size > 0, size, np.inf)
    centred = (features - mean) / size
    target = values - values[:half].mean()
    for threshold in THRESHOLDS:
        terms = np.zeros(features.shape[1])
        kept = np.isfinite(size)
        for _ in range(ROUNDS):
            terms[:] = 0
            terms[kept] = np.linalg.lstsq(centred[:half, kept], target[:half], rcond=1e-10)[0]
            still = np.abs(terms) > threshold * np.abs(terms).max(initial=0.0)
            if (still == kept).all():
                break
            kept = still
        left = target[half:] - centred[half:] @ terms
        residual = float(left.var() / max(target[half:].var(), np.finfo(float).tiny))
        if residual < SMALL and kept.sum() <= MOST_TERMS:
            return Sparse(np.where(kept, terms / size, 0.0), residual)
    return None


def written(coefficients: np.ndarray, names: list[str], digits: int = 3) -> str:
    """A sum of named terms, scaled so that the first has the factor one."""
    chosen = np.flatnonzero(coefficients)
    scale = coefficients[chosen[np.argmax(np.abs(coefficients[chosen]))]]
    parts = []
    for k in chosen:
        factor = coefficients[k] / scale
        sign = "-" if factor < 0 else "+" if parts else ""
        size = f"{abs(factor):.{digits}g}"
        parts.append(f"{sign} {'' if size == '1' else size + '*'}{names[k]}".strip())
    return " ".join(parts)
