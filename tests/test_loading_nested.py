"""Trajectories in objects and lists of JSON, and in structs and cell arrays of MATLAB."""

import json

import h5py
import numpy as np
import pytest
import scipy.io
from sample_loading import DT, STATES, P, Q, R, T, check, frame

from noether_razor.base.errors import InputError
from noether_razor.data import Reading, load_trajectories

TIMES = DT * np.arange(T)


def columns(k, samples=T):
    """The columns of a trajectory, by name."""
    found = {"t": TIMES}
    for i in range(2):
        found |= {f"q{i + 1}": Q[k, :, i], f"p{i + 1}": P[k, :, i]}
    return {name: values[:samples] for name, values in found.items()}


def blocks(k, samples=T):
    """The arrays of a trajectory, by name."""
    return {"t": TIMES[:samples], "q": Q[k, :samples], "p": P[k, :samples]}


def samples_of(k, samples=T):
    """The records of a trajectory."""
    lists = columns(k, samples)
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def listed(value):
    """Arrays as lists."""
    if isinstance(value, dict):
        return {name: listed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [listed(one) for one in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


JSON = {
    "arrays of states": {"trajectories": STATES, "dt": DT},
    "objects of lists": [columns(k) for k in range(R)],
    "objects of lists in an object": {"trajectories": [columns(k) for k in range(R)], "n": 4},
    "objects of lists by name": {f"run {k}": columns(k) for k in range(R)},
    "objects of arrays": {"name": "a study", "runs": [blocks(k) for k in range(R)]},
    "objects with a number": [{"id": 7 + k, "mass": 1.0, **columns(k)} for k in range(R)],
    "objects of steps": [{"q": Q[k], "p": P[k], "dt": DT} for k in range(R)],
    "times for all": {"t": TIMES, "runs": [{"q": Q[k], "p": P[k]} for k in range(R)]},
    "a step for all": {"dt": DT, "runs": [{"q": Q[k], "p": P[k]} for k in range(R)]},
    "lists of records": [samples_of(k) for k in range(R)],
    "lists of records in an object": {"data": [samples_of(k) for k in range(R)]},
    "records in objects": {"runs": [{"id": k, "points": samples_of(k)} for k in range(R)]},
    "records of lists": {
        "data": [
            {"run": k, "t": TIMES[i], "q": Q[k, i], "p": P[k, i]}
            for k in range(R)
            for i in range(T)
        ]
    },
    "records in an object": {"meta": {"by": "me"}, "data": frame().to_dict("records")},
    "an object in an object": {"data": {"t": TIMES, "q": Q, "p": P}, "masses": [1.0, 2.0]},
    "parameters beside arrays": {"t": TIMES, "q": Q, "p": P, "params": {"k": [1.0, 2.0]}},
}


@pytest.mark.parametrize("case", JSON)
def test_json(tmp_path, case):
    (tmp_path / "data.json").write_text(json.dumps(listed(JSON[case])))
    check(load_trajectories(tmp_path / "data.json"))


def test_a_trajectory_on_each_line(tmp_path):
    lines = [json.dumps(listed(columns(k))) for k in range(R)]
    (tmp_path / "data.jsonl").write_text("\n".join(lines))
    check(load_trajectories(tmp_path / "data.jsonl"))


def test_records_beside_a_step(tmp_path):
    rows = frame().drop(columns="t").to_dict("records")
    (tmp_path / "data.json").write_text(json.dumps({"dt": DT, "rows": rows}))
    loaded = load_trajectories(tmp_path / "data.json")
    check(loaded)
    assert any("the step is the number dt of" in note for note in loaded.notes)


def cells(parts):
    """A cell array of MATLAB."""
    found = np.empty(len(parts), object)
    found[:] = parts
    return found


def matrices(lengths):
    return [STATES[k, :length] for k, length in enumerate(lengths)]


MATLAB = {
    "a struct": {"data": {"t": TIMES, "q": Q, "p": P}, "x0": [1.0, 2.0]},
    "arrays and a text": {"t": TIMES, "y": STATES, "by": "me"},
    "a struct of columns": {"data": frame().to_dict("list")},
    "a struct in a struct": {"out": {"data": {"t": TIMES, "q": Q, "p": P}, "solver": "ode45"}},
    "a cell array of structs": {"runs": cells([blocks(k) for k in range(R)])},
    "a cell array of structs of columns": {"runs": cells([columns(k) for k in range(R)]), "R": R},
    "structs by name": {f"run{k}": columns(k) for k in range(R)},
    "a cell array of matrices": {"runs": cells([*STATES]), "dt": DT},
    "cell arrays": {"t": cells([TIMES] * R), "y": cells([*STATES])},
    "parameters beside arrays": {"t": TIMES, "q": Q, "p": P, "params": {"k": [1.0, 2.0]}},
    "names": {"t": TIMES, "y": STATES, "names": cells(["q1", "q2", "p1", "p2"])},
}


@pytest.mark.parametrize("case", MATLAB)
def test_matlab(tmp_path, case):
    scipy.io.savemat(tmp_path / "data.mat", MATLAB[case])
    check(load_trajectories(tmp_path / "data.mat"))


def test_a_struct_of_positions_and_velocities(tmp_path):
    names = ("x", "y", "vx", "vy")
    runs = [{"t": TIMES, **dict(zip(names, STATES[k].T, strict=True))} for k in range(R)]
    kind = [("t", "O"), *((name, "O") for name in names)]
    array = np.array([tuple(run.values()) for run in runs], dtype=kind)
    scipy.io.savemat(tmp_path / "data.mat", {"runs": array})
    loaded = load_trajectories(tmp_path / "data.mat")
    check(loaded, names)
    assert loaded.velocities


def newer(path, variables):
    """Write a file as MATLAB does from version 7.3 on: HDF5, with the axes in reverse."""
    with h5py.File(path, "w", userblock_size=512) as file:
        put(file, file, variables)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")


def put(file, group, variables):
    for name, value in variables.items():
        if isinstance(value, dict):
            put(file, group.create_group(name), value)
        elif isinstance(value, list):
            place = f"#refs#/{len(file.require_group('#refs#'))}"
            put(file, file.create_group(place), {str(k): one for k, one in enumerate(value)})
            references = [[file[f"{place}/{k}"].ref for k in range(len(value))]]
            group.create_dataset(name, data=references, dtype=h5py.ref_dtype)
        else:
            group[name] = np.atleast_2d(value).T


NEWER = {
    "arrays": {"q": Q, "p": P, "t": TIMES},
    "a struct": {"data": {"t": TIMES, "q": Q, "p": P}},
    "a cell array of structs": {"runs": [blocks(k) for k in range(R)]},
    "a struct array": {"runs": {name: [blocks(k)[name] for k in range(R)] for name in blocks(0)}},
    "a cell array of matrices": {"runs": [*STATES], "dt": DT},
}


@pytest.mark.parametrize("case", NEWER)
def test_matlab_from_version_7_3_on(tmp_path, case):
    newer(tmp_path / "data.mat", NEWER[case])
    check(load_trajectories(tmp_path / "data.mat"))


LENGTHS = (12, 9, 12, 8)
UNEQUAL = {
    "objects.json": [columns(k, n) for k, n in enumerate(LENGTHS)],
    "arrays.json": [blocks(k, n) for k, n in enumerate(LENGTHS)],
    "records.json": [samples_of(k, n) for k, n in enumerate(LENGTHS)],
    "states.json": {"trajectories": matrices(LENGTHS), "dt": DT},
    "lists.json": {"t": [TIMES[:n] for n in LENGTHS], "y": matrices(LENGTHS)},
    "structs.mat": {"runs": cells([columns(k, n) for k, n in enumerate(LENGTHS)])},
    "matrices.mat": {"runs": cells(matrices(LENGTHS)), "dt": DT},
    "cells.mat": {"t": cells([TIMES[:n] for n in LENGTHS]), "y": cells(matrices(LENGTHS))},
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_trajectories_of_unequal_length(tmp_path, name):
    path = tmp_path / name
    if path.suffix == ".mat":
        scipy.io.savemat(path, UNEQUAL[name])
    else:
        path.write_text(json.dumps(listed(UNEQUAL[name])))
    with pytest.raises(InputError, match="trajectory 1 has 9 samples and trajectory 0 has 12"):
        load_trajectories(path)
    loaded = load_trajectories(path, reading=Reading(pieces=4))
    expected = [STATES[k, i : i + 4] for k, n in enumerate(LENGTHS) for i in range(0, n - 3, 4)]
    np.testing.assert_array_equal(loaded.states, expected)
    assert loaded.dt == pytest.approx(DT)


REFUSED = {
    "samples or trajectories": (
        {"dt": DT, "rows": [{"q": [1.0, 2.0], "p": [3.0, 4.0]}] * 3},
        "may be trajectories or samples: give each its times t or its step dt",
    ),
    "other columns": (
        [{"t": [0, 1], "x": [1, 2], "vx": [1, 2]}, {"t": [0, 1], "x": [1, 2]}],
        "trajectory 1 has the columns t, x and trajectory 0 t, vx, x",
    ),
    "two lists": (
        {"train": [columns(0)], "test": [columns(1)]},
        "trajectories may be in train, test, expected one list of them",
    ),
    "vectors": ({"x": [[1, 2, 3], [1, 2]], "dt": DT}, r"trajectory 0 is an array of shape \(3,\)"),
    "numbers": ([1, 2], "holds no records"),
    "nothing": ({}, "holds no records"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_be_meant_in_two_ways_is_refused(tmp_path, case):
    found, told = REFUSED[case]
    (tmp_path / "data.json").write_text(json.dumps(listed(found)))
    with pytest.raises(InputError, match=told) as error:
        load_trajectories(tmp_path / "data.json")
    assert "\n" not in str(error.value)
