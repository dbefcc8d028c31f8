"""A report as one page of HTML, figures inside: it can be mailed, and needs no network."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from noether_razor.base.files import write_atomically
from noether_razor.describe.mathml import formula_html

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 66rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere }
h1 + p { font-size: 1.25rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 0.9rem }
th, td { padding: 0.25rem 0.6rem; text-align: left; white-space: nowrap;
  border-bottom: 1px solid #ddd }
td:has(code, math) { white-space: normal; min-width: 16rem }
code { background: #f3f3f3; padding: 0.1rem 0.25rem }
pre { background: #f3f3f3; padding: 0.75rem; overflow-x: auto }
pre code { padding: 0 }
.formula { font-size: 1.12em }
.formula > span { display: inline-block; margin-right: 0.3em }
td math { math-style: normal }
p:has(math), li:has(math) { overflow-x: auto; overflow-y: hidden }
figure { margin: 1rem 0; min-width: 0 }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 1rem;
  align-items: end }
img { max-width: 100%; display: block; margin: 1rem 0 }
""".strip()


class Live(NamedTuple):
    """Interactive figures that stand in place of images.

    Attributes:
        head: HTML of the scripts that all figures need, for the head of the page.
        script: HTML of the script that draws them, for the end of the page.
        figures: HTML of each figure, by the name of the image that it stands for.
    """

    head: str
    script: str
    figures: Mapping[str, str]


def write_page(text: str, directory: str | os.PathLike, html: str | None = None) -> Path:
    """Write a report as `report.md` and `report.html`, and return the path of the first.

    The page holds the figures that are in the directory. Each file is written whole or not at all.

    Args:
        text: the report, in Markdown.
        directory: directory of the run.
        html: the page, if it is more than the text and its images.

    Raises:
        InputError: if a file cannot be written.
    """
    path = Path(directory) / "report.md"
    write_atomically(path, text.encode())
    write_atomically(path.with_suffix(".html"), (html or page(text, path.parent)).encode())
    return path


def page(text: str, directory: Path, live: Live | None = None) -> str:
    """The HTML page of a report in Markdown; HTML inside the report is shown as plain text.

    Args:
        text: the report. Its first heading is the page's title.
        directory: directory of the images that the report names; a missing image is left out.
        live: figures that stand for images.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("code_inline", _typeset)
    body = markdown.render(text)
    title = re.search(r"<h1>(.*?)</h1>", body)
    live = live or Live("", "", {})
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title[1] if title else 'Report'}</title>\n<style>\n{STYLE}\n</style>\n"
        f"{live.head}</head>\n<body>\n{_with_figures(body, directory, live.figures)}"
        f"{live.script}</body>\n</html>\n"
    )


def _typeset(_renderer: Any, tokens: Sequence[Token], index: int, *_: Any) -> str:
    """Code within a line: a formula is typeset, anything else stays code."""
    return typeset(tokens[index].content)


def typeset(text: str) -> str:
    """The HTML of a formula; a text that is not a formula is shown as code."""
    return formula_html(text) or f"<code>{escape(text)}</code>"


def _with_figures(body: str, directory: Path, figures: Mapping[str, str]) -> str:
    def inside(found: re.Match) -> str:
        if found[1] in figures:
            return figures[found[1]]
        path = directory / Path(found[1]).name
        if path.suffix != ".png" or not path.exists():
            return ""
        data = base64.b64encode(path.read_bytes()).decode()
        return f'<p><img src="data:image/png;base64,{data}" alt="{found[2]}" /></p>'

    return re.sub(r'<p><img src="([^"]*)" alt="([^"]*)" /></p>', inside, body)
