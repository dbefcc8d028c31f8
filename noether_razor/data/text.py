"""Delimited text: the separator, the decimal mark, comments and the heading are found in the file.

Nothing is guessed from the extension: `.csv` files hold commas, semicolons, tabs or blanks.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.table import Table, one_line

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t", "|", " ")
COMMENTS = ("#", "%", "//")
HEAD = 400_000
"""Bytes at the beginning of a file that its layout is found from."""
LOOKED_AT = 100
"""Most rows in these bytes that are compared with each other."""
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
    """

    separator: str
    decimal: str
    heading: list[str] | None
    units: list[str]
    skip: int
    row_end: bool


def read_text(content: bytes, source: str) -> Table:
    """Read delimited text as a table.

    Args:
        content: bytes of the file, unpacked.
        source: name of the file, for messages.

    Raises:
        InputError: the text holds no table of numbers.
    """
    encoding = _encoding(content, source)
    layout = _layout(content[:HEAD].decode(encoding, errors="replace"), source)
    frame = _frame(content, encoding, layout, source)
    columns = {name: _column(frame[name], layout) for name in frame.columns}
    units = dict(zip(columns, layout.units, strict=False)) if layout.units else {}
    notes = []
    if layout.separator != "," or layout.decimal != ".":
        names = {"\t": "tab", " ": "blanks"}
        mark = ", decimal comma" if layout.decimal == "," else ""
        notes.append(f"separator: {names.get(layout.separator, layout.separator)}{mark}")
    if layout.heading is None:
        notes.append(f"no heading: the columns are called {', '.join(columns)}")
    return Table(source, columns, units=units, notes=notes)


def _encoding(content: bytes, source: str) -> str:
    """The encoding of the text.

    Raises:
        InputError: the file is empty, or is no text.
    """
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    encoding = next((name for mark, name in marks if content.startswith(mark)), "utf-8")
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        encoding = "latin-1"
    if not content.strip():
        raise InputError(f"{source}: is empty, expected a table with a row for each sample")
    if encoding != "utf-16" and b"\x00" in content:
        raise InputError(f"{source}: is no text, expected a table with a row for each sample")
    return encoding


def _layout(text: str, source: str) -> Layout:
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
    skip, rows = _line_of(lines, skip, titles), rows[titles:]
    decimal = "," if separator != "," and _commas(rows) else "."
    place, heading, units = 0, None, []
    if not _numbers(rows[0], decimal):
        heading, place = rows[0], 1
        if len(rows) > 1 and _units(rows[1]) and len(rows) > 2:
            units, place = rows[1], 2
    elif comments:
        heading = _commented_heading(comments[-1], separator, len(rows[0]))
    skip = _line_of(lines, skip, place)
    rows = rows[place:]
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
    return Layout(separator, decimal, heading, units, skip, row_end)


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
        return [part.strip('"') for part in line.split()]
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
    return any(row) and not any(NUMBER.fullmatch(f) or f in MISSING[1:] or _date(f) for f in row)


def _commented_heading(comment: str, separator: str, width: int) -> list[str] | None:
    """The names in a line such as `# t,x,y`, if there is one for each column."""
    found = _fields(comment.lstrip("#%/ "), separator)
    return found if len(found) == width and not any(NUMBER.fullmatch(f) for f in found) else None


def _line_of(lines: list[str], skip: int, rows: int) -> int:
    """The number of lines before the row of that number, with blank lines counted."""
    for place in range(skip, len(lines)):
        if rows == 0:
            return place
        rows -= bool(lines[place].strip())
    return len(lines)


def _frame(content: bytes, encoding: str, layout: Layout, source: str) -> pd.DataFrame:
    import pandas as pd

    blanks = layout.separator == " "
    comment = re.search(rb"^\s*(#|%|//)", content, re.MULTILINE)
    if comment:
        lines = content.decode(encoding).splitlines()[layout.skip :]
        kept = (line for line in lines if not line.lstrip().startswith(COMMENTS))
        content, encoding = "\n".join(kept).encode(), "utf-8"
    try:
        frame = pd.read_csv(
            io.BytesIO(content),
            encoding=encoding,
            sep=r"\s+" if blanks else layout.separator,
            decimal=layout.decimal,
            header=None,
            skiprows=0 if comment else layout.skip,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=None,
            low_memory=False,
        )
    except pd.errors.EmptyDataError:
        raise InputError(f"{source}: holds no rows, expected one for each sample") from None
    except (ValueError, OSError, OverflowError) as error:
        raise InputError(
            f"{source}: cannot be read as a table ({_told(error, layout, bool(comment))})"
        ) from error
    if layout.row_end:
        frame = frame.iloc[:, :-1]
    names = layout.heading or [f"column{i + 1}" for i in range(frame.shape[1])]
    if len(names) != frame.shape[1]:
        raise InputError(
            f"{source}: rows have {frame.shape[1]} fields and the heading names {len(names)}, "
            "expected as many"
        )
    frame.columns = range(len(names))
    for name, count in Counter(names).items():
        if count > 1 and name:
            raise InputError(
                f"{source}: the column {name} is there {count} times, expected every name once: "
                "rename or remove the others"
            )
    kept = [i for i, name in enumerate(names) if name]
    frame = frame.loc[:, kept]
    frame.columns = [names[i] for i in kept]
    return frame


def _told(error: BaseException, layout: Layout, cut: bool) -> str:
    """The message of pandas, with line numbers of the whole file; `cut` if its head was cut off."""
    message = one_line(error).removeprefix("Error tokenizing data. C error: ")
    before = layout.skip if cut else 0
    return re.sub(r"line (\d+)", lambda match: f"line {int(match[1]) + before}", message)


def _column(column: pd.Series, layout: Layout) -> np.ndarray:
    """A column as numbers if every cell is a number or missing; else as text."""
    import pandas as pd

    if column.dtype.kind in "fiu":
        return column.to_numpy()
    words = column.astype(str).str.strip()
    numbers = words.where(~words.isin(MISSING), "nan")
    numbers = numbers.str.replace(r"[dD]", "e", regex=True)
    if layout.decimal == ",":
        numbers = numbers.str.replace(",", ".", regex=False)
    converted = pd.to_numeric(numbers.where(numbers != "nan"), errors="coerce").to_numpy(np.float64)
    known = ~words.isin(MISSING).to_numpy()
    if known.any() and not np.isnan(converted[known]).any():
        return converted
    # Text stays as it stands in the file: a trajectory may be called NA.
    return words.to_numpy(object)
