"""Other functions than quadratics: what is searched, and what is found, in the user's coordinates.

Searched is the span of all monomials to a degree and of the user's own functions. It is conserved
combinations of these that are found, so that a square or a product of conserved quantities is found
beside them. Such a one is told by its gradient, which is in the span of the others' gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import jax
import numpy as np
import sympy

from noether_razor.conserved.expressions import FUNCTIONS, Expressions, parsed, readable, value
from noether_razor.conserved.features import Features, Joined, Monomials, Rescaled
from noether_razor.discovery._collective import simple
from noether_razor.discovery._sparse import sparse_basis
from noether_razor.discovery.formula import NEGLIGIBLE, written, written_latex
from noether_razor.discovery.readable import LOOSEST_ROUNDING, TIGHTEST_ROUNDING
from noether_razor.errors import InputError
from noether_razor.evidence.dynamics import some_trajectories
from noether_razor.evidence.functions import on_tracks, some_states
from noether_razor.evidence.judged import CONSERVED, Judged
from noether_razor.evidence.recording import ROUNDING, Recording
from noether_razor.evidence.result import ConservedQuantity, JudgedDirection
from noether_razor.evidence.settle import LEAST_NOISE

STATES = 200
"""States that gradients are compared at."""
DROPPED = 0.1
"""Share of a quantity that may be left out of its text, at most."""
DRAWS = 32
"""Random draws of the noise of a state."""
SAME = 1e-6
"""Share of a function, outside the span of others, up to which it is a combination of them."""
LEAST_SIZE = 1e-100
"""Of the values of a function, so that their squares are numbers that a computer holds."""
MOST = 500
"""Functions that are searched, at most: they take some gigabytes of memory then."""
IN_SYMPY = {name: getattr(sympy, name) for name in FUNCTIONS}


class Search(NamedTuple):
    """What is searched.

    Attributes:
        features: the functions, of a state in units of the spread about the centre.
        degree: of the polynomials.
        functions: the others, as texts.
    """

    features: Features
    degree: int
    functions: tuple[str, ...]

    @property
    def quadratic(self) -> bool:
        """Whether all quadratics are searched, and nothing else."""
        return self.degree == 2 and not self.functions


def searched(
    data: Recording, names: tuple[str, ...], degree: int, functions: Sequence[str]
) -> Search:
    """All monomials to a degree, and a user's own functions.

    Args:
        data: the recording, in units of its spread.
        names: of the coordinates.
        degree: of the monomials, 1 or more.
        functions: texts in the user's coordinates; see `Expressions`.

    Raises:
        InputError: a function that cannot be read, is not finite on the data, or has one value.
    """
    if isinstance(degree, bool) or not isinstance(degree, int):
        raise InputError(f"degree is {degree!r}, expected a whole number")
    texts = (functions,) if isinstance(functions, str) else tuple(functions)
    monomials = Monomials(data.dimension, degree)
    count = len(monomials.factors) + len(texts)
    if (degree != 2 or texts) and count > MOST:
        raise InputError(f"{count} functions to search, expected at most {MOST}")
    if not texts:
        return Search(monomials, degree, ())
    own = Expressions(texts, names)
    with jax.enable_x64(True):
        sizes = _sizes(own, data)
        units = (tuple(rows.tolist()) for rows in (data.centre, data.spread, sizes))
        rescaled = Rescaled(own, *units)
        _refuse_in_noise(rescaled, data)
        _refuse_in_span(monomials, rescaled, data)
    return Search(Joined((monomials, rescaled)), degree, texts)


def _sizes(own: Expressions, data: Recording) -> np.ndarray:
    """Standard deviation of every function over the data, [D].

    Raises:
        InputError: a function that is not finite, or has one value.
    """
    states = data.centre + data.spread * data.z
    values = np.asarray(jax.vmap(own)(states.reshape(-1, data.dimension)))
    for text, column in zip(own.texts, values.T, strict=True):
        if wrong := int((~np.isfinite(column)).sum()):
            raise InputError(
                f"function {text!r}: is not finite on {wrong} of {len(column)} samples, expected a "
                "function that is finite on all of the data"
            )
        largest = np.abs(column).max()
        if largest == 0 or (column / largest).std() <= ROUNDING:
            raise InputError(f"function {text!r}: has one value in all of the data")
        if not LEAST_SIZE < largest < 1 / LEAST_SIZE:
            raise InputError(
                f"function {text!r}: its values reach {largest:.1g}, expected between "
                f"{LEAST_SIZE:g} and {1 / LEAST_SIZE:g}: shift its argument, or divide it"
            )
    return values.std(0)


def _refuse_in_noise(own: Rescaled, data: Recording) -> None:
    """Refuse a function whose noise is not what its slope and curvature say.

    The noise of a function is computed to second order. This is compared with the mean square of
    its change by random noise at some states. It has to agree within a factor of two on half of
    them.

    Raises:
        InputError: a function that bends within the noise.
    """
    states = some_states(data.z, STATES)
    noise = np.sqrt(data.noise)
    draws = np.random.default_rng(0).normal(size=(DRAWS, 1, data.dimension)) * noise
    of = jax.vmap(own)
    exact = (np.asarray(jax.vmap(of)(states + draws) - of(states)) ** 2).mean(0)
    slopes = np.asarray(jax.vmap(jax.jacfwd(own))(states)) * noise
    bends = np.asarray(jax.vmap(jax.jacfwd(jax.jacfwd(own)))(states)) * noise[:, None] * noise
    trace = np.einsum("ndii->nd", bends)
    second = (slopes**2).sum(-1) + (bends**2).sum((-1, -2)) / 2 + trace**2 / 4
    agree = (exact <= 2 * second) & (second <= 2 * exact)
    # Noise of less than this does not show beside the function's own spread.
    small = np.maximum(exact, second).mean(0) < LEAST_NOISE
    for text, share in zip(own.names(()), np.where(small, 1.0, agree.mean(0)), strict=True):
        if share < 0.5:
            raise InputError(
                f"function {text!r}: bends within the noise of the coordinates, so that its own "
                "noise cannot be told: expected a smoother function"
            )


def _refuse_in_span(monomials: Monomials, own: Rescaled, data: Recording) -> None:
    """Refuse a function that is a combination of the monomials and the functions before it.

    Raises:
        InputError: such a function.
    """
    states = some_states(data.z, 4 * MOST)
    values = np.asarray(jax.vmap(Joined((monomials, own)))(states))
    values = (values - values.mean(0)) / values.std(0)
    first = len(monomials.factors)
    basis = np.linalg.qr(values[:, :first])[0]
    for text, column in zip(own.names(()), values.T[first:], strict=True):
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)  # once more, against rounding
        if np.linalg.norm(left) <= SAME * np.linalg.norm(column):
            raise InputError(
                f"function {text!r}: is a combination of the polynomials and of the functions "
                "before it: leave it out"
            )
        basis = np.column_stack([basis, left / np.linalg.norm(left)])


class Dictionary:
    """The searched functions in the user's coordinates.

    Args:
        search: what is searched.
        data: the recording.
        origin: that monomials are about, [m].
        names, labels: of the coordinates x, and of x - origin, [m].
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

    def directions(self, judged: Judged) -> list[JudgedDirection]:
        """Every direction with its verdict and its text."""
        rows = self._in_users(judged.coefficients)
        return [
            JudgedDirection(
                expression=written(self._terms(rows[k] / np.abs(rows[k]).max())),
                A=None,
                b=None,
                verdict=verdict,
                size=float(judged.size[k]),
                low=float(judged.low[k]),
                high=float(judged.high[k]),
                probability=float(judged.cautious[k]),
                hopeful=float(judged.hopeful[k]),
                varies=bool(judged.varies[k]),
            )
            for k, verdict in enumerate(judged.verdicts())
        ]

    def quantities(self, judged: Judged, tolerance: float) -> list[ConservedQuantity]:
        """A basis of what is conserved with few terms, the simplest first.

        A quantity is independent of those before it if its gradient differs from their span by more
        than the tolerance, as a share of its size.
        """
        kept = judged.of([CONSERVED]).coefficients
        if not len(kept):
            return []
        rows = self._in_users(kept) * self._sizes
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        within = np.linalg.qr(rows.T)[0]
        rounded = np.array(
            [self._simple(row @ within @ within.T, tolerance) for row in sparse_basis(rows).rows]
        )
        order = sorted(range(len(rounded)), key=lambda k: self._simplicity(rounded[k]))
        rounded = rounded[order]
        unit = rounded * self._sizes
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        left = np.linalg.norm(unit - unit @ within @ within.T, axis=1)
        new = self._independent(rounded, tolerance)
        return [
            ConservedQuantity(
                expression=written(self._terms(row)),
                A=None,
                b=None,
                kind=f"of degree {degree}" if (degree := self._degree(row)) else "",
                residual=float(left[k]),
                independent=new[k],
                motion=self._motion(row) if new[k] else "",
                latex=written_latex(self._terms(row), self._labels),
            )
            for k, row in enumerate(rounded)
        ]

    @cached_property
    def _change(self) -> np.ndarray:
        """Takes coefficients of the searched functions to those of `_users`, [D, D].

        A monomial of z = (x - centre) / spread is a sum of monomials of (x - origin) / spread.
        """
        count = len(self._monomials.factors)
        generator = np.random.default_rng(0)
        z = generator.normal(size=(3 * count + 1, self._data.dimension))
        of = jax.vmap(self._monomials)
        here, there = np.asarray(of(z)), np.asarray(of(z + self._away))
        # A constant says nothing of what is conserved.
        solved = np.linalg.lstsq(np.column_stack([np.ones(len(z)), there]), here, rcond=None)[0]
        change = np.eye(self._count)
        change[:count, :count] = solved[1:].T
        return change

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
        there = np.asarray(jax.vmap(jax.vmap(self._monomials))(z + self._away))
        own = np.asarray(jax.vmap(jax.vmap(self._functions))(z))[..., there.shape[-1] :]
        return np.concatenate([there, own], axis=-1) * self._units

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
        found: dict[sympy.Expr, float] = {}
        for k in some:
            number, factor = self._symbols[k].as_coeff_Mul()
            found[factor] = found.get(factor, 0.0) + float(row[k]) * float(number)
        return [(c, term) for term, c in found.items()]

    def _simple(self, row: np.ndarray, tolerance: float) -> np.ndarray:
        """A combination with few terms and simple coefficients, in the user's units.

        Terms are dropped below the widest gap between the sizes of two of them, if what is dropped
        is no more than `DROPPED` of the whole. Coefficients are rounded by as much. The result is
        only taken if it changes along the trajectories by no more than half of the tolerance in
        addition to the combination itself.

        Args:
            row: sizes of its terms in units of the spread, [D].
            tolerance: of a change.
        """
        size = np.sort(np.abs(row))[::-1] / np.linalg.norm(row)
        dropped = np.sqrt(np.maximum(1 - np.cumsum(size**2), 0.0))[:-1]
        gaps = np.where(dropped <= DROPPED, size[:-1] / np.maximum(size[1:], NEGLIGIBLE), 0.0)
        terms = int(np.argmax(gaps)) + 1 if gaps.any() else len(row)
        kept = np.sort(np.argsort(-np.abs(row))[:terms])
        exact = row / self._sizes
        short, rounded = np.zeros((2, len(row)))
        short[kept] = exact[kept]
        rounding = 2 * dropped[terms - 1] if terms < len(row) else 0.0
        rounding = float(np.clip(rounding, TIGHTEST_ROUNDING, LOOSEST_ROUNDING))
        rounded[kept] = simple(exact[kept], rounding)
        most = self._change_of(exact) + (tolerance / 2) ** 2
        for found in (rounded, short):
            if self._change_of(found) <= most:
                return found
        return exact

    def _change_of(self, row: np.ndarray) -> float:
        """Square of the change along the trajectories over the total variance, noise and all."""
        values = self._tracks @ row
        return float(values.var(1).mean() / values.var())

    def _motion(self, row: np.ndarray) -> str:
        """x' = J grad C(x) as text, for the coordinates that move."""
        half = len(self._labels) // 2
        parts = []
        for i, label in enumerate(self._labels):
            sign, other = (1.0, i + half) if i < half else (-1.0, i - half)
            if slope := self._slope(row, other):
                parts.append(f"{label}' = {written([(sign * c, term) for c, term in slope])}")
        return ", ".join(parts)

    def _slope(self, row: np.ndarray, coordinate: int) -> list[tuple[float, sympy.Expr]]:
        """The terms of the derivative of a combination by a coordinate."""
        found: dict[sympy.Expr, float] = {}
        for coefficient, term in self._terms(row):
            slope = sympy.expand_mul(sum(term.diff(symbol) for symbol in self._places[coordinate]))
            for part in sympy.Add.make_args(slope):
                number, factor = part.as_coeff_Mul()
                if number:
                    found[factor] = found.get(factor, 0.0) + coefficient * float(number)
        return [(c, term) for term, c in found.items() if c]

    def _degree(self, row: np.ndarray) -> int:
        """Of a polynomial; 0 with other functions."""
        degrees = [len(factors) for factors in self._monomials.factors]
        if row[len(degrees) :].any():
            return 0
        return max(degrees[k] for k in np.flatnonzero(row))

    def _simplicity(self, row: np.ndarray) -> tuple:
        """Polynomials of low degree first, then few terms."""
        degree = self._degree(row) or np.inf
        return degree, np.count_nonzero(row), tuple(np.flatnonzero(row))

    def _independent(self, rows: np.ndarray, tolerance: float) -> list[bool]:
        """Which of some combinations are no functions of the independent ones before them."""
        back = rows * self._units @ np.linalg.inv(self._change)
        gradients = np.asarray(on_tracks(self._functions, self._states[None]).gradients[0])
        gradients = np.einsum("kd,ndm->nkm", back, gradients)  # [N, K, m]
        found: list[bool] = []
        for k in range(len(rows)):
            before, own = gradients[:, np.flatnonzero(found)], gradients[:, k]
            onto = np.linalg.pinv(before, rcond=1e-6) @ before  # the projection, [N, m, m]
            left = own - np.einsum("nij,nj->ni", onto, own)
            found.append(bool((left**2).sum() > tolerance**2 * (own**2).sum()))
        return found
