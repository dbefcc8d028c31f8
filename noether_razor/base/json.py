"""Convert values to JSON's own types, and write files of them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from noether_razor.base.files import write_atomically


def plain(value: Any) -> Any:
    """The value in JSON's own types: enums by value, arrays as lists, no NaN."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__"):
        return plain(np.asarray(value).tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return getattr(value, "value", value)


def write_record(path: str | os.PathLike, record: Any) -> None:
    """Write a record, whole or not at all; numbers that are not finite become null.

    Raises:
        InputError: the file cannot be written.
    """
    text = json.dumps(plain(record), indent=1, allow_nan=False)
    write_atomically(path, f"{text}\n".encode())
