"""Which runs an exhibit of the paper needs, and how those that are missing are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from noether_razor.compose import compose_experiment
from noether_razor.config import ExperimentConfig

Report = Callable[[str, int, int, str], None]

MODELS = ("plain", "learned", "built_in")

QUICK = (
    "data.steps=10",
    "settings.steps=40",
    "settings.warmup=0",
    "settings.chunk=20",
    "settings.width=16",
    "settings.elements=2",
    "settings.pool=4",
    "settings.solver=Heun",
)
"""Of a miniature, which shows that everything works and nothing more."""
QUICK_SETS = (
    "evaluation.test.trajectories=5",
    "evaluation.moved.trajectories=5",
    "evaluation.wider.trajectories=5",
    "evaluation.long.trajectories=5",
    "evaluation.long.steps=20",
)
SMALLER = ("data.trajectories=12", "settings.candidates=4")


@dataclass(frozen=True)
class Exhibit:
    """A table or a figure.

    Attributes:
        name: of its files.
        title: what it shows.
        experiments: of `configs/experiment/`, one a row.
        quick: overrides of its miniature, beside `QUICK`.
    """

    name: str
    title: str
    experiments: tuple[str, ...]
    quick: tuple[str, ...] = ()


TABLES = {
    number: Exhibit(
        f"table{number}",
        title,
        tuple(f"table{number}/{model}" for model in MODELS),
        (*QUICK_SETS, *quick),
    )
    for number, title, quick in (
        (1, "One oscillator, 7 trajectories of 4 transitions", ()),
        (2, "Three equal oscillators", SMALLER),
        (3, "Three bodies in the plane", SMALLER),
    )
}

FIGURES = {
    2: Exhibit(
        "figure2",
        "Learned Hamiltonians of one oscillator",
        TABLES[1].experiments,
        TABLES[1].quick,
    ),
    3: Exhibit(
        "figure3",
        "Learned generators of n equal oscillators, which conserve n² quantities",
        tuple(f"figure3/n{n}" for n in range(1, 6)),
        SMALLER,
    ),
    4: Exhibit(
        "figure4",
        "Learned generators of three bodies in the plane",
        ("table3/learned",),
        TABLES[3].quick,
    ),
}


def runs(exhibit: Exhibit, seeds: int, quick: bool = False) -> dict[str, list[ExperimentConfig]]:
    """The configuration of every run of an exhibit, by experiment, one a seed.

    Raises:
        InputError: fewer than one seed.
    """
    return {
        experiment: [_config(experiment, seed, exhibit.quick, quick) for seed in range(seeds)]
        for experiment in exhibit.experiments
    }


def make(configs: Sequence[ExperimentConfig], report: Report, command: str | None = None) -> None:
    """Run what is not finished, one after the other; stopped, the same call goes on.

    Args:
        configs: of the runs.
        report: told how far it is.
        command: the one that does this, for the reports of the runs.

    Raises:
        InputError: a run directory that cannot be used.
        RunError: a fit failed.
    """
    from noether_razor.runner import run_experiment

    missing = [config for config in configs if not finished(config)]
    for index, config in enumerate(missing):
        name = str(config.out)
        report("runs", index, len(missing), name)

        def report_run(stage: str, done: int, total: int, note: str, name: str = name) -> None:
            report(stage, done, total, f"{name}: {note}")

        run_experiment(config, progress=report_run, command=command)
    report("runs", len(missing), len(missing), "")


def finished(config: ExperimentConfig) -> bool:
    """Whether this run has its result."""
    return (Path(str(config.out)) / "discovery.json").exists()


def _config(experiment: str, seed: int, small: tuple[str, ...], quick: bool) -> ExperimentConfig:
    overrides = [f"experiment={experiment}", f"seed={seed}"]
    if quick:
        out = Path("runs") / "quick" / experiment / f"seed={seed}"
        overrides += [*QUICK, *small, f"out='{out}'"]
    return compose_experiment(overrides)
