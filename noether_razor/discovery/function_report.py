"""The report of a discovery of functions, in Markdown: the count first, then every sign."""

from __future__ import annotations

import math
from collections.abc import Sequence

from noether_razor.discovery._words import count, figures_section, g, table
from noether_razor.discovery.functions import FunctionDirection, FunctionDiscovery
from noether_razor.discovery.rank import CONSERVED, DRIFTS
from noether_razor.inference.price import SIGNIFICANT

KINDS = {
    "neural": "networks",
    "dictionary": "combinations of a dictionary's features",
    "auto": "quadratics that the data have conserved, and networks beside them",
}


def function_report(
    discovery: FunctionDiscovery, figures: Sequence[str] = (), command: str | None = None
) -> str:
    """The text of the report.

    Args:
        discovery: what to report.
        figures: names of image files beside the report, to be shown.
        command: that gives this discovery again.
    """
    sections = [f"# What is conserved\n\n{function_verdict(discovery)}", _independent(discovery)]
    sections += [_directions(discovery), _evidence(discovery), _fit(discovery)]
    sections += figures_section(figures)
    made = ", ".join(f"{name} {version}" for name, version in discovery.versions.items())
    again = f"```\n{command}\n```\n\n" if command else ""
    sections.append(f"## Again\n\n{again}Seed {discovery.seed}; {made}.")
    return "\n\n".join(section for section in sections if section) + "\n"


def function_verdict(discovery: FunctionDiscovery) -> str:
    """The verdict in two sentences."""
    are = "functions are" if discovery.count != 1 else "function is"
    only = ", the energy and nothing else" if discovery.count == 1 else ", with the energy"
    said = f"{count(discovery.count).capitalize()} independent {are} conserved{only}."
    verdicts = [one.verdict for one in discovery.directions]
    rejected, unknown = (verdicts.count(v) for v in ("rejected", "undetermined"))
    return (
        f"{said} Of {count(len(verdicts))} candidate functions {count(discovery.kept)} are kept, "
        f"{count(rejected)} rejected and {count(unknown)} undetermined."
    )


def _independent(discovery: FunctionDiscovery) -> str:
    pairs = zip(discovery.gradients, discovery.gradient_errors, strict=True)
    values = ", ".join(f"{g(value)} (error {g(error)})" for value, error in pairs)
    return (
        "## How many are independent?\n\n"
        "Functions of conserved functions are conserved too: what counts is the rank of their "
        f"gradients. Singular values, the energy included: {values}."
    )


def _directions(discovery: FunctionDiscovery) -> str:
    rows = [_row(number, one) for number, one in enumerate(discovery.directions, 1)]
    header = ("#", "verdict", "drift (95 %)", "bracket", "z", "price", "in words", "left unsaid")
    return (
        f"## Every candidate\n\n{KINDS[discovery.kind].capitalize()}, slowest first.\n\n"
        f"{table(header, rows)}\n\n"
        "Drift: variance within held-out trajectories over total variance. Bracket: with the "
        "learned Hamiltonian, normalised. z: how far predictions moved along the flow disagree, in "
        "units of the posterior's spread; from "
        f"{SIGNIFICANT:g} on a function is rejected, unless that is less than {DRIFTS:g} of the "
        "squared motion. Price: nats a transition that enforcing it gains. In "
        "words: a few terms that say it, in your coordinates, where they leave little unsaid."
    )


def _row(number: int, one: FunctionDirection) -> tuple[str, ...]:
    verdict = f"**{one.verdict}**" if one.verdict == CONSERVED else one.verdict
    drift = f"{g(one.drift)} ({g(one.drift_low)} to {g(one.drift_high)})"
    price = f"{one.price:+.2g} ± {one.price_error:.1g}"
    words = f"`{one.expression}`" if one.expression else "-"
    unsaid = "-" if math.isnan(one.residual) else g(one.residual)
    return (str(number), verdict, drift, g(one.bracket), g(one.z), price, words, unsaid)


def _evidence(discovery: FunctionDiscovery) -> str:
    if not discovery.evidence:
        return ""
    best = max(one.bound for one in discovery.evidence)
    rows = [
        (str(one.rank), f"{one.bound:.2f} ± {one.error:.2f}", f"{one.bound - best:+.2f}")
        for one in discovery.evidence
    ]
    return "## Evidence\n\n" + table(("functions held", "bound", "to the best"), rows)


def _fit(discovery: FunctionDiscovery) -> str:
    data = discovery.data
    return (
        "## Fit and data\n\n"
        f"Bound {g(discovery.elbo)} nats a transition (misfit {g(discovery.nll)}, divergence "
        f"{g(discovery.kl)}); one-step mean squared error {g(discovery.test_mse)} held out, "
        f"{g(discovery.train_mse)} in training. {data['source']}: {data['train_trajectories']} "
        f"trajectories to learn from, {data['test_trajectories']} held out, {data['samples']} "
        f"samples each, dt = {data['dt']:g}, {data['degrees_of_freedom']} degrees of freedom; "
        f"{discovery.seconds:.0f} s."
    )
