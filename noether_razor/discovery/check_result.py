"""The result of a check of a user's own expressions, as stored in `check.json`, version 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from noether_razor.describe._stored import json_text, read_result
from noether_razor.describe._words import g
from noether_razor.discovery.notebook import fragment, html_table, paragraph
from noether_razor.evidence.judged import CONSERVED

VERSION = "noether_razor.check/1"


@dataclass(frozen=True, eq=False)
class CheckedExpression:
    """An expression with its verdict.

    Attributes:
        expression: its text as the user has given it.
        verdict: "conserved", "slow", "changes" or "undetermined"; see `Judged.verdicts`.
        size: size of its change along trajectories, in units of its spread over the data; NaN where
            the expression could not be judged.
        low, high: 95 % interval of the size; also NaN there.
        probability: probability that the size is within the tolerance, with every uncertainty
            counted as change; also NaN there.
        hopeful: the same probability with uncertainty counted as no change; also NaN there.
        varies: whether its values differ in the data by more than noise and rounding.
        by: the law of motion that the verdict rests on; "" where the trajectories alone decide.
        reason: why the verdict is undetermined; "" for other verdicts.
    """

    expression: str
    verdict: str
    size: float
    low: float
    high: float
    probability: float
    hopeful: float
    varies: bool
    by: str = ""
    reason: str = ""

    @property
    def interval(self) -> str:
        """The 95 % interval as text."""
        return "-" if math.isnan(self.low) else f"{g(self.low)} to {g(self.high)}"

    @property
    def stated(self) -> str:
        """The probability as text."""
        return "-" if math.isnan(self.probability) else f"{self.probability:.4f}"


@dataclass(frozen=True, eq=False)
class Check:
    """The verdicts on whether expressions are conserved, each judged by itself.

    Attributes:
        expressions: the expressions with their verdicts, in the order in which they were given.
        tolerance: size of a change, in units of the spread, up to which an expression is conserved.
        duration: duration of a trajectory, in the user's unit of time.
        laws: log evidence of every law of motion minus that of smooth curves, in nats, by label;
            empty where the trajectories alone decide.
        noise: standard deviation of every coordinate's noise, in the user's units, by name.
        given: names of the coordinates whose noise the user gave.
        seconds: wall-clock time of the whole check.
        versions: versions of the packages, by name.
        data: source, degrees_of_freedom, dt, samples, trajectories, names, spread.
    """

    expressions: Sequence[CheckedExpression]
    tolerance: float
    duration: float
    laws: Mapping[str, float]
    noise: Mapping[str, float]
    given: Sequence[str]
    seconds: float
    versions: Mapping[str, str]
    data: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return tuple(self.data["names"])

    def count(self, verdict: str) -> int:
        """How many expressions got this verdict."""
        return sum(one.verdict == verdict for one in self.expressions)

    def to_json(self) -> str:
        """The text of `check.json`; numbers that are not finite become null."""
        return json_text({"version": VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Check:
        """The inverse of `to_json`; null becomes NaN where a number is expected.

        Raises:
            InputError: if the text is not the JSON of a check, or is of another version.
        """
        return read_result(cls, text, VERSION, {"expressions": CheckedExpression}, "check.json")

    def __str__(self) -> str:
        """A table of the expressions, and why some are undetermined."""
        header = f"{'verdict':<13} {'change':>8} {'interval':>18} {'probability':>11}  expression"
        lines = [self._summary, f"  {header}"]
        for one in self.expressions:
            lines.append(
                f"  {one.verdict:<13} {g(one.size):>8} {one.interval:>18} {one.stated:>11}  "
                f"{one.expression}"
            )
        lines += [f"{', '.join(texts)}: {reason}" for reason, texts in self.reasons.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same table as HTML, for a notebook."""
        rows = [
            (one.expression, one.verdict, g(one.size), one.interval, one.stated)
            for one in self.expressions
        ]
        header = ("expression", "verdict", "change", "95 % interval", "probability")
        whys = [
            paragraph(f"{', '.join(texts)}: {reason}") for reason, texts in self.reasons.items()
        ]
        return fragment(self._summary, html_table(header, rows, "expression"), *whys)

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Reasons for undetermined verdicts, each with the expressions that it applies to."""
        found: dict[str, list[str]] = {}
        for one in self.expressions:
            if one.reason:
                found.setdefault(one.reason, []).append(one.expression)
        return found

    @property
    def _summary(self) -> str:
        return (
            f"{self.count(CONSERVED)} of {len(self.expressions)} conserved, within "
            f"{self.tolerance:g} of the spread in {self.duration:.3g} units of time"
        )
