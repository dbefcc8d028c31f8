"""The command `simulate`: what it writes, and one line for every mistake."""

import errno
import os

import pytest

from noether_razor.cli import main as cli
from noether_razor.data import load_trajectories
from tests.sample_cli import made_up, refused


def test_simulate_writes_what_it_was_asked_for(here, capsys):
    arguments = ["simulate", "oscillator", "trajectories=3", "--out", "new/data.npz", "steps=4"]
    assert cli.main([*arguments, "frequencies=1,2.5", "noise=1e-3", "seed=5"]) == 0
    loaded = load_trajectories("new/data.npz")
    assert loaded.q.shape == (3, 5, 2)
    assert "3 trajectories of oscillator, 5 samples each" in capsys.readouterr().out
    assert os.listdir("new") == ["data.npz"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "unknown system 'nowhere'"),
        (["n_body", "mass=1,2,3"], "unknown key 'mass', expected one of trajectories"),
        (["n_body", "masses=heavy"], "masses is 'heavy'"),
        (["n_body", "masses=1,2"], "2 masses for 3 bodies"),
        (["n_body", "bodies=0"], "bodies is 0"),
        (["oscillator", "trajectories=1.5"], "trajectories is 1.5, expected a whole number"),
        (["oscillator", "steps=x"], "steps is 'x'"),
        (["oscillator", "dt=-1"], "dt is -1.0"),
        (["oscillator", "noise=nan"], "noise is nan"),
        (["oscillator", "seed=-1"], "seed is -1"),
        (["oscillator", "seed=4294967296"], "seed is 4294967296"),
        (["oscillator", "many"], "'many' cannot be read, expected key=value"),
        (["oscillator", "seed=1", "seed=2"], "seed is given twice"),
    ],
)
def test_simulate_refuses(here, capsys, words, message):
    refused(capsys, ["simulate", *words, "--out", "data.npz"], message)


def test_simulate_refuses_an_unknown_file_type_before_it_works(here, capsys):
    refused(capsys, ["simulate", "oscillator", "--out", "data.mat"], "unknown file type .mat")


def test_simulate_on_a_full_disk(here, capsys, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("noether_razor.data.simulated.simulate", made_up)
    monkeypatch.setattr(os, "fsync", full)
    arguments = ["simulate", "oscillator", "--out", "data.npz"]
    refused(capsys, arguments, "data.npz: no space left on the disk")
