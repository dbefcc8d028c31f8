"""The shortest forms of what is conserved: few terms, and simple coefficients.

The verdict gives the span of all conserved combinations of the searched functions. Noise turns the
span a little, so that its members have many small wrong terms. A term that is not needed costs:
leaving it out may raise the misfit by no more than half the logarithm of the number of transforms,
as in the Bayesian information criterion, and by twice the error of the difference. A coefficient
that is simple, such as 1/2, is no longer free. So it saves as much as a term that is left out.

Quantities are found one after the other, with the smallest supports first. Products of those that
are found are conserved as well. So they are known, and the next one is found beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import qr, solve_triangular

from noether_razor.describe._collective import simple
from noether_razor.describe._sparse import sparse_basis
from noether_razor.discovery.misfit import Misfit, Refined

ERRORS = 2.0
"""Errors by which a difference of misfits may be wrong."""
ROUNDINGS = (0.08, 0.04, 0.02, 0.01, 0.005, 0.002, 0.001)
"""Relative tolerances of rounding that are tried, the loosest first."""
EXACT = 1e-6
"""Relative error of values below which a function is a product of two others."""
RANK = 1e-12
"""Share of the largest part of a function beyond the others below which it is one of them."""
INSIDE = 0.5
"""Share of a product's variance that lies in the span, from which it is one of its members."""


class ShortForms(NamedTuple):
    """A basis of the span.

    Attributes:
        found: coefficients of the functions in the user's units, rows [k, D].
        products: those of products of what was found, rows [l, D].
    """

    found: np.ndarray
    products: np.ndarray


class _Candidate(NamedTuple):
    """A combination of some functions.

    Attributes:
        misfit: of combinations of these functions.
        refined: the combination.
        excess: factor by which its noise exceeds what is known of it.
    """

    misfit: Misfit
    refined: Refined
    excess: float


def short_forms(
    misfit: Misfit,
    span: np.ndarray,
    supports: Sequence[np.ndarray],
    values: np.ndarray,
    sizes: np.ndarray,
) -> ShortForms:
    """The shortest forms of the members of a span.

    Args:
        misfit: of combinations of D functions, each in units of its spread.
        span: conserved combinations, rows [K, D].
        supports: sets of functions that may suffice; tried in order of their sizes.
        values: values of the functions at some states, [N, D].
        sizes: spreads of the functions in the user's units, [D]; coefficients are simple there.
    """
    factors = _Products(values)
    tried = {tuple(s.tolist()) for s in (*supports, np.arange(span.shape[1]))}
    found, products = _basis(misfit, span, tried, factors, sizes)
    # Two quantities may have been found mixed. Their own span shows shorter supports.
    both = np.vstack([found, products])
    longest = np.count_nonzero(found, axis=1).max(initial=0)
    shorter = _supports(sparse_basis(both).rows) - _supports(both) - tried
    if any(len(support) < longest for support in shorter):
        again = _basis(misfit, span, tried | shorter, factors, sizes)
        if np.count_nonzero(again.found) < np.count_nonzero(found):
            found, products = again
    return ShortForms(_in_users(found, sizes), _in_users(products, sizes))


def _supports(rows: np.ndarray) -> set[tuple[int, ...]]:
    """The places of the functions in each combination."""
    return {tuple(np.flatnonzero(row).tolist()) for row in rows}


def _basis(
    misfit: Misfit,
    span: np.ndarray,
    supports: Collection[tuple[int, ...]],
    factors: _Products,
    sizes: np.ndarray,
) -> ShortForms:
    """A basis of a span, in units of the functions' spreads."""
    root = np.linalg.cholesky(misfit.total)
    within = _frame(span, root)
    ordered = [np.array(s) for s in sorted(supports, key=lambda s: (len(s), s))]
    known, found, products = np.zeros((3, 0, span.shape[1]))
    while len(known) < len(span):
        start = _first(misfit, root, within, ordered, known)
        if start is None:
            break
        row = _rounded(_shortened(start, known), sizes)[None]
        found, known = np.vstack([found, row]), np.vstack([known, row])
        waiting = [*row]
        while waiting:
            one = waiting.pop()
            for other in found:
                product = factors.product(one, other)
                if len(known) == len(span) or product is None:
                    continue
                new = _outside(product, root, _frame(known, root)) > EXACT
                if new and _outside(product, root, within) < 1 - INSIDE:
                    products, known = np.vstack([products, product]), np.vstack([known, product])
                    waiting.append(product)
    return ShortForms(found, products)


def _first(
    misfit: Misfit,
    root: np.ndarray,
    within: np.ndarray,
    supports: Sequence[np.ndarray],
    known: np.ndarray,
) -> _Candidate | None:
    """A combination on the first support that suffices; None if nothing is left."""
    frame = _frame(known, root)
    for places in supports:
        part = misfit.of(places)
        inner = _on(known, places)
        start = _nearest(part, root[places], within, inner)
        refined = None if start is None else part.refined(start, inner)
        if refined is None:
            continue
        c = _placed(refined.c, places, len(root))
        saved = len(root) - len(places)
        # A combination of known ones with an error is not new. This error is not seen.
        unseen = saved * np.log(misfit.transforms) / misfit.transforms * misfit.noisiness(c)
        if _outside(c, root, frame) <= unseen:
            continue
        if part.value(refined.c) <= saved * np.log(misfit.transforms):
            return _Candidate(part, refined, 1.0)  # nothing can lower the misfit by more
        nearest = np.linalg.solve(root.T, within @ (within.T @ (root.T @ c)))
        if saved and not _no_worse(misfit, c, nearest, saved, _excess(misfit, nearest)):
            continue
        best = misfit.refined(nearest, known) if saved else None
        whole = c if best is None else best.c
        if _no_worse(misfit, c, whole, saved, excess := _excess(misfit, whole)):
            return _Candidate(part, refined, excess)
    return None


