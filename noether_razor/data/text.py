"""Delimited text: the separator, the decimal mark, comments and the heading are found in the file.

Nothing is guessed from the extension: `.csv` files hold commas, semicolons, tabs or blanks.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.layout import COMMENTS, MISSING, Layout, layout_of
from noether_razor.data.marks import as_plain_table, notes_of
from noether_razor.data.table import Table, one_line

if TYPE_CHECKING:
    import pandas as pd

HEAD = 400_000
"""Bytes at the beginning of a file that its layout is found from."""


def read_text(content: bytes, source: str) -> Table:
    """Read delimited text as a table.

    Args:
        content: bytes of the file, unpacked.
        source: name of the file, for messages.

    Raises:
        InputError: the text holds no table of numbers.
    """
    encoding = _encoding(content, source)
    head = content[:HEAD].decode(encoding, errors="replace")
    plain = as_plain_table(head, source)
    if plain is not head:
        plain = as_plain_table(content.decode(encoding), source)
        content, encoding, head = plain.encode(), "utf-8", plain[:HEAD]
    layout = layout_of(head, source)
    frame = _frame(content, encoding, layout, source)
    notes = list(layout.notes)
    columns = {name: _column(frame[name], layout, notes) for name in frame.columns}
    named = zip(layout.heading or [], layout.units, strict=False)
    units = {name: unit for name, unit in named if name in columns and unit}
    notes += notes_of(head)
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


def _column(column: pd.Series, layout: Layout, notes: list[str]) -> np.ndarray:
    """A column as numbers if every cell is a number or missing; else as text."""
    import pandas as pd

    if column.dtype.kind in "fiu":
        return column.to_numpy()
    words = column.astype(str).str.strip()
    numbers = words.where(~words.isin(MISSING), "nan")
    numbers = numbers.str.replace(r"[dD]", "e", regex=True)
    mark = "." if layout.decimal == "," else ","
    grouped = numbers.str.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+\{layout.decimal}\d+")
    if grouped.any():  # the decimal mark after them tells that these marks are none
        whole = numbers.str.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+")
        numbers = numbers.mask(grouped | whole, numbers.str.replace(mark, "", regex=False))
        notes.append(f"{column.name}: {mark} stands between thousands")
    if layout.decimal == ",":
        numbers = numbers.str.replace(",", ".", regex=False)
    converted = pd.to_numeric(numbers.where(numbers != "nan"), errors="coerce").to_numpy(np.float64)
    known = ~words.isin(MISSING).to_numpy()
    if known.any() and not np.isnan(converted[known]).any():
        return converted
    # Text stays as it stands in the file: a trajectory may be called NA.
    return words.to_numpy(object)
