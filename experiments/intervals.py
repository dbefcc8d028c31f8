"""Intervals of shares and of paired differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t

QUANTILE = 1.96
"""Quantile of the normal distribution for an interval of 95 %."""


def wilson(right: int, asked: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share, if `right` of `asked` cases were seen.

    Source: Wilson, J. American Statistical Association 22 (1927), 209.
    """
    if not asked:
        return 0.0, 1.0
    share, squared = right / asked, QUANTILE**2
    middle = share + squared / (2 * asked)
    reach = QUANTILE * np.sqrt(share * (1 - share) / asked + squared / (4 * asked**2))
    return (middle - reach) / (1 + squared / asked), (middle + reach) / (1 + squared / asked)


def paired(differences: Sequence[float]) -> tuple[float, float, float]:
    """Mean of paired differences, and the ends of Student's interval of 95 %.

    Five seeds have four degrees of freedom: the interval is 2.78 standard errors to either side.
    """
    values = np.asarray(differences, float)
    if len(values) < 2:
        return float(values.mean()), -np.inf, np.inf
    error = values.std(ddof=1) / len(values) ** 0.5
    reach = t.ppf(0.975, len(values) - 1) * error
    return float(values.mean()), float(values.mean() - reach), float(values.mean() + reach)
