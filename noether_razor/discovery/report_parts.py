"""Parts that the reports of a discovery and of a check share, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from noether_razor.describe._words import g, listed, table
from noether_razor.discovery.result import Discovery


def searched(discovery: Discovery) -> str:
    """What was searched, in words."""
    if discovery.fit:
        return f"the {discovery.fit.candidates} quadratics that the fit has learned"
    if discovery.degree == 1:
        polynomials = "all linear functions"
    elif discovery.degree == 2:
        polynomials = "all quadratics"
    else:
        polynomials = f"all polynomials up to degree {discovery.degree}"
    return listed([polynomials, *(f"`{text}`" for text in discovery.functions)])


def laws_table(laws: Mapping[str, float]) -> str:
    """The laws of motion with their log evidence over that of smooth curves, in nats."""
    rows = [
        (label, "given up" if math.isnan(nats) else f"{nats:+.0f}") for label, nats in laws.items()
    ]
    return table(("law", "nats over smooth curves"), rows)


def noise_cell(name: str, noise: float, given: Collection[str]) -> str:
    """The noise of a coordinate, and whether the user gave it."""
    return f"{g(noise, 3)}{' (given)' if name in given else ''}"


def reproduce(
    seconds: float, versions: Mapping[str, str], command: str | None, seeded: bool = False
) -> str:
    """The section that says how a result was made.

    Args:
        seconds: time that the result took.
        versions: versions of the packages, by name.
        command: the command line that gives the result again.
        seeded: whether networks were learned, from a seed.
    """
    lines = ["## How to reproduce", ""]
    if command:
        lines += ["```", command, "```", ""]
    lines.append(
        f"It took {seconds:.0f} seconds. "
        + ("Networks start from a seed. " if seeded else "")
        + "On the same machine the same data give the same numbers."
    )
    lines += ["", table(("package", "version"), list(versions.items()))]
    return "\n".join(lines)
