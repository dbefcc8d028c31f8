"""What is found among functions other than quadratics, in the user's coordinates.

All conserved combinations of the searched functions are found. So a square or a product of
conserved quantities is found as well. Products are recognised by their values, and other functions
of the quantities by their gradients. See `short_forms` for what is new in a quantity.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np

from noether_razor.describe._collective import simple
from noether_razor.describe._sparse import sparse_basis
from noether_razor.discovery.misfit import Misfit
from noether_razor.discovery.result import Direction, Quantity, directions_of
from noether_razor.discovery.short_forms import short_forms
from noether_razor.discovery.terms import Terms
from noether_razor.discovery.users_functions import UsersFunctions
from noether_razor.evidence.independence import independent
from noether_razor.evidence.judge_function import judge_given, typical_of
from noether_razor.evidence.judged import CONSERVED, UNDETERMINED, Judged
from noether_razor.evidence.moments import Observed, Typical, observe
from noether_razor.evidence.recording import Recording
from noether_razor.evidence.search import SAME, STATES, Search

PER_FUNCTION = 4
"""Least number of states, for each function, at which products are compared with the functions. A
product that is a combination of the functions is the same combination at all states, so any number
above 1 would do."""


class Combinations:
    """Combinations of the searched functions, in the user's coordinates.

    Args:
        search: the functions that are searched.
        data: the recording.
        origin: the origin of the monomials, which are those of x - origin, [m].
        names, labels: names of the coordinates x, and of x - origin, [m].
    """

    def __init__(
        self,
        search: Search,
        data: Recording,
        origin: np.ndarray,
        names: Sequence[str],
        labels: Sequence[str],
    ) -> None:
        self._search, self._data = search, data
        self._of = UsersFunctions(search, data, origin)
        self._sizes = self._of.sizes
        self._terms = Terms(search, names, labels, self._sizes)

    def directions(self, judged: Judged) -> list[Direction]:
        """Every direction with its verdict and its text."""
        rows = self._of.in_users(judged.coefficients)
        texts = [self._terms.text(row / np.abs(row).max()) for row in rows]
        return directions_of(judged, texts)

    def quantities(self, judged: Judged, tolerance: float) -> list[Quantity]:
        """A basis of what is conserved with few terms, the simplest first.

        A quantity counts only by its new part: what remains of it without all that is correlated
        with the quantities before it and with their products. The new part must be conserved by the
        rule of the verdict. The quantity is independent if more than a share of the gradient of its
        new part lies outside the span of those before it. The share is the tolerance. A product of
        others is not independent. If the verdict on the new part is undetermined, so is whether the
        quantity is independent.
        """
        kept = judged.of([CONSERVED])
        if not len(kept.coefficients):
            return []
        span = self._of.in_users(kept.coefficients) * self._sizes
        span /= np.linalg.norm(span, axis=1, keepdims=True)
        supports = [
            *(np.flatnonzero(row) for row in sparse_basis(span).rows),
            *(np.flatnonzero(self._of.degrees <= 1 + k) for k in range(self._search.degree)),
        ]
        values = self._of.values(max(STATES, PER_FUNCTION * len(self._sizes)))
        judge = partial(self._verdict, kept, tolerance)
        forms = short_forms(self._misfit, span, supports, values, self._sizes, judge)
        every = np.vstack([forms.found, forms.products])
        # Those that surely are new come first, so that the others do not affect their count.
        new = [k for rule in (CONSERVED, UNDETERMINED) for k, verdict in enumerate(forms.verdicts)
               if verdict == rule]  # fmt: skip
        beside = np.zeros(len(every), bool)
        beside[new] = independent(self._of.slopes(forms.apart[new]), tolerance)
        counts = beside & np.isin(np.arange(len(every)), np.flatnonzero(forms.new))
        rows = [self._scaled(row) for row in every]
        # Without the part that others explain, a member of the span may change.
        shown = [k for k in range(len(rows)) if beside[k] or judge(every[k]) == CONSERVED]
        order = sorted(
            shown, key=lambda k: (not counts[k], not beside[k], *self._simplicity(rows[k]))
        )
        within = np.linalg.qr(span.T)[0]
        return [
            Quantity(
                expression=self._terms.text(row),
                A=None,
                b=None,
                kind=f"of degree {degree:.0f}" if np.isfinite(degree := self._degree(row)) else "",
                residual=self._outside(row, within),
                independent=bool(counts[k]),
                undetermined=bool(beside[k] and not counts[k]),
                motion=self._terms.motion(row) if counts[k] and self._data.paired else "",
                latex=self._terms.latex(row),
            )
            for k, row in ((k, rows[k]) for k in order)
        ]

    @cached_property
    def _observed(self) -> Observed:
        """Moments of the searched functions."""
        return observe(self._search.features, self._data)

    @cached_property
    def _misfit(self) -> Misfit:
        """The misfit of combinations of the user's functions, each divided by its size."""
        return Misfit.along(self._observed, self._of.in_searched(np.diag(1 / self._sizes)).T)

    @cached_property
    def _typical(self) -> Typical:
        """What a typical searched function does."""
        return typical_of(self._observed)

    def _verdict(self, kept: Judged, tolerance: float, row: np.ndarray) -> str:
        """The verdict on a combination [D] in units of the functions' spreads.

        A combination of conserved directions is conserved as well, if it changes by no more than
        the tolerance even when each direction changes by the upper end of its interval. This rule
        needs only the intervals. So it holds whether the trajectories or a law of motion have given
        them.
        """
        axis = self._of.in_searched(row / self._sizes)
        axis = axis / np.sqrt(axis @ self._observed.total @ axis)
        if self._most(kept, axis) <= tolerance:
            return CONSERVED
        judged = judge_given(self._observed, axis[:, None], self._typical, tolerance)
        return judged.verdicts()[0]

    def _most(self, kept: Judged, axis: np.ndarray) -> float:
        """An upper bound on the change of a combination [D] of variance 1, from judged directions.

        The change of a sum is at most the sum of the changes. What is outside the span of the
        directions changes by its own spread at most.
        """
        root = np.linalg.cholesky(self._observed.total).T
        inside = np.linalg.lstsq(root @ kept.coefficients.T, root @ axis, rcond=None)[0]
        outside = np.linalg.norm(root @ (axis - inside @ kept.coefficients))
        return float(outside + np.abs(inside) @ kept.high)

    def _scaled(self, row: np.ndarray) -> np.ndarray:
        """Coefficients in the user's units, with a factor that makes most of them simple."""
        scaled, some = np.zeros_like(row), np.flatnonzero(row)
        scaled[some] = simple(row[some] / self._sizes[some], SAME)
        return scaled

    def _outside(self, row: np.ndarray, within: np.ndarray) -> float:
        """Share of a combination that lies outside the span of orthonormal columns [D, K]."""
        unit = row * self._sizes / np.linalg.norm(row * self._sizes)
        return float(np.linalg.norm(unit - within @ (within.T @ unit)))

    def _degree(self, row: np.ndarray) -> float:
        """The degree of a combination of monomials; infinite if it holds other functions."""
        return float(self._of.degrees[np.flatnonzero(row)].max())

    def _simplicity(self, row: np.ndarray) -> tuple:
        """Polynomials of low degree first, then few terms."""
        return self._degree(row), np.count_nonzero(row), tuple(np.flatnonzero(row))
