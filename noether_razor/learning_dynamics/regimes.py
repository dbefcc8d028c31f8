"""The limits of the regimes in which predictions hold, and the warning outside of them."""

from __future__ import annotations

import warnings

import numpy as np

SMALL_STEP = 0.1
"""Relative change of a quantity in a step, or learning rate times curvature, that counts as small.
What the continuous theories leave out is of the order of its square."""
AGREEMENT = 0.1
"""Relative deviation of |v|^2 / |g|^2 from its limit up to which the limit is taken to hold."""


class RegimeWarning(UserWarning):
    """A prediction was used where it does not hold; the message names the one that does."""


def warn_outside(holds: bool, prediction: str, reason: str, instead: str) -> None:
    """Warn, at the caller of the prediction, unless it holds."""
    if not holds:
        warnings.warn(
            f"{prediction} does not hold here: {reason}; use {instead}",
            RegimeWarning,
            stacklevel=3,
        )


def largest(values: object) -> float:
    """The largest magnitude; NaN counts as infinite."""
    found = np.max(np.abs(np.asarray(values, float)), initial=0.0)
    return float("inf") if np.isnan(found) else float(found)
