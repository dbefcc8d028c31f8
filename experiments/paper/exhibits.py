"""Exhibits of the paper and of studies beyond it; their rows are experiments."""

from __future__ import annotations

from dataclasses import dataclass

MODELS = ("plain", "learned", "built_in")


@dataclass(frozen=True)
class Exhibit:
    """A table, a figure or a study.

    Attributes:
        name: name of its files.
        title: what it shows.
        rows: by label, the words that compose the row's experiment: a name in
            `configs/experiment/`, and overrides.
    """

    name: str
    title: str
    rows: dict[str, tuple[str, ...]]


def _models(experiment: str) -> dict[str, tuple[str, ...]]:
    return {model.replace("_", " "): (f"experiment={experiment}/{model}",) for model in MODELS}


def _sweep(experiment: str, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Rows "VALUE MODEL", for the plain and the learned model at each value."""
    return {
        f"{value} {model}": (f"experiment={experiment}", f"model={model}", *overrides)
        for value, overrides in values.items()
        for model in ("plain", "learned")
    }


RANDOM = {"learned from random": ("experiment=table3/random",)}
"""The row of Table 3 with the paper's start; other rows start at what the data proposes."""

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

PROPOSED = "experiment=proposed_start"
"""The protocol of fits from proposals; see `configs/experiment/`."""

STUDIES["bounds"] = Exhibit(
    "bounds",
    "What the bound says of each number of directions",
    {
        label: (
            PROPOSED,
            "settings.evidence=150",
            f"system={words[0]}",
            *words[1:],
        )
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
