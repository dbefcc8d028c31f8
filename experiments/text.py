"""Numbers with their errors, and tables, as Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

Row = Mapping[str, object]


def mean_and_error(values: Sequence[float]) -> str:
    """Mean and standard error, to the error's second digit: "11.838 ± 0.028", "(2.9 ± 0.8)e-6"."""
    mean = float(np.mean(values))
    if math.isnan(mean):
        return "-"
    if len(values) < 2 or not (error := np.std(values, ddof=1) / len(values) ** 0.5) > 0:
        return f"{mean:.3g}"
    power = math.floor(math.log10(abs(mean))) if mean else 0
    power = 0 if -3 <= power <= 4 else power
    digits = max(0, 1 - math.floor(math.log10(error)) + power)
    text = f"{mean / 10**power:.{digits}f} ± {error / 10**power:.{digits}f}"
    return f"({text})e{power}" if power else text


def markdown(rows: Sequence[Row]) -> str:
    """A Markdown table of rows with the same keys."""
    cells = [list(rows[0]), *(row.values() for row in rows)]
    header, *body = [[str(value).replace("|", "\\|") for value in line] for line in cells]
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def latex(rows: Sequence[Row]) -> str:
    """A LaTeX tabular (package booktabs) of rows with the same keys; numbers are in math mode."""
    header = [_latex_cell(name) for name in rows[0]]
    body = [[_latex_cell(str(value)) for value in row.values()] for row in rows]
    lines = [
        rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
        r"\toprule",
        " & ".join(header) + r" \\",
        r"\midrule",
        *(" & ".join(cells) + r" \\" for cells in body),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines)


def comma_separated(rows: Sequence[Row]) -> str:
    """A CSV text of rows with the same keys."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _latex_cell(text: str) -> str:
    if not re.fullmatch(r"[-+(]*\d.*", text):
        return re.sub(r"([&%$#_{}])", r"\\\1", text)
    number = re.sub(r"e([-+]?)0*(\d+)$", r" \\times 10^{\1\2}", text)
    return f"${number.replace('±', chr(92) + 'pm')}$"
