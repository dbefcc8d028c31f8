"""How many functions are independent: gradients compared state by state."""

from __future__ import annotations

import numpy as np

LEAST = 1e-6
"""Singular values of the gradients at a state count as zero below this share of the largest one."""


def beyond(gradients: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The part of gradients [N, m] that is orthogonal to others [N, k, m] at the same state."""
    onto = np.linalg.pinv(others, rcond=LEAST) @ others  # the projection, [N, m, m]
    return gradients - np.einsum("nij,nj->ni", onto, gradients)


def share_beyond(gradients: np.ndarray, others: np.ndarray) -> float:
    """Root mean square of what `beyond` returns, over the root mean square of the gradients."""
    left = beyond(gradients, others)
    return float(np.sqrt((left**2).sum() / (gradients**2).sum()))


def least_share(high: np.ndarray | np.floating, tolerance: float) -> float:
    """The least `share_beyond` with which a function counts as new.

    Let s be the share of a function's gradient that lies outside the span of the gradients of the
    other functions. A new function changes by about the tolerance times s. A function of the others
    that has an error, for example by noise, changes by about s. So the change divided by s is about
    the tolerance in the first case, and about 1 in the second. The bound on this ratio is the
    square root of the tolerance, halfway between the two on a logarithmic scale.

    Args:
        high: upper ends of the intervals of the sizes of change.
        tolerance: size of a change that counts as none.
    """
    return max(tolerance, float(np.max(high, initial=0.0)) / tolerance**0.5)


def independent(gradients: np.ndarray, tolerance: float) -> list[bool]:
    """Which of K conserved functions are independent of the independent ones before them.

    The gradient of a conserved function is orthogonal to the velocity. So at most m - 1 functions
    are independent, even if noise makes more of them look independent.

    Args:
        gradients: gradients of the functions at N states, [N, K, m].
        tolerance: a function is dependent if at most this share of its gradient lies outside the
            span of the gradients before it; see `share_beyond`.
    """
    found: list[bool] = []
    for k in range(gradients.shape[1]):
        before = gradients[:, np.flatnonzero(found)]
        room = sum(found) < max(gradients.shape[2] - 1, 1)
        found.append(room and share_beyond(gradients[:, k], before) > tolerance)
    return found
