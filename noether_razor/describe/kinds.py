"""What physics calls a conserved quadratic, from the blocks of its form."""

from __future__ import annotations

import numpy as np

from noether_razor.describe._collective import collect
from noether_razor.describe.symmetries import generator

SMALL = 1e-3
"""Share of the largest entry below which an entry counts as zero."""


def kind(A: np.ndarray, b: np.ndarray) -> str:
    """A name for x.A x / 2 + b.x, x = (q, p): what its flow does, or what it is made of.

    "angular momentum" is any q.M p whose flow rotates q and p: the eigenvalues of M are imaginary.
    "energy of mode i" is a function of q_i and p_i alone; "energy of a mode" is that of a mode that
    mixes coordinates. If there is no usual name, the name says what the quantity is made of.

    >>> kind(np.zeros((2, 2)), np.array([0.0, 1.0]))
    'linear momentum'

    Args:
        A: symmetric, [2n, 2n], for coordinates of about equal size, as in units of their spread.
        b: [2n], for the same coordinates.
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
    A = A if (np.trace(A[n:, n:]) or np.trace(A)) >= 0 else -A
    positions, mixed, momenta = A[:n, :n], A[:n, n:], A[n:, n:]
    if positions.any() and momenta.any() and not mixed.any():
        return _energy(A) if _never_negative(momenta) else "exchange of modes"
    if made_of := _product(A):
        return made_of
    if not positions.any() and not momenta.any():
        return _of_both(A, mixed)
    if not positions.any() and not mixed.any():
        return "kinetic energy" if _never_negative(momenta) else "products of momenta"
    if not momenta.any() and not mixed.any():
        return "products of positions"
    return _energy(A) if _never_negative(A) and _oscillates(A) else "quadratic"


def _energy(A: np.ndarray) -> str:
    """Name of an energy: that of one mode if A is a sum of two squares."""
    n = len(A) // 2
    if n == 1 or not _never_negative(A) or _rank(A) != 2:
        return "energy"
    inside = np.flatnonzero(A.any(0))
    alone = len(inside) == 2 and inside[1] == inside[0] + n
    return f"energy of mode {inside[0] + 1}" if alone else "energy of a mode"


def _product(A: np.ndarray) -> str:
    """Name of a form that is a square or a product of two different factors; "" for other forms."""
    rank, n = _rank(A), len(A) // 2
    if rank > 2 or (rank == 2 and _never_negative(A)):
        return ""
    in_q, in_p = A[:n, :n].any(), A[n:, n:].any()
    if rank == 2 and not in_q and not in_p:
        return "q times p"
    if in_q and in_p or A[:n, n:].any():
        return "square of a linear quantity" if rank == 1 else "product of linear quantities"
    one, many = ("position", "positions") if in_q else ("momentum", "momenta")
    return f"square of a {one}" if rank == 1 else f"product of {many}"


def _of_both(A: np.ndarray, mixed: np.ndarray) -> str:
    """Name of q.M p: an angular momentum if the flow rotates, that is, M has imaginary eigenvalues.

    It is that of the centre of mass if the form depends only on four sums of several coordinates.
    """
    values = np.linalg.eigvals(mixed)
    size = np.abs(values).max()
    if size <= SMALL * np.abs(mixed).max() or np.abs(values.real).max() > SMALL * size:
        return "q times p"
    sums = collect(A, SMALL).weights
    of_centre = len(sums) == 4 and (sums >= 0).all() and (np.count_nonzero(sums, axis=1) > 1).all()
    return "angular momentum of the centre of mass" if of_centre else "angular momentum"


def _never_negative(form: np.ndarray) -> bool:
    values = np.linalg.eigvalsh(form)
    return bool(values[0] >= -SMALL * values[-1])


def _rank(form: np.ndarray) -> int:
    values = np.abs(np.linalg.eigvalsh(form))
    return int(np.sum(values > SMALL * values.max()))


def _oscillates(A: np.ndarray) -> bool:
    """Whether the flow of the form, x' = J A x, has a frequency."""
    matrix, _ = generator(A, np.zeros(len(A)))
    frequencies = np.linalg.eigvals(matrix).imag
    return bool(np.abs(frequencies).max() > SMALL * np.abs(A).max())
