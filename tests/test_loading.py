"""Tables and arrays of every format give the same trajectories, and say what was taken for what."""

import gzip
import json
import lzma
import zipfile

import h5py
import numpy as np
import pandas as pd
import polars
import pytest
import scipy.io
import xarray
import zarr

from noether_razor.errors import InputError
from noether_razor.loading import Reading, as_trajectories, load_trajectories

R, T, N = 4, 12, 2
DT = 0.25
Q, P = np.round(np.random.default_rng(0).normal(size=(2, R, T, N)), 6)
STATES = np.concatenate([Q, P], axis=-1)


def frame(**renamed):
    """The data as a table, with other names of the columns."""
    columns = {"trajectory": np.repeat(np.arange(R), T), "t": np.tile(DT * np.arange(T), R)}
    columns |= {f"q{i + 1}": Q[..., i].ravel() for i in range(N)}
    columns |= {f"p{i + 1}": P[..., i].ravel() for i in range(N)}
    return pd.DataFrame(columns).rename(columns=renamed)


CSV = frame().to_csv(index=False)
GERMAN = frame().to_csv(index=False, sep=";", decimal=",")
LINES = CSV.splitlines()
TEXTS = {
    "commas": CSV,
    "semicolons and decimal commas": GERMAN,
    "tabs": frame().to_csv(index=False, sep="\t"),
    "bars": frame().to_csv(index=False, sep="|"),
    "blanks": frame().to_string(index=False),
    "comments": f"# logger 2\n# metres, seconds\n{CSV}",
    "a commented heading": f"# {CSV}",
    "comments of per cent": f"% made by a simulation\n{CSV}",
    "a row of units": "\n".join([LINES[0], ",s,m,m,kg m/s,kg m/s", *LINES[1:]]),
    "units in the heading": CSV.replace("q1", "q1 [m]", 1).replace("p1", "p1 (kg m/s)", 1),
    "a comma at the end of each row": "\n".join([LINES[0], *(f"{line}," for line in LINES[1:])]),
    "a comma at the end of each line": "\n".join(f"{line}," for line in LINES),
    "Windows": f"\ufeff{CSV}".replace("\n", "\r\n"),
    "quotes": frame().to_csv(index=False, quoting=1),
    "blanks after commas": CSV.replace(",", ", "),
    "blank lines": CSV.replace("\n", "\n\n"),
    "Fortran": CSV.replace(",0.25,", ",2.5D-01,"),
    "whole numbers of seconds": CSV,
}


@pytest.mark.parametrize("case", TEXTS)
def test_texts(tmp_path, case):
    path = tmp_path / "data.csv"
    path.write_text(TEXTS[case], newline="")
    check(load_trajectories(path))


def check(loaded, names=("q1", "q2", "p1", "p2")):
    np.testing.assert_array_equal(loaded.states, STATES)
    assert loaded.names == names
    assert loaded.dt == pytest.approx(DT, rel=1e-12)


def packed(path):
    content = CSV.encode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data.csv", content)
    else:
        path.write_bytes((gzip if path.suffix == ".gz" else lzma).compress(content))


def records(path):
    frame().to_json(path, orient="records", lines=path.suffix == ".jsonl")


def columns_of_json(path):
    frame().to_json(path)


def lists_of_json(path):
    path.write_text(json.dumps(frame().to_dict("list")))


def arrays_of_json(path):
    path.write_text(json.dumps({"q": Q.tolist(), "p": P.tolist(), "dt": DT}))


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["q"], file["p"], file["t"] = Q, P, DT * np.arange(T)


def hdf5_of_groups(path):
    with h5py.File(path, "w") as file:
        for k in range(R):
            group = file.create_group(f"run{k}")
            group["time"] = DT * np.arange(T)
            for i in range(N):
                group[f"q{i + 1}"], group[f"p{i + 1}"] = Q[k, :, i], P[k, :, i]


def dataset():
    dims = ("trajectory", "t")
    values = {f"q{i + 1}": (dims, Q[..., i]) for i in range(N)}
    values |= {f"p{i + 1}": (dims, P[..., i]) for i in range(N)}
    return xarray.Dataset(values, {"trajectory": np.arange(R), "t": DT * np.arange(T)})


