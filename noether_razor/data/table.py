"""What every reader gives: a table with a row for each sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np


class Roles(NamedTuple):
    """The roles of the columns.

    Attributes:
        time: the column of times; "" where rows follow each other at one step.
        id: the column that says which trajectory a row belongs to; "" if there is none.
        first: positions, or all quantities that the motion depends on.
        second: momenta or velocities, one for each position; or none.
        kind: "p" for positions and momenta, "v" for positions and velocities, "q" for positions
            alone, "x" for quantities that are no pairs.
        left_out: columns that are not used.
    """

    time: str
    id: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    kind: Literal["p", "v", "q", "x", ""]
    left_out: tuple[str, ...] = ()

    @property
    def coordinates(self) -> tuple[str, ...]:
        """All columns that are values of the state."""
        return self.first + self.second


class Spare(NamedTuple):
    """A step that is used where there are no times, and a note on it for the user."""

    step: float
    note: str


@dataclass
class Table:
    """Columns of one length.

    Attributes:
        source: what the table was read from, for messages.
        columns: columns by name, each [N]: numbers, dates or text.
        step: time between rows, where the source says so.
        roles: which column is what, where the source says so.
        units: units of columns, by name, as text.
        notes: what was done on the way, as sentences for the user.
        spare: the step that an attribute of the source gives.
    """

    source: str
    columns: dict[str, np.ndarray]
    step: float | None = None
    roles: Roles | None = None
    units: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    spare: Spare | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a message, not too many."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") if names else "(none)"


def one_line(error: BaseException) -> str:
    """The message of a library's error, short and on one line."""
    return " ".join(str(error).split())[:200]


def is_number(text: str) -> bool:
    """Whether a text is a number, or stands for a missing one."""
    try:
        float(text)
    except ValueError:
        return text in ("", "None", "<NA>")
    return True
