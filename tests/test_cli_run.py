"""The command `run`: experiments and sweeps, and one line for every mistake."""

import os
import shlex
import sys

import numpy as np
import pytest

from noether_razor.cli import main as cli
from tests.sample_cli import made_up, refused

SMALL = ["experiment=anharmonic", "data.trajectories=3", "data.steps=2"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no experiment given"),
        (["experiment=nowhere"], "no config experiment/nowhere"),
        ([*SMALL, "sed=1"], "unknown config key sed"),
        ([*SMALL, "settings.steps=many"], "settings.steps: Value 'many'"),
        ([*SMALL, "settings.steps=-1"], "steps is -1"),
        ([*SMALL, "data.system=nowhere"], "unknown system 'nowhere'"),
        ([*SMALL, "-m", "seed=1,x"], "seed: Value 'x'"),
        ([*SMALL, "-m", "seed=1,2", "data.held_out=0.5,3"], "data.held_out is 3"),
        (["-m", *SMALL, "sed=1,2"], "unknown config key sed"),
        ([*SMALL, "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_run_refuses(here, capsys, pipeline, words, message):
    refused(capsys, ["run", *words], message)
    assert pipeline.calls == []


def test_run_builds_the_experiment(here, capsys, pipeline, monkeypatch):
    monkeypatch.setattr("noether_razor.variational.build.simulate", made_up)
    assert cli.main(["run", *SMALL, "seed=3", "data.target_noise_variance=0"]) == 0
    ((config, experiment),) = pipeline.calls
    assert config.seed == 3 and os.path.isdir(config.out)
    assert experiment.train.start.shape == (2 * 2, 4)
    assert len(experiment.test_trajectories) == 1
    ends = experiment.train_trajectories.states[:, 1:].reshape(-1, 4)
    np.testing.assert_allclose(experiment.train.end, ends, rtol=1e-6, atol=1e-6)


def test_a_sweep_runs_every_combination_in_directories_of_their_own(
    here, capsys, pipeline, monkeypatch
):
    monkeypatch.setattr("noether_razor.variational.build.build", lambda config: None)
    argv = list(sys.argv)
    assert cli.main(["run", *SMALL, "-m", "seed=0,1", "model=plain,learned"]) == 0
    assert sys.argv == argv and "HYDRA_FULL_ERROR" not in os.environ
    runs = [config for config, _ in pipeline.calls]
    assert [(c.seed, c.settings.symmetry.value) for c in runs] == [
        (0, "plain"),
        (0, "learned"),
        (1, "plain"),
        (1, "learned"),
    ]
    assert len({config.out for config in runs}) == 4
    # The same command on its own finds the directory of the sweep's job.
    assert cli.main(["run", "seed=1", "model=plain", *SMALL]) == 0
    assert pipeline.calls[-1][0] == runs[2]
    # And every report names the command that writes it again.
    again = [shlex.split(command) for command in pipeline.commands]
    assert again[-1] == ["noether-razor", "run", "seed=1", "model=plain", *SMALL]
    assert sorted(again[2]) == sorted(again[-1])
