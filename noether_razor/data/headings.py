"""Headings of texts: of one row with blanks before units, or of several rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

BRACKETED = re.compile(r"[\[(].*[\])]")


def fitted(line: str, width: int) -> list[str]:
    """The names in a heading of blanks, whose units stand apart, as t (s); [] if they do not fit.

    Args:
        line: the heading.
        width: number of columns.
    """
    for pattern in (r'"[^"]*"|\S+', r'"[^"]*"|\S+(?: *[\[(][^\])]*[\])])?', r"\S+(?: \S+)*"):
        found = [name.strip('"') for name in re.findall(pattern, line)]
        if len(found) == width:
            return found
    return []


def joined(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """The names and the units in several heading rows.

    If the first row names all columns, the others describe them, and the last may hold units. Else
    the rows are levels, and a name is joined from all of them, as bob_x. A level may be given once
    for the columns that follow.

    Args:
        rows: heading rows, of any lengths.
    """
    width = max(map(len, rows))
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    first, last = list(rows[0]), list(rows[-1])
    names = [name for name in first if name]
    complete = all(top or not any(below) for top, *below in list(zip(*padded, strict=True))[1:])
    if complete and len(set(names)) == len(names):
        return first, last if any(map(BRACKETED.fullmatch, last)) or len(rows) == 2 else []
    rows = padded
    named = ""  # pandas names the index in a row of its own
    if any(rows[-1][:1]) and not any(rows[-1][1:]):
        named, rows = rows[-1][0], rows[:-1]
    elif rows[-1][0] == "coords":  # DeepLabCut has the names of the levels there
        named = "frame"
    levels = [*map(_filled, rows[:-1], [rows[-1]] * (len(rows) - 1)), rows[-1]]
    names = of_levels(levels, first=1)
    return [named or names[0], *names[1:]], []


def of_levels(levels: Sequence[Sequence[str]], first: int = 0) -> list[str]:
    """The names of columns whose names have several levels, joined as bob_x.

    An outer level that is the same for all columns is left out, such as the scorer of DeepLabCut.

    Args:
        levels: the levels, the outermost first, each with a part of the name of each column.
        first: the first column that is compared with the others.
    """
    outer = [level for level in levels[:-2] if len(set(level[first:])) > 1]
    return ["_".join(filter(None, parts)) for parts in zip(*outer, *levels[-2:], strict=True)]


def _filled(row: Sequence[str], last: Sequence[str]) -> list[str]:
    """A level with each name repeated for the named columns that follow it."""
    found: list[str] = []
    for name, below in zip(row, last, strict=True):
        found.append(name or (found[-1] if below and found else ""))
    return found
