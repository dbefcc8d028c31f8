"""How many functions are independent: gradients compared state by state."""

from __future__ import annotations

import numpy as np

LEAST = 1e-6
"""Share of the largest singular value below which gradients at a state span nothing."""


def beyond(gradients: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The part of gradients [N, m] that the span of others [N, k, m] at the same state lacks."""
    onto = np.linalg.pinv(others, rcond=LEAST) @ others  # the projection, [N, m, m]
    return gradients - np.einsum("nij,nj->ni", onto, gradients)


def share_beyond(gradients: np.ndarray, others: np.ndarray) -> float:
    """Size of the part that `beyond` returns over that of the gradients, root mean squares."""
    left = beyond(gradients, others)
    return float(np.sqrt((left**2).sum() / (gradients**2).sum()))


def least_share(high: np.ndarray | np.floating, tolerance: float) -> float:
    """The least share of a gradient beyond others from which a function counts as new.

    Let s be this share. A new function changes by about the tolerance times s. A function of the
    others with an error, as noise makes it, changes by about s. So the change over s is about the
    tolerance in the first case, and about 1 in the second. The bound on it is halfway between the
    two on a logarithmic scale.

    Args:
        high: upper ends of the intervals of the sizes of change.
        tolerance: size of a change that counts as none.
    """
    return max(tolerance, float(np.max(high, initial=0.0)) / tolerance**0.5)


def independent(gradients: np.ndarray, tolerance: float) -> list[bool]:
    """Which of K conserved functions are no functions of the independent ones before them.

    A gradient of a conserved function is orthogonal to the velocity. So at most m - 1 of them are
    independent, however many noise makes look so.

    Args:
        gradients: at N states, [N, K, m].
        tolerance: share of a gradient, outside the span of those before it, that counts as none.
    """
    found: list[bool] = []
    for k in range(gradients.shape[1]):
        before = gradients[:, np.flatnonzero(found)]
        room = sum(found) < max(gradients.shape[2] - 1, 1)
        found.append(room and share_beyond(gradients[:, k], before) > tolerance)
    return found
