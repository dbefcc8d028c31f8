"""What the tests of the command line share."""

import os

import jax
import numpy as np

from noether_razor.cli import main as cli
from noether_razor.data.trajectories import Trajectories


def write(path, **changes):
    q, p = np.random.default_rng(0).normal(size=(2, 3, 5, 2))
    arrays = {"q": q, "p": p, "dt": 0.1} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def made_up(system, *, key, trajectories=3, steps=4, dt=0.1, noise=0.0, initial_state=None):
    """A stand-in for `simulate`, which has tests of its own and takes seconds to compile."""
    shape = (2, trajectories, steps + 1, system.degrees_of_freedom)
    return Trajectories(*np.asarray(jax.random.normal(key, shape)), dt or 0.1)


def refused(capsys, arguments, message, kept=()):
    """Check that the command exits with 2, prints one line, and leaves only the files `kept`."""
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("noether-razor: error: ") and err.count("\n") == 1, err
    assert message in err
    assert sorted(os.listdir()) == sorted(kept)
