"""Write the report of a finished discovery again, from its record."""

from __future__ import annotations

import argparse
from pathlib import Path

from noether_razor.errors import InputError


def report(options: argparse.Namespace) -> None:
    """Write report.md and report.html of a directory from discovery.json or check.json."""
    from noether_razor.describe.page import write_page

    directory = Path(options.directory)
    figures = sorted(path.name for path in directory.glob("*.png"))
    print(write_page(_text(directory, figures), directory))


def _text(directory: Path, figures: list[str]) -> str:
    from noether_razor.evidence.check_report import check_report
    from noether_razor.evidence.check_result import Check
    from noether_razor.evidence.report import report as discovery_report
    from noether_razor.evidence.result import Discovery
    from noether_razor.runs import RESULT

    if (record := directory / RESULT).exists():
        return discovery_report(Discovery.from_json(record.read_text()), figures)
    if (record := directory / "check.json").exists():
        return check_report(Check.from_json(record.read_text()), figures)
    raise InputError(
        f"{directory}: holds neither discovery.json nor check.json, expected the directory of a "
        "finished run"
    )
