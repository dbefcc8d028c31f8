"""The layout of a text: its separator, decimal mark, comments, heading and units."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import NamedTuple

from noether_razor.base.errors import InputError
from noether_razor.data.headings import fitted, joined
from noether_razor.data.table import listed

SEPARATORS = (",", ";", "\t", "|", " ")
COMMENTS = ("#", "%", "//")
LOOKED_AT = 100
"""Most rows that are compared with each other."""
MISSING = ("", "NA", "N/A", "nan", "NaN", "NAN", "null", "NULL", "None", "-", "--")
"""Texts that stand for a number that is missing."""
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?(inf|nan)", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")


class Layout(NamedTuple):
    """How a text is laid out.

    Attributes:
        separator: one of `SEPARATORS`; a blank stands for any number of blanks.
        decimal: "." or ",".
        heading: names of the columns; None if there is none.
        units: the row below the heading, if it holds no number; else empty.
        skip: lines before the first row of numbers.
        row_end: whether rows end with a separator; the heading may end with one or not.
        notes: what was done to find it, as sentences for the user.
    """

    separator: str
    decimal: str
    heading: list[str] | None
    units: list[str]
    skip: int
    row_end: bool
    notes: list[str]


def layout_of(text: str, source: str) -> Layout:
    """Find the layout of a text.

    Args:
        text: the beginning of the text.
        source: name of the file, for messages.

    Raises:
        InputError: there are no rows, or they do not fit the heading.
    """
    lines = text.splitlines()
    skip, comments = 0, []
    for line in lines:
        stripped = line.strip().strip('"')
        if not stripped or stripped.startswith((*COMMENTS, "sep=")):
            comments.append(stripped)
            skip += 1
        else:
            break
    body = [line for line in lines[skip:] if line.strip()][:LOOKED_AT]
    if not body:
        raise InputError(f"{source}: holds no rows, expected one for each sample")
    said = re.fullmatch(r"sep=(.)", comments[0]) if comments else None  # as Excel writes it
    separator = said[1] if said else _separator(body)
    rows = [_fields(line, separator) for line in body]
    width = Counter(map(len, rows)).most_common(1)[0][0]
    # Lines before the heading have fewer fields; rows may have one more, which is empty.
    titles = next(k for k, row in enumerate(rows) if len(row) >= max(width - 1, 1))
    titles = titles if width > 2 else 0
    skip, rows, body = _line_of(lines, skip, titles), rows[titles:], body[titles:]
    decimal = "," if separator != "," and _commas(rows) else "."
    place, heading, units, notes = _heads(rows, decimal), None, [], []
    if place == 1:
        heading = _names(body[0], separator, len(rows[:2][-1]))
    elif place:
        heading, units = joined(rows[:place])
        if place > 2 or heading != rows[0]:
            called = listed([name for name in heading if name])
            notes.append(f"heading of {place} rows: columns are called {called}")
    elif comments:
        heading = _commented_heading(comments[-1], separator, len(rows[0]))
    skip = _line_of(lines, skip, place)
    rows, body = rows[place:], body[place:]
    if heading is not None and _has_row_names(rows, body, len(heading)):
        heading, units = ["", *heading], ["", *units] if units else []
        notes.append("rows have numbers in quotes and the heading has no name for them: left out")
    # A separator at the end of every row adds an empty field.
    width = len(heading) if heading is not None else len(rows[0]) if rows else 0
    row_end = bool(rows) and all(row[-1] == "" for row in rows) and separator != " "
    if heading is not None and heading[-1] != "" and rows and len(rows[0]) == len(heading):
        row_end = False  # a column with a name, which is empty
    if heading is not None and row_end and heading[-1] == "":
        heading, width = heading[:-1], width - 1
    if rows and heading is not None and len(rows[0]) - row_end != width:
        more = len(rows[0]) - row_end - width
        raise InputError(
            f"{source}: rows have {len(rows[0]) - row_end} fields and the heading names {width}, "
            f"expected as many: name the {'other' if more > 0 else 'missing'} "
            f"{'columns' if abs(more) > 1 else 'column'}, or leave "
            f"{'them' if abs(more) > 1 else 'it'} out"
        )
    return Layout(separator, decimal, heading, units, skip, row_end, notes)


def _heads(rows: list[list[str]], decimal: str) -> int:
    """The number of heading rows, of names and units."""
    if _numbers(rows[0], decimal):
        return 0
    heads = 1
    while heads < len(rows) - 1 and _units(rows[heads]):
        heads += 1
    return heads


def _has_row_names(rows: list[list[str]], body: list[str], width: int) -> bool:
    """Whether rows begin with their numbers in quotes, as R writes them, beyond the heading."""
    numbers = [str(k + 1) for k in range(len(rows))]
    quoted = bool(rows) and all(line.lstrip().startswith('"') for line in body)
    return quoted and len(rows[0]) == width + 1 and [row[0] for row in rows] == numbers


def _separator(body: list[str]) -> str:
    """The separator that cuts most lines into the same number of fields, which is above one."""
    best, score = ",", (0.0, 0)
    for separator in SEPARATORS:
        if separator == "," and ";" in body[0]:
            continue  # commas are decimal marks then
        if separator == " " and score[0] == 1.0:
            continue  # blanks are beside the separator, or within a field
        widths = Counter(len(_fields(line, separator)) for line in body)
        width, lines = widths.most_common(1)[0]
        if width > 1 and (lines / len(body), width) > score:
            best, score = separator, (lines / len(body), width)
    return best


def _fields(line: str, separator: str) -> list[str]:
    if separator == " ":
        return [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', line)]
    reader = csv.reader([line], delimiter=separator, skipinitialspace=True)
    return [part.strip() for part in next(reader, [])]


def _numbers(row: list[str], decimal: str) -> bool:
    """Whether a row holds data: at least about half of its fields are numbers, NaN or dates."""
    number = DECIMAL_COMMA if decimal == "," else NUMBER
    numeric = [bool(number.fullmatch(f) or NUMBER.fullmatch(f)) or _date(f) for f in row]
    return sum(numeric) >= max(1, len(row) // 2)


def _date(field: str) -> bool:
    return bool(re.match(r"\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d{2,4}|\d\d?:\d\d", field))


def _commas(rows: list[list[str]]) -> bool:
    """Whether commas are decimal marks; they are not if any field has a decimal point."""
    fields = [field for row in rows for field in row]
    points = any(re.fullmatch(r"[+-]?\d*\.\d+([eE][+-]?\d+)?", field) for field in fields)
    return not points and any(DECIMAL_COMMA.fullmatch(field) for field in fields)


def _units(row: list[str]) -> bool:
    """Whether a row below a heading belongs to it: it holds text and no number."""
    number = lambda f: NUMBER.fullmatch(f) or re.fullmatch(r"[+-]?[.,]?\d[\d.,]*", f)  # noqa: E731
    return any(row) and not any(number(f) or f in MISSING[1:] or _date(f) for f in row)


def _names(line: str, separator: str, width: int) -> list[str]:
    """The names in a heading; where blanks separate them, one for each column if possible."""
    found = _fields(line, separator)
    if separator != " " or len(found) == width:
        return found
    return fitted(line, width) or found


def _commented_heading(comment: str, separator: str, width: int) -> list[str] | None:
    """The names in a line such as `# t,x,y`, if there is one for each column."""
    found = _names(comment.lstrip("#%/ "), separator, width)
    return found if len(found) == width and not any(NUMBER.fullmatch(f) for f in found) else None


def _line_of(lines: list[str], skip: int, rows: int) -> int:
    """The number of lines before the row of that number, with blank lines counted."""
    for place in range(skip, len(lines)):
        if rows == 0:
            return place
        rows -= bool(lines[place].strip())
    return len(lines)
