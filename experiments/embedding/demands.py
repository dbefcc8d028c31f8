"""Demands on what a row measured: numbers beside the bounds that `configs/embedding/` sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Options = SimpleNamespace
"""The settings of a row's file, or its bounds, by name."""


@dataclass(frozen=True)
class Demand:
    """One quantity that a row measured, and what is demanded of it.

    Attributes:
        what: what was measured, in words.
        wanted: the demand as text; empty if the quantity is only reported.
        values: one per seed, or one in all; in a record, None for a value that is not finite.
        holds: whether every value meets the demand; None if nothing is demanded.
    """

    what: str
    wanted: str
    values: Sequence[float | None]
    holds: bool | None


@dataclass
class Outcome:
    """What a row measured.

    Attributes:
        demands: in the order they were made.
        figure: the row's picture.
        text: Markdown to go below the row's table: further tables, and what they mean.
    """

    demands: list[Demand] = field(default_factory=list)
    figure: Figure | None = None
    text: str = ""

    def below(self, what: str, values: Any, bound: float) -> None:
        """Every value has to be below the bound."""
        self._add(what, f"< {bound:g}", values, lambda v: v < bound)

    def above(self, what: str, values: Any, bound: float) -> None:
        """Every value has to be above the bound."""
        self._add(what, f"> {bound:g}", values, lambda v: v > bound)

    def within(self, what: str, values: Any, centre: float, tolerance: float) -> None:
        """No value may differ from the centre by more than the tolerance."""
        wanted = f"{centre:.6g} ± {tolerance:g}"
        self._add(what, wanted, values, lambda v: abs(v - centre) <= tolerance)

    def equal(self, what: str, values: Any, expected: float) -> None:
        """Every value has to equal `expected`."""
        self._add(what, f"{expected:g}", values, lambda v: v == expected)

    def report(self, what: str, values: Any) -> None:
        """Add a quantity of which nothing is demanded."""
        self.demands.append(Demand(what, "", _numbers(values), None))

    def _add(self, what: str, wanted: str, values: Any, test: Any) -> None:
        numbers = _numbers(values)
        holds = len(numbers) > 0 and all(bool(test(v)) for v in numbers)
        self.demands.append(Demand(what, wanted, numbers, holds))


def _numbers(values: Any) -> list[float]:
    return [float(v) for v in np.atleast_1d(np.asarray(values, float)).ravel()]


def shown(values: Sequence[float | None]) -> str:
    """Numbers for a table: all of them if they are few, otherwise the least and the largest."""
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if len(finite) > 6:
        lost = f", {len(values) - len(finite)} not finite" if len(finite) < len(values) else ""
        return f"{min(finite):.3g} to {max(finite):.3g} ({len(values)} of them{lost})"
    return " ".join(f"{v:.3g}" if v in finite else "not finite" for v in values)
