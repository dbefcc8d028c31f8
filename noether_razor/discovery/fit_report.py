"""The section of the report about the fit that learned the candidates."""

from __future__ import annotations

from noether_razor.describe._words import g, table
from noether_razor.discovery.fit_result import VariationalFit

EXHAUSTED = (
    " As many directions are conserved as the fit started from, so there may be more: raise "
    "`--candidates`."
)
NOTHING_LEARNED = (
    "No candidate quantity was learned, so nothing is said about what is conserved. The numbers "
    "below are those of a model with fixed symmetries, or with none."
)


def fit_section(fit: VariationalFit) -> str:
    """The section on the fit."""
    nats = "nats a training transition"
    rows = [
        ("bound (ELBO)", g(fit.elbo, 4), nats),
        ("misfit (NLL)", g(fit.nll, 4), nats),
        ("divergence (KL)", g(fit.kl, 4), nats),
        ("one-step error, training", g(fit.train_mse), "mean square, your units squared"),
        ("one-step error, held out", g(fit.test_mse), "mean square, your units squared"),
        ("noise variance", g(fit.noise_variance), "your units squared"),
        ("trajectories, training and held out",
         f"{fit.train_trajectories} and {fit.test_trajectories}", ""),
        ("seed", "your own key" if fit.seed is None else str(fit.seed), ""),
    ]  # fmt: skip
    parts = ["## Fit of the model", table(("", "value", "unit"), rows)]
    if fit.singular_values:
        sizes = ", ".join(g(value) for value in fit.singular_values)
        parts.append(
            f"Candidates started {'at random' if fit.start == 'random' else 'from the data'}. "
            f"Singular values of what was learned, in units of the data's spread: {sizes}."
        )
    if fit.curve:
        best = max(one.bound for one in fit.curve)
        curve = [
            (str(one.rank), f"{one.bound:.2f} ± {one.error:.2f}", f"{one.bound - best:+.2f}")
            for one in fit.curve
        ]
        parts += [
            table(("directions held", "bound", "to the best"), curve),
            "The least changing directions are held at the width of the data and the model is "
            "refitted. A true symmetry costs the bound nothing; it need not gain anything either.",
        ]
    return "\n\n".join(parts)
