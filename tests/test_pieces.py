"""Recordings of unequal length, or with gaps, in pieces."""

import numpy as np
import pandas as pd
import pytest

from noether_razor.base.errors import InputError
from noether_razor.data import load_trajectories


def track(length, start=0.0):
    t = start + 0.5 * np.arange(length)
    return np.stack([t, np.sin(t), np.cos(t)], axis=-1)


def test_pieces_follow_one_another_and_the_rest_is_left_out(tmp_path):
    found = loaded(tmp_path, [track(7), track(3), track(2)], 3)
    assert found.shape == (3, 3, 2)
    np.testing.assert_array_equal(found[:2].reshape(6, 2), track(7)[:6, 1:])
    np.testing.assert_array_equal(found[2], track(3)[:, 1:])


def test_no_piece_holds_a_gap(tmp_path):
    gap = track(9)
    gap[4, 1] = np.nan
    jump = np.concatenate([track(3), track(5, start=10.0)])
    whole = gap[:, 1:]
    np.testing.assert_array_equal(loaded(tmp_path, [gap], 4), [whole[:4], whole[5:]])
    whole = jump[:, 1:]
    np.testing.assert_array_equal(loaded(tmp_path, [jump], 3), [whole[:3], whole[3:6]])
    np.testing.assert_array_equal(loaded(tmp_path, [jump], 5), [whole[3:]])


@pytest.mark.parametrize(("length", "message"), [(1, "expected 2 or more"), (6, "run has 5")])
def test_what_cannot_be_cut(tmp_path, length, message):
    with pytest.raises(InputError, match=message):
        loaded(tmp_path, [track(5)], length)


def test_the_suggested_length_keeps_most_samples(tmp_path):
    jump = np.concatenate([track(40), track(40, start=100.0)])
    table(jump, track(40)).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(InputError, match="add --pieces 40, which keeps 100 %"):
        load_trajectories(tmp_path / "a.csv")


def loaded(folder, tracks, length):
    """States of tracks that were written as a table and read in pieces."""
    table(*tracks).to_csv(folder / "tracks.csv", index=False)
    return load_trajectories(folder / "tracks.csv", pieces=length).states


def table(*tracks):
    parts = [pd.DataFrame(rows, columns=["t", "q1", "p1"]) for rows in tracks]
    return pd.concat([part.assign(trajectory=k) for k, part in enumerate(parts)])


def test_a_table_of_unequal_lengths(tmp_path):
    path = tmp_path / "data.csv"
    table(track(5), track(8), track(2)).to_csv(path, index=False)
    with pytest.raises(InputError, match="--pieces"):
        load_trajectories(path)
    loaded = load_trajectories(path, pieces=4)
    assert loaded.q.shape == (3, 4, 1) and loaded.dt == 0.5
    np.testing.assert_allclose(loaded.q[0, :, 0], track(5)[:4, 1])


@pytest.mark.parametrize("time", ["t", "dt"])
@pytest.mark.parametrize("name", ["p", "v"])
def test_arrays_with_values_missing(tmp_path, time, name):
    x = np.stack([track(9), track(9, start=3.0)])
    x[1, 3] = np.nan
    q, other = x[..., 1:2], x[..., 2:3]
    times = {"dt": 0.5} if time == "dt" else {"t": 0.5 * np.arange(9)}
    path = tmp_path / "data.npz"
    np.savez(path, q=q, **{name: other}, **times)
    masses = [2.0] if name == "v" else None
    with pytest.raises(InputError):
        load_trajectories(path, masses)
    loaded = load_trajectories(path, masses, pieces=4)
    assert loaded.q.shape == (3, 4, 1)
    np.testing.assert_array_equal(loaded.q[2], q[1, 4:8])
    np.testing.assert_array_equal(loaded.p[2], other[1, 4:8] * (2 if name == "v" else 1))
