"""Texts that programs write with marks of their own: read as plain tables, or refused."""

from __future__ import annotations

import re

from noether_razor.base.errors import InputError

FRAMES = (
    "write a table with a row for each time step and columns x1, y1, z1, vx1, ... of all particles"
)
"""What to do with files that list the particles of one frame after the other."""
FOREIGN = {
    r"ITEM: TIMESTEP": ("a dump of LAMMPS, which has frames of particles", FRAMES),
    r"Vernier Format \d": ("Logger Pro's text of several sets", "export the data as .csv"),
}
"""Patterns of the beginning of a text that is no table, what it is, and how to mend it."""
EPHEMERIS = re.compile(r"^\$\$SOE *\r?\n(.*?)(^\$\$EOE|\Z)", re.MULTILINE | re.DOTALL)
"""The rows in a text of JPL Horizons."""


def as_plain_table(text: str, source: str) -> str:
    """A text without the marks that some programs write around and before the rows.

    Known are JPL Horizons, which puts rows between $$SOE and $$EOE, and GROMACS, which has lines of
    @ with the names of columns in legends.

    Raises:
        InputError: the text is known to be something else than a table.
    """
    for pattern, (what, mended) in FOREIGN.items():
        if re.match(pattern, text):
            raise InputError(f"{source}: is {what}, expected a table: {mended}")
    lines = text.split("\n", 1002)
    count = int(lines[0]) if re.fullmatch(r" *\d{1,3} *\r?", lines[0]) else 0
    if count and lines[count + 2 : count + 3] == lines[:1]:
        raise InputError(f"{source}: is a list of frames of {count} particles: {FRAMES}")
    if found := EPHEMERIS.search(text):
        before = [line for line in text[: found.start()].splitlines() if line.strip(" *")]
        heading, rows = before[-1] if before else "", found[1]
        if heading.count(",") < 2 or rows.partition("\n")[0].count(",") < 2:
            raise InputError(
                f"{source}: is an ephemeris of Horizons without commas: ask for vectors in CSV"
            )
        return f"{heading}\n{rows}"
    if re.search(r"^@ ", text, re.MULTILINE):
        return _of_grace(text, source)
    return text


def notes_of(text: str) -> list[str]:
    """What the user should know of marks before the rows, such as that angles are in degrees."""
    if not re.search(r"^inDegrees *= *yes", text, re.MULTILINE | re.IGNORECASE):
        return []
    return [
        "inDegrees=yes: angles stay in degrees, and --angle takes them as radians unless their "
        "headings say [deg]"
    ]


def _of_grace(text: str, source: str) -> str:
    """The rows of a text for Grace, below a heading of its labels and legends."""
    lines = [line.strip() for line in text.splitlines()]
    marks = "\n".join(line for line in lines if line.startswith("@"))
    rows = [line for line in lines if line and line[0] not in "@#"]
    if "&" in rows[:-1]:
        raise InputError(f"{source}: holds several sets, with & between: give each its own file")
    rows = [line for line in rows if line != "&"]
    label = re.search(r'^@ *xaxis +label +"(.*)"', marks, re.MULTILINE)
    legends = re.findall(r'^@ *s(\d+) +legend +"(.*)"', marks, re.MULTILINE)
    names = [name for _, name in sorted(legends, key=lambda one: int(one[0]))]
    names = names or re.findall(r'^@ *yaxis +label +"(.*)"', marks, re.MULTILINE)
    heading = [label[1] if label else "time", *names]
    if rows and len(rows[0].split()) == len(heading):
        rows.insert(0, " ".join(f'"{name}"' for name in heading))
    return "\n".join(rows) + "\n"
