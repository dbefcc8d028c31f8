"""Subspaces: row spaces, null spaces, and invariant subspaces of a set of matrices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import schur
from scipy.sparse.linalg import LinearOperator, eigsh

DENSE = 400
"""Up to this many unknowns, the commutant is computed with a full factorisation."""

APART = 0.03
"""Eigenvalues of a random commuting matrix belong to one subspace if they are nearer than this, in
units of the matrix's norm. An error e may split a double eigenvalue by as much as sqrt(e)."""

ZERO = 1e-5
"""Share of the largest eigenvalue below which an eigenvalue counts as zero."""


def row_space(rows: np.ndarray, tolerance: float, of: float | None = None) -> np.ndarray:
    """Orthonormal rows that span the row space of [k, r], without singular values below tolerance.

    Args:
        rows: [k, r].
        tolerance: relative to `of`.
        of: what the tolerance is relative to; the largest singular value by default.
    """
    if not rows.size:
        return np.zeros((0, rows.shape[1]))
    _, values, basis = np.linalg.svd(rows, full_matrices=False)
    return basis[values > tolerance * (of or max(values[0], np.finfo(float).tiny))]


def null_space(rows: np.ndarray, tolerance: float, of: float | None = None) -> np.ndarray:
    """Orthonormal rows that span all vectors orthogonal to the rows [k, r]; see `row_space`."""
    _, values, basis = np.linalg.svd(rows, full_matrices=True)
    return basis[int(np.sum(values > tolerance * (of or max(values, default=0.0)))) :]


def submodules(matrices: np.ndarray) -> list[np.ndarray]:
    """Split a space into subspaces that every one of the matrices [k, r, r] maps into themselves.

    The eigenspaces of a random matrix that commutes with all of them are such subspaces. If the
    space is completely reducible, they are its irreducible subspaces. The result is deterministic.

    Returns:
        Orthonormal rows [s, r] of each subspace; the sizes s add up to r.
    """
    r = matrices.shape[-1]
    if r < 2:
        return [np.eye(r)] * r
    generator = np.random.default_rng(0)
    basis = commutant(matrices)
    best: list[np.ndarray] = []
    for _ in range(5):
        pieces = _eigenspaces(np.tensordot(generator.normal(size=len(basis)), basis, 1))
        best = max(best, pieces, key=len)
    return best


def commutant(matrices: np.ndarray) -> np.ndarray:
    """An orthonormal basis [c, r, r] of the matrices that commute with all of [k, r, r]."""
    r = matrices.shape[-1]
    transposed = matrices.transpose(0, 2, 1)

    def defect(flat: np.ndarray) -> np.ndarray:
        """The gradient of sum_k |[M_k, X]|^2 / 2."""
        moved = matrices @ flat.reshape(r, r) - flat.reshape(r, r) @ matrices
        return (transposed @ moved - moved @ transposed).sum(0).ravel()

    if r * r <= DENSE:
        values, vectors = np.linalg.eigh(np.stack([defect(e) for e in np.eye(r * r)]))
        zero = values <= ZERO * max(values[-1], np.finfo(float).tiny)
        return vectors.T[zero].reshape(-1, r, r)
    operator = LinearOperator((r * r, r * r), matvec=defect, dtype=float)
    start = np.random.default_rng(0).normal(size=r * r)
    largest = eigsh(operator, 1, which="LA", return_eigenvectors=False, v0=start, tol=1e-3)[0]
    count = 8
    while True:
        values, vectors = eigsh(operator, count, which="SA", v0=start, tol=1e-6)
        zero = values <= ZERO * largest
        if not zero.all() or count >= r:
            return vectors.T[zero].reshape(-1, r, r)
        count *= 2


def _eigenspaces(matrix: np.ndarray) -> list[np.ndarray]:
    """Real invariant subspaces, one for each cluster of eigenvalues and their conjugates."""
    from scipy.cluster.hierarchy import fclusterdata  # half a second, and seldom needed

    values = np.linalg.eigvals(matrix)
    marks = np.stack([values.real, np.abs(values.imag)], -1)
    near = APART * np.linalg.norm(matrix, 2)
    label = fclusterdata(marks, near, "distance", method="single")

    def of_cluster(number: np.integer) -> Callable[[complex], np.bool_]:
        def cluster(value: complex) -> np.integer:
            return label[np.hypot(*(marks - [value.real, abs(value.imag)]).T).argmin()]

        return lambda value: cluster(value) == number

    pieces = []
    for number in np.unique(label):
        _, columns, size = schur(matrix, output="complex", sort=of_cluster(number))
        both = np.concatenate([columns[:, :size].real, columns[:, :size].imag], axis=1)
        pieces.append(np.linalg.svd(both.T, full_matrices=False)[2][:size])
    return pieces
