"""Numbers, lists, tables and sections as every report writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
LONGEST = 72


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def g(value: float, digits: int = 2, sign: str = "") -> str:
    """A number to some digits, or "-" for NaN."""
    return "-" if math.isnan(value) else f"{value:{sign}.{digits}g}"


def count(number: int) -> str:
    """A small number as a word."""
    return WORDS[number] if number < len(WORDS) else str(number)


def listed(items: Sequence[str]) -> str:
    """Words in a row: "a, b and c"."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def short(expression: str) -> str:
    """An expression, cut where it is long."""
    return expression if len(expression) <= LONGEST else expression[: LONGEST - 4].rstrip() + " ..."


def figures_section(names: Sequence[str]) -> list[str]:
    """The section that shows image files beside the report; no section if there are no files."""
    images = [f"![{Path(name).stem.replace('_', ' ')}]({name})" for name in names]
    return ["\n\n".join(["## Figures", *images])] if images else []


def latex_section(texts: Sequence[str]) -> str:
    """The section with the LaTeX of quantities C_1, C_2, ..., to copy."""
    rows = " \\\\\n".join(f"C_{{{i}}} &= {text}" for i, text in enumerate(texts, 1))
    return (
        "## In LaTeX\n\nThe same quantities, to copy (they need the package `amsmath`):\n\n"
        f"```latex\n\\begin{{align*}}\n{rows}\n\\end{{align*}}\n```"
    )