def _excess(misfit: Misfit, c: np.ndarray) -> float:
    return max(1.0, misfit.value(c) / misfit.transforms)


def _nearest(
    part: Misfit, root: np.ndarray, within: np.ndarray, known: np.ndarray
) -> np.ndarray | None:
    """The combination of some functions that correlates most with a member of the span.

    Args:
        part: misfit of the functions, S of D.
        root: rows of the covariance's root for them, [S, D].
        within: uncorrelated members of the span, [D, K].
        known: known combinations of the functions, [k, S].
    """
    if len(known) >= len(root):
        return None
    frame, triangle = np.linalg.qr(root.T)
    apart = np.linalg.solve(triangle.T, part.apart(known).T)
    free = np.linalg.qr(apart, mode="complete")[0][:, len(known) :]
    best = np.linalg.svd(within.T @ frame @ free)[2][0]
    return np.linalg.solve(triangle, free @ best)


def _shortened(start: _Candidate, known: np.ndarray) -> _Candidate:
    """Leave out terms, the smallest first: many at once while that works, then one at a time."""
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
        found = shorter.refined(lowered[kept], _on(known, shorter.places)) if len(kept) else None
        if found and _no_worse(part, _placed(found.c, kept, len(c)), c, len(out), excess):
            part, (c, inverse) = shorter, found
        elif len(out) == 1:
            needed.add(int(part.places[out[0]]))
        else:
            share /= 2
    return _Candidate(part, Refined(c, inverse), excess)


def _rounded(short: _Candidate, sizes: np.ndarray) -> np.ndarray:
    """The combination with simple coefficients in the user's units, as far as the data allow."""
    part, (c, _), excess = short
    units = sizes[part.places]
    for tolerance in ROUNDINGS:
        trial = simple(c / units, tolerance)
        fixed = int(np.isclose(2 * trial, np.round(2 * trial), rtol=1e-9).sum())
        if fixed and _no_worse(part, trial * units, c, fixed - 1, excess):
            c = trial * units
            break
    return _placed(c, part.places, len(sizes))


def _in_users(rows: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Coefficients in the user's units, with a factor that makes most of them simple."""
    scaled = np.zeros((len(rows), len(sizes)))
    for row, out in zip(rows, scaled, strict=True):
        some = np.flatnonzero(row)
        out[some] = simple(row[some] / sizes[some], EXACT)
    return scaled


def _placed(c: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """A combination [S] of some functions as one of all of them, [D]."""
    row = np.zeros(count)
    row[places] = c
    return row


def _no_worse(misfit: Misfit, c: np.ndarray, other: np.ndarray, saved: int, excess: float) -> bool:
    """Whether a combination with fewer free coefficients is as well conserved as another one."""
    more = (misfit.value(c) - misfit.value(other)) / excess
    return bool(more <= saved * np.log(misfit.transforms) + ERRORS * misfit.error(c, other))


def _on(known: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The known combinations that need no other functions than these, [k, S]."""
    outside = np.ones(known.shape[1], bool)
    outside[places] = False
    return known[~known[:, outside].any(1)][:, places]


def _frame(rows: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Combinations [k, D] as uncorrelated columns of variance 1, [D, k]."""
    return np.linalg.qr(root.T @ rows.T)[0]


def _outside(row: np.ndarray, root: np.ndarray, frame: np.ndarray) -> float:
    """Share of a combination's variance that is uncorrelated with those of a frame, [D, k]."""
    z = root.T @ row
    left = z - frame @ (frame.T @ z)
    return float(left @ left / (z @ z))


class _Products:
    """Writes products of combinations as combinations, where that is possible.

    Args:
        values: values of the functions, [N, D].
    """

    def __init__(self, values: np.ndarray) -> None:
        self._values = values
        columns = np.column_stack([np.ones(len(values)), values])
        frame, triangle, self._order = qr(columns, mode="economic", pivoting=True)
        size = np.abs(np.diag(triangle))
        rank = int((size > RANK * size[0]).sum())
        self._frame, self._triangle = frame[:, :rank], triangle[:rank, :rank]

    def product(self, one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
        """The product of two combinations [D], up to a constant; None if it is no combination."""
        wanted = (self._values @ one) * (self._values @ other)
        along = self._frame.T @ wanted
        error = np.abs(self._frame @ along - wanted).max()
        if error > EXACT * np.abs(wanted).max():
            return None
        solved = np.zeros(len(self._order))
        solved[self._order[: len(along)]] = solve_triangular(self._triangle, along)
        row = solved[1:] / np.abs(solved[1:]).max()
        return np.where(np.abs(row) > EXACT, row, 0.0)
