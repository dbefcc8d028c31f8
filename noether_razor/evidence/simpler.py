"""Whether a quantity that was made simpler is still what the data show to be conserved."""

from __future__ import annotations

import numpy as np

ERRORS = 2.0
"""A difference that is estimated from the data may be wrong by this many standard errors. The
constant affects the text of a quantity, and so which functions count, but no verdict."""


def changes(values: np.ndarray, noise: float) -> np.ndarray:
    """Square of the change along each trajectory over the total variance, without noise, [R].

    Args:
        values: values of a quantity, [R, T].
        noise: variance of its noise, to first order in that of the coordinates.
    """
    return (values.var(1) - noise) / (values.var() - noise)


def no_worse(simple: np.ndarray, exact: np.ndarray, tolerance: float) -> bool:
    """Whether a simple form changes by at most half of the tolerance more than the exact one.

    Args:
        simple, exact: `changes` of the two forms, [R].
        tolerance: size of a change that counts as none.
    """
    more = simple - exact
    error = more.std() / np.sqrt(len(more))
    return bool(more.mean() <= (tolerance / 2) ** 2 + ERRORS * error)
