"""Values as the command line gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from noether_razor.base.errors import InputError


def keys_and_values(overrides: Sequence[str]) -> dict[str, str]:
    """The words key=value of a command.

    Raises:
        InputError: a word is not key=value, or a key is given twice.
    """
    given: dict[str, str] = {}
    for word in overrides:
        key, equals, text = word.partition("=")
        if not equals or not key.isidentifier():
            raise InputError(f"{word!r} cannot be read, expected key=value")
        if key in given:
            raise InputError(f"{key} is given twice, expected once")
        given[key] = text
    return given


def number(text: str) -> Any:
    """Read a text as JSON, or as a Python number; other text is returned, to be refused later."""
    import json

    for read in (json.loads, float):
        try:
            return read(text)
        except ValueError:
            pass
    return text


def check_seed(seed: Any) -> int:
    """The seed, if it can be one.

    Raises:
        InputError: the seed is no whole number from 0 to 2^32 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise InputError(f"seed is {seed!r}, expected a whole number from 0 to 2^32 - 1")
    return seed


def precision(precision: str) -> Any:
    """A context in which jax computes with the precision of the settings."""
    import jax

    return jax.enable_x64(precision == "float64")
