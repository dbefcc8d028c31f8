"""How a long run tells how far it is; it loads nothing."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, int, int, str], None]
"""`report(stage, done, total, note)`: `done` of `total` steps of a named stage, and a remark."""
