"""A table of demands: what was wanted, what finished runs show, and whether that is enough."""

from __future__ import annotations

from collections.abc import Sequence


class Checks:
    """Collects demands; `rows` is the table."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def add(
        self, what: str, wanted: str, reached: Sequence[float], holds: bool, form: str = "g"
    ) -> None:
        """Add a demand.

        Args:
            what: what is demanded, in words.
            wanted: the demand as text.
            reached: numbers to show, one per seed or one in all; empty if nothing was run.
            holds: whether the numbers meet the demand.
            form: the format of a number.
        """
        shown = " ".join(f"{value:{form}}" for value in reached) or "-"
        said = "yes" if holds and len(reached) else "**no**"
        self.rows.append({"": what, "wanted": wanted, "reached": shown, "enough": said})
