"""What the report says about functions that networks have learned."""

from __future__ import annotations

from noether_razor.describe._words import count, g, table
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.judged import SURE


def in_verdict(discovery: Discovery) -> str:
    """What networks add to the verdict, in a sentence; "" if they have learned no function."""
    if not discovery.learned:
        return ""
    found = sum(one.counted for one in discovery.learned)
    if not found:
        return " Networks found no other function that is conserved."
    functions = "function" if found == 1 else "functions"
    return (
        f" Networks found {count(found)} more {functions} that the data conserve within the "
        f"tolerance: {count(discovery.independent)} are independent in all."
    )


def learned(discovery: Discovery) -> str:
    """The section on learned functions."""
    degrees = list(discovery.learned[0].explained)
    rows = [
        (
            f"C{number}",
            "yes" if one.counted else "no",
            g(one.size),
            f"{g(one.low)} to {g(one.high)}",
            f"{one.probability:.4f}",
            f"{one.beyond:.2f}",
            *(f"{one.explained[degree]:.4f}" for degree in degrees),
        )
        for number, one in enumerate(discovery.learned, 1)
    ]
    header = ("", "counts", "change", "95 % interval", "probability", "beyond the others",
              *(f"degree {degree}" for degree in degrees))  # fmt: skip
    return (
        "## Functions that networks have learned\n\n"
        + table(header, rows)
        + "\n\nNetworks learn from three quarters of the trajectories, and are judged on the "
        "others. One counts if it is conserved within the tolerance with a probability of at least "
        f"{SURE:g}, and is no function of the quadratics and of those above it. Beyond the others: "
        "share of its gradient that theirs do not span. Networks are never exact, so a small "
        "change says nothing; nor can they tell a slow change of the system from an error of their "
        "own. Degree: share of the variance that polynomials of this degree explain. Near one, "
        "search polynomials of this degree for its formula."
    )
