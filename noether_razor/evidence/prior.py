"""The size of a change along trajectories: what it means, and how likely each is before the data.

The size of the change of C is the root mean square of C about its mean on each trajectory, over the
standard deviation of C in all of the data. It is 0 for a conserved quantity, and 1 for one that
varies as much along each trajectory as in all of the data.
"""

from __future__ import annotations

import numpy as np

LEAST = 1e-3
"""A change by less than a thousandth of the spread counts as none."""
SIZES = np.concatenate([[0.0], np.geomspace(LEAST, 1.0, 31)])
"""The sizes that are compared: none, and ten in each decade."""
NONE = 0.5
"""Prior probability that a quantity does not change. The rest is spread evenly over the logarithm
of the size, from `LEAST` to 1."""

PRIOR = np.concatenate([[NONE], np.full(len(SIZES) - 1, (1 - NONE) / (len(SIZES) - 1))])
"""Prior probability of each of `SIZES`."""


def posterior(log_evidence: np.ndarray) -> np.ndarray:
    """Probability of each size, [..., S], from the log evidence of each, [..., S]."""
    weight = log_evidence + np.log(PRIOR)
    weight = np.exp(weight - weight.max(-1, keepdims=True))
    return weight / weight.sum(-1, keepdims=True)


def below(probability: np.ndarray, sizes: np.ndarray, most: np.ndarray | float) -> np.ndarray:
    """Probability that the size is at most `most`, [...].

    Args:
        probability: probability of each size, [..., S].
        sizes: the sizes, [..., S].
        most: bound on the size, which broadcasts against `sizes`.
    """
    return np.where(sizes <= most, probability, 0.0).sum(-1)
