"""Cells and summaries of the tables of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.evidence.kept import current

MARKS = (
    "u: runs where a direction is undetermined. n: runs where it is undetermined whether a "
    "conserved function is independent of the others. s: runs where a direction is slow."
)


def cell(records: Sequence[dict]) -> str:
    """Counts, one for each seed, with marks.

    F: directions that are called conserved and are false. The other marks are those of `MARKS`.
    """
    marks = {
        "F": sum(record["false"] for record in records),
        "u": sum(record["undetermined"] > 0 for record in records),
        "n": sum(record.get("open", 0) > 0 for record in records),
        "s": sum("s" in record["verdicts"] for record in records),
    }
    counts = [str(record["count"]) for record in records]
    return " ".join([*counts, *(f"{mark}{number}" for mark, number in marks.items() if number)])


def summary(records: Sequence[dict], true: Mapping[str, int], code: str) -> str:
    """How many runs are done, right, too high, and by the present code, whose hash is `code`.

    `true` has the count of each system.
    """
    right = sum(record["count"] == true[record["run"][0]] for record in records)
    too_low = [record for record in records if record["count"] < true[record["run"][0]]]
    said = sum(record["undetermined"] + record.get("open", 0) > 0 for record in too_low)
    too_high = [record for record in records if record["count"] > true[record["run"][0]]]
    within = sum(record["false"] == 0 for record in too_high)
    slow = (
        f" In {within} of these, all that is called conserved changes by less than the tolerance: "
        "it is nearly conserved."
        if within
        else ""
    )
    low = f" It is too low in {len(too_low)}; in {said} of these something is undetermined."
    false = sum(record["false"] > 0 for record in records)
    present = sum(record.get("code", "") in current(code) for record in records)
    return (
        f"{len(records)} runs are done. The count is right in {right} of them and too high in "
        f"{len(too_high)}.{slow}{low} Runs with a false direction: {false}. Runs by the code as it "
        f"is, or by code that gives the same: {present}."
    )
