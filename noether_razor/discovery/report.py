"""The report of a discovery, in Markdown: the verdict first, then every sign for and against."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from noether_razor.discovery._words import (
    count,
    figures_section,
    g,
    latex_section,
    listed,
    short,
    table,
)
from noether_razor.discovery.page import write_page
from noether_razor.discovery.rank import FEW_NEAR
from noether_razor.discovery.result import Direction, Discovery
from noether_razor.discovery.signs import (
    CLEARLY_CONSERVED,
    CLEARLY_NOT,
    NO,
    NOTICEABLE,
    YES,
    opposition,
    ranks,
    signs,
)


def write_report(
    discovery: Discovery,
    directory: str | os.PathLike,
    figures: Sequence[str] = (),
    command: str | None = None,
) -> Path:
    """Write `report.md` and `report.html` into a directory, and return the path of the first.

    Args:
        discovery: what to report.
        directory: of the run.
        figures: names of image files beside the report, to be shown.
        command: that gives this discovery again.

    Raises:
        InputError: the file cannot be written.
    """
    return write_page(report(discovery, figures, command), directory)


def report(discovery: Discovery, figures: Sequence[str] = (), command: str | None = None) -> str:
    """The text of the report; see `write_report`."""
    sections = [f"# What is conserved\n\n{verdict(discovery)}"]
    if discovery.quantities:
        sections += [_quantities(discovery), _latex(discovery)]
    if discovery.candidates:
        sections += [_ranks(discovery), _disagreements(discovery), _candidates(discovery)]
    sections += [_fit(discovery), _data(discovery)]
    sections += figures_section(figures)
    sections.append(_reproduce(discovery, command))
    return "\n\n".join(sections) + "\n"


def verdict(discovery: Discovery) -> str:
    """The verdict in two sentences."""
    if not discovery.candidates:
        return (
            "No candidate quantity was learned, so nothing is said about what is conserved. "
            "The numbers below are those of a model with fixed symmetries, or with none."
        )
    rank = discovery.rank
    independent = "linearly independent quantities are" if rank != 1 else "quantity is"
    found = f"{count(rank).capitalize()} {independent} conserved"
    if not rank:
        found = f"No {discovery.family} quantity is found to be conserved"
    elif discovery.derived:
        brackets = "a bracket" if discovery.derived == 1 else "brackets"
        found += f", {count(discovery.derived)} of them {brackets} of the others"
    elif rank <= 3:
        found += ": " + listed([f"`{q.expression}`" for q in discovery.quantities])
    rejected, unknown = discovery.count("rejected"), discovery.count("undetermined")
    silence = f"left {count(unknown)} undetermined" if unknown else "left none undetermined"
    other = "other " if rank else ""
    directions = "direction" if rejected == 1 else "directions"
    said = f"{found}. The model rejected {count(rejected)} {other}{directions} and {silence}."
    if rejected + unknown == 0:
        said += " It was offered no more than it kept, so there may be more: raise `candidates`."
    return said


def disagreements(discovery: Discovery) -> list[str]:
    """One line for every candidate that the model judges otherwise than one of the three signs."""
    lines = []
    for number, direction in enumerate(discovery.candidates, 1):
        opposed, against = opposition(direction)
        if opposed:
            values = {
                "price": f"the price ({direction.price:+.2g} nats a transition)",
                "certificate": f"the certificate (drift {direction.drift:.2g})",
                "baseline": f"the baseline (eigenvalue {direction.baseline_eigenvalue:.2g})",
            }
            says = "say" if len(opposed) > 1 else "says"
            lines.append(
                f"candidate {number} is **{direction.verdict}** by the model, but "
                f"{listed([values[name] for name in opposed])} {says} {against}"
            )
    return lines


def _quantities(discovery: Discovery) -> str:
    header = ("", "quantity", "what it is", "learned size", "drift", "bracket", "rounding")
    rows = []
    for i, q in enumerate(discovery.quantities, 1):
        numbers = (q.singular_value, q.drift, q.bracket, q.residual)
        rows.append((str(i), f"`{q.expression}`", q.kind, *map(g, numbers)))
    algebra = (
        f"Under the Poisson bracket they span the Lie algebra **{discovery.algebra}**.\n\n"
        if discovery.algebra
        else "Their Poisson brackets lead out of their span: some are missing, or one is wrong.\n\n"
    )
    return (
        f"## Conserved quantities\n\n{table(header, rows)}\n\n{algebra}"
        "A basis of their span with few terms; any combination of them is conserved as well. "
        "Learned size: amplitude in units of the data's spread. Drift: share of the variance "
        "that lies within held-out trajectories. Bracket: |{C, H}| / (|grad C| |grad H|) under "
        "the learned H. Rounding: how far simple coefficients have moved it, as a share of its "
        "size."
    )


def _latex(discovery: Discovery) -> str:
    return latex_section([quantity.latex(discovery.names) for quantity in discovery.quantities])


def _ranks(discovery: Discovery) -> str:
    says = ranks(discovery)
    ways = {
        "gap": "widest gap in the baseline's eigenvalues; no model",
        "evidence": "largest rank that the bound does not speak against",
        "certificate": "candidates that do not surely drift on held-out trajectories; no model",
    }
    rows = [("**verdict**", f"**{discovery.rank}**", "all signs of each candidate, below")]
    rows += [(name, "-" if says[name] is None else str(says[name]), ways[name]) for name in ways]
    others = {value for value in says.values() if value is not None} - {discovery.rank}
    heading = "## THE RANKS DISAGREE" if others else "## How many? The signs agree"
    parts = [heading, table(("sign", "rank", "how it counts"), rows)]
    if discovery.evidence:
        best = max(one.bound for one in discovery.evidence)
        curve = [
            (str(one.rank), f"{one.bound:.2f} ± {one.error:.2f}", f"{one.bound - best:+.2f}")
            for one in discovery.evidence
        ]
        parts += [
            table(("directions held", "bound", "to the best"), curve),
            "The first directions are held at the width of the data and the model is refitted. A "
            "true symmetry costs the bound nothing; it need not gain anything either.",
        ]
    return "\n\n".join(parts)


def _disagreements(discovery: Discovery) -> str:
    lines = disagreements(discovery)
    if not lines:
        return (
            "## Do the signs agree?\n\nYes: neither the price, nor the certificate, nor the "
            "baseline contradicts the model on any candidate."
        )
    candidates = f"{count(len(lines))} candidate{'s' if len(lines) > 1 else ''}"
    return (
        f"## THE SIGNS DISAGREE on {candidates}\n\n"
        + "\n".join(f"- {line[0].upper()}{line[1:]}." for line in lines)
        + "\n\nLook at these before relying on the rank. More data, less noise or a longer fit "
        "may settle them."
    )


def _candidates(discovery: Discovery) -> str:
    rows = []
    for number, d in enumerate(discovery.candidates, 1):
        readings = signs(d)
        rows.append(
            (
                str(number),
                _verdict(d),
                f"{g(d.bracket_z)}",
                g(d.near),
                f"{g(d.price, sign='+')} ± {g(d.price_error, 1)}{_mark(readings['price'])}",
                f"{g(d.drift)} [{g(d.drift_low)}, {g(d.drift_high)}]"
                f"{_mark(readings['certificate'])}",
                f"{g(d.baseline_eigenvalue)}{_mark(readings['baseline'])}",
                g(d.bracket),
                g(d.singular_value),
                f"`{short(d.expression)}`",
            )
        )
    header = ("", "verdict", "z", "near", "price", "drift", "baseline", "bracket", "size", "")
    theorem = (
        "A bracket was not learned as it stands: the bracket of two conserved quantities is "
        "conserved (Poisson's theorem), and the model does not contradict it. "
        if discovery.derived
        else ""
    )
    return (
        f"## All candidates (start: {discovery.start})\n\n{table(header, rows)}\n\n"
        f"{theorem}"
        "The verdict is the model's. z: how far it is from the symmetry, in posterior standard "
        "deviations; a direction that it does not contradict is undetermined where it is too vague "
        "to tell, or where the quantity has one value in all of the data, or surely drifts along "
        f"trajectories by more than {CLEARLY_CONSERVED:g}. Near: share of the moves that end "
        f"near training data; z is of those, and where they are fewer than {FEW_NEAR:g} it rejects "
        "only what drifts. Beside it stand three checks. "
        "Price: nats that enforcing the direction gains (+) or costs (-) for a held-out "
        "transition. Drift: certificate on held-out trajectories, measurement noise taken off, "
        "with its 95 % interval; no model is in it. Baseline: the same on the training "
        "trajectories, which is what linear algebra alone would go by. Read alone, ✓ says "
        f"conserved (a share below {CLEARLY_CONSERVED:g}), ✗ says not (a share above "
        f"{CLEARLY_NOT:g}, a cost above {NOTICEABLE:g} nat), and no mark says nothing; no such "
        "threshold is right for every system."
    )


def _fit(discovery: Discovery) -> str:
    d = discovery
    rows = [
        ("bound (ELBO)", g(d.elbo, 4), "nats a training transition"),
        ("misfit (NLL)", g(d.nll, 4), "nats a training transition"),
        ("divergence (KL)", g(d.kl, 4), "nats a training transition"),
        ("one-step error, training", g(d.train_mse), "mean square, your units squared"),
        ("one-step error, held out", g(d.test_mse), "mean square, your units squared"),
        ("noise variance", g(d.noise_variance), "your units squared"),
        ("time", f"{d.seconds:.0f}", "seconds"),
    ]
    sizes = ", ".join(g(value) for value in d.singular_values)
    baseline = ", ".join(g(value) for value in d.baseline)
    text = "## Fit of the model\n\n" + table(("", "value", "unit"), rows)
    if sizes:
        text += f"\n\nSingular values of the learned candidates: {sizes}."
    if baseline:
        text += f"\n\nBaseline eigenvalues, before any model: {baseline}."
    return text


def _data(discovery: Discovery) -> str:
    rows = []
    for key, value in discovery.data.items():
        values = value if isinstance(value, list | tuple) else [value]
        text = ", ".join(g(one, 4) if isinstance(one, float) else str(one) for one in values)
        rows.append((key.replace("_", " "), text))
    return "## Data\n\n" + table(("", ""), rows)


def _reproduce(discovery: Discovery, command: str | None) -> str:
    lines = ["## How to reproduce", ""]
    if command:
        lines += ["```", command, "```", ""]
    seed = "your own key" if discovery.seed is None else f"seed {discovery.seed}"
    lines.append(
        f"From {discovery.data['source']}, with {seed} and the configuration kept beside this "
        "report. On the same machine the same seed gives the same numbers to the last bit."
    )
    lines += ["", table(("package", "version"), list(discovery.versions.items()))]
    return "\n".join(lines)


def _verdict(direction: Direction) -> str:
    if direction.verdict != "conserved":
        return direction.verdict
    return f"**conserved**{' (bracket)' if direction.derived else ''}"


def _mark(reading: str) -> str:
    return {YES: " ✓", NO: " ✗"}.get(reading, "")
