"""The table of `results/engine.md`, from finished runs; it never trains.

    python -m experiments.engine

Results of finished runs are kept in `results/engine/`; `make results` runs what is missing first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from experiments import acceptance
from experiments.text import markdown, mean_and_error
from noether_razor._files import write_atomically
from noether_razor.compose import compose_experiment
from noether_razor.discovery.directions import orthonormal_span, parallelness
from noether_razor.discovery.result import Discovery
from noether_razor.systems import make_system, stack

SEEDS = range(5)


class Run(NamedTuple):
    """One finished run.

    Attributes:
        seed: of everything in it.
        discovery: what it wrote.
        singular: the paper's measure: parallelness of each right singular vector of the learned
            generators with the truth's span, in the coordinates themselves, [K].
        found: parallelness of every direction kept with the truth's span, [rank].
        reached: cosines of the principal angles between the truth's span and that of what was
            kept, [r], descending; 0 where fewer were kept.
        spanned: the same for the span of all candidates, kept or not.
        spanned_as_given: the same in the coordinates themselves; the others are in units of the
            data's spread.
    """

    seed: int
    discovery: Discovery
    singular: np.ndarray
    found: np.ndarray
    reached: np.ndarray
    spanned: np.ndarray
    spanned_as_given: np.ndarray


def load(runs: Path, experiment: str, model: str) -> list[Run]:
    """Every finished run of a row, by seed; those not there are left out."""
    found = []
    for seed in SEEDS:
        directory = runs / experiment / f"model={model},seed={seed}"
        if (directory / "discovery.json").exists():
            discovery = Discovery.from_json((directory / "discovery.json").read_text())
            kept = directory / "spectrum.json"
            singular = json.loads(kept.read_text()) if kept.exists() else []
            measured = _parallelness(discovery, experiment)
            found.append(Run(seed, discovery, np.asarray(singular), *measured))
    return found


def _parallelness(discovery: Discovery, experiment: str) -> tuple[np.ndarray, ...]:
    config = compose_experiment([f"experiment={experiment}"])
    system = make_system(config.data.system, **{str(k): v for k, v in config.data.options.items()})
    conserved = [d for d in discovery.candidates if d.verdict == "conserved"]
    if not discovery.candidates or not system.conserved:
        return np.zeros(len(conserved)), np.zeros(0), np.zeros(0), np.zeros(0)
    spread = np.asarray(discovery.data["spread"], float)

    def rows(items: Sequence, units: np.ndarray) -> np.ndarray:
        forms = stack([type(system.conserved[0])("", item.A, item.b) for item in items])
        return np.asarray(forms.rescale(units).coefficients(), float)

    def cosines(items: Sequence, units: np.ndarray = spread) -> np.ndarray:
        if not items:
            return np.zeros(len(system.conserved))
        true, span = (orthonormal_span(rows(some, units)) for some in (system.conserved, items))
        values = np.linalg.svd(true @ span.T, compute_uv=False)
        return np.pad(values, (0, len(true) - len(values)))

    truth = rows(system.conserved, spread)
    found = parallelness(rows(conserved, spread), truth) if conserved else np.zeros(0)
    as_given = cosines(discovery.candidates, np.ones_like(spread))
    return found, cosines(conserved), cosines(discovery.candidates), as_given


COLUMNS: dict[str, Callable[[Discovery], float]] = {
    "train MSE": lambda d: d.train_mse,
    "NLL": lambda d: d.nll,
    "KL": lambda d: d.kl,
    "ELBO": lambda d: d.elbo,
    "test MSE": lambda d: d.test_mse,
    "seconds": lambda d: d.seconds,
}


def models_table(runs: Path, experiment: str, models: Sequence[str]) -> list[dict[str, object]]:
    """One row a model, with mean and standard error over its seeds."""
    rows = []
    for model in models:
        found = [run.discovery for run in load(runs, experiment, model)]
        if found:
            cells = {
                name: mean_and_error([get(one) for one in found]) for name, get in COLUMNS.items()
            }
            rows.append({"model": model.replace("_", " "), "seeds": len(found), **cells})
    return rows


def seeds_table(runs: Path, experiment: str) -> list[dict[str, object]]:
    """One row a seed of the learned model: rank, what was found, what of the truth is reached."""
    rows = []
    for run in load(runs, experiment, "learned"):
        d = run.discovery
        kept, rejected = (
            [c.bracket_z for c in d.candidates if c.verdict == verdict]
            for verdict in ("conserved", "rejected")
        )
        rows.append(
            {
                "seed": run.seed,
                "rank": d.rank,
                "found, least parallel": f"{run.found.min():.3f}" if len(run.found) else "-",
                "truth reached": " ".join(f"{p:.2f}" for p in run.reached) or "-",
                "truth in the candidates": " ".join(f"{p:.2f}" for p in run.spanned) or "-",
                "the same, as given": " ".join(f"{p:.2f}" for p in run.spanned_as_given) or "-",
                "singular vectors, as given": " ".join(
                    f"{p:.2f}" for p in run.singular[: len(run.spanned)]
                )
                or "-",
                "largest z kept": f"{max(kept):.2f}" if kept else "-",
                "smallest z rejected": f"{min(rejected):.2f}" if rejected else "-",
                "singular values": " ".join(f"{v:.2g}" for v in d.singular_values[:13]),
                "seconds": f"{d.seconds:.0f}",
            }
        )
    return rows


SECTIONS = {
    "oscillator3": ("Three equal oscillators, random start", ("plain", "learned", "built_in")),
    "three_body": ("Three bodies in the plane, proposed start", ("plain", "learned", "built_in")),
    "three_body_random": ("Three bodies in the plane, random start", ("learned",)),
    "anharmonic": ("Anharmonic control: nothing is conserved", ("learned",)),
}


def document(runs: Path) -> str:
    """The text of `results/engine.md`."""
    parts = [
        "# The engine, measured",
        "Written by `python -m experiments.engine` from the run directories that `make results` "
        "fills. Mean and standard error over seeds; nats and errors are per transition. Test MSE "
        "is the one-step error on noiseless held-out trajectories of the training law. "
        "*Found* is the parallelness of each direction that the verdict keeps with the true span; "
        "*truth reached* and *truth in the candidates* are the cosines of the principal angles "
        "between the true span and that of what was kept, or of all candidates, in units of the "
        "data's spread; *as given* is the last in the coordinates themselves. *Singular vectors* "
        "is the paper's measure: parallelness of the first right singular vectors of the learned "
        "generators, as many as the truth has, in the coordinates themselves.",
    ]
    benchmark = Path("results/step.json")
    steps = json.loads(benchmark.read_text()) if benchmark.exists() else []
    wanted = acceptance.checks(partial(load, runs), steps)
    parts += ["## What was wanted, seed by seed", markdown(wanted)]
    for experiment, (title, models) in SECTIONS.items():
        if table := models_table(runs, experiment, models):
            command = f"`noether-razor run experiment={experiment} model=... seed=...`"
            parts += [f"## {title}", command, markdown(table)]
        if seeds := seeds_table(runs, experiment):
            parts.append(markdown(seeds))
    if steps:
        parts += ["## The training step", markdown(steps)]
    parts.append(
        f"Machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores; Python "
        f"{platform.python_version()}, jax {jax.__version__}."
    )
    return "\n\n".join(parts) + "\n"


def keep(runs: Path, kept: Path) -> None:
    """Copy the small files of finished runs to where they are committed."""
    for experiment in SECTIONS:
        for result in sorted(runs.glob(f"{experiment}/*/discovery.json")):
            directory = kept / result.parent.relative_to(runs)
            directory.mkdir(parents=True, exist_ok=True)
            for name in ("discovery.json", "config.json"):
                write_atomically(directory / name, (result.parent / name).read_bytes())
            truth = result.parent / "truth.json"
            if "model=learned" in directory.name and truth.exists():
                found = json.loads(truth.read_text())["parallelness"]
                write_atomically(directory / "spectrum.json", f"{json.dumps(found)}\n".encode())


def into_readme(readme: Path, text: str) -> None:
    """Put a text between the README's two marks."""
    before, _, rest = readme.read_text().partition("<!-- numbers -->")
    after = rest.partition("<!-- /numbers -->")[2]
    filled = f"{before}<!-- numbers -->\n{text}\n<!-- /numbers -->{after}"
    write_atomically(readme, filled.encode())


