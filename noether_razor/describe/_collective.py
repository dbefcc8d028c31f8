"""Write a quadratic form in few symbols, by sums of variables.

Let the rows of A in a group be proportional: A_i = w_i A_1 for i in the group. Then C = x.A x / 2
depends on these x_i only through the sum of w_i x_i. Total momenta and centres of mass are found in
this way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LARGEST = 20
"""Numbers beyond this are not simple."""


class Collective(NamedTuple):
    """x.A x / 2 = u.S u / 2 with u_g = sum over i of weights[g, i] x_i.

    Attributes:
        weights: weights of the variables in each group, [G, m]; a variable is in one group at most.
        S: the form in the collective variables, [G, G].
    """

    weights: np.ndarray
    S: np.ndarray

    @property
    def A(self) -> np.ndarray:
        """The form in the variables themselves, [m, m]."""
        return self.weights.T @ self.S @ self.weights

    @property
    def symbols(self) -> int:
        """How many variables its shortest text names."""
        sizes = np.count_nonzero(self.weights, axis=1)
        i, j = np.nonzero(np.triu(self.S))
        return int(np.sum(np.where(i == j, sizes[i], sizes[i] + sizes[j])))


def collect(A: np.ndarray, tolerance: float) -> Collective:
    """Group the variables of A [m, m] whose rows are proportional up to a relative tolerance."""
    sizes = np.linalg.norm(A, axis=1)
    groups: list[list[int]] = []
    for i in np.flatnonzero(sizes > 0):
        for group in groups:
            first = group[0]
            along = A[i] @ A[first] / sizes[first]
            if np.linalg.norm(A[i] - along * A[first] / sizes[first]) <= tolerance * sizes[i]:
                group.append(i)
                break
        else:
            groups.append([i])
    weights = np.zeros((len(groups), len(A)))
    for row, group in zip(weights, groups, strict=True):
        row[group] = simple(A[group] @ A[group[0]] / sizes[group[0]] ** 2, tolerance)
    inverse = weights / np.sum(weights**2, axis=1, keepdims=True)
    S = inverse @ A @ inverse.T
    return Collective(weights, np.where(np.abs(S) > 1e-12 * np.abs(S).max(initial=0), S, 0))


def simple(values: np.ndarray, tolerance: float) -> np.ndarray:
    """Scale values so that most are near whole or half numbers, and replace those by the numbers.

    A value is replaced only if it is within a relative tolerance of such a number. The first value
    of the result is positive.

    Args:
        values: nonzero, [k].
    """
    best, best_cost = values / values[0], np.inf
    units = np.unique(np.round(np.abs(values) / np.abs(values).max(), 9))[::-1]
    for unit in units[units > 0]:
        scaled = values / (unit * np.abs(values).max())
        near, fits = _nearest_simple(np.abs(scaled), tolerance)
        if not fits.any():
            continue
        # The values that fit share one factor. All of them give it more exactly than one does.
        factor = np.sum(near[fits] ** 2) / np.sum(near[fits] * np.abs(scaled[fits]))
        rough = 100 * np.maximum(np.abs(scaled), 1)
        cost = np.sum(np.where(fits, np.where(near % 1, 8 * near, near), rough))
        if cost < best_cost:
            best_cost = cost
            best = np.sign(values) * np.where(fits, near, np.abs(scaled) * factor)
    return best * np.sign(best[0])


def _nearest_simple(sizes: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """The whole or half numbers nearest to positive sizes, and whether each size matches.

    A size matches if it is within a relative tolerance of the number. Where such intervals cover
    more than half of the line a match says nothing, and no size matches.
    """
    whole, half = np.round(sizes), np.floor(sizes) + 0.5

    def matches(near: np.ndarray, spacing: float) -> np.ndarray:
        telling = (tolerance * near <= spacing / 4) & (near > 0) & (near <= LARGEST)
        return telling & (np.abs(sizes - near) <= tolerance * near)

    is_whole, is_half = matches(whole, 1.0), matches(half, 0.5)
    return np.where(is_whole, whole, half), is_whole | is_half
