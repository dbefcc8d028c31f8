"""The page of `networks`: counts beside the truth, and the symmetrised model beside a plain one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from experiments.networks_published import REPORTS, SOURCES, Report
from experiments.text import markdown, mean_and_error
from noether_razor.discovery.rank import CONSERVED

Records = dict[str, list[dict[str, Any]]]

INTRODUCTION = (
    "# Conserved functions that are not quadratic\n\n"
    "Quadratics that the data conserve, and networks for what these leave, are proposed from "
    "trajectories alone (`--family auto`), trained jointly with the Hamiltonian by the bound, and "
    "judged by one verdict. The count is that of independent ones among the conserved functions "
    "and the energy (`noether_razor/proposals/independence.py`)."
)
LEGEND = (
    "True: confirmed by brackets and gradients (tests/laws/test_invariants.py). Counted: seed by "
    "seed. Kept: directions called conserved. R² 0.99: how many of these, in all seeds, are "
    "functions of the true ones to that much, on trajectories held out; least R²: "
    "of all of them. Spanned: where R² is lower, the least share of the square of a learned "
    "gradient that the gradients of the true ones span, state by state: 1 for a function of theirs "
    "that no regression follows. Seconds: mean wall-clock of a run on one core, the longest in "
    'parentheses. Why a count or an R² is off: docs/findings.md, "cliffs, and an invariant of the '
    'linear ring".'
)
MATCHES = 0.99
"""R^2 from which a learned function is a function of the true ones."""


def page(found: Records, drawn: Collection[str] = ()) -> str:
    """The text of the page.

    Args:
        found: the records of every system, by label.
        drawn: names of the pictures that there are, in `networks/`.
    """
    every = [one for some in found.values() for one in some]
    systems = sum(all(one["count"] == one["true"] for one in some) for some in found.values())
    right = sum(one["count"] == one["true"] for one in every)
    over = sum(one["count"] > one["true"] for one in every)
    parts = [
        INTRODUCTION,
        markdown([_row(label, some) for label, some in found.items()]),
        f"The count is right in {right} of {len(every)} runs and in every seed on {systems} of "
        f"{len(found)} systems; it is too high in {over}.",
        LEGEND,
        *_elsewhere(every),
    ]
    compared = [_compared(k, v) for k, v in found.items() if all("plain" in one for one in v)]
    if compared:
        parts += [
            "## The symmetrised model beside a plain network",
            markdown(compared),
            "Plain less symmetrised, mean and standard error over seeds of the difference: of the "
            "negative bound (nats a transition), and of the logarithm to base ten of the test MSE. "
            'What bounds the gain: docs/findings.md, "what averaging over them gains".',
        ]
    parts += [
        "## What published tools report",
        markdown([_published(one, found) for one in REPORTS]),
    ]
    parts += [SOURCES]
    pictures = [name for name in found if picture_of(name) in drawn]
    if pictures:
        parts += ["## Level sets", "On sections through a held-out state, seed 0; see the titles."]
        parts += [f"![{name}](networks/{picture_of(name)})" for name in pictures]
    return "\n\n".join(parts) + "\n"


def picture_of(label: str) -> str:
    """The file of a system's level sets."""
    return f"{label.replace(' ', '_').replace(':', '-').replace(',', '')}.png"


def _published(one: Report, found: Records) -> dict[str, object]:
    ours = " ".join(str(run["count"]) for run in found.get(one.system, ()))
    return {
        "system": one.system,
        "here": ours or "-",
        "tool": one.tool,
        "reports": one.counted,
        "given": one.how,
        "source": one.source,
    }


def _row(label: str, some: Sequence[dict[str, Any]]) -> dict[str, object]:
    explained = [value for one in some for value in one["explained"]]
    lower = [
        share
        for one in some
        for r, share in zip(one["explained"], one.get("spanned", ()), strict=False)
        if r < MATCHES
    ]
    kept = [sum(d["verdict"] == CONSERVED for d in one["directions"]) for one in some]
    seconds = [one["seconds"] for one in some if one["device"] == "cpu"]
    return {
        "system": label,
        "true": some[0]["true"],
        "counted": " ".join(str(one["count"]) for one in some),
        "kept": " ".join(map(str, kept)),
        f"R² {MATCHES}": f"{sum(r >= MATCHES for r in explained)} of {len(explained)}",
        "least R²": f"{min(explained):.4f}" if explained else "-",
        "spanned": f"{min(lower):.4f}" if lower else "-",
        "seconds": f"{np.mean(seconds):.0f} ({max(seconds):.0f})" if seconds else "-",
    }


def _elsewhere(every: Sequence[dict[str, Any]]) -> list[str]:
    """What was not run on a CPU, and how long it took."""
    lines = []
    for device in sorted({one["device"] for one in every} - {"cpu"}):
        seconds = [one["seconds"] for one in every if one["device"] == device]
        lines.append(
            f"{len(seconds)} runs were made on {device}, several at a time, in "
            f"{np.mean(seconds):.0f} s each ({max(seconds):.0f} at most); seconds are of the rest."
        )
    return lines


def _compared(label: str, some: Sequence[dict[str, Any]]) -> dict[str, object]:
    bound = [one["elbo"] - one["plain"]["elbo"] for one in some]
    error = [np.log10(one["plain"]["test_mse"] / one["test_mse"]) for one in some]
    return {
        "system": label,
        "bound gained": mean_and_error(bound),
        "test MSE, decades": mean_and_error(error),
    }
