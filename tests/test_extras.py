"""Packages that only some uses need: without them the core works, and the rest says what to do."""

import subprocess
import sys

import numpy as np
import pytest

from noether_razor.base.extras import EXTRAS, needed

WITHOUT = f"""
import sys
for name in {sorted(EXTRAS)}:
    sys.modules[name] = None
import numpy as np
import noether_razor as nr
from noether_razor.cli.main import main
"""


@pytest.fixture
def files(tmp_path):
    t = np.arange(30) * 0.2
    phase = np.linspace(0, 3, 25)[:, None]
    size = np.linspace(1, 2, 25)[:, None]
    x = np.stack([size * np.sin(t + phase), size * np.cos(t + phase)], axis=-1)
    np.savez(tmp_path / "a.npz", q=x[..., :1], p=x[..., 1:], dt=0.2)
    rows = np.column_stack([np.repeat(np.arange(25), 30), np.tile(t, 25), x.reshape(-1, 2)])
    np.savetxt(tmp_path / "a.csv", rows, delimiter=",", header="trajectory,t,q1,p1", comments="")
    return tmp_path


def without_extras(code, where):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT + code],
        cwd=where, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr.strip()


def test_the_library_discovers_without_any_extra(files):
    """The rank of an oscillator's quadratics is 1: its energy."""
    code, out, error = without_extras("print(nr.discover('a.npz').rank)", files)
    assert (code, out.split()[-1:]) == (0, ["1"]), error


@pytest.mark.parametrize(
    ("call", "extra"),
    [
        ("nr.as_trajectories('a.csv')", "tables"),
        ("nr.save_trajectories('b.csv', nr.as_trajectories('a.npz'))", "tables"),
        ("nr.ConservedQuantities", "estimators"),
        ("sys.exit(main(['discover', 'a.npz']))", "plots"),
        ("sys.exit(main(['check', 'a.npz', 'q1', '--out', 'b']))", "plots"),
        ("sys.exit(main(['look', 'a.npz']))", "plots"),
        ("sys.exit(main(['discover', 'a.csv']))", "tables"),
        ("sys.exit(main(['discover', 'a.npz', '--method', 'variational']))", "configs"),
        ("sys.exit(main(['run', 'experiment=oscillator3']))", "configs"),
        ("sys.exit(main(['simulate', 'oscillator', '--out', 'b.csv']))", "tables"),
        ("from noether_razor import embedding as e; e.VariationalManifoldEmbedding", "estimators"),
    ],
)
def test_what_needs_an_extra_says_so_in_one_line(files, call, extra):
    before = sorted(files.iterdir())
    code, _, error = without_extras(call, files)
    assert f"pip install 'noether-razor[{extra}]'" in error.splitlines()[-1]
    assert "sys.exit" not in call or (code == 2 and "Traceback" not in error)
    assert sorted(files.iterdir()) == before


@pytest.mark.parametrize(
    "call",
    [
        "from noether_razor import embedding, learning_dynamics; embedding.Gaussian",
        "nr.as_trajectories([np.eye(4), 2 * np.eye(4)], t=0.1)",
        "nr.save_trajectories('b.npz', nr.as_trajectories('a.npz'))",
    ],
)
def test_what_needs_no_extra_works(files, call):
    code, _, error = without_extras(call, files)
    assert code == 0, error


def test_what_is_there_is_returned():
    assert needed("pandas", "a test").DataFrame