def netcdf3(path):
    path.write_bytes(dataset().to_netcdf(engine="scipy", format="NETCDF3_64BIT"))


def netcdf4(path):
    dataset().to_netcdf(path, engine="h5netcdf")


def matlab(path):
    scipy.io.savemat(path, {"q": Q, "p": P, "t": DT * np.arange(T)})


def zarr_store(path):
    root = zarr.open_group(str(path), mode="w")
    for name, values in (("q", Q), ("p", P), ("t", DT * np.arange(T))):
        root.create_array(name, data=values)


def arrow(path):
    frame().to_feather(path)


FILES = {
    "data.csv.gz": packed,
    "data.csv.xz": packed,
    "data.zip": packed,
    "data.json": records,
    "columns.json": columns_of_json,
    "lists.json": lists_of_json,
    "arrays.json": arrays_of_json,
    "data.jsonl": records,
    "data.h5": hdf5,
    "groups.hdf5": hdf5_of_groups,
    "classic.nc": netcdf3,
    "data.nc": netcdf4,
    "data.mat": matlab,
    "data.zarr": zarr_store,
    "data.feather": arrow,
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path, name):
    FILES[name](tmp_path / name)
    check(load_trajectories(tmp_path / name))


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


def test_velocities_of_positions_are_slopes():
    t = 0.05 * np.arange(60)
    q = np.sin(t + np.linspace(0, 3, 5)[:, None])[..., None]
    loaded = as_trajectories({"q": q, "t": t})
    assert loaded.velocities and loaded.names == ("q1", "v1")
    phase = t[4:-4] + np.linspace(0, 3, 5)[:, None]
    np.testing.assert_allclose(loaded.p[..., 0], np.cos(phase), atol=1e-9)


# Time


def test_rows_in_any_order_and_rows_that_are_there_twice():
    table = frame()
    shuffled = pd.concat([table, table.iloc[[3, 30]]]).sample(frac=1, random_state=0)
    loaded = as_trajectories(shuffled)
    order = [int(k) for k in pd.unique(shuffled["trajectory"])]
    np.testing.assert_array_equal(loaded.states, STATES[order])
    assert any("2 rows are there twice" in note for note in loaded.notes)
    assert any("rows sorted by time" in note for note in loaded.notes)


def test_time_that_starts_again_begins_a_trajectory():
    check(as_trajectories(frame().drop(columns="trajectory")))
    check(as_trajectories(frame().drop(columns="t"), t=DT))


DATES = pd.Timestamp("2031-03-01 08:00") + pd.to_timedelta(frame()["t"], unit="s")


@pytest.mark.parametrize(
    "dates",
    [
        DATES,
        DATES.dt.tz_localize("UTC"),
        DATES.dt.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        DATES - DATES[0],
    ],
    ids=["dates", "of a zone", "texts", "durations"],
)
def test_dates_are_seconds(tmp_path, dates):
    table = frame().assign(t=dates)
    check(as_trajectories(table))
    check(as_trajectories(table, reading=Reading(pieces=T)))
    table.to_parquet(tmp_path / "data.parquet")
    check(load_trajectories(tmp_path / "data.parquet"))


def test_one_tolerance_of_time_for_all():
    generator = np.random.default_rng(1)
    uneven = frame()["t"] + DT * generator.uniform(-0.04, 0.04, R * T)
    loaded = as_trajectories(frame().assign(t=uneven))
    assert loaded.dt == pytest.approx(DT, rel=1e-2)
    assert any("% of a step off equal steps" in note for note in loaded.notes)
    with pytest.raises(InputError, match="--time-tolerance"):
        as_trajectories(frame().assign(t=uneven), reading=Reading(time_tolerance=0.01))
    with pytest.raises(InputError, match="expected equal steps|expected at most 5 %"):
        as_trajectories(frame().assign(t=frame()["t"] + 5 * (uneven - frame()["t"])))


def test_times_in_float32_far_from_zero_are_refused():
    with pytest.raises(InputError):
        as_trajectories({"q": Q, "p": P, "t": (1.7e9 + DT * np.arange(T)).astype(np.float32)})


