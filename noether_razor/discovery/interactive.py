"""Interactive figures of a report, for a page that needs no network connection."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.embed import components
from bokeh.models import HoverTool
from bokeh.palettes import Viridis256
from bokeh.plotting import ColumnDataSource, figure
from bokeh.resources import Resources

from noether_razor.base.errors import InputError
from noether_razor.describe._words import g, short
from noether_razor.describe.page import Live, typeset
from noether_razor.discovery.check_in_directory import PICTURE as EXPRESSIONS
from noether_razor.discovery.check_plots import COLOURS
from noether_razor.discovery.check_result import Check, CheckedExpression
from noether_razor.discovery.data_again import Values, read_again, values_along
from noether_razor.discovery.in_directory import LEARNED_PICTURE as LEARNED
from noether_razor.discovery.in_directory import PICTURE as CHANGES
from noether_razor.discovery.level_sets import LevelSets
from noether_razor.discovery.plots import LEAST, LOOKS
from noether_razor.discovery.result import Direction, Discovery
from noether_razor.evidence.recording import Recording

VALUES = "values.png"
"""Name under which a page shows values along trajectories that have no picture in the report."""
LEVELS = "levels.png"
"""Name under which a page shows level sets, which have no picture in the report."""
MARKERS = {"o": "circle", "D": "diamond", "s": "square", "X": "x"}
"""Bokeh's names of markers, by matplotlib's names."""
TOOLS = "pan,box_zoom,wheel_zoom,reset"


def live_figures(found: Discovery | Check, directory: Path) -> Live:
    """Interactive figures of all changes, of values along some trajectories, and of level sets.

    Values and level sets need the data files that the directory names. If these files are missing
    or have changed, a line on the page says so.

    Args:
        found: the record of a finished run.
        directory: the directory that the record is in.
    """
    checked = isinstance(found, Check)
    judged = found.expressions if checked else found.directions
    parts: dict[str, list[tuple[str, Any]]] = {}
    if any(np.isfinite(one.size) for one in judged):
        what = "expression" if checked else "direction"
        parts[CHANGES] = [("", changes(judged, found.tolerance, what))]
    if not checked and found.learned:
        parts[LEARNED] = [
            (f"C{k}, {'counts' if one.counted else one.verdict}", along(np.asarray(one.tracks)))
            for k, one in enumerate(found.learned, 1)
        ]
    note = ""
    if checked or found.quantities:
        try:
            data = read_again(directory, found)
            values, note = values_along(found, data)
            drawn = [(_heading(one), along(one.values, data.dt)) for one in values]
            parts |= {EXPRESSIONS if checked else VALUES: drawn} if drawn else {}
            sets = [(one, one.levels) for one in values if one.levels]
            if sets:
                parts[LEVELS] = [
                    (_heading(one) + _plane(of, found.names), levels(of, data, found.names))
                    for one, of in sets
                ]
        except InputError as error:
            note = str(error)
    return _embedded(parts, note)


def changes(judged: Sequence[Direction | CheckedExpression], tolerance: float, what: str) -> figure:
    """The change of every direction with its interval, and the tolerance.

    Args:
        judged: directions or expressions; those that could not be judged are left out.
        tolerance: size of a change up to which a quantity is conserved.
        what: the word for what is judged, as the label of an axis.
    """
    count = len(judged)
    drawn = figure(
        height=110 + 22 * max(count, 4), sizing_mode="stretch_width", tools=TOOLS,
        x_axis_type="log", x_range=(LEAST / 1.5, 1.5), y_range=(count + 0.7, 0.3),
        x_axis_label="change along trajectories, in units of the spread", y_axis_label=what,
    )  # fmt: skip
    drawn.segment([tolerance], [0], [tolerance], [count + 1], color="black", line_dash="dashed",
                  legend_label="tolerance")  # fmt: skip
    points = []
    for verdict, (colour, marker) in LOOKS.items():
        some = [(k, one) for k, one in enumerate(judged, 1)
                if one.verdict == verdict and np.isfinite(one.size)]  # fmt: skip
        if not some:
            continue
        source = ColumnDataSource(_columns(some))
        label = f"{verdict} ({len(some)})"
        drawn.segment("low", "row", "high", "row", source=source, color=colour, line_width=2,
                      legend_label=label)  # fmt: skip
        points.append(drawn.scatter("at", "row", source=source, color=colour, size=9, line_width=2,
                                    marker=MARKERS[marker], legend_label=label))  # fmt: skip
    names = ("formula", "verdict", "change", "interval", "probability")
    drawn.add_tools(HoverTool(renderers=points, tooltips=[(name, f"@{name}") for name in names]))
    return _polished(drawn, list(range(1, count + 1)) if count <= 30 else None)


def _columns(some: Sequence[tuple[int, Direction | CheckedExpression]]) -> dict[str, list]:
    """The numbers of some directions that are drawn, and the texts that the pointer shows."""
    ones = [one for _, one in some]
    drawn = {
        name: np.maximum([getattr(one, of) for one in ones], LEAST).tolist()
        for name, of in (("at", "size"), ("low", "low"), ("high", "high"))
    }
    return drawn | {
        "row": [k for k, _ in some],
        "formula": [one.expression for one in ones],
        "verdict": [one.verdict for one in ones],
        "change": [g(one.size) for one in ones],
        "interval": [f"{g(one.low)} to {g(one.high)}" for one in ones],
        "probability": [f"{one.probability:.4f}" for one in ones],
    }


def along(values: np.ndarray, dt: float | None = None) -> figure:
    """A quantity along some trajectories.

    Args:
        values: its values in units of their spread, [R, T]; some of the trajectories are drawn.
        dt: time between samples; None: the axis counts samples.
    """
    times = np.arange(values.shape[1]) * (1 if dt is None else dt)
    axis = "sample" if dt is None else "time"
    drawn = figure(
        height=240, sizing_mode="stretch_width", tools=TOOLS, x_axis_label=axis,
        y_axis_label="value, in spreads",
    )  # fmt: skip
    some = np.unique(np.linspace(0, len(values) - 1, len(COLOURS)).round().astype(int))
    lines = []
    for k, colour in zip(some, COLOURS, strict=False):
        source = ColumnDataSource({"t": times, "value": values[k]})
        name = f"trajectory {k + 1}"
        lines.append(drawn.line("t", "value", source=source, color=colour, name=name,
                                line_width=1.5))  # fmt: skip
    tips = [("", "$name"), (axis, "@t"), ("value", "@value")]
    drawn.add_tools(HoverTool(renderers=lines, tooltips=tips))
    return _polished(drawn)


def levels(sets: LevelSets, data: Recording, names: Sequence[str]) -> figure:
    """Lines of a plane along which a quantity has one value.

    Args:
        sets: the level sets.
        data: the recording. If a state has only two coordinates, some trajectories are drawn.
        names: names of the coordinates.
    """
    of_x, of_y = (names[i] for i in sets.plane)
    drawn = figure(
        height=300, sizing_mode="stretch_width", tools=TOOLS, x_axis_label=of_x, y_axis_label=of_y,
        x_range=(sets.x[0], sets.x[-1]), y_range=(sets.y[0], sets.y[-1]),
    )  # fmt: skip
    drawn.contour(sets.x, sets.y, np.ma.masked_invalid(sets.values), sets.heights,
                  line_color=Viridis256, line_width=1.5)  # fmt: skip
    if data.dimension == 2:
        states = data.centre + data.spread * data.z
        some = np.unique(np.linspace(0, len(states) - 1, len(COLOURS)).round().astype(int))
        for track in states[some]:
            drawn.scatter(track[:, 0], track[:, 1], size=3, color="black", alpha=0.5)
    return _polished(drawn)


def _plane(sets: LevelSets, names: Sequence[str]) -> str:
    """What a caption says of the plane of level sets."""
    of_x, of_y = (escape(names[i]) for i in sets.plane)
    others = "; the other coordinates have their means" * (len(names) > 2)
    return f": level sets in the plane of {of_x} and {of_y}{others}"


def _polished(drawn: figure, rows: list[int] | None = None) -> figure:
    drawn.toolbar.logo = None  # it is a link to a site
    drawn.toolbar.autohide = True
    drawn.toolbar_location = "right"
    drawn.outline_line_color = None
    if rows:
        drawn.yaxis.ticker = rows
    if drawn.legend:
        drawn.legend.spacing = 12
        drawn.legend.border_line_color = None
        drawn.legend.orientation = "horizontal"
        drawn.legend.click_policy = "hide"
        drawn.add_layout(drawn.legend[0], "above")
    return drawn


def _heading(one: Values) -> str:
    return f"{typeset(short(one.expression))}, {escape(one.verdict)}"


def _embedded(parts: dict[str, list[tuple[str, Any]]], note: str) -> Live:
    """The figures as HTML with their captions, and the script that draws them."""
    models = {f"{name}:{k}": one for name, group in parts.items() for k, (_, one) in
              enumerate(group)}  # fmt: skip
    script, places = components(models) if models else ("", {})
    figures = {}
    for name, group in parts.items():
        cells = [
            f"<figure>{f'<figcaption>{text}</figcaption>' if text else ''}"
            f"{places[f'{name}:{k}']}</figure>"
            for k, (text, _) in enumerate(group)
        ]
        figures[name] = (
            f'<div class="{"panels" if len(cells) > 1 else "panel"}">{"".join(cells)}</div>'
        )
    if note:
        line = f"<p>Some figures of quantities are left out: {escape(note)}.</p>"
        figures[VALUES] = figures.get(VALUES, "") + line
    head = Resources(mode="inline", components=["bokeh"]).render() if models else ""
    return Live(head, script, figures)
