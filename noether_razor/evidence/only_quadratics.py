"""Whether all quadratics are searched, and no more."""

from __future__ import annotations

from collections.abc import Sequence


def only_quadratics(degree: int, functions: Sequence[str]) -> bool:
    """Whether polynomials of this degree and these functions are all quadratics, and no more."""
    return degree == 2 and not functions
