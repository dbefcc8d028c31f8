"""What is said about directions in the span of a list of functions, and the rule of the verdict."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

CONSERVED, SLOW, CHANGES, UNDETERMINED = "conserved", "slow", "changes", "undetermined"

TOLERANCE = 0.05
"""Default size of a change, in units of the spread, up to which a quantity counts as conserved."""
IN_DATA = 0.5
"""A direction varies over the data if the data hold more than this share of its variance. They hold
less if only noise and rounding vary."""
SURE = 0.99
"""Least probability with which a verdict is given."""
CLEAR = 5.0
"""Least difference in nats with which one law of motion counts as better: odds of 150 to 1."""


class Judged(NamedTuple):
    """K directions, the least changing first; each is a combination of D functions.

    Attributes:
        coefficients: coefficients of the functions, [K, D]; each direction has variance 1 over the
            data.
        size: median size of the change along trajectories, in units of the spread, [K].
        low, high: 95 % interval of the size, [K].
        cautious: probability that the size is within the tolerance, with every uncertainty counted
            as change, [K].
        hopeful: the same probability, with no uncertainty counted as change, [K].
        none: hopeful probability that the change is no larger than single samples can show, [K].
        varies: whether the direction varies over the data by more than noise and rounding, [K].
    """

    coefficients: np.ndarray
    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cautious: np.ndarray
    hopeful: np.ndarray
    none: np.ndarray
    varies: np.ndarray

    def verdicts(self) -> list[str]:
        """The verdict on each direction.

        Conserved: the cautious probability is at least `SURE`, and the data do not exclude that
        there is no change at all. Slow: the cautious probability is at least `SURE`, but there
        surely is a change, by less than the tolerance. Changes: even the hopeful probability is at
        most 1 - `SURE`. Undetermined: none of these, or the direction has one value in all of the
        data.
        """
        within = self.varies & (self.cautious >= SURE)
        slow = within & (self.none <= 1 - SURE)
        changes = self.varies & (self.hopeful <= 1 - SURE)
        return np.select([slow, within, changes], [SLOW, CONSERVED, CHANGES], UNDETERMINED).tolist()

    def of(self, verdicts: Collection[str]) -> Judged:
        """The directions with these verdicts."""
        some = np.isin(self.verdicts(), list(verdicts))
        return Judged(*(leaf[some] for leaf in self))


def joined(first: Judged, second: Judged) -> Judged:
    """The directions of both, one after the other."""
    return Judged(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))


def varies(seen: np.ndarray) -> np.ndarray:
    """Whether directions vary over the data, by the share of their variance that is seen, [K]."""
    return seen > IN_DATA


def quantiles(probability: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The 2.5, 50 and 97.5 % quantiles [3, K] of sizes [K, S] with probabilities [K, S]."""
    order = np.argsort(sizes, axis=-1)
    sizes = np.take_along_axis(sizes, order, -1)
    cumulated = np.cumsum(np.take_along_axis(probability, order, -1), axis=-1)
    places = [np.argmax(cumulated >= q * cumulated[:, -1:], axis=-1) for q in (0.025, 0.5, 0.975)]
    return np.stack([np.take_along_axis(sizes, p[:, None], -1)[:, 0] for p in places])
