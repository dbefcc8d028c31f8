"""Invented records of runs, with numbers that can be told apart."""

import json
from pathlib import Path

import numpy as np

from noether_razor.discovery.fit_result import Bound
from noether_razor.variational.truth import POINTS, phase_square
from tests.sample_discovery import fit, sample

FORECAST = {"rollout": [0, 0.2], "energy": [0, 0.1]}


def write_run(config):
    """What a run leaves in its directory: error and energy grow with the seed."""
    directory = Path(config.out)
    directory.mkdir(parents=True, exist_ok=True)
    sets = {name: {"mse": 1e-5 * (1 + config.seed), **FORECAST} for name in config.evaluation}
    bowl = 3 + np.sum(phase_square()[1] ** 2, -1) / 2
    assert bowl.shape == (POINTS, POINTS)
    learned = config.settings.symmetry.value != "plain"
    truth = {
        "rank": 3,
        "values": [2.0, 1.0, 0.5, 0.01] if learned else [],
        "parallelness": [1.0, 0.99, 0.9, 0.1] if learned else [],
        "directions": np.eye(90)[:4].tolist() if config.data.system == "n_body" else None,
        "energy": bowl.tolist(),
    }
    (directory / "evaluation.json").write_text(json.dumps(sets))
    (directory / "truth.json").write_text(json.dumps(truth))
    curve = [Bound(k, bound, 0.1) for k, bound in ((2, 4.0), (3, 5.0), (4, -20.0))]
    found = sample(fit=fit(seed=config.seed, curve=curve if config.settings.evidence else []))
    (directory / "discovery.json").write_text(found.to_json())
