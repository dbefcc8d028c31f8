"""Which runs an exhibit needs: the tables and figures of the paper, and the studies beyond it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from noether_razor.compose import compose_experiment, default_out
from noether_razor.config import ExperimentConfig
from noether_razor.errors import InputError

MODELS = ("plain", "learned", "built_in")

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
"""Of a miniature, which shows that everything works and nothing more."""
QUICK_SETS = (
    "evaluation.test.trajectories=5",
    "evaluation.moved.trajectories=5",
    "evaluation.wider.trajectories=5",
    "evaluation.long.trajectories=5",
    "evaluation.long.steps=20",
)
FEW = 2
"""Rows of the miniature of a study, or of the zoo."""
SMALLER = ("data.trajectories=12", "settings.candidates=4")


@dataclass(frozen=True)
class Exhibit:
    """A table, a figure or a study.

    Attributes:
        name: of its files.
        title: what it shows.
        rows: by label, the words that compose the row's experiment: of `configs/experiment/`, and
            overrides.
    """

    name: str
    title: str
    rows: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Run:
    """One seed of a row: its configuration, and where its record is or will be."""

    config: ExperimentConfig
    kept: Path


def _models(experiment: str) -> dict[str, tuple[str, ...]]:
    return {model.replace("_", " "): (f"experiment={experiment}/{model}",) for model in MODELS}


def _sweep(experiment: str, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Rows "VALUE MODEL" of the plain and the learned model, at each value."""
    return {
        f"{value} {model}": (f"experiment={experiment}", f"model={model}", *overrides)
        for value, overrides in values.items()
        for model in ("plain", "learned")
    }


RANDOM = {"learned from random": ("experiment=table3/random",)}
"""The paper's start of Table 3, beside the models that start at what the data proposes."""

TABLES = {
    number: Exhibit(f"table{number}", f"Table {number}: {title}", _models(f"table{number}") | more)
    for number, title, more in (
        (1, "one oscillator, 7 trajectories of 4 transitions", {}),
        (2, "three equal oscillators", {}),
        (3, "three bodies in the plane", RANDOM),
    )
}

FIGURES = {
    2: Exhibit("figure2", "Figure 2: learned Hamiltonians of one oscillator", TABLES[1].rows),
    3: Exhibit(
        "figure3",
        "Figure 3: learned generators of n equal oscillators, which conserve n² quantities",
        # n = 3 is the learned model of Table 2.
        {
            f"n = {n}": (f"experiment={'table2/learned' if n == 3 else f'figure3/n{n}'}",)
            for n in range(1, 6)
        },
    ),
    4: Exhibit(
        "figure4",
        "Figure 4: learned generators of three bodies in the plane",
        {
            "random start": RANDOM["learned from random"],
            "proposed start": TABLES[3].rows["learned"],
        },
    ),
}

TRAIN = (5, 10, 20, 50, 100, 200)
HELD_OUT = 50
VARIANCES = ("1e-4", "1e-3", "1e-2", "1e-1")

STUDIES = {
    "horizon": Exhibit(
        "horizon",
        "Forecasts ten times as long as the training trajectories",
        {
            f"{name}, {model}": words
            for name, number in (("three oscillators", 2), ("three bodies", 3))
            for model, words in TABLES[number].rows.items()
        },
    ),
    "scaling": Exhibit(
        "scaling",
        "More oscillators: 36, 64 and 100 conserved quantities",
        {f"n = {n}": (f"experiment=study/n{n}",) for n in (6, 8, 10)},
    ),
    "bodies": Exhibit(
        "bodies",
        "More bodies and dimensions, proposed start",
        {
            "3 bodies in space": ("experiment=study/space",),
            "5 bodies in the plane": ("experiment=study/five",),
        },
    ),
    "data": Exhibit(
        "data",
        "Data efficiency: three equal oscillators",
        _sweep(
            "study/oscillators",
            {
                str(train): (
                    f"data.trajectories={train + HELD_OUT}",
                    f"data.held_out={HELD_OUT / (train + HELD_OUT):.4f}",
                )
                for train in TRAIN
            },
        ),
    ),
    "noise": Exhibit(
        "noise",
        "Noise: three equal oscillators",
        _sweep(
            "study/oscillators",
            {value: (f"data.target_noise_variance={value}",) for value in VARIANCES},
        ),
    ),
}

