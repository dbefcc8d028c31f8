"""Find a readable basis of a span of quadratics, as a person would write it down.

Learning determines a subspace, but not a basis of it: mixtures of momenta and angular momenta span
the same subspace. A readable basis has few terms and simple coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from noether_razor.conserved import Quadratic
from noether_razor.describe._collective import collect, simple
from noether_razor.describe._sparse import ASTRAY, sine_between, sparse_basis

LOOSEST_ROUNDING, TIGHTEST_ROUNDING = 0.08, 1e-3
"""Limits of the tolerance of rounding. A coefficient within this relative tolerance of a whole or
half number is replaced by it. The tolerance depends on how exact the basis is found to be."""
ROUNDINGS = (1.0, 2.0, 4.0, 8.0)
"""Factors on the tolerance of rounding that `least_drifting_basis` tries."""
DRIFTS_NO_MORE = 1.1
"""A basis drifts no more than another if its drift is at most this many times as large."""


def readable_basis(quantities: Quadratic, units: np.ndarray) -> Quadratic:
    """A basis of the quantities' span with few terms and simple coefficients, simplest first.

    Small entries are dropped, and entries near simple numbers are rounded. The tolerance is
    derived from the basis itself. `residuals` tells how far this has moved each quantity, and
    `angle_between` how far it has moved the span. The result is deterministic.

    Args:
        quantities: r linearly independent quantities, exact or slightly wrong, in any mixture.
        units: typical size of each coordinate, [2n]; entries are compared in these units.

    Returns:
        r quantities in the same coordinates, as float64 NumPy arrays.
    """
    return readable_bases(quantities, units, (1.0,))[0]


def readable_bases(
    quantities: Quadratic, units: np.ndarray, looser: Sequence[float]
) -> list[Quadratic]:
    """The readable basis for each factor of `looser` on the tolerance of rounding."""
    r, m = np.shape(quantities.b)
    if r == 0:
        return [Quadratic(np.zeros((0, m, m)), np.zeros((0, m)))] * len(looser)
    units = np.asarray(units, float)
    given = _unit(_terms(quantities, units))
    rows, tolerance = sparse_basis(given)
    sparse = [_from_terms(row / np.abs(row).max(), m) for row in rows / _term_units(units)]
    roundings = np.clip(2 * tolerance * np.array(looser), TIGHTEST_ROUNDING, LOOSEST_ROUNDING)
    return [_rounded(sparse, given, units, float(rounding)) for rounding in roundings]


def least_drifting_basis(quantities: Quadratic, units: np.ndarray, states: np.ndarray) -> Quadratic:
    """The readable basis with the loosest rounding that drifts no more than the others.

    In clean data a correctly rounded quantity does not drift at all. In noisy data all bases may
    drift alike; then the basis with the loosest rounding is taken, because it is the simplest.

    Args:
        quantities, units: see `readable_basis`.
        states: trajectories [R, T, 2n], in the coordinates of the quantities.
    """
    bases = readable_bases(quantities, units, ROUNDINGS)
    drifts = [_drifts(basis, states).max() for basis in bases]
    most = DRIFTS_NO_MORE * min(drifts)
    return [basis for basis, drift in zip(bases, drifts, strict=True) if drift <= most][-1]


def _drifts(quantities: Quadratic, states: np.ndarray) -> np.ndarray:
    """Variance within trajectories [R, T, m] over total variance, of every quantity, [K]."""
    centre = states.mean((0, 1))
    d = states - centre
    slopes = [np.asarray(A) @ centre + b for A, b in zip(*quantities, strict=True)]
    values = np.array(
        [
            ((d @ np.asarray(A)) * d).sum(-1) / 2 + d @ slope
            for A, slope in zip(quantities.A, slopes, strict=True)
        ]
    )  # [K, R, T]
    total = np.maximum(values.var((1, 2)), np.finfo(float).tiny)
    return values.var(2).mean(1) / total


def _rounded(
    sparse: list[tuple[np.ndarray, np.ndarray]],
    given: np.ndarray,
    units: np.ndarray,
    rounding: float,
) -> Quadratic:
    """A sparse basis of the span of `given`, as simple as it can be without leaving that span."""
    rounded = [_round(quantity, rounding) for quantity in sparse]
    # Noise may make a wrong number look simple: then a less simplified basis is taken.
    for found in (_shorten(rounded, rounding), rounded, sparse):
        found = sorted(found, key=_simplicity)
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


def residuals(basis: Quadratic, span: Quadratic, units: np.ndarray) -> np.ndarray:
    """How far rounding has moved each member of a basis out of the span that it describes.

    A residual is |c - Pc| / |Pc|. Here c are the coefficients of the member's monomials, in
    coordinates divided by their units, and P is the orthogonal projection on the span: Pc is the
    quantity before it was rounded.

    Args:
        basis: r quantities.
        span: any quantities that span what the basis was made from.
        units: typical size of each coordinate, [2n].

    Returns:
        One number for each member, [r]; 0 where rounding has moved nothing.
    """
    units = np.asarray(units, float)
    c = _unit(_terms(basis, units))
    kept = _within(c, span, units)
    return np.linalg.norm(c - kept, axis=1) / np.linalg.norm(kept, axis=1)


def projected(basis: Quadratic, span: Quadratic, units: np.ndarray) -> Quadratic:
    """The members of a basis before they were rounded, by projection; see `residuals`."""
    units = np.asarray(units, float)
    rows = _within(_terms(basis, units), span, units) / _term_units(units)
    found = [_from_terms(row, len(units)) for row in rows]
    return Quadratic(np.stack([A for A, _ in found]), np.stack([b for _, b in found]))


def _within(rows: np.ndarray, span: Quadratic, units: np.ndarray) -> np.ndarray:
    within = np.linalg.svd(_unit(_terms(span, units)), full_matrices=False)[2]
    return rows @ within.T @ within


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
    """Replace a quantity by its sum with a multiple of another where the sum has fewer variables.

    The multiple is a repeated generalised eigenvalue of the two forms: there the rank of the sum
    drops. (This finds the angular momentum of the centre of mass, which is not sparse at all.)
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
    """Repeated eigenvalues of A relative to the other form, within the other form's variables."""
    inside = np.flatnonzero(other.any(0))
    block = other[np.ix_(inside, inside)]
    part = A[np.ix_(inside, inside)]
    if not part.any() or len(inside) < 4 or np.linalg.cond(block) > 1e6:
        return np.zeros(0)
    values = np.sort(np.linalg.eigvals(np.linalg.solve(block, part)).real)
    close = np.diff(values) <= 3 * tolerance * np.abs(values).max()
    runs = np.split(values, np.flatnonzero(~close) + 1)
    # A large multiple would be much larger than the form that it is added to.
    most = 3 * np.abs(A).max() / np.abs(other).max()
    means = [np.mean(run) for run in runs if len(run) > 1]
    return np.asarray([mean for mean in means if 1e-6 < abs(mean) <= most])


def _symbols(A: np.ndarray, b: np.ndarray, tolerance: float = 1e-3) -> int:
    return collect(A, tolerance).symbols + int(np.count_nonzero(b))


def _simplicity(quantity: tuple[np.ndarray, np.ndarray]) -> tuple:
    """A sorting key: linear before quadratic, few symbols before many, then by coordinates."""
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