# Labels, angles, masses


def test_labels_that_look_like_missing_values(tmp_path):
    labels = np.repeat(["NA", "null", "None", "run 4"], T)
    frame().assign(trajectory=labels).to_csv(tmp_path / "data.csv", index=False)
    check(load_trajectories(tmp_path / "data.csv"))


@pytest.mark.parametrize("turn", [2 * np.pi, 360.0])
def test_angles_lose_their_jumps(turn):
    t = 0.1 * np.arange(50)
    theta = np.linspace(-2, 2, 6)[:, None] * t + np.arange(6)[:, None]
    rate = np.broadcast_to(np.linspace(-2, 2, 6)[:, None], theta.shape)
    wrapped = (np.mod(theta + np.pi, 2 * np.pi) - np.pi) * turn / (2 * np.pi)
    table = pd.DataFrame({"id": np.repeat(np.arange(6), 50), "t": np.tile(t, 6)})
    name = "theta [deg]" if turn == 360 else "theta"
    table[name], table["p_theta"] = wrapped.ravel(), rate.ravel()
    with pytest.raises(InputError, match="theta jumps by .* as an angle .*: add --angle theta"):
        as_trajectories(table)
    loaded = as_trajectories(table, reading=Reading(angles=("theta",)))
    np.testing.assert_allclose(np.diff(loaded.q[..., 0]), np.diff(theta), atol=1e-9)


def test_masses_are_laid_on_bodies_and_momenta_are_named_so():
    q, v = np.random.default_rng(2).normal(size=(2, 5, 6, 4))
    names = ["x1", "x2", "y1", "y2", "vx1", "vx2", "vy1", "vy2"]
    arrays = {"q": q, "v": v, "dt": 0.1, "names": names}
    loaded = as_trajectories(arrays, reading=Reading(masses=(1.0, 3.0)))
    assert loaded.names == ("x1", "y1", "x2", "y2", "px1", "py1", "px2", "py2")
    np.testing.assert_array_equal(loaded.q, q[..., [0, 2, 1, 3]])
    np.testing.assert_allclose(loaded.p, v[..., [0, 2, 1, 3]] * [1, 1, 3, 3])
    assert any("px2 = 3 vx2" in note for note in loaded.notes)


def test_errors_of_estimated_velocities_are_those_of_their_momenta():
    times = 0.1 * np.arange(40)
    q = np.sin(times[None, :, None] + np.arange(3)) * np.arange(1, 6)[:, None, None]
    q = np.concatenate([q, np.full((5, 40, 1), 2.0)], axis=-1)  # the last one never moves
    arrays = {"q": q, "dt": 0.1}
    plain = as_trajectories(arrays)
    heavy = as_trajectories(arrays, reading=Reading(masses=(1.0, 2.0, 3.0, 4.0)))
    assert plain.velocities and not heavy.velocities and plain.degrees_of_freedom == 3
    np.testing.assert_allclose(heavy.slopes.error, plain.slopes.error * [1, 2, 3])
    np.testing.assert_allclose(heavy.slopes.gain, plain.slopes.gain * [1, 2, 3])


# What cannot be read


