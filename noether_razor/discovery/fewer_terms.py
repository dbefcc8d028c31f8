"""Fewer terms and simple coefficients for one conserved combination, as far as the data allow.

A term is left out if the misfit then rises by no more than the logarithm of the number of
transforms, as in the Bayesian information criterion, plus twice the error of the difference. A
coefficient that is simple, such as 1/2, is no longer free. So it saves as much as a term that is
left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.describe._collective import simple
from noether_razor.discovery.misfit import Misfit, Refined
from noether_razor.evidence.simpler import ERRORS

ROUNDINGS = (0.08, 0.04, 0.02, 0.01, 0.005, 0.002, 0.001)
"""Relative tolerances of rounding that are tried, the loosest first. They only propose; whether a
rounded form is taken is decided by its misfit."""


class Candidate(NamedTuple):
    """A combination of some functions.

    Attributes:
        misfit: the misfit of combinations of these functions.
        refined: the combination.
        excess: misfit over the number of transforms, but at least 1: the factor by which the noise
            is larger than its estimate.
    """

    misfit: Misfit
    refined: Refined
    excess: float


def excess_of(misfit: Misfit, c: np.ndarray) -> float:
    """Misfit of a combination [S] over the number of transforms, but at least 1."""
    return max(1.0, misfit.value(c) / misfit.transforms)


def shortened(start: Candidate, known: np.ndarray) -> Candidate:
    """Leave out terms, the smallest first: many at once while that works, then one at a time.

    Args:
        start: the combination.
        known: known combinations of all functions, rows [k, D].
    """
    part, (c, inverse), excess = start
    cost = excess * np.log(part.transforms)
    needed: set[int] = set()
    share = 0.5
    while len(c) > 1:
        # Without term k the misfit is higher by about c_k^2 / inverse_kk.
        higher = c**2 / np.diag(inverse)
        free = [k for k in np.flatnonzero(higher < cost) if part.places[k] not in needed]
        if not free:
            break
        out = sorted(free, key=lambda k: abs(c[k]))[: max(1, int(share * len(free)))]
        lowered = c - inverse[:, out] @ np.linalg.solve(inverse[np.ix_(out, out)], c[out])
        kept = np.setdiff1d(np.arange(len(c)), out)
        shorter = part.of(kept)
        found = shorter.refined(lowered[kept], only_on(known, shorter.places))
        if found and no_worse(part, placed(found.c, kept, len(c)), c, len(out), excess):
            part, (c, inverse) = shorter, found
        elif len(out) == 1:
            needed.add(int(part.places[out[0]]))
        else:
            share /= 2
    return Candidate(part, Refined(c, inverse), excess)


def rounded(short: Candidate, sizes: np.ndarray) -> np.ndarray:
    """The combination with simple coefficients in the user's units, as far as the data allow.

    The scale of a combination is free, so one simple coefficient alone saves nothing.

    Args:
        short: the combination, of functions in units of their spreads.
        sizes: spreads of all functions in the user's units, [D].

    Returns:
        The combination of all functions in units of their spreads, [D].
    """
    part, (c, _), excess = short
    units = sizes[part.places]
    for tolerance in ROUNDINGS:
        trial = simple(c / units, tolerance)
        fixed = int(np.isclose(2 * trial, np.round(2 * trial), rtol=1e-9).sum())
        if fixed > 1 and no_worse(part, trial * units, c, fixed - 1, excess):
            c = trial * units
            break
    return placed(c, part.places, len(sizes))


def placed(c: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """A combination [S] of some functions as one of all of them, [D]."""
    row = np.zeros(count)
    row[places] = c
    return row


def no_worse(misfit: Misfit, c: np.ndarray, other: np.ndarray, saved: int, excess: float) -> bool:
    """Whether a combination with fewer free coefficients is as well conserved as another one."""
    more = (misfit.value(c) - misfit.value(other)) / excess
    return bool(more <= saved * np.log(misfit.transforms) + ERRORS * misfit.error(c, other))


def only_on(known: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The known combinations that need no other functions than these, [k, S]."""
    outside = np.ones(known.shape[1], bool)
    outside[places] = False
    return known[~known[:, outside].any(1)][:, places]
