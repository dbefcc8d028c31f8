"""The runs that an exhibit needs, and where their records are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from experiments.paper.exhibits import FIGURES, TABLES, Exhibit
from noether_razor.base.errors import InputError
from noether_razor.cli.compose import compose_experiment, default_out
from noether_razor.variational.config import ExperimentConfig

QUICK = (
    "data.steps=10",
    "settings.steps=40",
    "settings.warmup=0",
    "settings.annealing=10",
    "settings.chunk=20",
    "settings.width=16",
    "settings.elements=2",
    "settings.pool=4",
    "settings.solver=Heun",
)
"""Overrides of a miniature, which only shows that everything works."""
QUICK_SETS = (
    "evaluation.test.trajectories=5",
    "evaluation.moved.trajectories=5",
    "evaluation.wider.trajectories=5",
    "evaluation.long.trajectories=5",
    "evaluation.long.steps=20",
)
FEW = 2
"""Number of rows in the miniature of a study."""
SMALLER = ("data.trajectories=12", "settings.candidates=4")


@dataclass(frozen=True)
class Run:
    """One seed of a row: its configuration, and where its record is or will be."""

    config: ExperimentConfig
    kept: Path


def runs(exhibit: Exhibit, seeds: int, out: Path, quick: bool = False) -> dict[str, list[Run]]:
    """Every run of an exhibit, by row, one per seed.

    Args:
        exhibit: the exhibit.
        seeds: number of seeds, which are 0 to seeds - 1.
        out: directory whose folder `runs/` has the records.
        quick: whether to run miniatures.

    Raises:
        InputError: if there is fewer than one seed.
    """
    if seeds < 1:
        raise InputError(f"--seeds is {seeds}, expected 1 or more")
    rows = list(exhibit.rows.items())
    if quick and exhibit not in (*TABLES.values(), *FIGURES.values()):
        rows = rows[:FEW]
    return {label: _seeds(words, seeds, out, quick) for label, words in rows}


def _seeds(words: tuple[str, ...], seeds: int, out: Path, quick: bool) -> list[Run]:
    small = _miniature(words) if quick else ()
    config = _compose((*words, *small))
    runs = []
    for seed in range(seeds):
        place = Path(default_out([*words, f"seed={seed}"])).relative_to("runs")
        directory = Path("runs", "quick", place) if quick else Path("runs", place)
        one = replace(config, seed=seed, out=str(directory))
        runs.append(Run(one, out / "runs" / f"{place}.json"))
    return runs


@cache
def _compose(words: tuple[str, ...]) -> ExperimentConfig:
    return compose_experiment(words)


def _miniature(words: tuple[str, ...]) -> tuple[str, ...]:
    """Overrides that make a row small, without settings that its words already give."""
    experiment, *given = words
    sets = QUICK_SETS if experiment.startswith("experiment=table") else ()
    small = () if experiment.startswith("experiment=table1") else SMALLER
    said = {word.partition("=")[0] for word in given}
    return tuple(w for w in (*QUICK, *sets, *small) if w.partition("=")[0] not in said)
