"""The runs on which numbers are halved and doubled that only a search of functions needs.

They are fixed by a rule: seed 0, at the highest noise, of every system of `functions` without
bodies. The directions are judged once. What is counted among them depends on the numbers.
"""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np

from experiments.evidence.functions import CASES, NOISES, observed
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.combinations import Combinations
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import TOLERANCE, Judged
from noether_razor.evidence.recording import recording
from noether_razor.evidence.search import searched

NAMES = [name for name in CASES if "bodies" not in name]


def write_data(folder: Path) -> None:
    """Simulate the runs and judge their directions."""
    for index, name in enumerate(NAMES):
        case, (trajectories, _) = CASES[name], observed(name, NOISES[-1], 0)
        data = recording(trajectories)
        search = searched(data, trajectories.names, case.degree, case.functions)
        judged = investigate(data, TOLERANCE, search.features, always=False).judged
        np.savez(folder / f"{index}-judged.npz", **judged._asdict())
        np.savez(
            folder / f"{index}.npz", q=trajectories.q, p=trajectories.p, dt=trajectories.dt,
            names=trajectories.names,
        )  # fmt: skip


def judge(folder: Path) -> dict:
    """What is counted in all runs: a letter per function.

    c: independent, F: one more than there are, u: undetermined whether it is independent.
    """
    found, true = {}, {}
    for index, name in enumerate(NAMES):
        case, kept = CASES[name], np.load(folder / f"{index}.npz")
        names = tuple(map(str, kept["names"]))
        data = recording(Trajectories(kept["q"], kept["p"], float(kept["dt"]), names))
        judged = Judged(**np.load(folder / f"{index}-judged.npz"))
        with jax.enable_x64(True):
            search = searched(data, names, case.degree, case.functions)
            of = Combinations(search, data, np.zeros(data.dimension), names, names)
            quantities = of.quantities(judged, TOLERANCE)
        count = sum(one.independent for one in quantities)
        unsure = sum(one.undetermined for one in quantities)
        excess = max(count - case.count, 0)
        found[name] = "c" * (count - excess) + "F" * excess + "u" * unsure
        true[name] = case.count
    return {"verdicts": found, "true": true}
