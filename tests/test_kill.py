"""SIGKILL at any point, and the same command again: bit for bit the run that was never stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from noether_razor.base.checkpoints import read_metadata

COMMAND = [
    sys.executable, "-m", "noether_razor.cli", "run", "experiment=oscillator3",
    "data.options.frequencies=[1.0]", "data.trajectories=8", "data.steps=8", "settings.width=8",
    "settings.candidates=2", "settings.batch=8", "settings.particles=2", "settings.warmup=40",
    "settings.steps=60", "settings.chunk=10", "settings.elements=2", "settings.pool=2",
    "settings.solver=Heun",
]  # fmt: skip
ALL_STEPS = 100

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / "whole"
    run_until(directory, ALL_STEPS)
    return directory


def test_killed_and_resumed_ends_like_one_never_stopped(tmp_path, whole):
    """Killed in the warm-up, resumed, killed in the joint fit, and resumed to the end."""
    killed = tmp_path / "killed"
    for steps in (20, 70):
        run_until(killed, steps)
        assert steps <= read_metadata(killed / "checkpoint.npz")["total"] < ALL_STEPS
    run_until(killed, ALL_STEPS)
    with np.load(whole / "checkpoint.npz") as a, np.load(killed / "checkpoint.npz") as b:
        assert a.files == b.files
        for name in a.files:
            if name not in ("metadata", "digest"):  # they hold the time it took
                assert a[name].tobytes() == b[name].tobytes(), name
    assert (whole / "metrics.jsonl").read_bytes() == (killed / "metrics.jsonl").read_bytes()


def run_until(directory: Path, steps: int) -> None:
    """Start the command, and kill it as soon as its checkpoint has that many steps."""
    said = directory.with_suffix(".log")
    with said.open("wb") as log:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        process = subprocess.Popen(
            [*COMMAND, f"out={directory}"], stdout=log, stderr=log, env=environment
        )
    checkpoint = directory / "checkpoint.npz"
    while not (checkpoint.exists() and read_metadata(checkpoint)["total"] >= steps):
        assert process.poll() is None, said.read_text()
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
