"""Spans of directions, given as rows of coefficients."""

from __future__ import annotations

import numpy as np


def orthonormal_span(rows: np.ndarray, tolerance: float = 1e-3) -> np.ndarray:
    """An orthonormal basis of the span of rows [K, D], whatever their sizes; shape [K', D].

    Directions whose singular value is below `tolerance` of the largest are taken for rounding.
    """
    _, values, basis = np.linalg.svd(_unit(rows), full_matrices=False)
    return basis[values > tolerance * values[0]]


def orthonormal_in_order(rows: np.ndarray) -> np.ndarray:
    """Gram-Schmidt: each row loses its part in the span of the rows before it, and is made unit."""
    q, r = np.linalg.qr(_unit(rows).T)
    return (q * np.sign(np.diagonal(r))).T


def parallelness(rows: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Norm of the projection of each row [K, D], made unit, on the span of `truth` [r, D]; [K].

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 5.
    """
    span = orthonormal_span(truth) if len(truth) else truth
    return np.linalg.norm(_unit(rows) @ span.T, axis=1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
