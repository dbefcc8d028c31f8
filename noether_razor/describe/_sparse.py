"""Find a basis with few nonzero entries for a subspace that is known only up to small errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

TOLERANCES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 2e-2, 3e-2, 5e-2, 7e-2, 0.1, 0.15, 0.2)
"""Tolerances that are tried: entries below this share of a vector's largest count as zero."""

SEPARATE, NOISY_SEPARATE = 0.05, 0.3
"""A vector counts as new if more than a share of it lies outside the span of the chosen vectors.
The share is twice the tolerance, but at least the first and at most the second number. Where
entries are that uncertain, a vector that differs by less may be one of the chosen vectors again."""


ASTRAY = 0.35
"""Sine of the largest angle by which setting entries to zero may turn a vector, or the span."""


INDEPENDENT = 1e-6
"""A part of a vector counts as more than rounding if it is larger than this share of the vector."""


class SparseBasis(NamedTuple):
    """Unit rows [r, D] with exact zeros, and the tolerance that was used (0: none was suitable)."""

    rows: np.ndarray
    tolerance: float


def sparse_basis(rows: np.ndarray) -> SparseBasis:
    """The sparsest basis of the row space of [r, D] that a greedy search finds.

    A subspace's sparsest basis may be chosen greedily, with the sparsest vector first. There is one
    candidate for each of the D entries: of all vectors in which that entry is 1, the vector with
    the least l1 norm.

    The tolerance is chosen too. Over some range of tolerances the number of nonzero entries stays
    the same. The tightest tolerance of the widest such range is taken. On exact rows it is tiny, so
    that small true entries survive. On noisy rows it lies above the noise.
    """
    basis = np.linalg.svd(rows, full_matrices=False)[2]
    through = _shortest_through_each_entry(basis)
    tried = [SparseBasis(_pick(basis, through, t), t) for t in TOLERANCES]
    tried = [one for one in tried if sine_between(one.rows, basis) <= ASTRAY]
    if not tried:
        return SparseBasis(basis, 0.0)
    counts = [int(np.count_nonzero(one.rows)) for one in tried]
    # A span in general position has at least this many nonzero entries; noise is such a span.
    generic = basis.shape[0] * (basis.shape[1] - basis.shape[0] + 1)
    steadiness: dict[int, float] = {}
    for count, one in zip(counts, tried, strict=True):
        if count <= max(generic / 2, min(counts)):
            steadiness[count] = steadiness.get(count, 0.0) + _width(one.tolerance)
    steadiest = max(steadiness, key=lambda count: (steadiness[count], -count))
    return tried[counts.index(steadiest)]


def sine_between(rows: np.ndarray, others: np.ndarray) -> float:
    """Sine of the largest angle between the row spaces of two [r, D]; 0 if they are the same."""
    one, two = np.linalg.qr(rows.T)[0], np.linalg.qr(others.T)[0]
    return float(np.linalg.norm(one - two @ (two.T @ one), 2))


def _width(tolerance: float) -> float:
    """Distance to the next looser tolerance, on a logarithmic scale."""
    looser = [*TOLERANCES[1:], 1.5 * TOLERANCES[-1]]
    return float(np.log(looser[TOLERANCES.index(tolerance)] / tolerance))


def _shortest_through_each_entry(basis: np.ndarray) -> np.ndarray:
    """Coefficients [D', r] of the vectors of least l1 norm in which a given entry is 1.

    There is one vector for each entry that the span reaches. They are found by iteratively
    reweighted least squares, for all entries at once.
    """
    reached = np.linalg.norm(basis, axis=0) > 1e-3
    columns = basis.T[reached]
    vectors = np.repeat(np.ones((1, basis.shape[1])), len(columns), axis=0)
    coefficients = columns
    for softness in np.geomspace(1, 1e-5, 60):
        weights = 1 / np.sqrt(vectors**2 + softness**2)
        forms = (basis * weights[:, None]) @ basis.T
        solved = np.linalg.solve(forms, columns[..., None])[..., 0]
        coefficients = solved / np.sum(solved * columns, axis=1, keepdims=True)
        vectors = coefficients @ basis
    pairs = zip(coefficients, columns, strict=True)
    return np.array([_at_a_vertex(basis, found, column) for found, column in pairs])


def _at_a_vertex(basis: np.ndarray, found: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Move coefficients [r] to a vertex nearby, unless this makes the l1 norm larger.

    The least l1 norm is reached at a vertex: a vector of which r - 1 entries are zero. Reweighting
    converges slowly if several vectors are nearly as short. The vertex is found by setting the
    smallest entries to zero.

    Args:
        basis: orthonormal rows, [r, D].
        found: coefficients of a vector in which a given entry is 1, [r].
        column: column of the basis at that entry, [r].
    """
    frame = np.zeros((0, len(basis)))
    for k in np.argsort(np.abs(found @ basis)):
        if len(frame) == len(basis) - 1:
            break
        rest = basis[:, k] - frame.T @ (frame @ basis[:, k])
        if (size := np.linalg.norm(rest)) > INDEPENDENT * np.linalg.norm(basis[:, k]):
            frame = np.vstack([frame, rest / size])
    vertex = column - frame.T @ (frame @ column)
    if not (reach := vertex @ column) > INDEPENDENT:
        return found
    vertex = vertex / reach
    longest = (1 + INDEPENDENT) * np.abs(found @ basis).sum()
    return vertex if np.abs(vertex @ basis).sum() <= longest else found


def _pick(basis: np.ndarray, coefficients: np.ndarray, tolerance: float) -> np.ndarray:
    """Greedily, the candidates with fewest entries above the tolerance; unit rows [r, D]."""
    settled = np.asarray([_settle(basis, c, tolerance) for c in coefficients])
    kept = np.linalg.norm(settled @ basis.T, axis=1) ** 2 >= 1 - ASTRAY**2
    candidates = settled[kept]
    order = sorted(
        range(len(candidates)),
        key=lambda i: (np.count_nonzero(candidates[i]), round(np.abs(candidates[i]).sum(), 2), i),
    )
    # If the candidates do not span everything, rows of the given basis fill the gap.
    pool = [candidates[i] for i in order] + list(basis)
    chosen: list[np.ndarray] = []
    separate = max(SEPARATE, min(2 * tolerance, NOISY_SEPARATE))
    frame = np.zeros((0, basis.shape[1]))
    for row in pool:
        rest = row - frame.T @ (frame @ row)
        if len(chosen) < len(basis) and np.linalg.norm(rest) > separate:
            chosen.append(row)
            frame = np.vstack([frame, rest / np.linalg.norm(rest)])
    return np.asarray(chosen)


def _settle(basis: np.ndarray, coefficients: np.ndarray, tolerance: float) -> np.ndarray:
    """Fix the support at the entries above tolerance, refit in the span, and cut to the support."""
    row = coefficients @ basis
    outside = np.abs(row) <= tolerance * np.abs(row).max()
    # One step of inverse iteration makes the part outside the support smaller, and stays near.
    leak = basis[:, outside] @ basis[:, outside].T
    refitted = np.linalg.solve(leak + tolerance**2 * np.eye(len(basis)), coefficients) @ basis
    refitted[outside] = 0
    return refitted / np.linalg.norm(refitted)
