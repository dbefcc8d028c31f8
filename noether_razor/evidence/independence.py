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
    """Size of that part as a share of the gradients' own, root mean squares over states."""
    left = beyond(gradients, others)
    return float(np.sqrt((left**2).sum() / (gradients**2).sum()))


def least_share(high: np.ndarray | np.floating, tolerance: float) -> float:
    """The least part of a gradient beyond others that tells a new function.

    A new function has a change of about the tolerance as a share of that part. A function of the
    others with an error, as noise makes it, has a change of about that part. The bound on their
    ratio is halfway, on a scale of logarithms.

    Args:
        high: upper ends of the intervals of the sizes of change.
        tolerance: of a change.
    """
    return max(tolerance, float(np.max(high, initial=0.0)) / tolerance**0.5)


def independent(gradients: np.ndarray, tolerance: float) -> list[bool]:
    """Which of K functions are no functions of the independent ones before them.

    Args:
        gradients: at N states, [N, K, m].
        tolerance: share of a gradient, outside the span of those before it, that counts as none.
    """
    found: list[bool] = []
    for k in range(gradients.shape[1]):
        before = gradients[:, np.flatnonzero(found)]
        found.append(share_beyond(gradients[:, k], before) > tolerance)
    return found
