"""A table of the paper, read from finished runs: text for papers and pages, and a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from noether_razor._files import write_atomically
from noether_razor.config import ExperimentConfig
from noether_razor.discovery.result import Discovery
from noether_razor.paper.plan import Exhibit, finished
from noether_razor.paper.text import comma_separated, latex, markdown, mean_and_error

Numbers = dict[str, float]

LOWER_IS_BETTER = "Lower is better in every column."
NOTE = (
    "Mean and standard error over seeds. NLL, KL and bound in nats per training transition; errors "
    "are mean squared one-step errors of a coordinate. The test sets are noiseless: initial states "
    "q ~ N(0, 1), p ~ N(0, 0.2²) (test), q shifted by 1 (moved), q ~ N(0, 3²) (wider). Rollout and "
    "energy: root mean square error of rollouts ten times as long as the training trajectories, "
    "over all of their samples, in units of the data's spread; and change of the true energy along "
    "them, in standard deviations of the energy. " + LOWER_IS_BETTER
)


def numbers(config: ExperimentConfig) -> Numbers:
    """The columns of one finished run, by name."""
    directory = Path(str(config.out))
    found = Discovery.from_json((directory / "discovery.json").read_text())
    sets = json.loads((directory / "evaluation.json").read_text())
    return {
        "train MSE": found.train_mse,
        "NLL": found.nll,
        "KL": found.kl,
        "-ELBO": -found.elbo,
        **{f"{name} MSE": sets[name]["mse"] for name in ("test", "moved", "wider")},
        "rollout": _rms(sets["long"]["rollout"]),
        "energy": _rms(sets["long"]["energy"]),
        "rank": found.rank if found.candidates else math.nan,
        "seconds": found.seconds,
    }


def collect(runs: dict[str, list[ExperimentConfig]]) -> dict[str, list[Numbers]]:
    """The numbers of every finished run, by row, in the order of the seeds."""
    found = {
        experiment: [numbers(config) for config in configs if finished(config)]
        for experiment, configs in runs.items()
    }
    return {experiment: some for experiment, some in found.items() if some}


def summary(found: dict[str, list[Numbers]]) -> list[dict[str, str]]:
    """One row an experiment: mean and standard error of every column."""
    rows = []
    for experiment, runs in found.items():
        cells = {name: mean_and_error([run[name] for run in runs]) for name in runs[0]}
        rows.append({"model": model_of(experiment), "seeds": str(len(runs))} | cells)
    return rows


def write(exhibit: Exhibit, runs: dict[str, list[ExperimentConfig]], out: Path) -> list[Path]:
    """Write the table as Markdown, LaTeX, CSV (a row a run) and PNG; the paths written."""
    from noether_razor.canvas import save
    from noether_razor.paper import figures

    found = collect(runs)
    rows = summary(found)
    each = [
        {"model": model_of(experiment), "seed": seed} | run
        for experiment, some in found.items()
        for seed, run in enumerate(some)
    ]
    texts = {
        "md": f"## {exhibit.title}\n\n{markdown(rows)}\n\n{NOTE}\n",
        "tex": f"% {exhibit.title}\n{latex(rows)}\n",
        "csv": comma_separated(each),
    }
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{exhibit.name}.{kind}" for kind in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text.encode())
    picture = out / f"{exhibit.name}.png"
    save(figures.of_table(exhibit.title, found), picture)
    return [*paths, picture]


def model_of(experiment: str) -> str:
    """What a row is called: the last part of its experiment's name."""
    return experiment.rsplit("/", 1)[-1].replace("_", " ")


def _rms(values: Sequence[float | None]) -> float:
    return float(np.sqrt(np.mean(np.square(np.asarray(values, float)))))
