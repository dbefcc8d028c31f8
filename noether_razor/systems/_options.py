"""Checks of a system's options, and reading them from the command line's text."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any, get_type_hints

from noether_razor.base.errors import InputError

_EXPECTED = {
    int: "a whole number",
    float: "a number",
    str: "a word",
    tuple[float, ...]: "numbers, as 1,2,3",
    tuple[float, ...] | None: "numbers, as 1,2,3, or None",
}


def whole(system: str, option: str, value: Any, least: int, most: int | None = None) -> None:
    """Raise InputError unless value is a whole number in [least, most]."""
    allowed = f"a whole number of {least} or more" if most is None else f"one in {least} .. {most}"
    if not _is_whole(value) or value < least or (most is not None and value > most):
        raise InputError(f"{system}: {option} is {value!r}, expected {allowed}")


def number(system: str, option: str, value: Any, least: float, most: float = math.inf) -> None:
    """Raise InputError unless value is a finite number in [least, most]."""
    allowed = f"of {least:g} or more" if most == math.inf else f"in {least:g} .. {most:g}"
    if not _is_number(value) or not least <= value <= most:
        raise InputError(f"{system}: {option} is {value!r}, expected a number {allowed}")


def numbers(system: str, option: str, value: Any, above: float) -> tuple[float, ...]:
    """One or more finite numbers above a bound, as a tuple; InputError if they are not."""
    if not _is_sequence(value) or not value or not all(_is_number(v) and v > above for v in value):
        raise InputError(
            f"{system}: {option} is {value!r}, expected one or more numbers above {above:g}"
        )
    return tuple(float(v) for v in value)


def choice(system: str, option: str, value: Any, allowed: Sequence[str]) -> None:
    """Raise InputError unless value is one of those allowed."""
    if value not in allowed:
        raise InputError(f"{system}: {option} is {value!r}, expected one of {', '.join(allowed)}")


def read(system: type, option: str, value: Any) -> Any:
    """Convert the value of one option, which may be text, to the type of its field.

    Raises:
        InputError: the value cannot be read as that type.
    """
    kind = get_type_hints(system)[option]
    parsed = _parse(value) if isinstance(value, str) and kind is not str else value
    if kind is str and isinstance(parsed, str):
        return parsed
    if kind is int and _is_whole(parsed):
        return int(parsed)
    if kind is float and _is_number(parsed):
        return float(parsed)
    if kind in (tuple[float, ...], tuple[float, ...] | None):
        if parsed is None and kind != tuple[float, ...]:
            return None
        values = (parsed,) if _is_number(parsed) else parsed
        if isinstance(values, Sequence) and all(map(_is_number, values)):
            return tuple(float(v) for v in values)
    raise InputError(f"{system.name}: {option} is {value!r}, expected {_EXPECTED[kind]}")


def _parse(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _is_whole(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return False
    try:
        return math.isfinite(value)
    except (OverflowError, TypeError):
        return False


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
