"""Results as small tables of HTML, which notebooks show in place of text.

They bring no colours of their own, so that they can be read on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

CELL = "text-align:left;padding:0.2em 0.7em;border-bottom:1px solid rgba(128,128,128,0.4)"
CODE = "background:none;color:inherit;white-space:normal"


def fragment(title: str, *parts: str) -> str:
    """A title, which is escaped, and what follows it, which is HTML."""
    return f"<div><p><strong>{escape(title)}</strong></p>{''.join(parts)}</div>"


def paragraph(text: str) -> str:
    """A paragraph of text."""
    return f"<p>{escape(text)}</p>"


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], formulas: str = "") -> str:
    """A table in HTML; "" if there are no rows.

    Args:
        header: a word for each column.
        rows: texts, which are escaped.
        formulas: the column that holds formulas.
    """
    if not rows:
        return ""
    lines = [_row("th", header, "")]
    lines += [_row("td", cells, formulas, header) for cells in rows]
    return f'<table style="border-collapse:collapse;color:inherit">{"".join(lines)}</table>'


def _row(tag: str, cells: Sequence[str], formulas: str, header: Sequence[str] = ()) -> str:
    inside = [
        f'<code style="{CODE}">{escape(cell)}</code>'
        if header and header[place] == formulas
        else escape(cell)
        for place, cell in enumerate(cells)
    ]
    return "<tr>" + "".join(f'<{tag} style="{CELL}">{one}</{tag}>' for one in inside) + "</tr>"
