"""The runs on which numbers of the verdict are halved and doubled.

They are fixed by a rule: seed 0 of every system of the grid with two degrees of freedom and without
bodies, at noise 0.1 with 50 trajectories; and of every second one of these at noise 0.3 with 20
trajectories.
"""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np

from experiments.evidence.pages import FALSE
from experiments.evidence.runs import STEPS, Run, parallel
from experiments.evidence.systems import GRID, system
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import CHANGES, CONSERVED, TOLERANCE
from noether_razor.evidence.recording import recording

CASES = ((0.1, 50, 1), (0.3, 20, 2))
"""Noise, number of trajectories, and step through the list of systems."""


def write_data(folder: Path) -> None:
    """Simulate the runs."""
    made = {name: system(name) for name in GRID if "bod" not in name}
    names = [name for name, one in made.items() if one.degrees_of_freedom == 2]
    runs = [Run(name, noise, count, 0) for noise, count, each in CASES for name in names[::each]]
    for index, run in enumerate(runs):
        clean = simulate(
            made[run.system], key=jax.random.key(run.seed), trajectories=run.trajectories,
            steps=STEPS,
        )  # fmt: skip
        generator = np.random.default_rng(run.seed)
        states = np.asarray(clean.states, float)
        noise = run.noise * states.std((0, 1)) * generator.normal(size=states.shape)
        np.savez(folder / f"{index}.npz", states=states + noise, dt=clean.dt)
    (folder / "runs.json").write_text(json.dumps(runs))


def judge(folder: Path) -> dict:
    """Verdicts of all runs: a letter per direction; F if it is called conserved and is false."""
    found, true = {}, {}
    runs = [Run(*one) for one in json.loads((folder / "runs.json").read_text())]
    for index, run in enumerate(runs):
        kept, made = np.load(folder / f"{index}.npz"), system(run.system)
        q, p = np.split(kept["states"], 2, axis=-1)
        data = recording(Trajectories(q, p, float(kept["dt"])))
        judged = investigate(data, TOLERANCE, always=False).judged
        label = f"{run.system}, noise {run.noise:g}, {run.trajectories} trajectories"
        share = parallel(judged, data, made)
        found[label] = "".join(
            "x" if verdict == CHANGES else "F" if verdict == CONSERVED and p < FALSE else verdict[0]
            for verdict, p in zip(judged.verdicts(), share, strict=True)
        )
        true[label] = len(made.conserved)
    return {"verdicts": found, "true": true}
