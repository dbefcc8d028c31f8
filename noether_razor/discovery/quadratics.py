"""What is found among all quadratics, in the user's coordinates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.conserved import Quadratic
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.formula import expression
from noether_razor.describe.kinds import kind
from noether_razor.describe.readable import least_drifting_basis, projected, residuals
from noether_razor.discovery.result import Direction, Quantity, directions_of
from noether_razor.evidence.judged import CONSERVED, Judged
from noether_razor.evidence.recording import Recording
from noether_razor.evidence.simpler import changes, no_worse

FAR = 10.0
"""Distance of the data from the origin, in spreads, beyond which quantities are written about the
centre."""

LEAST_CURVED = 1e-3
"""Share of the largest curvature below which a quantity counts as straight, and has no centre."""


class Readable(NamedTuple):
    """What is found, in terms of x - origin.

    Attributes:
        origin: the origin of the quantities, [m]: they are functions of x - origin.
        directions: all directions that were judged.
        quantities: a basis of what is conserved.
    """

    origin: np.ndarray
    directions: list[Direction]
    quantities: list[Quantity]


def readable(
    judged: Judged, trajectories: Trajectories, data: Recording, tolerance: float
) -> Readable:
    """Directions and a readable basis, about the origin, or about a centre.

    Simple coefficients are used only if the data do not contradict them. Far from the origin the
    terms of a quantity nearly cancel, so that simple coefficients may describe another quantity.
    In that case the quantities are expressed about their own centre.

    Args:
        judged: directions in the span of all monomials of degree 1 and 2.
        trajectories, data: the trajectories that they were judged on, and their recording.
        tolerance: size of a change, in units of the spread, up to which a quantity is conserved.
    """
    first, simple = _about(origin_of(data), judged, trajectories, data, tolerance)
    if simple:
        return first
    centre = _own_centre(first, data)
    # If the cause is noise, a shift of the origin does not help either.
    second, simple = _about(centre, judged, trajectories, data, tolerance)
    return second if simple else first


def _own_centre(found: Readable, data: Recording) -> np.ndarray:
    """The point [m] about which the conserved quantities have the smallest linear terms.

    If there are many such points, it is the one nearest to the present origin of the quantities.
    """
    conserved = [one for one in found.directions if one.verdict == CONSERVED]
    unit = data.spread
    A = np.concatenate([one.A * np.outer(unit, unit) for one in conserved])
    b = np.concatenate([one.b * unit for one in conserved])
    return _in_digits(found.origin - unit * np.linalg.lstsq(A, b, rcond=LEAST_CURVED)[0], data)


def _about(
    origin: np.ndarray,
    judged: Judged,
    trajectories: Trajectories,
    data: Recording,
    tolerance: float,
) -> tuple[Readable, bool]:
    """What is found in terms of x - origin, and whether all members of the basis are simple."""
    A, b = quadratic(judged, data, origin)
    labels = labelled(trajectories.names, origin)
    texts = [expression(np.asarray(p), np.asarray(q), labels, data.spread)
             for p, q in zip(A, b, strict=True)]  # fmt: skip
    directions = directions_of(judged, texts, np.asarray(A), np.asarray(b))
    span = np.array([one.verdict == CONSERVED for one in directions])
    if not span.any():
        return Readable(origin, directions, []), True
    found = _rounded(Quadratic(A[span], b[span]), trajectories.states - origin, data, tolerance)
    quantities = _named(found.basis, found.moved, data, labels)
    return Readable(origin, directions, quantities), found.simple


class _Basis(NamedTuple):
    """A basis, how far rounding has moved each member, [r], and whether all are simple."""

    basis: Quadratic
    moved: np.ndarray
    simple: bool


def _rounded(span: Quadratic, states: np.ndarray, data: Recording, tolerance: float) -> _Basis:
    """A basis with few terms and simple coefficients, except where the data contradict them."""
    basis = least_drifting_basis(span, data.spread, states)
    exact = projected(basis, span, data.spread)
    variance = data.noise * data.spread**2
    taken = np.array(
        [
            no_worse(_changes(basis, k, states, variance), _changes(exact, k, states, variance),
                     tolerance)
            for k in range(len(basis.b))
        ]
    )  # fmt: skip
    A = np.where(taken[:, None, None], basis.A, exact.A)
    b = np.where(taken[:, None], basis.b, exact.b)
    both = Quadratic(A, b)  # type: ignore[arg-type]
    return _Basis(both, residuals(both, span, data.spread), bool(taken.all()))


def _changes(quantities: Quadratic, k: int, states: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The change of one quantity along each trajectory, of states [R, T, m]; see `changes`."""
    A, b = np.asarray(quantities.A[k]), np.asarray(quantities.b[k])
    slopes = states @ A + b
    values = ((slopes + b) * states).sum(-1) / 2
    return changes(values, float((slopes**2 @ variance).mean()))


def _named(
    basis: Quadratic, moved: np.ndarray, data: Recording, labels: list[str]
) -> list[Quantity]:
    """The members of a basis with their texts, ordered so that those of one kind are together."""
    scaled = basis.rescale(data.spread)  # type: ignore[arg-type]
    quantities = [
        Quantity(
            expression=expression(basis.A[k], basis.b[k], labels, data.spread),
            A=np.asarray(basis.A[k], float),
            b=np.asarray(basis.b[k], float),
            kind=kind(np.asarray(scaled.A[k]), np.asarray(scaled.b[k])) if data.paired else "",
            residual=float(moved[k]),
        )
        for k in range(len(basis.b))
    ]
    kinds = [quantity.kind for quantity in quantities]
    return sorted(quantities, key=lambda quantity: kinds.index(quantity.kind))


def quadratic(judged: Judged, data: Recording, origin: np.ndarray) -> Quadratic:
    """Directions in the span of all monomials of degree 1 and 2, as quadratics of x - origin."""
    A, b = in_spreads(judged.coefficients, data.dimension)
    A = np.asarray(A) / np.outer(data.spread, data.spread)
    b = np.asarray(b) / data.spread
    return Quadratic(A, b - A @ (data.centre - origin))  # type: ignore[arg-type]


def in_spreads(coefficients: np.ndarray, m: int) -> Quadratic:
    """Coefficients [K, D] of all monomials of degree 1 and 2 of z [m], as quadratics of z."""
    i, j = np.triu_indices(m)
    A = np.zeros((len(coefficients), m, m))
    A[:, i, j] = coefficients[:, m:]
    A = A + np.swapaxes(A, 1, 2)  # c x_i^2 has A_ii = 2 c, c x_i x_j has A_ij = A_ji = c
    return Quadratic(A, coefficients[:, :m])  # type: ignore[arg-type]


def labelled(names: tuple[str, ...], origin: np.ndarray) -> list[str]:
    """Names of x - origin, as in (q1 - 4.2e+06)."""
    return [
        f"({name} - {value:.15g})" if value > 0 else f"({name} + {-value:.15g})" if value else name
        for name, value in zip(names, origin, strict=True)
    ]


def origin_of(data: Recording) -> np.ndarray:
    """The origin of the quantities, [m]: 0, or a point near the centre of data far from 0."""
    return np.where(np.abs(data.centre) > FAR * data.spread, _in_digits(data.centre, data), 0.0)


def _in_digits(point: np.ndarray, data: Recording) -> np.ndarray:
    """A point [m], rounded to about a thousandth of the spread, so that its text is exact."""
    digit = 10.0 ** (np.floor(np.log10(data.spread)) - 3)
    return digit * np.round(point / digit)
