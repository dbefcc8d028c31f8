"""Write the report of a finished discovery again, from its record."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from noether_razor.errors import InputError


def report(options: argparse.Namespace) -> None:
    """Write report.md and report.html of a directory from discovery.json or check.json."""
    from noether_razor.discovery.page import write_page

    directory = Path(options.directory)
    figures = sorted(path.name for path in directory.glob("*.png"))
    print(write_page(_text(directory, figures), directory))


def _text(directory: Path, figures: list[str]) -> str:
    from noether_razor.evidence.check_report import check_report
    from noether_razor.evidence.check_result import EvidenceCheck
    from noether_razor.evidence.report import report as evidence_report
    from noether_razor.evidence.result import VERSION, EvidenceDiscovery
    from noether_razor.runs import RESULT

    if (record := directory / RESULT).exists():
        text = record.read_text()
        if _version(text) == VERSION:
            return evidence_report(EvidenceDiscovery.from_json(text), figures)
        return _of_the_fit(text, figures)
    if (record := directory / "check.json").exists():
        return check_report(EvidenceCheck.from_json(record.read_text()), figures)
    raise InputError(
        f"{directory}: holds neither discovery.json nor check.json, expected the directory of a "
        "finished run"
    )


def _of_the_fit(text: str, figures: list[str]) -> str:
    from noether_razor.discovery.function_report import function_report
    from noether_razor.discovery.functions import VERSION, FunctionDiscovery
    from noether_razor.discovery.report import report as fit_report
    from noether_razor.discovery.result import Discovery

    if _version(text) == VERSION:
        return function_report(FunctionDiscovery.from_json(text), figures, None)
    return fit_report(Discovery.from_json(text), figures, None)


def _version(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return ""  # the reader says what is wrong
    return str(found.get("version", "")) if isinstance(found, dict) else ""
