"""A discovery by evidence that is kept in a run directory.

A run locks its directory, and writes each file whole or not at all. A finished run is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from noether_razor.base.extras import check_pictures
from noether_razor.base.reports import Report
from noether_razor.base.runs import RESULT, RunDirectory
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.page import write_page
from noether_razor.discovery.discover import checked, claim, discover_recorded
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.learned import check
from noether_razor.evidence.search import searched

PICTURE, LEARNED_PICTURE = "changes.png", "learned.png"


def discover_in_directory(
    trajectories: Trajectories,
    out: str | Path,
    *,
    tolerance: float,
    noise: Mapping[str, float] | None,
    degree: int = 2,
    functions: Sequence[str] = (),
    networks: bool = False,
    seed: int = 0,
    files: Sequence[str],
    reading: Mapping[str, Any],
    progress: Report,
    command: str | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Discovery:
    """Discover from trajectories that were read from files; write everything into a directory.

    The first table is written as a report within seconds. If the run is stopped after that, this
    report stays, and the same command starts the run from the beginning.

    Args:
        trajectories: trajectories of one system.
        out: the directory; a finished run there is read.
        tolerance, noise, degree, functions, networks, seed: see `discover`.
        files, reading: the files that the trajectories were read from, and the options of
            `load_trajectories` that were given.
        progress: called to report the progress of the run.
        command: the command line of this run, to be shown in the report.
        ready: called once all of the input has been checked and accepted.

    Raises:
        InputError: if the trajectories, a number or the directory cannot be used.
    """
    check_pictures(str(out))
    data = checked(trajectories, tolerance, noise)  # an error is raised before anything is written
    how = {"masses": None, "pieces": None, **reading}
    angles = () if networks else how.get("angles", ())
    search = searched(data, trajectories.names, degree, functions, angles)
    claimed = claim("evidence", files, tolerance, noise, how)
    if not search.quadratic:
        claimed |= {"degree": degree, "functions": list(functions)}
    if networks:
        check(search, len(trajectories))
        claimed |= {"networks": True, "seed": seed}
    with RunDirectory(out) as run:
        run.claim(claimed)
        ready()
        if run.finished:
            return Discovery.from_json((run / RESULT).read_text())
        found = discover_recorded(
            trajectories,
            data,
            search,
            tolerance=tolerance,
            report=progress,
            first=lambda table: _write(run, table, (), command),
            networks=seed if networks else None,
        )
        from noether_razor.describe import canvas  # they import matplotlib, which is slow
        from noether_razor.discovery import plots

        canvas.save(plots.changes(found), run / PICTURE)
        pictures = [PICTURE]
        if found.learned:
            canvas.save(plots.along_tracks(found), run / LEARNED_PICTURE)
            pictures.append(LEARNED_PICTURE)
        _write(run, found, pictures, command)
        run.write_text(RESULT, found.to_json())
        return found


def _write(
    run: RunDirectory, found: Discovery, figures: Sequence[str], command: str | None
) -> None:
    write_page(report(found, figures, command), run.path)
