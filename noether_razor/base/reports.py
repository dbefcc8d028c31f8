"""The type of a function that reports the progress of a long run; importing it loads nothing."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, int, int, str], None]
"""`report(stage, done, total, note)`: `done` of `total` steps of a named stage, and a remark."""
