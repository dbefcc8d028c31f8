"""Arrays and objects in memory give the same trajectories."""

import numpy as np
import polars
import pytest
import xarray
from sample_loading import DT, STATES, P, Q, R, T, check, dataset, frame, table_of

from noether_razor.data import as_trajectories, load_trajectories

ARRAYS = {
    "states": {"x": STATES, "dt": DT},
    "states by another name": {"coords": STATES, "time": DT * np.arange(T)},
    "capitals": {"Q": Q, "P": P, "T": DT * np.arange(T)},
    "times of each trajectory": {"q": Q, "p": P, "t": np.tile(DT * np.arange(T), (R, 1)) + 5},
    "time first": {"q": np.swapaxes(Q, 0, 1), "p": np.swapaxes(P, 0, 1), "t": DT * np.arange(T)},
    "one array a coordinate": {
        "q1": Q[..., 0], "q2": Q[..., 1], "p1": P[..., 0], "p2": P[..., 1], "t": DT * np.arange(T),
    },
}  # fmt: skip


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays(tmp_path, case):
    np.savez(tmp_path / "data.npz", **ARRAYS[case])
    check(load_trajectories(tmp_path / "data.npz"))
    check(as_trajectories(ARRAYS[case]))


OBJECTS = {
    "pandas": (frame(), None),
    "an index of two levels": (frame().set_index(["trajectory", "t"]), None),
    "polars": (polars.from_pandas(frame()), None),
    "xarray": (dataset(), None),
    "an array": (STATES, DT),
    "an array with times": (STATES, DT * np.arange(T)),
    "a list of arrays": (list(STATES), DT),
    "lists of arrays and times": (list(STATES), [DT * np.arange(T) + k for k in range(R)]),
}


@pytest.mark.parametrize("case", OBJECTS)
def test_objects_in_memory(case):
    check(as_trajectories(OBJECTS[case][0], t=OBJECTS[case][1]))


PARTNERS = [("x", "v"), ("coords", "p"), ("theta", "omega"), ("q", "qdot"), ("r", "v")]


@pytest.mark.parametrize("names", [PARTNERS[0], *PARTNERS[2:]])
def test_arrays_are_pairs_by_their_names(names):
    loaded = as_trajectories({names[0]: Q, names[1]: P, "t": DT * np.arange(T)})
    np.testing.assert_array_equal(loaded.states, STATES)
    assert loaded.velocities


def test_frames_of_one_trajectory_each_keep_their_names():
    parts = [part.drop(columns="id") for _, part in table_of().groupby("id")]
    check(as_trajectories(parts), ("x", "y", "vx", "vy"))
    check(as_trajectories(dict(zip("abcd", parts, strict=True))), ("x", "y", "vx", "vy"))
    check(as_trajectories(table_of().groupby("id")), ("x", "y", "vx", "vy"))


def test_the_axis_of_space_of_a_data_set_is_no_time():
    dims = ("trajectory", "time", "axis")
    data = xarray.Dataset(
        {"position": (dims, Q), "velocity": (dims, P), "mass": 1.0}, {"time": DT * np.arange(T)}
    )
    loaded = as_trajectories(data)
    np.testing.assert_array_equal(loaded.states, STATES)
    rows = ("trajectory", "sample")
    data = xarray.Dataset(
        {"x": (rows, Q[..., 0]), "vx": (rows, P[..., 0]), "time": ("sample", DT * np.arange(T))}
    )
    np.testing.assert_array_equal(as_trajectories(data).q[..., 0], Q[..., 0])
