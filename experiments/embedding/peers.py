"""The embedding beside its peers, on the same data and the same split."""

from __future__ import annotations

import time
import warnings
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from sklearn.datasets import load_digits, make_s_curve, make_swiss_roll
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from experiments.embedding.methods import Method, methods
from experiments.embedding.outcome import Options, Outcome
from experiments.text import markdown, mean_and_error
from noether_razor.describe.canvas import BLUE, GREY, ORANGE, PAGE, new_figure

NEIGHBOURS = 10
NOTE = (
    "Means and standard errors over seeds, each with data and a split of its own; everything is of "
    "held-out data. Error: mean squared distance to what is decoded from the latents, over the "
    "mean squared distance from the mean. Coverage: mean squared distance to the nearest of 2000 "
    "generated points (from the prior, or decoded from the training latents where there is none), "
    "in the same units. Trustworthiness and continuity with ten neighbours. Isomap and LLE have no "
    "way back. Decoders of the autoencoders have as many parameters as the embedding's series. VME "
    "chooses start and penalty by held-out likelihood within its training data."
)


class Scores(NamedTuple):
    """Scores of one method on one split; NaN if the method cannot give them.

    Attributes:
        error, coverage: mean squared distances of held-out data, over their variance.
        trustworthiness, continuity: of the latents of held-out data.
        seconds: time of the fit.
        note: what the method chose.
    """

    error: float
    trustworthiness: float
    continuity: float
    coverage: float
    seconds: float
    note: str


def data_of(name: str, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out data, two thirds and a third of `count`."""
    random = np.random.default_rng(seed)
    if name == "sine":
        t = random.uniform(0, 2 * np.pi, count)
        x = np.stack([t, np.sin(t)], 1) + 0.1 * random.normal(size=(count, 2))
    elif name == "S-curve":
        x = make_s_curve(count, noise=0.05, random_state=seed)[0]
    elif name == "Swiss roll":
        x = make_swiss_roll(count, noise=0.3, random_state=seed)[0]
    else:
        x = load_digits().data[random.permutation(1797)[:count]]
        x = PCA(10).fit(x[: 2 * len(x) // 3]).transform(x)
    return x[: 2 * count // 3], x[2 * count // 3 :]


def judge(
    method: Method, train: np.ndarray, test: np.ndarray, d: int, seed: int, settings: Options
) -> Scores:
    """Fit a method and score it."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="sklearn|scipy")
        fitted = method(train, d, seed, settings)
    seconds = time.perf_counter() - start
    z = fitted.encode(test)
    variance = np.mean(np.sum((test - train.mean(0)) ** 2, axis=1))
    error = coverage = np.nan
    if fitted.decode is not None:
        error = np.mean(np.sum((test - fitted.decode(z)) ** 2, axis=1)) / variance
    if fitted.generated is not None:
        coverage = np.mean(cKDTree(fitted.generated).query(test)[0] ** 2) / variance
    return Scores(
        float(error),
        float(trustworthiness(test, z, n_neighbors=NEIGHBOURS)),
        float(trustworthiness(z, test, n_neighbors=NEIGHBOURS)),
        float(coverage),
        seconds,
        fitted.note,
    )


def side_by_side(settings: Options, accept: Options) -> Outcome:
    """Row 12: four data sets, every method, five seeds."""
    outcome, tables, everything = Outcome(), [NOTE], {}
    checks = outcome.checks
    for name, d in settings.data.items():
        found = {
            label: [
                judge(method, *data_of(name, seed, settings.count), d, seed, settings)
                for seed in range(settings.seeds)
            ]
            for label, method in methods(d).items()
        }
        everything[name] = found
        tables.append(f"### {name}, {d} latent dimension{'s' * (d > 1)}\n\n{_table(found)}")
    curve = everything.get("S-curve")
    if curve:
        ratio = [a.error / b.error for a, b in zip(curve["VME"], curve["PCA"], strict=True)]
        checks.below("S-curve: error of VME over PCA's", ratio, accept.ratio)
        gain = [
            a.trustworthiness - b.trustworthiness
            for a, b in zip(curve["VME"], curve["PCA"], strict=True)
        ]
        checks.above("S-curve: trustworthiness of VME less PCA's", gain, 0)
    for name, found in everything.items():
        for start in ("VME from PCA", "VME from Isomap", "VME"):
            pairs = zip(found[start], found["PCA"], strict=True)
            ratio = [a.error / b.error for a, b in pairs]
            checks.report(f"{name}: error of {start} over PCA's", ratio)
    tables.append(_losses(everything))
    outcome.text = "\n\n".join(tables)
    outcome.figure = _picture(everything)
    return outcome


def _table(found: dict[str, list[Scores]]) -> str:
    rows = []
    for label, some in found.items():
        row = {"": label}
        for field in ("error", "trustworthiness", "continuity", "coverage", "seconds"):
            row[field] = mean_and_error([getattr(one, field) for one in some])
        rows.append(row | {"chosen": "; ".join(sorted({one.note for one in some if one.note}))})
    return markdown(rows)


def _losses(everything: dict[str, dict[str, list[Scores]]]) -> str:
    """Text: the methods with a better mean error, coverage or trustworthiness than VME."""
    lines = ["### Where the embedding loses"]
    for name, found in everything.items():
        for field, sign in (("error", 1), ("coverage", 1), ("trustworthiness", -1)):
            means = {
                label: sign * float(np.mean([getattr(one, field) for one in some]))
                for label, some in found.items()
            }
            ours = means["VME"]
            better = [
                label
                for label, mean in means.items()
                if mean < ours and not label.startswith("VME")
            ]
            said = ", ".join(better) or "nobody"
            lines.append(f"- {name}, {field}: better than VME by the mean: {said}.")
    return "\n".join([lines[0], "", *lines[1:]])


def _picture(everything: dict[str, dict[str, list[Scores]]]):
    """Draw the errors of the methods that decode; a method has the same row in all panels."""
    figure, axes = new_figure(PAGE, 3.0, 1, len(everything), sharey=True)
    rows: dict[str, None] = {}
    for found in everything.values():
        rows |= {label: None for label, s in found.items() if not np.isnan(s[0].error)}
    places = {label: y for y, label in enumerate(rows)}
    panels = np.atleast_1d(axes)
    for ax, (name, found) in zip(panels, everything.items(), strict=True):
        errors = {label: [s.error for s in found[label]] for label in places if label in found}
        for label, some in errors.items():
            colour = {"V": BLUE, "P": ORANGE}.get(label[0], GREY)
            ax.plot(some, [places[label]] * len(some), "o", color=colour, alpha=0.6)
        ends = np.log10([np.nanmin(list(errors.values())), np.nanmax(list(errors.values()))])
        decades = (10 ** np.floor(ends[0]), 10 ** np.ceil(ends[1] + 0.05))
        ax.set(title=name, xscale="log", xlabel="held-out error", xlim=decades)
    panels[-1].set_yticks(range(len(places)), list(places))
    panels[-1].invert_yaxis()
    return figure
