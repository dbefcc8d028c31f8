"""SIGKILL at any point, and the same command again: bit for bit the run that was never stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

COMMAND = [
    sys.executable, "-m", "noether_razor.cli", "run", "experiment=oscillator3",
    "data.options.frequencies=[1.0]", "data.trajectories=8", "data.steps=8", "settings.width=8",
    "settings.candidates=2", "settings.batch=8", "settings.particles=2", "settings.warmup=40",
    "settings.steps=60", "settings.chunk=10", "settings.elements=2", "settings.pool=2",
]  # fmt: skip


def start(directory: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [*COMMAND, f"out={directory}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )


@pytest.mark.slow
@pytest.mark.parametrize("lines", [2, 7])
def test_killed_and_resumed_ends_like_one_never_stopped(tmp_path, lines):
    """Killed in the warm-up (after 2 lines of metrics) and in the joint fit (after 7)."""
    whole, killed = start(tmp_path / "whole"), start(tmp_path / "killed")
    metrics = tmp_path / "killed" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") >= lines):
        assert killed.poll() is None, killed.stderr.read().decode()
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "killed" / "discovery.json").exists()
    assert whole.wait() == 0, whole.stderr.read().decode()
    again = start(tmp_path / "killed")
    assert again.wait() == 0, again.stderr.read().decode()
    one, two = (tmp_path / name / "checkpoint.npz" for name in ("whole", "killed"))
    with np.load(one) as a, np.load(two) as b:
        assert a.files == b.files
        for name in a.files:
            if name in ("metadata", "digest"):  # they hold the time it took
                continue
            assert a[name].tobytes() == b[name].tobytes(), name
    assert metrics.read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()
