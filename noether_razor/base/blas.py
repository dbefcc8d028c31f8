"""Linear algebra of NumPy and SciPy in one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread. It is a context and a decorator.

    The matrices of a discovery are small. On them two threads were no faster than one, and 3.5
    times slower beside other busy processes: `benchmarks/blas.py`, `results/blas.json`.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
