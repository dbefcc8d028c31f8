"""Check expressions, and write the result into a directory if one is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from noether_razor.base.extras import check_pictures
from noether_razor.base.reports import Report
from noether_razor.base.runs import RunDirectory
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.page import write_page
from noether_razor.discovery.check import Asked, asked_of, check_recorded
from noether_razor.discovery.check_report import check_report
from noether_razor.discovery.check_result import Check
from noether_razor.discovery.discover import checked, claim
from noether_razor.evidence.recording import Recording

RESULT, PICTURE = "check.json", "expressions.png"


def check_in_directory(
    trajectories: Trajectories,
    expressions: Sequence[str],
    out: str | Path | None,
    *,
    tolerance: float,
    noise: Mapping[str, float] | None,
    files: Sequence[str],
    reading: Mapping[str, Any],
    progress: Report,
    command: str | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Check:
    """Check expressions on trajectories that were read from files.

    Args:
        trajectories: trajectories of one system.
        expressions: texts in the names of the coordinates.
        out: the directory for `check.json`, the report and a picture; None: nothing is written.
        tolerance, noise: see `check`.
        files, reading: the files that the trajectories were read from, and the options of
            `load_trajectories` that were given.
        progress: called to report the progress of the run.
        command: the command line of this run, to be shown in the report.
        ready: called once all of the input has been checked and accepted.

    Raises:
        InputError: if the trajectories, an expression, a number or the directory cannot be used.
    """
    data = checked(trajectories, tolerance, noise)  # an error is raised before anything is written
    asked = asked_of(data, trajectories.names, expressions)
    if out is None:
        ready()
        return check_recorded(trajectories, data, asked, tolerance=tolerance, report=progress)
    check_pictures(str(out))
    claimed = claim("check", files, tolerance, noise, reading)
    claimed["expressions"] = list(expressions)
    with RunDirectory(out) as run:
        run.claim(claimed)
        ready()
        found = check_recorded(trajectories, data, asked, tolerance=tolerance, report=progress)
        _write(run, found, data, asked, command)
    return found


def _write(
    run: RunDirectory,
    found: Check,
    data: Recording,
    asked: Sequence[Asked],
    command: str | None,
) -> None:
    from noether_razor.describe import canvas  # they import matplotlib, which is slow
    from noether_razor.discovery.check_plots import along_trajectories

    figure = along_trajectories(found, [one.values for one in asked], data.dt)
    canvas.save(figure, run / PICTURE)
    write_page(check_report(found, (PICTURE,), command), run.path)
    run.write_text(RESULT, found.to_json())
