"""The symmetry that a conserved quadratic generates: the motion x' = J grad C(x).

Source: Noether's theorem for Hamiltonian systems; Arnold, "Mathematical Methods of Classical
Mechanics", section 40.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from noether_razor.describe.formula import NEGLIGIBLE, expression

SMALL = 0.05
"""Share of the largest speed below which a part of the motion counts as none. An error e in the
coefficients of a shear gives eigenvalues of size sqrt(e), so this share allows errors up to its
square, 0.0025. A test halves and doubles the share."""


def generator(A: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """J A and J b of C(x) = x.A x / 2 + b.x, so that x' = J A x + J b; [2n, 2n] and [2n]."""
    n = len(b) // 2
    return np.concatenate([A[n:], -A[:n]]), np.concatenate([b[n:], -b[:n]])


def symmetry(A: np.ndarray, b: np.ndarray, units: np.ndarray) -> str:
    """The kind of motion: "shift", "shear", "rotation", "stretch", or both of the last two.

    A shift is the same everywhere. Otherwise the eigenvalues of J A decide: those of a shear are
    all zero, those of a rotation are imaginary, and those of a stretch are real.

    >>> symmetry(np.eye(2), np.zeros(2), np.ones(2))
    'rotation'

    Args:
        A, b: coefficients of x.A x / 2 + b.x, in canonical coordinates, [2n, 2n] and [2n].
        units: typical size of each coordinate, [2n].
    """
    matrix, shift = generator(A, b)
    matrix, shift = matrix * units / units[:, None], shift / units
    size = np.abs(matrix).max()
    if size <= SMALL * np.abs(shift).max():
        return "shift"
    speeds = np.linalg.eigvals(matrix)
    stretches, turns = np.abs(speeds.real).max() / size, np.abs(speeds.imag).max() / size
    if max(stretches, turns) <= SMALL:
        return "shear"
    parts = {"rotation": turns, "stretch": stretches}
    return " and ".join(name for name, part in parts.items() if part > SMALL)


def equations(A: np.ndarray, b: np.ndarray, names: Sequence[str], units: np.ndarray) -> str:
    """The motion as text, for the coordinates that move.

    >>> equations(np.zeros((2, 2)), np.array([0.0, 1.0]), ("q", "p"), np.ones(2))
    "q' = 1"

    Args:
        A, b, units: see `symmetry`.
        names: names of the 2n coordinates.
    """
    matrix, shift = generator(A, b)
    speeds = np.abs(matrix) @ units + np.abs(shift)
    moving = np.flatnonzero(speeds / units > NEGLIGIBLE * (speeds / units).max())
    return ", ".join(
        f"{names[int(i)]}' = {_sum(matrix[i], shift[i], names, units)}" for i in moving
    )


def _sum(row: np.ndarray, constant: float, names: Sequence[str], units: np.ndarray) -> str:
    if not np.abs(row).any():
        return f"{constant:.3g}"
    text = expression(np.zeros((len(row), len(row))), row, names, units)
    if abs(constant) <= NEGLIGIBLE * (np.abs(row) * units).max():
        return text
    return f"{text} {'+' if constant > 0 else '-'} {abs(constant):.3g}"
