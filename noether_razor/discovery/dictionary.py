"""What is found among functions other than quadratics, in the user's coordinates.

All conserved combinations of the searched functions are found. So a square or a product of
conserved quantities is found as well. Products are recognised by their values, and other functions
of the quantities by their gradients. See `short_forms` for what is new in a quantity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, partial

import jax
import numpy as np
import sympy

from noether_razor.conserved.expressions import FUNCTIONS, parsed, readable, value
from noether_razor.conserved.features import Features, Joined, Monomials, Rescaled
from noether_razor.describe._collective import simple
from noether_razor.describe._sparse import sparse_basis
from noether_razor.describe.formula import NEGLIGIBLE, written, written_latex
from noether_razor.discovery.misfit import Misfit
from noether_razor.discovery.result import Direction, Quantity, directions_of
from noether_razor.discovery.short_forms import short_forms
from noether_razor.evidence.dynamics import some_trajectories
from noether_razor.evidence.functions import on_tracks, some_states
from noether_razor.evidence.independence import independent
from noether_razor.evidence.judge_function import judge_given, typical_of
from noether_razor.evidence.judged import CONSERVED, UNDETERMINED, Judged
from noether_razor.evidence.moments import Observed, Typical, observe
from noether_razor.evidence.recording import Recording
from noether_razor.evidence.search import SAME, STATES, Search

PER_FUNCTION = 4
"""States for each function, at least, at which products are compared with the functions. A product
that is a combination of them is one at all states, so any number above 1 would do."""
IN_SYMPY = {name: getattr(sympy, name) for name in FUNCTIONS}


@partial(jax.jit, static_argnames="functions")
def _values(functions: Features, states: jax.Array) -> jax.Array:
    """Values [..., D] of functions at states [..., m]."""
    flat = states.reshape(-1, states.shape[-1])
    return jax.vmap(functions)(flat).reshape(*states.shape[:-1], -1)


class Dictionary:
    """The searched functions in the user's coordinates.

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
        self._search, self._functions, self._data = search, search.features, data
        self._names, self._labels = names, labels
        self._monomials = Monomials(data.dimension, search.degree)
        own = search.features.parts[1] if isinstance(search.features, Joined) else None
        self._own = own if isinstance(own, Rescaled) else None
        self._away = (data.centre - origin) / data.spread
        self._states = some_states(data.z, STATES)

    def directions(self, judged: Judged) -> list[Direction]:
        """Every direction with its verdict and its text."""
        rows = self._in_users(judged.coefficients)
        texts = [written(self._terms(row / np.abs(row).max())) for row in rows]
        return directions_of(judged, texts)

    def quantities(self, judged: Judged, tolerance: float) -> list[Quantity]:
        """A basis of what is conserved with few terms, the simplest first.

        A quantity may hold a function of those before it. What remains without this part must be
        conserved by the rule of the verdict. It is independent if more than a share of its gradient
        lies outside the span of the gradients before it. The share is the tolerance. A product of
        others is not independent. If the verdict on what remains is undetermined, so is whether the
        quantity is independent.
        """
        kept = judged.of([CONSERVED])
        if not len(kept.coefficients):
            return []
        span = self._in_users(kept.coefficients) * self._sizes
        span /= np.linalg.norm(span, axis=1, keepdims=True)
        degrees = np.array([len(factors) for factors in self._monomials.factors])
        supports = [
            *(np.flatnonzero(row) for row in sparse_basis(span).rows),
            *(np.flatnonzero(degrees <= most) for most in range(1, self._search.degree + 1)),
        ]
        states = max(STATES, PER_FUNCTION * self._count)
        values = some_states(self._tracks, states) / self._sizes
        judge = partial(self._verdict, kept, tolerance)
        forms = short_forms(self._misfit, span, supports, values, self._sizes, judge)
        every = np.vstack([forms.found, forms.products])
        # Those that surely are new come first, so that the others do not affect their count.
        new = [k for rule in (CONSERVED, UNDETERMINED) for k, verdict in enumerate(forms.verdicts)
               if verdict == rule]  # fmt: skip
        beside = np.zeros(len(every), bool)
        beside[new] = independent(self._slopes(forms.apart[new]), tolerance)
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
                expression=written(self._terms(row)),
                A=None,
                b=None,
                kind=f"of degree {degree}" if (degree := self._degree(row)) else "",
                residual=self._outside(row, within),
                independent=bool(counts[k]),
                undetermined=bool(beside[k] and not counts[k]),
                motion=self._motion(row) if counts[k] else "",
                latex=written_latex(self._terms(row), self._labels),
            )
            for k, row in ((k, rows[k]) for k in order)
        ]

    def _scaled(self, row: np.ndarray) -> np.ndarray:
        """Coefficients in the user's units, with a factor that makes most of them simple."""
        scaled, some = np.zeros_like(row), np.flatnonzero(row)
        scaled[some] = simple(row[some] / self._sizes[some], SAME)
        return scaled

    def _outside(self, row: np.ndarray, within: np.ndarray) -> float:
        """Share of a combination that lies outside the span of orthonormal columns [D, K]."""
        unit = row * self._sizes / np.linalg.norm(row * self._sizes)
        return float(np.linalg.norm(unit - within @ (within.T @ unit)))

    @cached_property
    def _observed(self) -> Observed:
        """Moments of the searched functions."""
        return observe(self._functions, self._data)

    @cached_property
    def _misfit(self) -> Misfit:
        """The misfit of combinations of the functions of the user's coordinates, by sizes."""
        return Misfit.along(self._observed, self._in_searched(np.diag(1 / self._sizes)).T)

    @cached_property
    def _typical(self) -> Typical:
        """What a typical searched function does."""
        return typical_of(self._observed)

    def _verdict(self, kept: Judged, tolerance: float, row: np.ndarray) -> str:
        """The verdict on a combination [D] in units of the functions' spreads.

        A combination of conserved directions is conserved as well, if it changes by no more than
        the tolerance where each of them changes as much as it may. This needs no other judge than
        theirs, which may have been a law of motion.
        """
        axis = self._in_searched(row / self._sizes)
        axis = axis / np.sqrt(axis @ self._observed.total @ axis)
        if self._most(kept, axis) <= tolerance:
            return CONSERVED
        judged = judge_given(self._observed, axis[:, None], self._typical, tolerance)
        return judged.verdicts()[0]

    def _most(self, kept: Judged, axis: np.ndarray) -> float:
        """The largest change of a combination [D] of variance 1, by those of judged directions.

        The change of a sum is at most the sum of the changes. What is outside the span of the
        directions changes by its own spread at most.
        """
        root = np.linalg.cholesky(self._observed.total).T
        inside = np.linalg.lstsq(root @ kept.coefficients.T, root @ axis, rcond=None)[0]
        outside = np.linalg.norm(root @ (axis - inside @ kept.coefficients))
        return float(outside + np.abs(inside) @ kept.high)

    @cached_property
    def _change(self) -> np.ndarray:
        """Matrix from coefficients of the searched functions to the user's coordinates, [D, D].

        A monomial of z = (x - centre) / spread is a sum of monomials of (x - origin) / spread.
        """
        count = len(self._monomials.factors)
        generator = np.random.default_rng(0)
        z = generator.normal(size=(3 * count + 1, self._data.dimension))
        here, there = (np.asarray(_values(self._monomials, x)) for x in (z, z + self._away))
        # A constant does not matter for what is conserved.
        solved = np.linalg.lstsq(np.column_stack([np.ones(len(z)), there]), here, rcond=None)[0]
        change = np.eye(self._count)
        change[:count, :count] = solved[1:].T
        return change

    @cached_property
    def _change_back(self) -> np.ndarray:
        """The inverse of `_change`, [D, D]."""
        return np.linalg.inv(self._change)

    @cached_property
    def _units(self) -> np.ndarray:
        """What the searched functions are divided by, [D]."""
        spread = self._data.spread
        of = [np.prod(spread[list(factors)]) for factors in self._monomials.factors]
        return np.concatenate([of, self._own.sizes if self._own else ()])

    @cached_property
    def _tracks(self) -> np.ndarray:
        """Values of the functions of the user's coordinates on some trajectories, [R, T, D]."""
        z = self._data.z[some_trajectories(len(self._data.z))]
        parts = [(self._monomials, z + self._away)] + [(self._own, z)] * (self._own is not None)
        return np.concatenate([_values(*part) for part in parts], axis=-1) * self._units

    @cached_property
    def _sizes(self) -> np.ndarray:
        """Standard deviations of the functions of the user's coordinates, [D]."""
        return self._tracks.std((0, 1))

    @cached_property
    def _count(self) -> int:
        return len(self._functions.names(self._labels))

    @cached_property
    def _places(self) -> list[set[sympy.Symbol]]:
        """The symbols that stand for each coordinate: in monomials, and in the user's functions."""
        pairs = zip(self._labels, self._names, strict=True)
        return [{sympy.Symbol(label), sympy.Symbol(name)} for label, name in pairs]

    @cached_property
    def _symbols(self) -> list[sympy.Expr]:
        """The functions of the user's coordinates."""
        symbols = [sympy.Symbol(label) for label in self._labels]
        found = [sympy.Mul(*(symbols[i] for i in f)) for f in self._monomials.factors]
        symbols = map(sympy.Symbol, self._names)
        named = dict(zip(readable(self._names), symbols, strict=True))
        return found + [value(parsed(text), named, IN_SYMPY) for text in self._search.functions]

    def _in_users(self, coefficients: np.ndarray) -> np.ndarray:
        """Coefficients [K, D] of the searched functions as those of the user's coordinates."""
        return coefficients @ self._change / self._units

    def _terms(self, row: np.ndarray) -> list[tuple[float, sympy.Expr]]:
        """The terms of a combination that are not negligible."""
        sizes = np.abs(row) * self._sizes
        some = np.flatnonzero(sizes > NEGLIGIBLE * sizes.max())
        return self._collected((float(row[k]), self._symbols[k]) for k in some)

    def _collected(
        self, terms: Iterable[tuple[float, sympy.Expr]]
    ) -> list[tuple[float, sympy.Expr]]:
        """Terms without numbers in them, each once, with factors in the coordinates' order."""
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

    @cached_property
    def _gradients(self) -> np.ndarray:
        """Gradients of the searched functions at some states, [N, D, m]."""
        return np.asarray(on_tracks(self._functions, self._states[None]).gradients[0])

    def _in_searched(self, rows: np.ndarray) -> np.ndarray:
        """The inverse of `_in_users`."""
        return rows * self._units @ self._change_back

    def _motion(self, row: np.ndarray) -> str:
        """x' = J grad C(x) as text, for the coordinates that move; "" where there are no pairs."""
        if not self._data.paired:
            return ""
        half = len(self._labels) // 2
        parts = []
        for i, label in enumerate(self._labels):
            sign, other = (1.0, i + half) if i < half else (-1.0, i - half)
            if slope := self._slope(row, other):
                parts.append(f"{label}' = {written([(sign * c, term) for c, term in slope])}")
        return ", ".join(parts)

    def _slope(self, row: np.ndarray, coordinate: int) -> list[tuple[float, sympy.Expr]]:
        """The terms of the derivative of a combination with respect to a coordinate."""
        return self._collected(
            (coefficient, part)
            for coefficient, term in self._terms(row)
            for part in sympy.Add.make_args(
                sympy.expand_mul(sum(term.diff(symbol) for symbol in self._places[coordinate]))
            )
        )

    def _degree(self, row: np.ndarray) -> int:
        """The degree of a combination of monomials; 0 if it holds other functions."""
        degrees = [len(factors) for factors in self._monomials.factors]
        if row[len(degrees) :].any():
            return 0
        return max(degrees[k] for k in np.flatnonzero(row))

    def _simplicity(self, row: np.ndarray) -> tuple:
        """Polynomials of low degree first, then few terms."""
        degree = self._degree(row) or np.inf
        return degree, np.count_nonzero(row), tuple(np.flatnonzero(row))

    def _slopes(self, rows: np.ndarray) -> np.ndarray:
        """Gradients [N, K, m] of combinations [K, D], in units of the functions' spreads."""
        return np.einsum("kd,ndm->nkm", self._in_searched(rows / self._sizes), self._gradients)
