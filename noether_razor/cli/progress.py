"""Progress of a long run on standard error: a bar in a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from noether_razor.base.reports import Report


@contextmanager
def show_progress() -> Iterator[Report]:
    """Yield a `Report` that shows every stage as it goes."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = ("{task.description}", BarColumn(), "{task.completed}/{task.total}")
    with Progress(
        *columns, TimeElapsedColumn(), TextColumn("{task.fields[note]}"), console=console
    ) as bars:
        stages: dict[str, int] = {}

        def report(stage: str, done: int, total: int, note: str = "") -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=total, note=note)
            bars.update(stages[stage], completed=done, total=total, note=note)  # type: ignore

        yield report


def _lines(console: Console) -> Report:
    """A report that prints a line for each tenth of a stage, for logs."""
    shown: dict[str, int] = {}

    def report(stage: str, done: int, total: int, note: str = "") -> None:
        tenth = 10 * done // max(total, 1)
        if shown.get(stage) != tenth:
            shown[stage] = tenth
            text = f"{stage} {done}/{total} {note}".rstrip()
            console.print(text, highlight=False, markup=False, soft_wrap=True)

    return report