BAD = {
    "repeated.csv": (CSV.replace("q2", "q1", 1), "column q1 is there 2 times"),
    "flag.csv": (
        "\n".join([LINES[0], *(f"{line},1" for line in LINES[1:])]),
        "rows have 7 fields and the heading names 6",
    ),
    "ragged.csv": (CSV.replace("\n1,0.0", "\n9,9,1,0.0", 1), "cannot be read as a table .*line 14"),
    "two.json": ("[1, 2]", "holds no records"),
    "cut.json": ('{"q": [', "cannot be read as json"),
    "blank.csv": ("\n\n", "is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_line_says_what_is_wrong(tmp_path, name):
    (tmp_path / name).write_text(BAD[name][0])
    with pytest.raises(InputError, match=BAD[name][1]) as error:
        load_trajectories(tmp_path / name)
    assert "\n" not in str(error.value) and name in str(error.value)


def test_pickles_in_disguise_are_never_opened(tmp_path):
    root = zarr.open_group(str(tmp_path / "data.zarr"), mode="w", zarr_format=2)
    root.create_array("q", data=Q)
    metadata = tmp_path / "data.zarr" / "q" / ".zarray"
    changed = json.loads(metadata.read_text()) | {"filters": [{"id": "pickle", "protocol": 4}]}
    metadata.write_text(json.dumps(changed))
    with pytest.raises(InputError, match="asks for pickles, which are never read"):
        load_trajectories(tmp_path / "data.zarr")


def damaged(generator, content):
    """Bytes cut short, flipped, or repeated."""
    content = bytearray(content)
    kind = generator.integers(3)
    if kind == 0:
        return bytes(content[: generator.integers(len(content))])
    for _ in range(generator.integers(1, 20)):
        content[generator.integers(len(content))] = generator.integers(256)
    return bytes(content if kind == 1 else content + content[: len(content) // 3])


KINDS = ("csv", "csv.gz", "npz", "parquet", "json", "mat", "h5", "nc", "feather")


@pytest.mark.parametrize("name", [f"a.{kind}" for kind in KINDS])
def test_damaged_files_end_in_one_line(tmp_path, name):
    whole = tmp_path / name
    makers = {
        "a.csv": lambda path: path.write_text(CSV),
        "a.csv.gz": packed,
        "a.npz": lambda path: np.savez(path, q=Q, p=P, dt=DT),
        "a.parquet": lambda path: frame().to_parquet(path),
        "a.json": records,
        "a.mat": matlab,
        "a.h5": hdf5,
        "a.nc": netcdf4,
        "a.feather": arrow,
    }
    makers[name](whole)
    content, generator = whole.read_bytes(), np.random.default_rng(0)
    for _ in range(8 if name in ("a.mat", "a.nc") else 60):
        whole.write_bytes(damaged(generator, content))
        try:
            load_trajectories(whole)
        except InputError as error:
            assert "\n" not in str(error)


# What a newcomer tripped over


def table_of(**renamed):
    names = {"q1": "x", "q2": "y", "p1": "vx", "p2": "vy", "trajectory": "id"}
    return frame(**{old: renamed.pop(new, new) for old, new in names.items()}).assign(**renamed)


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


PARTNERS = [("x", "v"), ("coords", "p"), ("theta", "omega"), ("q", "qdot"), ("r", "v")]


@pytest.mark.parametrize("names", [PARTNERS[0], *PARTNERS[2:]])
def test_arrays_are_pairs_by_their_names(names):
    loaded = as_trajectories({names[0]: Q, names[1]: P, "t": DT * np.arange(T)})
    np.testing.assert_array_equal(loaded.states, STATES)
    assert loaded.velocities


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


def test_a_step_beside_a_column_of_times_is_refused():
    with pytest.raises(InputError, match="leave out --dt, or that column"):
        as_trajectories(frame(), reading=Reading(dt=0.1))


def test_files_of_other_units_are_refused(tmp_path):
    for unit in ("m", "cm"):
        frame(q1=f"q1 [{unit}]").to_csv(tmp_path / f"{unit}.csv", index=False)
    with pytest.raises(InputError, match=r"positions q1 \[cm\], q2, expected q1 \[m\], q2"):
        load_trajectories([tmp_path / "m.csv", tmp_path / "cm.csv"])


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


def test_a_reading_is_checked():
    check(as_trajectories(frame(), reading=Reading(q="q1,q2", p="p1,p2")))  # type: ignore
    for wrong in ({"pieces": 5.0}, {"time_tolerance": "a"}, {"x": ("a",), "q": ("b",)}):
        with pytest.raises(InputError):
            Reading(**wrong)


@pytest.mark.parametrize("first", ["sep=;\n", "Run 3, of Monday\n", "\n\n"])
def test_lines_before_the_heading(tmp_path, first):
    text = frame().to_csv(index=False, sep=";" if "sep" in first else ",")
    (tmp_path / "data.csv").write_text(first + text)
    check(load_trajectories(tmp_path / "data.csv"))
