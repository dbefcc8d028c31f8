"""Combinations of functions of the user's coordinates as text.

A combination is a list of terms: numbers, each with a product of functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import sympy

from noether_razor.conserved.expressions import FUNCTIONS, parsed, readable, value
from noether_razor.conserved.features import Monomials
from noether_razor.describe.formula import NEGLIGIBLE, Term, written, written_latex
from noether_razor.evidence.search import Search


class Terms:
    """Texts of combinations of the searched functions.

    Args:
        search: the functions that are searched.
        names, labels: names of the coordinates x, and of x - origin, [m].
        sizes: standard deviations of the functions, [D].
    """

    def __init__(
        self, search: Search, names: Sequence[str], labels: Sequence[str], sizes: np.ndarray
    ) -> None:
        self._labels, self._sizes = labels, sizes
        # The symbols that stand for each coordinate: in monomials, and in the user's functions.
        self._places = [
            {sympy.Symbol(label), sympy.Symbol(name)}
            for label, name in zip(labels, names, strict=True)
        ]
        self._symbols = _symbols(search, names, labels)

    def text(self, row: np.ndarray) -> str:
        """A combination [D] as text."""
        return written(*self._of(row))

    def latex(self, row: np.ndarray) -> str:
        """A combination [D] in LaTeX."""
        terms, sizes = self._of(row)
        return written_latex(terms, self._labels, sizes)

    def motion(self, row: np.ndarray) -> str:
        """x' = J grad C(x) as text, for the coordinates that move. They are canonical pairs."""
        half = len(self._labels) // 2
        parts = []
        for i, label in enumerate(self._labels):
            sign, other = (1.0, i + half) if i < half else (-1.0, i - half)
            if slope := self._slope(row, other):
                terms = [(sign * c, term) for c, term in slope]
                parts.append(f"{label}' = {written(terms)}")
        return ", ".join(parts)

    def _of(self, row: np.ndarray) -> tuple[list[Term], list[float]]:
        """The terms of a combination that are not negligible, and their sizes over the data.

        The functions are linearly independent, so no two terms are equal.
        """
        sizes = np.abs(row) * self._sizes
        some = np.flatnonzero(sizes > NEGLIGIBLE * sizes.max())
        terms = []
        for k in some:
            number, factor = self._symbols[k].as_coeff_Mul()
            terms.append((float(row[k]) * float(number), self._ordered(factor)))
        return terms, [float(size) for size in sizes[some]]

    def _slope(self, row: np.ndarray, coordinate: int) -> list[Term]:
        """The terms of the derivative of a combination with respect to a coordinate."""
        return self._collected(
            (coefficient, part)
            for coefficient, term in self._of(row)[0]
            for part in sympy.Add.make_args(
                sympy.expand_mul(sum(term.diff(symbol) for symbol in self._places[coordinate]))
            )
        )

    def _collected(self, terms: Iterable[Term]) -> list[Term]:
        """The sum of terms: numbers are moved into the coefficients, and equal products are added.

        The factors of each product are in the order of the coordinates.
        """
        found: dict[sympy.Expr, float] = {}
        for coefficient, term in terms:
            number, factor = term.as_coeff_Mul()
            found[factor] = found.get(factor, 0.0) + coefficient * float(number)
        return [(c, self._ordered(term)) for term, c in found.items() if c]

    def _ordered(self, term: sympy.Expr) -> sympy.Expr:
        """A product with powers of coordinates first, in the coordinates' order."""
        place = {symbol: k for k, both in enumerate(self._places) for symbol in both}

        def key(factor: sympy.Expr) -> tuple[bool, list[int]]:
            inside = sorted(place[symbol] for symbol in factor.free_symbols)
            return not factor.as_base_exp()[0].is_Symbol, inside

        return sympy.Mul(*sorted(sympy.Mul.make_args(term), key=key), evaluate=False)


def _symbols(search: Search, names: Sequence[str], labels: Sequence[str]) -> list[sympy.Expr]:
    """The searched functions of the user's coordinates."""
    symbols = [sympy.Symbol(label) for label in labels]
    factors = Monomials(len(labels), search.degree).factors
    found = [sympy.Mul(*(symbols[i] for i in f)) for f in factors]
    named = dict(zip(readable(names), map(sympy.Symbol, names), strict=True))
    in_sympy = {name: getattr(sympy, name) for name in FUNCTIONS}
    return found + [value(parsed(text), named, in_sympy) for text in search.functions]
