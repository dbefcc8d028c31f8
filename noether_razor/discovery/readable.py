"""From a span of quadratics to the few lines of algebra that a person would write down.

A learned subspace is known, its basis is not: any mixture of momenta and angular momenta spans it
as well. Here it gets a basis with few terms, simple coefficients, and the user's own names.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy
from sympy.printing.str import StrPrinter

from noether_razor.conserved import Quadratic
from noether_razor.discovery._collective import collect, simple
from noether_razor.discovery._sparse import ASTRAY, sine_between, sparse_basis
from noether_razor.errors import InputError

LOOSEST_ROUNDING, TIGHTEST_ROUNDING = 0.08, 1e-3
"""A coefficient this near (relative) to a whole or half number is printed as one: how near,
depends on how exact the basis is found to be."""

MOST_TERMS = 12
"""A text of more terms than this helps nobody; the largest are shown."""


def readable_basis(quantities: Quadratic, units: np.ndarray) -> Quadratic:
    """A basis of the quantities' span with few terms and simple coefficients, simplest first.

    Small entries are dropped and near-simple ones rounded, by a tolerance that the basis itself
    suggests; `angle_between` says by how much that has turned the span. Deterministic.

    Args:
        quantities: r linearly independent ones, exact or slightly wrong, in any mixture.
        units: typical size of each coordinate, [2n]: an entry is small or not in these.

    Returns:
        r quantities in the same coordinates, as float64 NumPy arrays.
    """
    r, m = np.shape(quantities.b)
    if r == 0:
        return Quadratic(np.zeros((0, m, m)), np.zeros((0, m)))
    units = np.asarray(units, float)
    given = _unit(_terms(quantities, units))
    rows, tolerance = sparse_basis(given)
    rounding = float(np.clip(2 * tolerance, TIGHTEST_ROUNDING, LOOSEST_ROUNDING))
    sparse = [_from_terms(row / np.abs(row).max(), m) for row in rows / _term_units(units)]
    rounded = [_round(quantity, rounding) for quantity in sparse]
    # Noise may make a wrong number look simple: then less is done.
    for found in (_shorten(rounded, rounding), rounded, sparse):
        found.sort(key=_simplicity)
        basis = Quadratic(np.stack([A for A, _ in found]), np.stack([b for _, b in found]))
        if sine_between(_unit(_terms(basis, units)), given) <= ASTRAY:
            break
    return basis


def angle_between(one: Quadratic, other: Quadratic, units: np.ndarray) -> float:
    """The largest angle between two spans of as many quadratics, in radians.

    Args:
        one, other: r quantities each.
        units: typical size of each coordinate, [2n].
    """
    terms = [_unit(_terms(quantities, np.asarray(units, float))) for quantities in (one, other)]
    return float(np.arcsin(min(sine_between(*terms), 1.0)))


def expression(A: np.ndarray, b: np.ndarray, names: Sequence[str]) -> str:
    """The text of x.A x / 2 + b.x in the user's names, as sympy prints and reads it.

    Coefficients are whole, halves, or to three digits; terms below a ten-thousandth of the largest
    are left out, and of more than twelve only the largest are shown.

    >>> expression(np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2), ("q", "p"))
    'q**2/2 + p**2/2'

    Args:
        A: symmetric, [2n, 2n].
        b: [2n].
        names: of the 2n coordinates.

    Raises:
        InputError: not as many names as coordinates.
    """
    A, b = np.asarray(A, float), np.asarray(b, float)
    if len(names) != len(b):
        raise InputError(f"{len(names)} names for {len(b)} coordinates, expected one for each")
    least = 1e-4 * max(np.abs(A).max(), np.abs(b).max())
    A, b = np.where(np.abs(A) > least, A, 0), np.where(np.abs(b) > least, b, 0)
    weights, S = collect(A, 1e-3)
    x = [sympy.Symbol(name) for name in names]
    u = [_sum([_times(w, x[i]) for i, w in enumerate(row) if w]) for row in weights]
    terms = [
        (S[i, j] / 2, sympy.Pow(u[i], 2, evaluate=False))
        if i == j
        else (S[i, j], _product(u, i, j))
        for i, j in zip(*np.nonzero(np.triu(S)), strict=True)
    ]
    terms += [(b[i], x[i]) for i in np.flatnonzero(b)]
    if len(terms) <= MOST_TERMS:
        return _TEXT.doprint(_sum([_times(*term) for term in terms]))
    # A term's place says more than its size, so the largest keep their order.
    limit = sorted((abs(c) for c, _ in terms), reverse=True)[MOST_TERMS - 1]
    shown = [term for term in terms if abs(term[0]) >= limit][:MOST_TERMS]
    return f"{_TEXT.doprint(_sum([_times(*t) for t in shown]))} + ... ({len(terms)} terms)"


_TEXT = StrPrinter({"order": "none"})


def _round(
    quantity: tuple[np.ndarray, np.ndarray], tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    terms = _to_terms(*quantity)
    present = np.flatnonzero(terms)
    terms[present] = simple(terms[present], tolerance)
    return _from_terms(terms, len(quantity[1]))


def _shorten(
    found: list[tuple[np.ndarray, np.ndarray]], tolerance: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Replace a quantity by its sum with a multiple of another wherever that names fewer variables.

    The multiple is a repeated eigenvalue of the pair of forms: there the rank of the sum drops.
    (So the angular momentum of the centre of mass is found, which is not sparse at all.)
    """
    found = list(found)
    for i in range(len(found)):
        for j in range(len(found)):
            if i == j or found[j][1].any():
                continue
            for t in _multiples(found[i][0], found[j][0], tolerance):
                A = found[i][0] - t * found[j][0]
                A = collect(np.where(np.abs(A) > tolerance * np.abs(A).max(), A, 0), tolerance).A
                shorter = _round((A, found[i][1]), tolerance)
                if _symbols(*shorter, tolerance) < _symbols(*found[i], tolerance):
                    found[i] = shorter
    return found


