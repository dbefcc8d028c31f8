"""Sections of the report about conserved quantities: a basis, its symmetries, its LaTeX."""

from __future__ import annotations

import numpy as np

from noether_razor.describe._words import g, latex_section, table
from noether_razor.describe.formula import latex
from noether_razor.describe.symmetries import equations, symmetry
from noether_razor.discovery.quadratics import labelled
from noether_razor.discovery.report_parts import searched
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.judged import CLEAR


def quantities(discovery: Discovery) -> str:
    """The section with a readable basis."""
    if not discovery.quadratic:
        return _functions(discovery)
    rows = [
        (str(i), f"`{q.expression}`", q.kind, g(q.residual))
        for i, q in enumerate(discovery.quantities, 1)
    ]
    algebra = (
        ""
        if not discovery.paired
        else (
            f"Under the Poisson bracket they span the Lie algebra **{discovery.algebra}**."
            if discovery.algebra
            else "Their Poisson brackets lead out of their span."
        )
    )
    return (
        "## Conserved quantities\n\n"
        + table(("", "quantity", "what it is", "rounding"), rows)
        + (f"\n\n{algebra}" if algebra else "")
        + "\n\nThe table lists a basis of their span with few terms; any combination of them "
        "is conserved as well. Rounding: how far simple coefficients have moved it, as a share of "
        "its size."
    )


def _functions(discovery: Discovery) -> str:
    rows = [
        (
            str(i),
            f"`{q.expression}`",
            q.kind or "-",
            "yes" if q.independent else "undetermined" if q.undetermined else "no",
            g(q.residual),
        )
        for i, q in enumerate(discovery.quantities, 1)
    ]
    undetermined = (
        "Undetermined: the data do not tell if this part is conserved, mostly because noise hides "
        "it. "
        if any(q.undetermined for q in discovery.quantities)
        else ""
    )
    return (
        "## Conserved quantities\n\n"
        + table(("", "quantity", "polynomial", "independent", "moved"), rows)
        + f"\n\nSearched were {searched(discovery)}. The table lists a basis with few terms of "
        "what is conserved among them, each up to a factor and a constant. Independent: it is no "
        "function of the quantities above it. The part of it that they and their products do not "
        "explain is conserved as well, and the gradient of this part differs from their span by "
        f"more than {discovery.tolerance:g} of its size. {undetermined}Moved: distance of the "
        "formula from the span of the judged directions, as a share of its size. Terms that the "
        "data do not need are left out, and coefficients are simple where the data allow it. If "
        "much has moved, judge the formula itself with `noether-razor check`."
    )


def symmetries(discovery: Discovery) -> str:
    """The section with the motion that each quantity generates."""
    if not discovery.quadratic:
        return _motions(discovery)
    names = labelled(discovery.names, _origin(discovery))
    units = np.array(discovery.data["spread"])
    rows = [
        (str(i), symmetry(q.A, q.b, units), f"`{equations(q.A, q.b, names, units)}`")
        for i, q in enumerate(discovery.quantities, 1)
    ]
    known = "" if discovery.hamiltonian > CLEAR else ", if the motion is Hamiltonian,"
    return (
        "## Symmetries\n\n"
        + table(("", "it is a", "motion that the quantity generates"), rows)
        + f"\n\nBy Noether's theorem{known} the law of motion stays the same when all states are "
        "moved in this way, by any amount: x' = J grad C(x). A shift moves all states alike. A "
        "rotation comes back, in positions, in momenta, or between both. A shear adds a multiple "
        "of one coordinate to another. A stretch multiplies some coordinates and divides others. "
        "Coordinates that are not listed stay as they are."
    )


def _motions(discovery: Discovery) -> str:
    rows = [
        (str(i), f"`{q.motion}`") for i, q in enumerate(discovery.quantities, 1) if q.independent
    ]
    known = "" if discovery.hamiltonian > CLEAR else ", if the motion is Hamiltonian,"
    return (
        "## Symmetries\n\n"
        + table(("", "motion that the quantity generates"), rows)
        + f"\n\nBy Noether's theorem{known} the law of motion stays the same when all states are "
        "moved in this way, by any amount: x' = J grad C(x). Coordinates that are not listed stay "
        "as they are."
    )


def in_latex(discovery: Discovery) -> str:
    """The section with the quantities in LaTeX."""
    if not discovery.quadratic:
        return latex_section([q.latex for q in discovery.quantities])
    names = labelled(discovery.names, _origin(discovery))
    units = np.array(discovery.data["spread"])
    return latex_section([latex(q.A, q.b, names, units) for q in discovery.quantities])


def _origin(discovery: Discovery) -> np.ndarray:
    return np.array(list(discovery.origin.values()))
