"""Products of combinations of functions, where they are combinations of the same functions."""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr, solve_triangular

from noether_razor.evidence.recording import ROUNDING
from noether_razor.evidence.search import SAME


class Products:
    """Writes products of combinations as combinations, where that is possible.

    Args:
        values: values of the functions, [N, D].
    """

    def __init__(self, values: np.ndarray) -> None:
        self._values = values
        columns = np.column_stack([np.ones(len(values)), values])
        frame, triangle, self._order = qr(columns, mode="economic", pivoting=True)
        size = np.abs(np.diag(triangle))
        rank = int((size > ROUNDING * size[0]).sum())
        self._frame, self._triangle = frame[:, :rank], triangle[:rank, :rank]

    def product(self, one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
        """The product of two combinations [D] as a combination [D], up to a factor and a constant.

        None if the product is not a combination of the functions.
        """
        wanted = (self._values @ one) * (self._values @ other)
        along = self._frame.T @ wanted
        error = np.abs(self._frame @ along - wanted).max()
        if error > SAME * np.abs(wanted).max():
            return None
        solved = np.zeros(len(self._order))
        solved[self._order[: len(along)]] = solve_triangular(self._triangle, along)
        row = solved[1:] / np.abs(solved[1:]).max()
        return np.where(np.abs(row) > SAME, row, 0.0)
