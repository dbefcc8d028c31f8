"""The shortest forms of what is conserved: few terms, and simple coefficients.

The verdict gives the span of all conserved combinations of the searched functions. Noise turns the
span a little, so that its members have many small wrong terms. `fewer_terms` leaves out those that
the data do not need.

The support of a quantity is the set of its functions. Quantities are found one after the other, on
the smallest supports first. Products of conserved quantities are conserved as well. So what was
found and its products are known from then on, and the next quantity must be linearly independent of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np

from noether_razor.describe._sparse import sparse_basis
from noether_razor.discovery.fewer_terms import (
    Candidate,
    excess_of,
    no_worse,
    only_on,
    placed,
    rounded,
    shortened,
)
from noether_razor.discovery.function_products import Products
from noether_razor.discovery.misfit import Misfit
from noether_razor.evidence.judged import CONSERVED
from noether_razor.evidence.search import SAME

INSIDE = 0.5
"""A product counts as a member of the span if more than this share of its variance lies in it. With
one half, more of the product lies inside the span than outside."""

Judge = Callable[[np.ndarray], str]
"""`judge(row)` is the verdict on a combination [D]; see `Judged.verdicts`."""


class ShortForms(NamedTuple):
    """A basis of the span.

    A member of the span is conserved within the tolerance. It may be a function of the others with
    a small part that changes. So what is new in it is judged by itself.

    Attributes:
        found: combinations of the functions, rows [k, D], those with few terms first.
        apart: the part of each that is uncorrelated with those before it and with their products,
            rows [k, D].
        verdicts: the verdict on this part, [k].
        products: products of those whose new part is conserved, rows [l, D].
    """

    found: np.ndarray
    apart: np.ndarray
    verdicts: Sequence[str]
    products: np.ndarray

    @property
    def new(self) -> np.ndarray:
        """Whether what is new in each is conserved, [k]."""
        return np.array([verdict == CONSERVED for verdict in self.verdicts], bool)


def short_forms(
    misfit: Misfit,
    span: np.ndarray,
    supports: Sequence[np.ndarray],
    values: np.ndarray,
    sizes: np.ndarray,
    judge: Judge,
) -> ShortForms:
    """The shortest forms of the members of a span.

    Args:
        misfit: the misfit of combinations of D functions, each in units of its spread.
        span: conserved combinations, rows [K, D].
        supports: sets of functions that may suffice; tried in order of their sizes.
        values: values of the functions at some states, [N, D].
        sizes: spreads of the functions in the user's units, [D]. In these units coefficients are
            made simple.
        judge: judges combinations.
    """
    search = _Search(misfit, span, Products(values), sizes, judge)
    tried = {tuple(s.tolist()) for s in (*supports, np.arange(span.shape[1]))}
    forms = search.basis(tried)
    # Two quantities may have been found as mixtures. A sparse basis of what was found then has
    # shorter supports.
    both = np.vstack([forms.found, forms.products])
    longest = np.count_nonzero(forms.found, axis=1).max(initial=0)
    shorter = _supports(sparse_basis(both).rows) - _supports(both) - tried
    if any(len(support) < longest for support in shorter):
        again = search.basis(tried | shorter)
        return min(forms, again, key=lambda one: sorted(np.count_nonzero(one.found, axis=1)))
    return forms


def _supports(rows: np.ndarray) -> set[tuple[int, ...]]:
    """The places of the functions in each combination."""
    return {tuple(np.flatnonzero(row).tolist()) for row in rows}


class _Search:
    """Finds a basis of a span on given supports; the arguments are those of `short_forms`."""

    def __init__(
        self, misfit: Misfit, span: np.ndarray, factors: Products, sizes: np.ndarray, judge: Judge
    ) -> None:
        self._misfit, self._span, self._factors = misfit, span, factors
        self._sizes, self._judge = sizes, judge
        self._root = np.linalg.cholesky(misfit.total)
        self._within = _frame(span, self._root)

    def basis(self, supports: Collection[tuple[int, ...]]) -> ShortForms:
        """A basis of the span, in units of the functions' spreads."""
        forms = self._nothing()
        for places in sorted(supports, key=lambda s: (len(s), s)):
            while len(forms.found) + len(forms.products) < len(self._span):
                known = np.vstack([forms.found, forms.products])
                start = self._member(np.array(places), known)
                if start is None:
                    break
                forms = self._with(forms, rounded(shortened(start, known), self._sizes))
        # A long one may have been found before a short one that explains it.
        order = sorted(forms.found, key=lambda row: (np.count_nonzero(row), *np.flatnonzero(row)))
        forms = self._nothing()
        for row in order:
            known = np.vstack([forms.found, forms.products])
            if not self._explained(row, known):
                forms = self._with(forms, row)
        return forms

    def _explained(self, row: np.ndarray, known: np.ndarray) -> bool:
        """Whether known combinations give this one, but for an error that the misfit does not show.

        The misfit does not show an error whose power is below the cost of the terms that the
        combination leaves out.
        """
        misfit = self._misfit
        saved = len(row) - np.count_nonzero(row)
        unseen = saved * np.log(misfit.transforms) / misfit.transforms * misfit.noisiness(row)
        return bool(_outside(row, self._root, _frame(known, self._root)) <= unseen)

    def _nothing(self) -> ShortForms:
        none = np.zeros((0, self._span.shape[1]))
        return ShortForms(none, none, [], none)

    def _with(self, forms: ShortForms, row: np.ndarray) -> ShortForms:
        """Add a combination, and its products if what is new in it is conserved."""
        root, found = self._root, np.vstack([forms.found, row])
        good = np.vstack([forms.found[forms.new], forms.products])
        left = np.linalg.solve(root.T, _left(row, root, _frame(good, root)))
        verdicts = [*forms.verdicts, self._judge(left)]
        shown = found[np.array(verdicts) == CONSERVED]
        products, waiting = forms.products, [row] if verdicts[-1] == CONSERVED else []
        while waiting:
            one = waiting.pop()
            for other in shown:
                product = self._factors.product(one, other)
                known = np.vstack([found, products])
                if product is None or len(known) == len(self._span):
                    continue
                beside = _outside(product, root, _frame(known, root)) > SAME
                if beside and _outside(product, root, self._within) < 1 - INSIDE:
                    products = np.vstack([products, product])
                    waiting.append(product)
        return ShortForms(found, np.vstack([forms.apart, left]), verdicts, products)

    def _member(self, places: np.ndarray, known: np.ndarray) -> Candidate | None:
        """A member of the span, beside the known ones, that needs only the functions at `places`.

        None if there is none.
        """
        misfit, root, within = self._misfit, self._root, self._within
        part, inner = misfit.of(places), only_on(known, places)
        start = _nearest(part, root[places], within, inner)
        refined = None if start is None else part.refined(start, inner)
        if refined is None:
            return None
        c, saved = placed(refined.c, places, len(root)), len(root) - len(places)
        if self._explained(c, known):
            return None
        if not saved:
            return Candidate(part, refined, excess_of(misfit, c))
        if part.above_least(refined.c) <= saved * np.log(misfit.transforms):
            return Candidate(part, refined, 1.0)  # nothing can lower the misfit by more
        nearest = np.linalg.solve(root.T, within @ (within.T @ (root.T @ c)))
        if not no_worse(misfit, c, nearest, saved, excess_of(misfit, nearest)):
            return None
        best = misfit.refined(nearest, known)
        whole = c if best is None else best.c
        excess = excess_of(misfit, whole)
        accepted = no_worse(misfit, c, whole, saved, excess)
        return Candidate(part, refined, excess) if accepted else None


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
    fixed = np.linalg.solve(triangle.T, part.least_noise(known).T)
    free = np.linalg.qr(fixed, mode="complete")[0][:, len(known) :]
    best = np.linalg.svd(within.T @ frame @ free)[2][0]
    return np.linalg.solve(triangle, free @ best)


def _frame(rows: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Combinations [k, D] as uncorrelated columns of variance 1, [D, k]."""
    return np.linalg.qr(root.T @ rows.T)[0]


def _left(row: np.ndarray, root: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """The part of a combination that is uncorrelated with those of a frame [D, k], whitened."""
    z = root.T @ row
    return z - frame @ (frame.T @ z)


def _outside(row: np.ndarray, root: np.ndarray, frame: np.ndarray) -> float:
    """Share of a combination's variance that is uncorrelated with those of a frame, [D, k]."""
    return float((_left(row, root, frame) ** 2).sum() / ((root.T @ row) ** 2).sum())