def _multiples(A: np.ndarray, other: np.ndarray, tolerance: float) -> np.ndarray:
    """Repeated eigenvalues of A in units of the other form, within the variables of that one."""
    inside = np.flatnonzero(other.any(0))
    block = other[np.ix_(inside, inside)]
    part = A[np.ix_(inside, inside)]
    if not part.any() or len(inside) < 4 or np.linalg.cond(block) > 1e6:
        return np.zeros(0)
    values = np.sort(np.linalg.eigvals(np.linalg.solve(block, part)).real)
    close = np.diff(values) <= 3 * tolerance * np.abs(values).max()
    runs = np.split(values, np.flatnonzero(~close) + 1)
    # A large multiple would drown what it is added to.
    most = 3 * np.abs(A).max() / np.abs(other).max()
    means = [np.mean(run) for run in runs if len(run) > 1]
    return np.asarray([mean for mean in means if 1e-6 < abs(mean) <= most])


def _symbols(A: np.ndarray, b: np.ndarray, tolerance: float = 1e-3) -> int:
    return collect(A, tolerance).symbols + int(np.count_nonzero(b))


def _simplicity(quantity: tuple[np.ndarray, np.ndarray]) -> tuple:
    """Linear before quadratic, few symbols before many, then in the order of the coordinates."""
    A, b = quantity
    return bool(A.any()), _symbols(A, b), tuple(np.flatnonzero(_to_terms(A, b)))


def _terms(quantities: Quadratic, units: np.ndarray) -> np.ndarray:
    """Coefficients of x_i x_j (i <= j) and x_i for coordinates in units, rows [r, D]."""
    A, b = np.asarray(quantities.A, float), np.asarray(quantities.b, float)
    return np.stack([_to_terms(*pair) for pair in zip(A, b, strict=True)]) * _term_units(units)


def _term_units(units: np.ndarray) -> np.ndarray:
    i, j = np.triu_indices(len(units))
    return np.concatenate([units[i] * units[j], units])


def _to_terms(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    i, j = np.triu_indices(len(b))
    return np.concatenate([A[i, j] * np.where(i == j, 0.5, 1.0), b])


def _from_terms(terms: np.ndarray, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    i, j = np.triu_indices(dimension)
    A = np.zeros((dimension, dimension))
    A[i, j] = terms[: len(i)]
    return A + A.T, terms[len(i) :]


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _number(value: float) -> sympy.Expr:
    half = round(2 * value)
    if half and abs(2 * value - half) <= 1e-5 * abs(half) and abs(half) <= 40:
        return sympy.Rational(half, 2)
    text = f"{value:.3g}"
    return sympy.Float(text, 3) if {".", "e"} & set(text) else sympy.Integer(text)


def _times(value: float, factor: sympy.Expr) -> sympy.Expr:
    number = _number(value)
    if number == 1:
        return factor
    factors = factor.args if isinstance(factor, sympy.Mul) else (factor,)
    return sympy.Mul(number, *factors, evaluate=False)


def _product(u: list[sympy.Expr], i: int, j: int) -> sympy.Expr:
    return sympy.Mul(u[i], u[j], evaluate=False)


def _sum(terms: list[sympy.Expr]) -> sympy.Expr:
    return sympy.Add(*terms, evaluate=False) if terms else sympy.Integer(0)
