"""The report of a check of expressions, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from noether_razor.describe._words import count, figures_section, g, listed, table
from noether_razor.discovery.check_result import Check
from noether_razor.discovery.report_parts import laws_table, noise_cell, reproduce
from noether_razor.evidence.judged import CHANGES, CONSERVED, SLOW, SURE, UNDETERMINED


def check_report(check: Check, figures: Sequence[str] = (), command: str | None = None) -> str:
    """The text of the report.

    Args:
        check: what to report.
        figures: names of image files beside the report, to be shown.
        command: the command line that gives this check again.
    """
    sections = [f"# Which expressions are conserved\n\n{verdict(check)}", _expressions(check)]
    sections += [_reasons(check)] if check.reasons else []
    sections += figures_section(figures)
    sections += [_laws(check), _data(check), reproduce(check.seconds, check.versions, command)]
    return "\n\n".join(sections) + "\n"


def verdict(check: Check) -> str:
    """The verdicts in a few sentences."""
    said = []
    for kind, one_is, some_are in (
        (CONSERVED, "is conserved", "are conserved"),
        (SLOW, "changes slowly, by less than the tolerance", "change slowly, by less than the "
         "tolerance"),
        (CHANGES, "changes", "change"),
        (UNDETERMINED, "is undetermined", "are undetermined"),
    ):  # fmt: skip
        texts = [f"`{one.expression}`" for one in check.expressions if one.verdict == kind]
        if texts:
            said.append(f"{listed(texts)} {one_is if len(texts) == 1 else some_are}.")
    return (
        f"{' '.join(said)} Conserved means: changes by less than {check.tolerance:g} of its spread "
        f"within {g(check.duration, 3)} units of time, with a probability of at least {SURE:g}."
    )


def _expressions(check: Check) -> str:
    rows = [
        (
            f"`{one.expression}`",
            f"**{one.verdict}**" if one.verdict == CONSERVED else one.verdict,
            g(one.size),
            one.interval,
            one.stated,
            one.by or "the trajectories alone",
        )
        for one in check.expressions
    ]
    header = ("expression", "verdict", "change", "95 % interval", "probability", "by")
    return (
        f"## Verdicts\n\n{table(header, rows)}\n\n"
        "Each expression is judged by itself. Change: root mean square of the expression about its "
        "mean on each trajectory, over its standard deviation in all of the data; 0 is conserved, "
        "1 is not at all. Probability: that the change is within the tolerance. An expression is "
        f"conserved from {SURE:g} on. It changes where the probability is at most {1 - SURE:.2g}. "
        "It is slow where the change is within the tolerance, but surely not zero. By: what the "
        "verdict rests on."
    )


def _reasons(check: Check) -> str:
    lines = [
        f"- {listed([f'`{text}`' for text in texts])}: {reason}"
        for reason, texts in check.reasons.items()
    ]
    return "## Why some are undetermined\n\n" + "\n".join(lines)


def _laws(check: Check) -> str:
    if not check.laws:
        return "## Laws of motion\n\nNone was needed, or there are too few samples for one."
    return (
        "## Laws of motion\n\n"
        + laws_table(check.laws)
        + "\n\nEach number is the log evidence of a law, less that of smooth curves which obey no "
        "law, for short pieces of a few trajectories. The best law judges the expressions that the "
        "trajectories alone leave undetermined, if it explains the trajectories better than smooth "
        "curves do."
    )


def _data(check: Check) -> str:
    rows = [
        (name, g(spread, 3), noise_cell(name, noise, check.given))
        for (name, noise), spread in zip(check.noise.items(), check.data["spread"], strict=True)
    ]
    return (
        f"## Data\n\n{check.data['source']}: {count(check.data['trajectories'])} trajectories, "
        f"{check.data['samples']} samples each, dt = {g(check.data['dt'], 4)}.\n\n"
        + table(("coordinate", "spread", "noise"), rows)
        + "\n\nNoise: standard deviation, estimated unless given. All in your units."
    )
