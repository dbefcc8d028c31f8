"""Files of trajectories: what is written is read again, bit for bit."""

import errno
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from noether_razor.base.errors import InputError
from noether_razor.data import load_trajectories, save_trajectories
from noether_razor.data.trajectories import (
    Trajectories,
    concatenate,
)
from tests.sample_trajectories import arrays, assert_one_line

# Round trips

numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
shapes = st.tuples(st.integers(1, 3), st.integers(2, 4), st.integers(1, 3))


@st.composite
def recordings(draw):
    shape = draw(shapes)
    states = draw(hnp.arrays(np.float64, (2, *shape), elements=numbers))
    states[:, 0, 0] = 0.0  # every coordinate moves: the last sample differs from the first
    states[:, -1, -1] = np.where(states[:, -1, -1] == 0, 1.0, states[:, -1, -1])
    return Trajectories(*states, draw(st.floats(1e-6, 1e6)))


@pytest.mark.parametrize("extension", ["npz", "csv", "parquet"])
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_saving_and_loading_gives_the_same_bits(tmp_path, extension, data):
    saved = data.draw(recordings())
    path = tmp_path / f"data.{extension}"
    save_trajectories(path, saved)
    loaded = load_trajectories(path)
    assert loaded.q.tobytes() == saved.q.tobytes() and loaded.p.tobytes() == saved.p.tobytes()
    assert loaded.dt == pytest.approx(saved.dt, rel=1e-15 if extension == "npz" else 1e-12)
    assert loaded.names == saved.names
    assert os.listdir(tmp_path) == [path.name]


def test_npz_keeps_names_and_takes_t_instead_of_dt(tmp_path):
    q, p = arrays(n=1)
    save_trajectories(tmp_path / "a.npz", Trajectories(q, p, 0.1, ("angle", "momentum")))
    assert load_trajectories(tmp_path / "a.npz").names == ("angle", "momentum")
    t = np.arange(5, dtype=np.float32) * np.float32(0.1)
    for times in (t, np.tile(t, (3, 1)) + np.array([[0.0], [5.0], [9.0]], np.float32)):
        np.savez(tmp_path / "b.npz", q=q, p=p, t=times)
        assert load_trajectories(tmp_path / "b.npz").dt == pytest.approx(0.1, rel=1e-6)


def test_tables_may_be_interleaved_and_label_trajectories_with_text(tmp_path):
    rows = [("b", 0.0, 1, 2), ("a", 5.0, 3, 4), ("b", 0.5, 5, 6), ("a", 5.5, 7, 8)]
    table = pd.DataFrame(rows, columns=["trajectory", "t", "q1", "p1"])
    table.to_csv(tmp_path / "a.csv", index=False)
    loaded = load_trajectories(tmp_path / "a.csv")
    assert loaded.dt == 0.5
    assert loaded.q[..., 0].tolist() == [[1, 5], [3, 7]]


# Several files


def test_several_files_are_read_as_one_in_their_order(tmp_path):
    whole = Trajectories(*arrays(6), 0.1)
    paths = [tmp_path / name for name in ("b.npz", "a.csv", "c.parquet")]
    for k, path in enumerate(paths):
        part = Trajectories(whole.q[2 * k : 2 * k + 2], whole.p[2 * k : 2 * k + 2], 0.1)
        save_trajectories(path, part)
    loaded = load_trajectories(paths)
    assert np.array_equal(loaded.states, whole.states) and loaded.dt == pytest.approx(0.1)
    assert loaded.source == f"{paths[0]}, {paths[1]} and {paths[2]}"
    many = concatenate([Trajectories(*arrays(1), 0.1, source=f"{k}.csv") for k in range(9)])
    assert len(many) == 9 and many.source == "0.csv, 1.csv, 2.csv and 6 more"


def test_several_files_with_pieces_may_differ_in_length(tmp_path):
    q, p = arrays(samples=9)
    save_trajectories(tmp_path / "a.csv", Trajectories(q, p, 0.1))
    save_trajectories(tmp_path / "b.csv", Trajectories(q[:, :5], p[:, :5], 0.1))
    loaded = load_trajectories([tmp_path / "a.csv", tmp_path / "b.csv"], pieces=4)
    assert loaded.q.shape == (9, 4, 2)


def test_a_value_that_is_constant_in_each_file_may_differ_between_them(tmp_path):
    for k, name in enumerate(("a.npz", "b.npz")):
        q, p = arrays(1)
        save_trajectories(tmp_path / name, Trajectories(q, np.full_like(p, k), 0.1))
    with pytest.raises(InputError, match="never changes"):
        load_trajectories(tmp_path / "a.npz")
    assert len(load_trajectories([tmp_path / "a.npz", tmp_path / "b.npz"])) == 2


OTHERS = {
    "dt": ({"dt": 0.2}, "has dt = 0.2, expected 0.1 as .*a.npz has: resample it"),
    "names": (
        {"names": ("x", "y", "p1", "p2")},
        "has x, y, p1, p2 as its coordinates, expected q1, q2, p1, p2 as .*a.npz has",
    ),
    "samples": ({"samples": 7}, "has 7 samples in a trajectory, expected 5 as .*: .* --pieces"),
    "size": ({"n": 3}, "has 3 degrees of freedom, expected 2 as .*a.npz has"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_files_that_do_not_belong_together(tmp_path, case):
    changes, message = OTHERS[case]
    shape = {name: changes[name] for name in ("samples", "n") if name in changes}
    odd = Trajectories(*arrays(**shape), changes.get("dt", 0.1), changes.get("names", ()))
    for name, part in (("a", Trajectories(*arrays(), 0.1)), ("b", odd)):
        save_trajectories(tmp_path / f"{name}.npz", part)
    with pytest.raises(InputError, match=message) as error:
        load_trajectories([tmp_path / "a.npz", tmp_path / "b.npz"])
    assert_one_line(error, tmp_path / "b.npz")


def test_a_file_given_twice_and_none_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_trajectories("a.npz", Trajectories(*arrays(), 0.1))
    with pytest.raises(InputError, match="given twice, expected every file once"):
        load_trajectories(["a.npz", tmp_path / "a.npz"])
    with pytest.raises(InputError, match="there are no trajectories"):
        load_trajectories([])


# Writing


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "data.npz"
    save_trajectories(path, Trajectories(*arrays(), 0.1))
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="no space left on the disk") as error:
        save_trajectories(path, Trajectories(*arrays(7), 0.1))
    assert_one_line(error, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["data.npz"]


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_trajectories(tmp_path / "file" / "data.npz", Trajectories(*arrays(), 0.1))
    (tmp_path / "data.npz").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        save_trajectories(tmp_path / "data.npz", Trajectories(*arrays(), 0.1))
    assert sorted(os.listdir(tmp_path)) == ["data.npz", "file"]


def test_names_are_two_for_every_degree_of_freedom_and_differ():
    with pytest.raises(InputError, match="expected 4 different ones"):
        Trajectories(*arrays(), 0.1, ("a", "b", "c"))
    with pytest.raises(InputError, match="expected 4 different ones"):
        Trajectories(*arrays(), 0.1, ("a", "b", "c", "a"))