def numbers(runs: Path) -> str:
    """The README's table: a row for each model of each experiment."""
    rows = []
    for experiment, (title, models) in SECTIONS.items():
        for model in models:
            found = load(runs, experiment, model)
            if not found:
                continue
            results = [run.discovery for run in found]
            learned = model == "learned"
            least = [run.found.min() for run in found if len(run.found)]
            rows.append(
                {
                    "": title,
                    "model": model.replace("_", " "),
                    "rank": " ".join(str(d.rank) for d in results) if learned else "",
                    "parallelness": f"≥ {min(least):.3f}" if learned and least else "",
                    "ELBO": mean_and_error([d.elbo for d in results]),
                    "test MSE": mean_and_error([d.test_mse for d in results]),
                    "seconds": f"{np.mean([d.seconds for d in results]):.0f}",
                }
            )
    return markdown(rows) if rows else "(no runs yet)"


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="the run directories")
    parser.add_argument("--kept", type=Path, default=Path("results/engine"), help="their results")
    parser.add_argument("--out", type=Path, default=Path("results/engine.md"))
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    keep(options.runs, options.kept)
    write_atomically(options.out, document(options.kept).encode())
    into_readme(options.readme, numbers(options.kept))
    print(options.out)


if __name__ == "__main__":
    main()
