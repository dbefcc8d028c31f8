"""Which column is what is known by names, said by the user, or refused."""

import numpy as np
import pytest
from sample_loading import DT, STATES, P, Q, R, T, check, frame, table_of

from noether_razor.base.errors import InputError
from noether_razor.data import Reading, as_trajectories

NAMES = {
    "x y vx vy": ("x", "y", "vx", "vy"),
    "theta omega": ("theta1", "theta2", "omega1", "omega2"),
    "dots": ("x", "y", "x_dot", "y_dot"),
    "position velocity": ("position_x", "position_y", "velocity_x", "velocity_y"),
    "numbers": ("x1", "x2", "v1", "v2"),
    "momenta": ("x", "y", "px", "py"),
    "words": ("theta", "phi", "p_theta", "p_phi"),
}


@pytest.mark.parametrize("case", NAMES)
def test_pairs_are_known_by_their_names(tmp_path, case):
    names = NAMES[case]
    table = frame(**dict(zip(("q1", "q2", "p1", "p2"), names, strict=True)), trajectory="id")
    loaded = as_trajectories(table[["t", *reversed(names), "id"]])
    assert set(loaded.names[:2]) == set(names[:2]) and set(loaded.names[2:]) == set(names[2:])
    order = [names.index(name) for name in loaded.names]
    np.testing.assert_array_equal(loaded.states, STATES[..., order])
    assert [i % 2 for i in order] == [order[0], order[1]] * 2  # a pair stays a pair


LABELS = (
    "run_id", "traj_idx", "Trajectory Index", "seq", "sequence", "sample_id", "batch", "rollout",
    "env", "episode_index", "realisation",
)  # fmt: skip


@pytest.mark.parametrize("name", LABELS)
def test_names_of_trajectories(name):
    table = frame(trajectory=name)
    loaded = as_trajectories(table)
    check(loaded)
    assert loaded.taken["trajectory"] == name.replace(" ", "_")
    check(as_trajectories(table.drop(columns="t"), t=DT))
    check(as_trajectories({column: table[column].to_numpy() for column in table}))


@pytest.mark.parametrize("name", ["id", "seq", "sample_id"])
def test_a_number_of_every_row_is_no_name_of_a_trajectory(name):
    rows = np.arange(R * T)
    check(as_trajectories(frame(trajectory="run").assign(**{name: rows})))
    check(as_trajectories(frame().drop(columns="trajectory").assign(**{name: rows})))


HEADINGS = [
    ("Position X (m)", "Position Y (m)", "Velocity X (m/s)", "Velocity Y (m/s)"),
    ("x[0]", "x[1]", "v[0]", "v[1]"),
    ("x(t)", "y(t)", "vx(t)", "vy(t)"),
    ("x", "y", "dx/dt", "dy/dt"),
    ("x", "y", "u", "v"),
    ("posX", "posY", "velX", "velY"),
    ("xpos", "ypos", "xvel", "yvel"),
    ("Theta1", "Theta2", "Omega1", "Omega2"),
    ("θ1", "θ2", "ω1", "ω2"),
    ("q1x", "q1y", "p1x", "p1y"),
    ("sun.x", "sun.y", "sun.vx", "sun.vy"),
    ("body1_x", "body1_y", "body1_vx", "body1_vy"),
]


@pytest.mark.parametrize("names", HEADINGS)
def test_headings_of_many_kinds(names):
    loaded = as_trajectories(frame(**dict(zip(("q1", "q2", "p1", "p2"), names, strict=True))))
    np.testing.assert_array_equal(loaded.states, STATES)
    assert all(name.isidentifier() for name in loaded.names)  # they may stand in formulas


def test_the_whole_heading_names_a_column_too():
    table = frame(q1="Height (m)", p1="Rate (m/s)")
    said = Reading(q=("Height (m)",), v=("Rate (m/s)",))
    assert as_trajectories(table, reading=said).names == ("Height", "Rate")


def test_what_is_said_goes_before_what_is_guessed():
    table = frame(q1="a", q2="b", p1="c", p2="d", t="clock", trajectory="which")
    said = Reading(time="clock", id="which", q=("a", "b"), p=("c", "d"))
    check(as_trajectories(table, reading=said), ("a", "b", "c", "d"))
    with pytest.raises(InputError, match="has no column e, it has which, clock"):
        as_trajectories(table, reading=Reading(time="clock", q=("a", "e"), p=("c", "d")))
    with pytest.raises(InputError, match="2 positions and 1 momenta are named"):
        as_trajectories(table, reading=Reading(time="clock", q=("a", "b"), p=("c",)))


def test_what_was_taken_is_told():
    table = frame(q1="x [m]").assign(temperature=20.0)
    taken = as_trajectories(table.rename(columns={"q2": "y", "p1": "vx", "p2": "vy"})).taken
    assert taken == {
        "time": "t",
        "trajectory": "trajectory",
        "positions": "x [m], y",
        "velocities": "vx, vy",
        "left out": "temperature",
    }


def test_columns_without_pairs_are_observed_quantities():
    table = frame(q1="w1", q2="w2", p1="w3").drop(columns="p2")
    loaded = as_trajectories(table)
    assert not loaded.paired and loaded.names == ("w1", "w2", "w3")
    np.testing.assert_array_equal(loaded.states, STATES[..., :3])
    assert any("all that the motion depends on" in note for note in loaded.notes)
    with pytest.raises(InputError, match="--q x,y,z .* --x x,y,z"):
        as_trajectories(table.rename(columns={"w1": "x", "w2": "y", "w3": "z"}))


REFUSED = {
    "a bad cell": (
        table_of(vx="p1").assign(x=["#N/A", *Q[..., 0].ravel()[1:]]).rename(columns={"p1": "vx"}),
        "column x holds '#N/A' in data row 1",
    ),
    "a bare p beside x, y": (table_of(vx="p", vy="w"), "column y has no partner"),
    "days or months": (table_of().assign(t="01/02/2024"), "dates such as 2024-01-31"),
    "no label": (table_of().assign(id=[None, *["a"] * (R * T - 1)]), "id is empty in data row 1"),
    "other arrays": ({"coords": Q, "vel": P, "dt": DT}, "rename them so"),
    "two axes": ({"q": Q[..., 0], "p": P[..., 0], "dt": DT}, "give it three axes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_be_meant_in_two_ways_is_refused(case):
    with pytest.raises(InputError, match=REFUSED[case][1]) as error:
        as_trajectories(REFUSED[case][0])
    assert "\n" not in str(error.value)


def test_a_reading_is_checked():
    check(as_trajectories(frame(), reading=Reading(q="q1,q2", p="p1,p2")))  # type: ignore
    for wrong in ({"pieces": 5.0}, {"time_tolerance": "a"}, {"x": ("a",), "q": ("b",)}):
        with pytest.raises(InputError):
            Reading(**wrong)
