"""Write the report of a finished discovery again, from its record."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from noether_razor.base.errors import InputError
from noether_razor.base.extras import needed

if TYPE_CHECKING:
    from noether_razor.discovery.check_result import Check
    from noether_razor.discovery.result import Discovery


def report(options: argparse.Namespace) -> None:
    """Write report.md and report.html of a directory from discovery.json or check.json."""
    from noether_razor.describe.page import write_page

    directory = Path(options.directory)
    if options.interactive:
        needed("bokeh", "report --interactive")
    found = _found(directory)
    figures = sorted(path.name for path in directory.glob("*.png"))
    html = _interactive(found, directory, figures) if options.interactive else None
    print(write_page(_text(found, figures), directory, html))


def _found(directory: Path) -> Discovery | Check:
    """The record of a directory.

    Raises:
        InputError: there is no record, or it cannot be read.
    """
    from noether_razor.base.runs import RESULT
    from noether_razor.discovery.check_result import Check
    from noether_razor.discovery.result import Discovery

    if (record := directory / RESULT).exists():
        return Discovery.from_json(record.read_text())
    if (record := directory / "check.json").exists():
        return Check.from_json(record.read_text())
    raise InputError(
        f"{directory}: holds neither discovery.json nor check.json, expected the directory of a "
        "finished run"
    )


def _text(found: Discovery | Check, figures: list[str]) -> str:
    from noether_razor.discovery.check_report import check_report
    from noether_razor.discovery.check_result import Check
    from noether_razor.discovery.report import report as discovery_report

    if isinstance(found, Check):
        return check_report(found, figures)
    return discovery_report(found, figures)


def _interactive(found: Discovery | Check, directory: Path, figures: list[str]) -> str:
    """The page with interactive figures; pictures without an interactive figure stay."""
    from noether_razor.describe.page import page
    from noether_razor.discovery.interactive import live_figures

    live = live_figures(found, directory)
    others = [name for name in figures if name not in live.figures]
    return page(_text(found, [*live.figures, *others]), directory, live)
