"""Products of conserved linear functions, which are conserved as well.

Where the noise of a square is as large as its spread, the data cannot show that the square of a
conserved momentum is conserved. Algebra shows it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from noether_razor.conserved.features import Features, Monomials
from noether_razor.evidence.judged import CONSERVED, UNDETERMINED, Judged, joined

Judge = Callable[[Features, np.ndarray], Judged]
"""`judge(functions, known)` judges the span of functions without what is known, rows [k, D]."""


def judge_with_products(judge: Judge, functions: Features, kept: Judged | None = None) -> Judged:
    """Judge functions; where some stay undetermined, take products of linear ones into account.

    Products are used only if the functions are all monomials of degree 1 and 2. Linear functions
    are judged by themselves. Those that are conserved, and their products, are then known, and the
    rest is judged without them.

    Args:
        judge: judges the span of functions without what is known.
        functions: the functions to judge.
        kept: directions that are known already; they are not judged again, and come first.
    """
    nothing = np.zeros((0, _count(functions)))
    if kept is not None and len(kept.coefficients):
        return joined(kept, judge(functions, kept.coefficients))
    judged = judge(functions, nothing)
    if not isinstance(functions, Monomials) or functions.degree != 2:
        return judged
    if UNDETERMINED not in judged.verdicts():
        return judged
    linear = judge(Monomials(functions.dimension, 1), nothing[:, : functions.dimension])
    linear = linear.of([CONSERVED])
    if not len(linear.coefficients):
        return judged
    known = _products(linear)
    return joined(known, judge(functions, known.coefficients))


def _products(linear: Judged) -> Judged:
    """The conserved linear functions, and every product of two, among all monomials."""
    count, m = linear.coefficients.shape
    i, j = np.triu_indices(m)
    a, b = np.triu_indices(count)
    outer = linear.coefficients[a][:, :, None] * linear.coefficients[b][:, None, :]
    both = outer[:, i, j] + np.where(i == j, 0.0, outer[:, j, i])
    zeros = np.zeros((len(a), m))
    first = np.concatenate([linear.coefficients, np.zeros((count, len(i)))], axis=1)
    size = lambda x: np.concatenate([x, np.hypot(x[a], x[b])])  # noqa: E731
    least = lambda p: np.concatenate([p, np.minimum(p[a], p[b])])  # noqa: E731
    return Judged(
        coefficients=np.concatenate([first, np.concatenate([zeros, both], axis=1)]),
        size=size(linear.size),
        low=size(linear.low),
        high=size(linear.high),
        cautious=least(linear.cautious),
        hopeful=least(linear.hopeful),
        none=least(linear.none),
        varies=np.concatenate([linear.varies, linear.varies[a] & linear.varies[b]]),
    )


def _count(functions: Features) -> int:
    """D, the number of monomials; 0 for other lists, which have no products."""
    return len(functions.factors) if isinstance(functions, Monomials) else 0
