"""Studies beyond the paper: how far models forecast, with how little data and how much noise."""

from __future__ import annotations

from pathlib import Path

from experiments.paper import bounds, figures
from experiments.paper.drawings import spectra
from experiments.paper.exhibits import Exhibit
from experiments.paper.record import NEAR, Records
from experiments.paper.tables import each_seed, summary, write_texts
from experiments.text import comma_separated, markdown
from noether_razor.describe.canvas import save

AXES = {
    "data": "training trajectories of 50 transitions",
    "noise": "variance of the noise on a coordinate",
}
"""The variable of each sweep."""
SWEPT = ("held-out MSE", "-ELBO", "KL", NEAR, "seconds")
FAR = ("rollout", "energy")


def write(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write a study as PNG, its numbers as CSV and a summary as Markdown; return the paths."""
    if exhibit.name == "bounds":
        return bounds.write(exhibit, records, out)
    if exhibit.name in AXES:
        picture, names = figures.of_sweep(exhibit.title, AXES[exhibit.name], records), SWEPT
    elif exhibit.name == "horizon":
        picture, names = figures.of_horizon(exhibit.title, records), FAR
    else:
        return spectra(exhibit, records, out)
    save(picture, out / f"{exhibit.name}.png")
    texts = {
        "csv": comma_separated(each_seed(records, names)),
        "md": f"## {exhibit.title}\n\n{markdown(summary(records, names))}\n",
    }
    return [out / f"{exhibit.name}.png", *write_texts(out / exhibit.name, texts)]
