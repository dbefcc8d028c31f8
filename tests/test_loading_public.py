"""Data as people have them, seen in public threads: loaded as stated, or refused in one line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from public_cases import CASES, Loads
from sample_public import T, rows, solution, springs

from noether_razor.base.errors import InputError
from noether_razor.data import Reading, as_trajectories, load_trajectories


def loaded(case, folder):
    """The trajectories of a case, from files or from an object in memory."""
    data = case.made(folder)
    if isinstance(data, list) and isinstance(data[0], Path):
        return load_trajectories(data, reading=case.reading)
    return as_trajectories(data, t=case.times, reading=case.reading)


@pytest.mark.parametrize("name", CASES)
def test_public_cases(tmp_path, name):
    case = CASES[name]
    if not isinstance(case.expected, Loads):
        with pytest.raises(InputError, match=case.expected) as error:
            loaded(case, tmp_path)
        assert "\n" not in str(error.value)
        return
    found, expected = loaded(case, tmp_path), case.expected
    assert found.names[: len(expected.names)] == expected.names
    values = found.states[..., : expected.values.shape[-1]]
    np.testing.assert_allclose(values, expected.values, rtol=1e-5, atol=2e-6)
    assert found.dt == pytest.approx(expected.dt, rel=1e-3)
    assert any(expected.note in note for note in ("", *found.notes)), found.notes


TIMES, (Q,), (V,) = springs(0.1, runs=1)
ROWS = rows(TIMES, Q, V)
NUMBERED = rows(np.arange(T), TIMES, Q, V)
NEAR = {
    "units, and a comma at the end": "t,x,y,vx,vy,\ns,m,m,m/s,m/s,\n" + ROWS.replace("\n", ",\n"),
    "units, and a column without a name": ",t,x,y,vx,vy\n,s,m,m,m/s,m/s\n" + NUMBERED,
    "decimal commas below units": "t;x;y;vx;vy\ns;m;m;m/s;m/s\n"
    + ROWS.replace(",", ";").replace(".", ","),
    "a number of rows above": "40\nt x y vx vy\n" + ROWS.replace(",", " "),
    "years beside times": "year,t,x,y,vx,vy\n" + NUMBERED,
}


@pytest.mark.parametrize("case", NEAR)
def test_what_is_near_to_these_forms_is_read_as_before(tmp_path, case):
    (tmp_path / "data.csv").write_text(NEAR[case])
    found = load_trajectories(tmp_path / "data.csv")
    assert found.names == ("x", "y", "vx", "vy") and found.dt == pytest.approx(0.1)
    np.testing.assert_allclose(found.states[0], np.hstack([Q, V]), atol=1e-6)


REFUSED = {
    "a flag that may be a row name": (
        "frame x vx\n" + rows(np.arange(T), Q[:, 0], V[:, 0], np.ones(T), mark=" "),
        "rows have 4 fields and the heading names 3",
    ),
    "names that differ in units": (
        "t,x,x,vx\ns,m,m,m/s\n" + rows(TIMES, Q, V[:, :1]),
        "the column x_m is there 2 times",
    ),
    "two sets": ("@ title a\n0 1 0\n&\n0 1 0\n&\n", "several sets, with & between"),
    "a text of Horizons": ("JDCT\n$$SOE\n1 = A.D.\n 1 2 3\n$$EOE\n", "ask for vectors in CSV"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_near_to_these_forms_is_refused(tmp_path, case):
    (tmp_path / "data.csv").write_text(REFUSED[case][0])
    with pytest.raises(InputError, match=REFUSED[case][1]) as error:
        load_trajectories(tmp_path / "data.csv")
    assert "\n" not in str(error.value)


def test_columns_of_runs_in_memory():
    runs = {"t": TIMES, "run1_x": Q[:, 0], "run1_vx": V[:, 0], "run2_x": Q[:, 1]}
    with pytest.raises(InputError, match="run 2 has the columns x and run 1 has x, vx"):
        as_trajectories(pd.DataFrame(runs))
    runs["run2_vx"] = V[:, 1]
    for data in (runs, pd.DataFrame(runs)):
        found = as_trajectories(data)
        np.testing.assert_array_equal(found.states, np.stack([Q, V], axis=-1).swapaxes(0, 1))
    asked = Reading(q=("run1_x", "run2_x"), v=("run1_vx", "run2_vx"))
    assert as_trajectories(pd.DataFrame(runs), reading=asked).states.shape == (1, T, 4)


def test_a_solution_has_its_own_times():
    with pytest.raises(InputError, match="leave t out"):
        as_trajectories(solution(), t=0.1)


@pytest.mark.parametrize("unit", [3, 6, 9])
def test_whole_numbers_since_1970_are_dates(unit):
    at = 10**unit * 1_700_000_000 + 10 ** (unit - 1) * np.arange(T)
    found = as_trajectories(pd.DataFrame({"timestamp": at, "x": Q[:, 0], "vx": V[:, 0]}))
    assert found.dt == pytest.approx(0.1)
    assert any("since 1970: taken as seconds" in note for note in found.notes)
