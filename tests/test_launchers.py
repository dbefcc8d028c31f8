"""Sweeps on Hydra's launchers: processes of this machine, Slurm's local stand-in, Ray."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from noether_razor.base.errors import InputError
from noether_razor.cli.compose import sweep
from tests.sample_cli import refused

PACKAGES = {
    "joblib": "hydra-joblib-launcher",
    "submitit_local": "hydra-submitit-launcher",
    "ray": "hydra-ray-launcher",  # in no extra: see docs/sweeps.md
}
SMALLEST = [
    "experiment=oscillator1", "model=plain", "data.trajectories=3", "data.steps=2",
    "settings.steps=2", "settings.chunk=2",
]  # fmt: skip
DIES = """
import os, sys
from noether_razor.cli.compose import sweep
sweep(sys.argv[1:], lambda config: os._exit(1))
"""


def installed(package):
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@pytest.fixture(params=PACKAGES)
def launcher(request):
    package = PACKAGES[request.param]
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    if request.param != "joblib" and not os.environ.get("ALL_LAUNCHERS"):
        pytest.skip("runs with ALL_LAUNCHERS=1, as in .ci/run")
    return f"hydra/launcher={request.param}"


def python(*arguments):
    """Run in a new process: launchers keep processes, in the directory where they began."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)


@pytest.mark.slow
def test_a_launcher_runs_a_sweep_of_two_seeds(here, launcher):
    done = python("-m", "noether_razor.cli", "run", *SMALLEST, "-m", "seed=1,2", launcher)
    assert done.returncode == 0, done.stderr
    configs = [json.loads(path.read_text()) for path in Path("runs").glob("*/*/config.json")]
    assert sorted(config["seed"] for config in configs) == [1, 2]
    assert len(list(Path("runs").glob("*/*/discovery.json"))) == 2
    assert len(list(Path("runs").glob("*/*/report.md"))) == 2


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib"], indirect=True)
def test_what_a_job_complains_of_is_the_last_line(here, launcher):
    """A file stands in place of a directory: the job refuses it, the check before does not."""
    Path("taken").write_text("not a run")
    done = python("-m", "noether_razor.cli", "run", *SMALLEST, "-m", "out=taken", launcher)
    assert done.returncode == 2
    assert "noether-razor: error: taken: is a file" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"], indirect=True)
def test_a_job_whose_process_ends(here, launcher):
    done = python("-c", DIES, *SMALLEST, launcher)
    last = done.stderr.splitlines()[-1]
    assert "RunError: the process of a job ended" in last
    assert "the same command runs what is not finished" in last


@pytest.mark.skipif(not installed(PACKAGES["submitit_local"]), reason="submitit is not installed")
def test_slurm_where_there_is_none(here, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="needs Slurm's srun"):
        sweep([*SMALLEST, "hydra/launcher=submitit_slurm"], print)


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local", "submitit_slurm"])
def test_a_launcher_that_is_not_installed(here, capsys, monkeypatch, launcher):
    from hydra.errors import MissingConfigException

    def compose(*_):
        raise MissingConfigException("not found", f"hydra/launcher/{launcher}", ["basic"])

    monkeypatch.setattr("hydra.compose", compose)
    words = ["run", *SMALLEST, "-m", "seed=1,2", f"hydra/launcher={launcher}"]
    refused(capsys, words, "pip install 'noether-razor[launchers]'")


def test_a_launcher_that_there_is_not(here, capsys):
    words = ["run", *SMALLEST, "-m", "seed=1,2", "hydra/launcher=cloud"]
    refused(capsys, words, "no config hydra/launcher/cloud, expected one of basic")
