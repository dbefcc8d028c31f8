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
            what: is demanded.
            wanted: as text.
            reached: numbers to show, one a seed or one in all; none where nothing was run.
            holds: whether they are enough.
            form: of a number.
        """
        shown = " ".join(f"{value:{form}}" for value in reached) or "-"
        said = "yes" if holds and len(reached) else "**no**"
        self.rows.append({"": what, "wanted": wanted, "reached": shown, "enough": said})
