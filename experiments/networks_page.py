"""The page of `networks`: counts beside the truth, and the symmetrised model beside a plain one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from noether_razor.discovery.rank import CONSERVED
from noether_razor.paper.text import markdown, mean_and_error

Records = dict[str, list[dict[str, Any]]]

INTRODUCTION = (
    "# Conserved functions that are not quadratic\n\n"
    "Networks are proposed from trajectories alone, trained jointly with the Hamiltonian by the "
    "bound, and judged by the verdict that quadratics get. The count is that of independent ones "
    "among the conserved functions and the energy (`noether_razor/proposals/independence.py`)."
)
LEGEND = (
    "True: confirmed by brackets and gradients (tests/laws/test_invariants.py). Counted: seed by "
    "seed. Kept: conserved directions. Least R²: of a conserved function as a function of the true "
    "ones, held out, over all seeds. Seconds: mean wall-clock of one run on one core."
)


def page(found: Records) -> str:
    """The text of the page."""
    right = sum(all(one["count"] == one["true"] for one in some) for some in found.values())
    parts = [
        INTRODUCTION,
        markdown([_row(label, some) for label, some in found.items()]),
        f"The count is right in every seed on {right} of {len(found)} systems.",
        LEGEND,
    ]
    compared = [_compared(k, v) for k, v in found.items() if all("plain" in one for one in v)]
    if compared:
        parts += [
            "## The symmetrised model beside a plain network",
            markdown(compared),
            "Plain less symmetrised, mean and standard error over seeds of the difference: of the "
            "negative bound (nats a transition), and of the logarithm to base ten of the test MSE.",
        ]
    return "\n\n".join(parts) + "\n"


def _row(label: str, some: Sequence[dict[str, Any]]) -> dict[str, object]:
    explained = [value for one in some for value in one["explained"]]
    kept = [sum(d["verdict"] == CONSERVED for d in one["directions"]) for one in some]
    return {
        "system": label,
        "true": some[0]["true"],
        "counted": " ".join(str(one["count"]) for one in some),
        "kept": " ".join(map(str, kept)),
        "least R²": f"{min(explained):.4f}" if explained else "-",
        "seconds": f"{np.mean([one['seconds'] for one in some]):.0f}",
    }


def _compared(label: str, some: Sequence[dict[str, Any]]) -> dict[str, object]:
    bound = [one["elbo"] - one["plain"]["elbo"] for one in some]
    error = [np.log10(one["plain"]["test_mse"] / one["test_mse"]) for one in some]
    return {
        "system": label,
        "bound gained": mean_and_error(bound),
        "test MSE, decades": mean_and_error(error),
    }
