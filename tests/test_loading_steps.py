"""The time between samples, as an attribute of a file, or from numbers of samples."""

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import zarr
from sample_loading import DT, STATES, P, Q, R, T, check, dataset, frame

from noether_razor.base.errors import InputError
from noether_razor.data import Reading, as_trajectories, load_trajectories


def hdf5(path):
    return h5py.File(path, "w")


def store(path):
    return zarr.open_group(str(path), mode="w")


def write(group, name, values):
    if hasattr(group, "create_array"):
        return group.create_array(name, data=values)
    return group.create_dataset(name, data=values)


OPENED = {"data.h5": hdf5, "data.zarr": store}


@pytest.mark.parametrize("file", OPENED)
@pytest.mark.parametrize(("name", "value"), [("dt", DT), ("Sampling Rate", 1 / DT), ("fps", [4])])
@pytest.mark.parametrize("where", ["file", "group", "array"])
def test_an_attribute_is_the_step(tmp_path, file, name, value, where):
    root = OPENED[file](tmp_path / file)
    group = root.create_group("all") if where == "group" else root
    q, _ = write(group, "q", Q), write(group, "p", P)
    {"file": root, "group": group, "array": q}[where].attrs[name] = value
    if file.endswith("h5"):
        root.close()
    loaded = load_trajectories(tmp_path / file)
    check(loaded)
    place = f"{tmp_path / file}{'/all' if where == 'group' else ''}"
    inverse = "" if name == "dt" else "1 / "
    assert f"the step is {inverse}the attribute {name} of {place}" in loaded.notes


@pytest.mark.parametrize("file", OPENED)
def test_groups_of_one_step_are_trajectories(tmp_path, file):
    def written(steps):
        root = OPENED[file](tmp_path / file)
        root.attrs["dt"] = 7.0  # attributes of groups are nearer to the data
        for k in range(R):
            group = root.create_group(f"run{k}")
            write(group, "q", Q[k]), write(group, "p", P[k])
            group.attrs["dt"] = steps[k]
        if file.endswith("h5"):
            root.close()
        return tmp_path / file

    check(load_trajectories(written([DT] * R)))
    with pytest.raises(InputError, match="run3 has the step 0.5 and group run0 0.25"):
        load_trajectories(written([DT, DT, DT, 2 * DT]))


def attributed(path, times, **attributes):
    with h5py.File(path, "w") as file:
        file["q"], file["p"] = Q, P
        if times:
            file["clock" if times == "clock" else "t"] = DT * np.arange(T)
        file.attrs.update(attributes)
    return path


def test_times_go_before_attributes(tmp_path):
    loaded = load_trajectories(attributed(tmp_path / "a.h5", "t", dt=7.0))
    check(loaded)
    assert not any("attribute" in note for note in loaded.notes)
    check(load_trajectories(attributed(tmp_path / "b.h5", "", dt=7.0), reading=Reading(dt=DT)))


def test_attributes_that_give_no_step(tmp_path):
    for value in ("0.25 s", 0.0, -1.0, [0.1, 0.2], np.nan):
        with pytest.raises(InputError, match="neither times nor a time step dt"):
            load_trajectories(attributed(tmp_path / "a.h5", "", dt=value))
    with pytest.raises(InputError, match="fs gives a step of 0.01 and dt one of 0.25.*remove one"):
        load_trajectories(attributed(tmp_path / "a.h5", "", dt=DT, fs=100.0))
    check(load_trajectories(attributed(tmp_path / "a.h5", "", dt=DT, fs=4)))


@pytest.mark.parametrize("engine", ["scipy", "h5netcdf"])
def test_attributes_of_netcdf(tmp_path, engine):
    data = dataset().drop_vars("t").rename({"t": "sample"})
    data.attrs["delta_t"] = DT
    data.to_netcdf(tmp_path / "data.nc", engine=engine)
    for loaded in (load_trajectories(tmp_path / "data.nc"), as_trajectories(data)):
        check(loaded)
        assert any("the attribute delta_t of" in note for note in loaded.notes)
    check(as_trajectories(dataset().assign_attrs(dt=7.0)))


def test_a_rate_beside_arrays(tmp_path):
    scipy.io.savemat(tmp_path / "data.mat", {"q": Q, "p": P, "fs": 1 / DT})
    loaded = load_trajectories(tmp_path / "data.mat")
    check(loaded)
    assert any("the step is 1 / the number fs of" in note for note in loaded.notes)
    check(as_trajectories({"q": Q, "p": P, "t": DT * np.arange(T), "fs": 100}))


COUNTS = ("frame", "frame_index", "timestep", "Time Step", "step")


@pytest.mark.parametrize("name", COUNTS)
def test_numbers_of_samples_are_times_where_there_are_none(name):
    numbers = np.tile(np.arange(T), R)
    table = frame().drop(columns="t").assign(**{name: numbers})
    loaded = as_trajectories(table)
    np.testing.assert_array_equal(loaded.states, STATES)
    assert loaded.dt == 1.0
    assert any("numbers the samples: taken as time" in note for note in loaded.notes)
    check(as_trajectories(table.sample(frac=1, random_state=0).sort_values("trajectory"), t=DT))
    check(as_trajectories(table.assign(**{name: 5 * numbers}), reading=Reading(dt=DT)))
    check(as_trajectories(frame().assign(**{name: numbers})))  # times have priority
    with pytest.raises(InputError, match="expected equal steps"):
        as_trajectories(table[table[name] != 4], reading=Reading(dt=DT))


def test_numbers_of_samples_beside_arrays(tmp_path):
    arrays = {"q": Q, "p": P, "frame": np.arange(T)}
    assert as_trajectories(arrays).dt == 1.0
    check(as_trajectories(arrays | {"fps": 4.0}))
    check(as_trajectories(arrays | {"dt": DT}))
    check(as_trajectories(arrays | {"t": DT * np.arange(T)}))
    check(as_trajectories({"q": Q, "p": P, "timestep": DT}))
    with pytest.raises(InputError, match="frame moves by 5 from row to row.*with --dt"):
        as_trajectories(arrays | {"frame": 5 * np.arange(T), "fps": 4.0})
    with pytest.raises(InputError, match="timestep is 0.5, 0.7, expected one number"):
        as_trajectories({"q": Q, "p": P, "timestep": np.array([0.5, 0.7])})


def test_numbers_of_samples_are_no_quantities():
    table = frame(q1="w1", q2="w2", p1="w3").drop(columns="p2")
    table = table.assign(frame=np.tile(np.arange(T), R), id=np.arange(R * T))
    loaded = as_trajectories(pd.DataFrame(table))
    assert loaded.names == ("w1", "w2", "w3")
