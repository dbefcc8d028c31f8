"""What the paper shows and what studies show beyond it: each exhibit's rows, as experiments."""

from __future__ import annotations

from dataclasses import dataclass

MODELS = ("plain", "learned", "built_in")


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
