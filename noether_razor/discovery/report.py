"""The report of a discovery by evidence, in Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from noether_razor.describe._words import (
    count,
    figures_section,
    g,
    listed,
    short,
    table,
)
from noether_razor.discovery.fit_report import EXHAUSTED, NOTHING_LEARNED, fit_section
from noether_razor.discovery.learned_report import in_verdict, learned
from noether_razor.discovery.quantities_report import in_latex, quantities, symmetries
from noether_razor.discovery.reasons import DIRECTION, ONE_VALUE, UNCLEAR
from noether_razor.discovery.report_parts import laws_table, noise_cell, reproduce, searched
from noether_razor.discovery.result import Direction, Discovery, Quantity
from noether_razor.evidence.judged import CHANGES, CLEAR, CONSERVED, SLOW, SURE, UNDETERMINED


def report(discovery: Discovery, figures: Sequence[str] = (), command: str | None = None) -> str:
    """The text of the report.

    Args:
        discovery: what to report.
        figures: names of image files beside the report, to be shown.
        command: the command line that gives this discovery again.
    """
    sections = [f"# What is conserved\n\n{verdict(discovery)}"]
    if discovery.fit and not discovery.directions:
        sections += [fit_section(discovery.fit), _data(discovery)]
        return _ended(sections, discovery, figures, command)
    if not discovery.final:
        sections.append("*First table. Laws of motion are being compared; this may be refined.*")
    if discovery.quantities:
        sections.append(quantities(discovery))
        # Only the quantities of a Hamiltonian generate symmetries.
        symmetric = discovery.paired and not discovery.hamiltonian < -CLEAR
        sections += [symmetries(discovery)] if symmetric else []
        sections.append(in_latex(discovery))
    sections += [learned(discovery)] if discovery.learned else []
    sections += [_undetermined(discovery)] if discovery.count(UNDETERMINED) else []
    sections += [_directions(discovery), _hamiltonian(discovery)]
    sections += [fit_section(discovery.fit)] if discovery.fit else []
    sections.append(_data(discovery))
    return _ended(sections, discovery, figures, command)


def _ended(
    sections: list[str], discovery: Discovery, figures: Sequence[str], command: str | None
) -> str:
    """The sections as one text, followed by the figures and by how to reproduce the result."""
    seeded = bool(discovery.learned) or discovery.fit is not None
    end = reproduce(discovery.seconds, discovery.versions, command, seeded)
    return "\n\n".join([*sections, *figures_section(figures), end]) + "\n"


def verdict(discovery: Discovery) -> str:
    """The verdict in a few sentences."""
    if discovery.fit and not discovery.directions:
        return NOTHING_LEARNED
    unknown = discovery.count(UNDETERMINED)
    # Among functions other than quadratics only those count that are not functions of the others.
    told = [q for q in discovery.quantities if q.independent]
    unsure = [q for q in discovery.quantities if q.undetermined]
    kind = "linearly independent quadratic" if discovery.quadratic else "independent"
    if told:
        found = f"{count(len(told)).capitalize()} {kind} "
        found += "quantities are conserved" if len(told) > 1 else "quantity is conserved"
        if len(told) <= 3:
            found += ": " + listed([f"`{q.expression}`" for q in told])
        if unsure:
            found += f". For {count(len(unsure))} more the data do not tell {_whether(unsure)}"
    elif unsure:
        quantities = "quantity" if len(unsure) == 1 else "quantities"
        found = f"For {count(len(unsure))} {quantities} the data do not tell {_whether(unsure)}"
    elif discovery.quadratic and not discovery.fit:
        found = "No quadratic quantity is found to be conserved"
    else:
        found = f"Nothing in the span of {searched(discovery)} is found to be conserved"
    said = (
        f"{found}. Conserved means: changes by less than {discovery.tolerance:g} of its spread "
        f"within {g(discovery.duration, 3)} units of time, with a probability of at least {SURE:g}."
    )
    if discovery.fit and discovery.fit.exhausted:
        said += EXHAUSTED
    if unknown:
        directions = "direction is" if unknown == 1 else "directions are"
        said += f" {count(unknown).capitalize()} more {directions} undetermined."
    if slow := [one.size for one in discovery.directions if one.verdict == SLOW]:
        directions = "direction is" if len(slow) == 1 else "directions are"
        said += (
            f" {count(len(slow)).capitalize()} {directions} slow, not conserved: the change is "
            f"small, {_range(slow)} of the spread, but surely there."
        )
        if discovery.data.get("slopes"):
            said += (
                " The velocities are differences of the positions, and where the motion is fastest "
                "their errors look like such a change: shorter time steps would tell."
            )
    elif least := least_change(discovery):
        said += f" Of the others the least changing one changes by {g(least.size)} of its spread."
    said += in_verdict(discovery)
    return f"{said} {hamiltonian(discovery)}".strip()


def _whether(unsure: Sequence[Quantity]) -> str:
    return f"whether {'it is' if len(unsure) == 1 else 'they are'} independent"


def _range(sizes: Sequence[float]) -> str:
    """The least and the largest number; only one if they look the same."""
    return " to ".join(dict.fromkeys((g(min(sizes)), g(max(sizes)))))


def least_change(discovery: Discovery) -> Direction | None:
    """The least changing of the directions that surely change."""
    changing = [one for one in discovery.directions if one.verdict == CHANGES]
    return min(changing, key=lambda one: one.size, default=None)


def hamiltonian(discovery: Discovery) -> str:
    """A sentence on whether the motion is Hamiltonian in these coordinates; "" if none applies."""
    nats = discovery.hamiltonian
    if not discovery.laws:
        return ""
    if not discovery.paired:
        if all(math.isnan(nats) or nats <= 0 for nats in discovery.laws.values()):
            return "No law of motion that was tried explains them better than smooth curves do."
        return ""
    if math.isnan(nats):
        return (
            "No law of motion that was tried explains the trajectories better than smooth curves "
            "do, so it is not known whether the motion is Hamiltonian in these coordinates."
        )
    if nats < -CLEAR:
        return (
            "**The motion does not look Hamiltonian in these coordinates**: a general law of "
            f"motion explains it better, by {-nats:.0f} nats, than every Hamiltonian law that was "
            "tried. Friction, a drive, or velocities that are no canonical momenta look like "
            "this; so does a Hamiltonian that is none of those. What is conserved is still so, "
            "but it need not be the generator of a symmetry."
        )
    if nats > CLEAR:
        return f"The motion is Hamiltonian in these coordinates, by {nats:.0f} nats."
    return "A Hamiltonian law and a general law of motion explain the trajectories equally well."


def _undetermined(discovery: Discovery) -> str:
    reasons = [reason(one, discovery.tolerance) for one in discovery.directions
               if one.verdict == UNDETERMINED]  # fmt: skip
    lines = [f"- {text} ({count(reasons.count(text))})" for text in dict.fromkeys(reasons)]
    return "## Why some directions are undetermined\n\n" + "\n".join(lines)


def reason(direction: Direction, tolerance: float) -> str:
    """Why a direction is undetermined, and what would help, in a sentence."""
    if not direction.varies:
        return ONE_VALUE
    if direction.hopeful > 1 - SURE and direction.low <= tolerance < direction.high:
        return UNCLEAR
    return DIRECTION


def _directions(discovery: Discovery) -> str:
    rows = [
        (
            str(number),
            f"**{one.verdict}**" if one.verdict == CONSERVED else one.verdict,
            g(one.size),
            f"{g(one.low)} to {g(one.high)}",
            f"{one.probability:.4f}",
            f"`{short(one.expression)}`",
        )
        for number, one in enumerate(discovery.directions, 1)
    ]
    header = ("", "verdict", "change", "95 % interval", "probability", "direction")
    basis = (
        f"The verdict rests on a law of motion ({discovery.by}), by which the states were smoothed."
        if discovery.by
        else "The verdict rests on the trajectories alone; no law of motion was needed."
    )
    many = lambda number: count(number) if number else "none"  # noqa: E731
    alone = {key: discovery.without_law.get(key, 0) for key in (CONSERVED, UNDETERMINED)}
    compared = (
        f" Without a law of motion {many(alone[CONSERVED])} would be conserved and "
        f"{many(alone[UNDETERMINED])} undetermined."
        if discovery.by
        else ""
    )
    return (
        f"## All directions\n\n{table(header, rows)}\n\n{basis}{compared}\n\n"
        "Change: root mean square of the quantity about its mean on each trajectory, over its "
        "standard deviation in all of the data; 0 is conserved, 1 is not at all. Probability: that "
        "the change is within the tolerance. Both the interval and the probability count every "
        "uncertainty as change, so an interval may leave out 0 where nothing changes. A direction "
        f"is conserved from {SURE:g} on. It changes where the probability is at most "
        f"{1 - SURE:.2g} even if uncertainty is counted as none. It is slow where the change is "
        "within the tolerance, but surely not zero. Directions come from the whole span of "
        f"{searched(discovery)}; those that are not listed change more."
    )


def _hamiltonian(discovery: Discovery) -> str:
    if not discovery.laws:
        return "## Laws of motion\n\nNone was compared."
    return (
        "## Laws of motion\n\n"
        + laws_table(discovery.laws)
        + f"\n\n{hamiltonian(discovery)}".rstrip()
        + "\n\nEach number is the log evidence of a law, "
        "less that of smooth curves which obey no law, for short pieces of a few trajectories. "
        "A law that surely has less than the curves"
        + (", or than a Hamiltonian law before it," if discovery.paired else "")
        + " is given up."
    )


def _data(discovery: Discovery) -> str:
    rows = [
        (
            name,
            g(spread, 3),
            noise_cell(name, noise, discovery.given),
            g(discovery.origin[name], 15),
        )
        for (name, noise), spread in zip(
            discovery.noise.items(), discovery.data["spread"], strict=True
        )
    ]
    facts = ", ".join(
        f"{discovery.data[key]} {what}"
        for key, what in (("trajectories", "trajectories"), ("samples", "samples each"))
    )
    return (
        f"## Data\n\n{discovery.data['source']}: {facts}, dt = {g(discovery.data['dt'], 4)}.\n\n"
        + "".join(f"- {what}: {names}\n" for what, names in discovery.data.get("taken", {}).items())
        + "".join(f"- {note}\n" for note in discovery.data.get("notes", ()))
        + "\n"
        + table(("coordinate", "spread", "noise", "about"), rows)
        + "\n\nNoise: standard deviation, estimated unless given. All in your units."
    )
