"""Figures 2, 3 and 4 of the paper, read from finished runs: pictures, and the numbers in them."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np

from noether_razor._files import write_atomically
from noether_razor.canvas import save
from noether_razor.config import ExperimentConfig
from noether_razor.paper import figures
from noether_razor.paper.plan import Exhibit, finished
from noether_razor.paper.spectra import Spectrum, spectrum
from noether_razor.paper.tables import model_of
from noether_razor.paper.text import comma_separated, markdown
from noether_razor.plots import matrices
from noether_razor.runner import restore

Runs = dict[str, list[ExperimentConfig]]
NEARLY = 0.95
"""Parallelness from which a direction counts as found, in the text."""


def write(exhibit: Exhibit, runs: Runs, out: Path) -> list[Path]:
    """Write a figure as PNG, its numbers as CSV and a summary as Markdown; the paths written."""
    done = {name: [config for config in row if finished(config)] for name, row in runs.items()}
    done = {name: row for name, row in done.items() if row}
    out.mkdir(parents=True, exist_ok=True)
    make = _hamiltonians if exhibit.name == "figure2" else _spectra
    return make(exhibit, done, out)


def _spectra(exhibit: Exhibit, runs: Runs, out: Path) -> list[Path]:
    found = {model_of(name): [spectrum(config) for config in row] for name, row in runs.items()}
    each = [
        {"system": name, "seed": one.seed, "number": k + 1, "value": value, "parallelness": true}
        for name, spectra in found.items()
        for one in spectra
        for k, (value, true) in enumerate(zip(one.values, one.parallelness, strict=True))
    ]
    summary = [{"system": name, **_said(one)} for name, spectra in found.items() for one in spectra]
    picture, drawn = out / f"{exhibit.name}.png", out / f"{exhibit.name}_generators.png"
    save(figures.of_spectra(exhibit.title, found), picture)
    paths = [picture, *_texts(exhibit, out, each, summary)]
    if len(found) == 1:
        ((first, *_),) = found.values()
        titles = [
            f"{k + 1}: size {value:.2g}, parallelness {true:.2f}"
            for k, (value, true) in enumerate(zip(first.values, first.parallelness, strict=True))
        ]
        save(matrices(first.directions, titles, first.names), drawn)
        paths.append(drawn)
    return paths


def _said(one: Spectrum) -> dict[str, object]:
    r = one.true_rank
    true, values = one.parallelness[:r], one.values
    return {
        "seed": one.seed,
        "conserved": r,
        f"of the first, parallel to {NEARLY:g}": int(np.sum(true >= NEARLY)),
        "least parallel": f"{true.min():.3f}",
        "last of them / next": f"{values[r - 1] / values[r]:.3g}" if r < len(values) else "-",
    }


def _hamiltonians(exhibit: Exhibit, runs: Runs, out: Path) -> list[Path]:
    reach = np.linspace(-2.5, 2.5, 61)
    grid = np.stack(np.meshgrid(reach, reach, indexing="ij"), -1)
    drawn: dict[str, np.ndarray] = {}
    each, start = [], np.zeros((0, 2))
    for name, row in runs.items():
        for config in row:
            made, (problem, fitted) = restore(config)
            true = np.asarray(jax.vmap(jax.vmap(made.system.hamiltonian))(grid), float)
            model = fitted.mean_hamiltonian(jax.random.key(0), 32, 32)
            energy = jax.jit(jax.vmap(jax.vmap(model)))(problem.scaling.scale(grid))
            values = np.asarray(energy, float) * problem.scaling.energy
            values += true.mean() - values.mean()
            inside = np.linalg.norm(grid, axis=-1) < 1.5
            each.append(
                {
                    "model": model_of(name),
                    "seed": config.seed,
                    "rms error, |x| < 1.5": _deviation(values - true, inside),
                    "rms error, all drawn": _deviation(values - true, np.full(inside.shape, True)),
                }
            )
            if config is row[0]:
                drawn |= {"truth": true, model_of(name): values}
                start = np.asarray(made.train.start)
    drawn = {"truth": drawn.pop("truth"), **drawn}
    picture = out / f"{exhibit.name}.png"
    save(figures.of_hamiltonians(exhibit.title, reach, reach, drawn, start), picture)
    return [picture, *_texts(exhibit, out, each, each)]


def _deviation(error: np.ndarray, where: np.ndarray) -> float:
    """Standard deviation: a constant in H moves nothing."""
    return float(np.std(error[where]))


def _texts(
    exhibit: Exhibit, out: Path, each: list[dict[str, object]], summary: list[dict[str, object]]
) -> list[Path]:
    texts = {
        "csv": comma_separated(each),
        "md": f"## {exhibit.title}\n\n{markdown(summary)}\n",
    }
    paths = [out / f"{exhibit.name}.{kind}" for kind in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text.encode())
    return paths
