"""Files of positions and velocities, with masses and without."""

import numpy as np
import pandas as pd
import pytest

from noether_razor.base.errors import InputError
from noether_razor.cli import main as cli
from noether_razor.data import load_trajectories

Q, V = np.random.default_rng(0).normal(size=(2, 3, 4, 6))


def write(path, **arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays, dt=0.5)
        return path
    columns = {"trajectory": np.repeat(np.arange(3), 4), "t": np.tile(0.5 * np.arange(4), 3)}
    for name, values in arrays.items():
        columns |= {f"{name}{i + 1}": values[..., i].ravel() for i in range(6)}
    table = pd.DataFrame(columns)
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    return path


@pytest.mark.parametrize("extension", [".npz", ".csv", ".parquet"])
@pytest.mark.parametrize(
    ("masses", "each"),
    [((2.0,), [2] * 6), ((1.0, 3.0), [1, 1, 1, 3, 3, 3]), (range(1, 7), range(1, 7))],
)
def test_momenta_are_masses_times_velocities(tmp_path, extension, masses, each):
    path = write(tmp_path / f"data{extension}", q=Q, v=V)
    loaded = load_trajectories(path, list(masses))
    np.testing.assert_array_equal(loaded.q, Q)
    np.testing.assert_allclose(loaded.p, V * np.asarray(list(each)), rtol=1e-15)
    assert loaded.names[6:] == ("p1", "p2", "p3", "p4", "p5", "p6")


@pytest.mark.parametrize("extension", [".npz", ".csv"])
@pytest.mark.parametrize(
    ("names", "masses", "message"),
    [
        ("v", [1.0, 2.0, 3.0, 4.0], "masses are .*, expected numbers above 0, as many as one"),
        ("v", [1.0, -2.0], "expected numbers above 0"),
        ("v", [], "expected numbers above 0"),
        ("v", [float("nan")], "expected numbers above 0"),
        ("p", [1.0], "holds momenta p, so masses have no use"),
        ("pv", [1.0], "both p and v|holds momenta p, so masses have no use"),
    ],
)
def test_what_cannot_be_used(tmp_path, extension, names, masses, message):
    path = write(tmp_path / f"data{extension}", q=Q, **{name: V for name in names})
    with pytest.raises(InputError, match=message) as caught:
        load_trajectories(path, masses)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_the_command_takes_masses(tmp_path, capsys):
    path = write(tmp_path / "data.npz", q=Q, v=V)
    assert cli.main(["discover", str(path), "--masses", "1,two"]) == 2
    assert "expected numbers, as 1,2,3" in capsys.readouterr().err
    assert cli.main(["discover", str(path), "--method", "variational"]) == 2
    assert "--masses" in capsys.readouterr().err


@pytest.mark.parametrize("extension", [".npz", ".csv"])
def test_velocities_without_masses_keep_their_names(tmp_path, extension):
    loaded = load_trajectories(write(tmp_path / f"data{extension}", q=Q, v=V))
    assert loaded.velocities and loaded.names[6:] == ("v1", "v2", "v3", "v4", "v5", "v6")
    np.testing.assert_array_equal(loaded.p, V)
    assert any("--masses" in note for note in loaded.notes)
