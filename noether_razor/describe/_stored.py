"""Convert results to the JSON text of their files, and back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.json import plain


def json_text(document: Mapping[str, Any]) -> str:
    """The text of a result; numbers that are not finite become null."""
    text = json.dumps(plain(document), indent=1, allow_nan=False)
    # A row of numbers is put on one line, as in a matrix. No string holds a line break.
    return re.sub(r'\[\n([^]["{}]*)\n *\]', _on_one_line, text) + "\n"


def read_result(
    cls: Any,
    text: str,
    version: str,
    members: Mapping[str, type],
    name: str = "discovery.json",
) -> Any:
    """The inverse of `json_text`; null becomes NaN where a number is expected.

    Args:
        cls: dataclass of the result.
        text: text of the file.
        version: version that the file must have.
        members: dataclass of a member, or of the items of a list, by the member's name at any
            depth.
        name: name of the file, for messages.

    Raises:
        InputError: if the text is not the JSON of such a result, or is of another version.
    """
    try:
        document = json.loads(text)
        found = document.pop("version", None)
        if found != version:
            raise InputError(
                f"{name} is of version {found!r}, expected {version!r}: "
                "use the noether_razor that wrote it, or make it again"
            )
        return cls(**_values(cls, document, members))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{name} cannot be read ({error}), expected what noether-razor writes: make it again"
        ) from error


def _item(cls: Any, document: Mapping[str, Any], members: Mapping[str, type]) -> Any:
    """A member as its dataclass; names that the dataclass does not know are left out."""
    known = {field.name for field in fields(cls)}
    kept = {name: document[name] for name in document if name in known}
    return cls(**_values(cls, kept, members))


def _values(cls: Any, document: Mapping[str, Any], members: Mapping[str, type]) -> dict[str, Any]:
    """The values of a dataclass, in the types that its fields name."""
    types = {field.name: field.type for field in fields(cls)}
    found = {}
    for name, value in document.items():
        if name in members and isinstance(value, list):
            found[name] = [_item(members[name], item, members) for item in value]
        elif name in members and isinstance(value, dict):
            found[name] = _item(members[name], value, members)
        else:
            found[name] = _value(types.get(name), value)
    return found


def _value(kind: Any, value: Any) -> Any:
    """A value, converted to the type of its field, which is given as text."""
    if kind == "float":
        return math.nan if value is None else value
    if kind == "Mapping[str, float]":
        return {name: _value("float", number) for name, number in value.items()}
    if kind == "np.ndarray" or (kind == "np.ndarray | None" and value is not None):
        return np.asarray(value, float)
    return value


def _on_one_line(row: re.Match) -> str:
    return f"[{' '.join(row[1].split())}]"
