"""Cells and summaries of the tables of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def cell(records: Sequence[dict]) -> str:
    """Counts, one for each seed.

    F: directions that are called conserved and are false. u, s: runs where a direction is
    undetermined, or slow.
    """
    marks = {
        "F": sum(record["false"] for record in records),
        "u": sum(record["undetermined"] > 0 for record in records),
        "s": sum("s" in record["verdicts"] for record in records),
    }
    counts = [str(record["count"]) for record in records]
    return " ".join([*counts, *(f"{mark}{number}" for mark, number in marks.items() if number)])


def summary(records: Sequence[dict], true: Mapping[str, int], code: str) -> str:
    """How many runs are done, right, too high, and by the present code, whose hash is `code`.

    `true` has the count of each system.
    """
    right = sum(record["count"] == true[record["run"][0]] for record in records)
    too_high = [record for record in records if record["count"] > true[record["run"][0]]]
    within = sum(record["false"] == 0 for record in too_high)
    slow = (
        f" In {within} of these, all that is called conserved changes by less than the tolerance: "
        "it is nearly conserved."
        if within
        else ""
    )
    false = sum(record["false"] > 0 for record in records)
    current = sum(record.get("code") == code for record in records)
    return (
        f"{len(records)} runs are done. The count is right in {right} of them and too high in "
        f"{len(too_high)}.{slow} Runs with a false direction: {false}. Runs by the code as it "
        f"is: {current}."
    )