STUDIES["measured"] = Exhibit(
    "measured",
    "Noise on every observation: three unequal bodies in the plane",
    {
        f"noise {noise}, {trajectories} trajectories": (
            "experiment=study/measured",
            f"data.noise={noise}",
            f"data.trajectories={trajectories}",
        )
        for noise, trajectories in (
            (0.03, 200),
            (0.0, 200),
            (0.1, 200),
            (0.2, 200),
            (0.03, 100),
            (0.03, 50),
        )
    },
)

STUDIES["candidates"] = Exhibit(
    "candidates",
    "More candidates, fewer trajectories: three unequal bodies in the plane, noise 0.01",
    {
        f"{candidates} candidates, {trajectories} trajectories": (
            "experiment=study/measured",
            "data.noise=0.01",
            f"data.trajectories={trajectories}",
            f"settings.candidates={candidates}",
        )
        for candidates, trajectories in (
            (4, 200),
            (12, 200),
            (24, 200),
            (48, 200),
            (12, 50),
            (12, 20),
        )
    },
)

CALIBRATED = {
    "oscillators 1 : 2": ("system=oscillator", "data.options.frequencies=[1,2]"),
    "three coupled oscillators": ("system=chain", "data.options.ends=fixed"),
    "Toda ring of three": ("system=chain", "data.options.spring=toda"),
    "quartic potential in the plane": ("system=central",),
    "uniform magnetic field": ("system=magnetic",),
    "spring pendulum in the plane": ("system=spring_pendulum", "data.options.dimensions=2"),
    "Henon-Heiles": ("system=henon_heiles",),
    "quartic without a symmetry": ("system=anharmonic",),
}
CONDITIONS = {
    "noise 0.01 on targets, 40 trajectories": ("data.trajectories=40",),
    "noise 0.03, 100 trajectories": (
        "data.trajectories=100",
        "data.target_noise_variance=0",
        "data.noise=0.03",
    ),
    "noise 0.03, 40 trajectories": (
        "data.trajectories=40",
        "data.target_noise_variance=0",
        "data.noise=0.03",
    ),
}
"""How good the data is, from enough to hardly."""

STUDIES["calibration"] = Exhibit(
    "calibration",
    "Calibration: of what is called conserved, how much is?",
    {
        f"{system}; {condition}": ("experiment=study/calibration", *words, *given)
        for condition, given in CONDITIONS.items()
        for system, words in CALIBRATED.items()
    },
)

STUDIES["evidence"] = Exhibit(
    "evidence",
    "The rank by evidence: what the bound says of each number of directions",
    {
        label: ("experiment=zoo", "settings.evidence=150", f"system={words[0]}", *words[1:])
        for label, words in {
            "oscillators 1 : 2": ("oscillator", "data.options.frequencies=[1,2]"),
            "three coupled oscillators": ("chain", "data.options.ends=fixed"),
            "quartic potential in the plane": ("central",),
            "softened Kepler in space": (
                "central",
                "data.options.potential=kepler",
                "data.options.dimensions=3",
            ),
            "uniform magnetic field": ("magnetic",),
            "three unequal bodies in the plane": ("n_body", "data.options.masses=[1,2,3]"),
            "spring pendulum in the plane": ("spring_pendulum", "data.options.dimensions=2"),
            "quartic without a symmetry": ("anharmonic",),
        }.items()
    },
)


def runs(exhibit: Exhibit, seeds: int, out: Path, quick: bool = False) -> dict[str, list[Run]]:
    """Every run of an exhibit, by row, one a seed.

    Args:
        exhibit: which.
        seeds: how many, 0 to seeds - 1.
        out: where records are kept, in `runs/`.
        quick: whether miniatures are meant.

    Raises:
        InputError: fewer than one seed.
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
    """What makes a row small, beside what its words say already."""
    experiment, *given = words
    sets = QUICK_SETS if experiment.startswith("experiment=table") else ()
    small = () if experiment.startswith("experiment=table1") else SMALLER
    said = {word.partition("=")[0] for word in given}
    return tuple(w for w in (*QUICK, *sets, *small) if w.partition("=")[0] not in said)
