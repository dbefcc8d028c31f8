"""Checks: what was measured, what is wanted of it, and whether it holds.

The pages of all three papers show their checks in one table, and keep them in one form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

FEW = 6
"""At most this many numbers are shown one by one."""


class Check(NamedTuple):
    """A quantity that was measured, and what is wanted of it.

    Attributes:
        what: what was measured, in words.
        values: one or more for each seed, or one in all; NaN where there is no number.
        wanted: what is wanted, as text; empty if the quantity is only reported.
        holds: whether the values are as wanted; None if the quantity is only reported.
        control: whether it is a control, which shows that the check above it can fail.
        expected: the number that theory predicts, if there is one.
    """

    what: str
    values: tuple[float, ...]
    wanted: str = ""
    holds: bool | None = None
    control: bool = False
    expected: float | None = None


def check(
    what: str,
    values: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    control: bool = False,
    expected: float | None = None,
) -> Check:
    """A check that every value lies in [low, high]; a report if there is no bound.

    A value may be equal to a bound; `Checks.below` and `Checks.above` do not allow that.

    Args:
        what, control, expected: see `Check`.
        values: numbers of any shape.
        low, high: the bounds.
    """
    wanted = ""
    if math.isfinite(low) and math.isfinite(high):
        wanted = f"{low:.4g} to {high:.4g}"
    elif math.isfinite(high):
        wanted = f"at most {high:.4g}"
    elif math.isfinite(low):
        wanted = f"at least {low:.4g}"
    made = _made(what, wanted, values, lambda v: low <= v <= high)
    return made._replace(control=control, expected=expected)


class Checks(list[Check]):
    """A list of checks, with a method for each kind of demand."""

    def below(self, what: str, values: Any, bound: float) -> None:
        """Every value has to be less than the bound."""
        self.append(_made(what, f"< {bound:g}", values, lambda v: v < bound))

    def above(self, what: str, values: Any, bound: float) -> None:
        """Every value has to be larger than the bound."""
        self.append(_made(what, f"> {bound:g}", values, lambda v: v > bound))

    def within(self, what: str, values: Any, centre: float, tolerance: float) -> None:
        """No value may differ from the centre by more than the tolerance."""
        wanted = f"{centre:.6g} ± {tolerance:g}"
        self.append(_made(what, wanted, values, lambda v: abs(v - centre) <= tolerance))

    def equal(self, what: str, values: Any, expected: float) -> None:
        """Every value has to equal `expected`."""
        self.append(_made(what, f"{expected:g}", values, lambda v: v == expected))

    def report(self, what: str, values: Any) -> None:
        """Add a quantity of which nothing is wanted."""
        self.append(_made(what, "", values, lambda v: True))

    def add(self, what: str, wanted: str, values: Any, holds: bool) -> None:
        """Add a demand on all values together. It does not hold if there are none."""
        numbers = _numbers(values)
        self.append(Check(what, numbers, wanted, bool(holds) and len(numbers) > 0))


def failed(checks: Iterable[Check]) -> list[str]:
    """What was measured where it is not as wanted."""
    return [one.what for one in checks if one.holds is False]


def table(checks: Sequence[Check]) -> list[dict[str, object]]:
    """One row for each check. There is a column for theory if it predicts one of the numbers."""
    said = {True: "yes", False: "**no**", None: ""}
    theory = any(one.expected is not None for one in checks)
    rows = []
    for one in checks:
        row: dict[str, object] = {"": f"*control:* {one.what}" if one.control else one.what}
        row["measured"] = shown(one.values)
        if theory:
            row["theory"] = "" if one.expected is None else f"{one.expected:.4g}"
        rows.append(row | {"wanted": one.wanted, "holds": said[one.holds]})
    return rows


def told(checks: Iterable[Check]) -> list[str]:
    """One line for each check, for the terminal."""
    words = {True: "yes", False: "NO", None: "--"}
    lines = []
    for one in checks:
        wanted = f", wanted {one.wanted}" if one.wanted else ""
        wanted += "" if one.expected is None else f", theory {one.expected:.4g}"
        what = f"control: {one.what}" if one.control else one.what
        lines.append(f"   {words[one.holds]:>3}  {what}: {shown(one.values)}{wanted}")
    return lines


def shown(values: Sequence[float]) -> str:
    """Numbers for a table: all of them if they are few, otherwise the least and the largest."""
    finite = [v for v in values if math.isfinite(v)]
    if len(values) <= FEW:
        return " ".join(f"{v:.4g}" if math.isfinite(v) else "not finite" for v in values) or "-"
    lost = f", {len(values) - len(finite)} not finite" if len(finite) < len(values) else ""
    if not finite:
        return f"{len(values)} not finite"
    low, high = f"{min(finite):.4g}", f"{max(finite):.4g}"
    return f"{low if low == high else f'{low} to {high}'} ({len(values)} of them{lost})"


def as_json(one: Check) -> dict[str, Any]:
    """A check for JSON, without what it does not have; None for a value that is not finite."""
    kept: dict[str, Any] = {"what": one.what}
    kept["values"] = [v if math.isfinite(v) else None for v in one.values]
    kept |= {"wanted": one.wanted} if one.wanted else {}
    kept |= {"holds": one.holds}
    kept |= {"control": True} if one.control else {}
    return kept | ({} if one.expected is None else {"expected": one.expected})


def from_json(kept: Mapping[str, Any]) -> Check:
    """A check from its record."""
    values = tuple(math.nan if v is None else v for v in kept["values"])
    return Check(**{**kept, "values": values})


def _made(what: str, wanted: str, values: Any, test: Callable[[float], bool]) -> Check:
    numbers = _numbers(values)
    holds = len(numbers) > 0 and all(test(v) for v in numbers) if wanted else None
    return Check(what, numbers, wanted, holds)


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(v) for v in np.ravel(np.asarray(values, float)))
