"""What physics calls a conserved quadratic, from the blocks of its form."""

from __future__ import annotations

import numpy as np

SMALL = 1e-3
"""Share of the largest entry below which one counts as none."""


def kind(A: np.ndarray, b: np.ndarray) -> str:
    """A name for x.A x / 2 + b.x, x = (q, p): what its flow does, or what it is made of.

    "angular momentum" is any q.M p whose flow turns q and p: eigenvalues of M imaginary. Where
    there is no usual name, what the quantity is made of is said.

    >>> kind(np.zeros((2, 2)), np.array([0.0, 1.0]))
    'linear momentum'

    Args:
        A: symmetric, [2n, 2n].
        b: [2n].
    """
    A, b = np.asarray(A, float), np.asarray(b, float)
    n = len(b) // 2
    largest = max(np.abs(A).max(), np.abs(b).max())
    A, b = (np.where(np.abs(values) > SMALL * largest, values, 0.0) for values in (A, b))
    if not A.any():
        in_q, in_p = b[:n].any(), b[n:].any()
        return "linear in q and p" if in_q and in_p else "position" if in_q else "linear momentum"
    if b.any():
        return "quadratic and linear"
    positions, mixed, momenta = A[:n, :n], A[:n, n:], A[n:, n:]
    if not positions.any() and not mixed.any():
        return _of_momenta(momenta)
    if not positions.any() and not momenta.any():
        values = np.linalg.eigvals(mixed)
        turns = np.abs(values.real).max() <= SMALL * np.abs(values).max()
        return "angular momentum" if turns else "q times p"
    if not mixed.any() and momenta.any():
        values = np.linalg.eigvalsh(A)
        if values[0] >= -SMALL * values[-1]:
            modes = int(np.sum(values > SMALL * values[-1])) / 2
            return "energy of a mode" if modes == 1 else "energy"
        return "exchange of modes"
    return "quadratic"


def _of_momenta(form: np.ndarray) -> str:
    values = np.linalg.eigvalsh(form)
    rank = int(np.sum(np.abs(values) > SMALL * np.abs(values).max()))
    if rank == 1:
        return "square of a momentum"
    return "product of momenta" if rank == 2 and values[0] * values[-1] < 0 else "kinetic energy"
