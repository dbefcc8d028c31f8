"""Trajectories: round trips, and one clear line for every file that cannot be used."""

import errno
import io
import os
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from noether_razor.errors import InputError
from noether_razor.systems import Oscillator
from noether_razor.trajectories import (
    Trajectories,
    concatenate,
    load_trajectories,
    save_trajectories,
    simulate,
    split,
    transitions,
)


def arrays(trajectories=3, samples=5, n=2):
    generator = np.random.default_rng(0)
    q, p = generator.normal(size=(2, trajectories, samples, n))
    return q, p


@pytest.fixture(scope="module")
def oscillator():
    system = Oscillator((1.0, 2.0))
    return simulate(system, key=jax.random.key(3), trajectories=6, steps=8, dt=0.3)


# Simulation


def test_simulated_states_are_the_analytic_ones_in_double_precision(oscillator):
    t = 0.3 * np.arange(9)[:, None]
    w = np.array([1.0, 2.0])
    q0, p0 = oscillator.q[:, :1], oscillator.p[:, :1]
    np.testing.assert_allclose(
        oscillator.q, q0 * np.cos(w * t) + p0 / w * np.sin(w * t), rtol=0, atol=1e-7
    )
    np.testing.assert_allclose(
        oscillator.p, p0 * np.cos(w * t) - w * q0 * np.sin(w * t), rtol=0, atol=1e-7
    )
    assert oscillator.q.dtype == np.float64
    assert oscillator.source == "simulated oscillator"


def test_the_key_decides_the_data_whatever_the_precision_of_the_process(oscillator):
    with jax.enable_x64(not jax.config.jax_enable_x64):
        again = simulate(
            Oscillator((1.0, 2.0)), key=jax.random.key(3), trajectories=6, steps=8, dt=0.3
        )
    assert np.array_equal(again.states, oscillator.states)


def test_noise_has_its_standard_deviation_and_leaves_the_motion_alone(oscillator):
    noisy = simulate(
        Oscillator((1.0, 2.0)), key=jax.random.key(3), trajectories=6, steps=8, dt=0.3, noise=0.1
    )
    added = noisy.states - oscillator.states
    # 216 draws: the mean has deviation 0.007, the standard deviation 0.005.
    assert abs(added.mean()) < 0.03
    assert abs(added.std() - 0.1) < 0.02


@pytest.mark.parametrize(
    "options",
    [
        {"trajectories": 0},
        {"trajectories": 2.0},
        {"steps": 0},
        {"steps": True},
        {"dt": 0.0},
        {"dt": float("nan")},
        {"noise": -0.1},
        {"noise": "much"},
    ],
)
def test_simulate_names_the_number_that_is_out_of_range(options):
    (name,) = options
    with pytest.raises(InputError, match=name):
        simulate(Oscillator(), key=jax.random.key(0), **options)


# Splitting and cutting


def test_split_keeps_every_trajectory_once(oscillator):
    train, test = split(oscillator, key=jax.random.key(1), held_out=0.3)
    assert (len(train), len(test)) == (4, 2)
    both = np.concatenate([train.states, test.states])
    assert np.array_equal(np.unique(both, axis=0), np.unique(oscillator.states, axis=0))


@settings(max_examples=25, deadline=None)
@given(count=st.integers(2, 6), held_out=st.floats(0.01, 0.99))
def test_split_leaves_something_on_both_sides(count, held_out):
    q, p = arrays(count)
    train, test = split(Trajectories(q, p, 0.1), key=jax.random.key(0), held_out=held_out)
    assert len(train) >= 1 and len(test) >= 1 and len(train) + len(test) == count


def test_split_of_a_single_trajectory_is_refused():
    q, p = arrays(1)
    with pytest.raises(InputError, match="has 1 trajectory, expected 2 or more"):
        split(Trajectories(q, p, 0.1), key=jax.random.key(0))


def test_transitions_pair_neighbours_and_never_cross_trajectories(oscillator):
    start, end, dt = transitions(oscillator)
    x = jnp.asarray(oscillator.states)
    assert dt == oscillator.dt
    assert start.shape == end.shape == (6 * 8, 4)
    assert jnp.array_equal(start.reshape(6, 8, 4)[:, 1:], end.reshape(6, 8, 4)[:, :-1])
    assert jnp.array_equal(start[8], x[1, 0]) and jnp.array_equal(end[7], x[0, -1])


def test_target_noise_changes_only_the_ends(oscillator):
    clean = transitions(oscillator)
    noisy = transitions(oscillator, noise_variance=0.04, key=jax.random.key(0))
    assert jnp.array_equal(noisy.start, clean.start)
    # 192 draws: the standard deviation is known to 5 %.
    assert abs(float(jnp.std(noisy.end - clean.end)) - 0.2) < 0.05
    with pytest.raises(InputError, match="noise_variance"):
        transitions(oscillator, noise_variance=0.04)


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
    assert np.array_equal(loaded.states, whole.states) and loaded.dt == 0.1
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


# What cannot be used: the arrays, by constructor and by file


def spoil(shape_or_value, name="q"):
    def change(q, p, dt):
        given = {"q": q, "p": p, "dt": dt}
        old = given[name]
        given[name] = shape_or_value(old) if callable(shape_or_value) else shape_or_value
        return given

    return change


def put(index, value):
    def change(array):
        array = array.copy()
        array[index] = value
        return array

    return change


BAD_ARRAYS = {
    "rank": (spoil(lambda q: q[0]), r"q has shape \(5, 2\), expected \[trajectory, time, n\]"),
    "empty": (spoil(lambda q: q[:0]), r"q has shape \(0, 5, 2\)"),
    "p differs": (spoil(lambda p: p[:, :, :1], "p"), r"q has shape .* and p .*, expected the same"),
    "one sample": (
        lambda q, p, dt: {"q": q[:, :1], "p": p[:, :1], "dt": dt},
        "single time step, expected 2 or more",
    ),
    "text": (spoil(lambda q: q.astype(str)), "q has dtype <U32, expected real numbers"),
    "complex": (spoil(lambda p: p + 0j, "p"), "p has dtype complex128"),
    "truth values": (spoil(lambda p: p > 0, "p"), "p has dtype bool"),
    "nan": (
        spoil(put((1, 3, 0), np.nan), "p"),
        r"p1 is nan in trajectory 1 at time index 3 .* the first of 1",
    ),
    "infinity": (spoil(put((2, 0, 1), -np.inf)), "q2 is -inf in trajectory 2 at time index 0"),
    "dt zero": (spoil(0.0, "dt"), "dt is 0.0, expected a time above 0"),
    "dt negative": (spoil(-0.1, "dt"), "dt is -0.1"),
    "dt nan": (spoil(np.nan, "dt"), "dt is nan"),
    "dt array": (spoil(np.ones(4), "dt"), "dt is .*, expected one number"),
    "dt text": (spoil("fast", "dt"), "dt is .*, expected one number"),
}


def assert_one_line(error, path=None):
    message = str(error.value)
    assert "\n" not in message and len(message) < 400
    if path is not None:
        assert str(path) in message


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(tmp_path, case):
    change, message = BAD_ARRAYS[case]
    given = change(*arrays(), 0.1)
    with pytest.raises(InputError, match=message) as error:
        Trajectories(**given)
    assert_one_line(error)
    path = tmp_path / "data.npz"
    np.savez(path, **given)
    with pytest.raises(InputError, match=message) as error:
        load_trajectories(path)
    assert_one_line(error, path)


BAD_TIMES = {
    "not uniform": ([0, 0.1, 0.2, 0.35, 0.4], "t moves by 0.15 after time index 2 .* uniform step"),
    "decreasing": ([0, 0.1, 0.2, 0.15, 0.4], "t does not increase from time index 2 to 3"),
    "constant": ([0, 0, 0, 0, 0], "t does not increase from time index 0 to 1"),
    "nan": ([0, 0.1, np.nan, 0.3, 0.4], "t holds NaN or infinity"),
    "length": ([0, 0.1], r"t has shape \(2,\), expected \(5,\) or \(3, 5\)"),
    "text": (["a"] * 5, "t has dtype <U1"),
    "other steps elsewhere": (
        np.outer([1, 1, 2], np.arange(5.0)),
        "t moves by 1 after time index 0 in trajectory 0",
    ),
}


@pytest.mark.parametrize("case", BAD_TIMES)
def test_bad_times(tmp_path, case):
    t, message = BAD_TIMES[case]
    q, p = arrays()
    np.savez(tmp_path / "data.npz", q=q, p=p, t=t)
    with pytest.raises(InputError, match=message) as error:
        load_trajectories(tmp_path / "data.npz")
    assert_one_line(error, tmp_path)


def test_times_far_from_zero_are_uniform_up_to_their_rounding(tmp_path):
    q, p = arrays()
    np.savez(tmp_path / "data.npz", q=q, p=p, t=1.7e9 + 0.01 * np.arange(5))
    assert load_trajectories(tmp_path / "data.npz").dt == pytest.approx(0.01, rel=1e-4)


BAD_NAMES = {
    "no p": (["q", "dt"], "holds the arrays q, dt, missing p"),
    "misnamed": (["Q", "P", "dt"], "holds the arrays Q, P, dt, missing q, p"),
    "no time": (["q", "p"], "neither t nor dt"),
    "two times": (["q", "p", "t", "dt"], "both t and dt"),
}


@pytest.mark.parametrize("case", BAD_NAMES)
def test_missing_and_misnamed_arrays(tmp_path, case):
    names, message = BAD_NAMES[case]
    q, p = arrays()
    values = {"q": q, "Q": q, "p": p, "P": p, "t": np.arange(5.0), "dt": 1.0}
    np.savez(tmp_path / "data.npz", **{name: values[name] for name in names})
    with pytest.raises(InputError, match=message) as error:
        load_trajectories(tmp_path / "data.npz")
    assert_one_line(error, tmp_path)


# What cannot be used: the file itself


def test_missing_file_and_directory_and_unknown_type(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_trajectories(tmp_path / "data.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(InputError, match="is a directory"):
        load_trajectories(tmp_path / "folder.npz")
    (tmp_path / "data.h5").write_bytes(b"")
    with pytest.raises(InputError, match="unknown file type .h5, expected one of .npz, .csv"):
        load_trajectories(tmp_path / "data.h5")
    with pytest.raises(InputError, match="unknown file type"):
        save_trajectories(tmp_path / "data", Trajectories(*arrays(), 0.1))


def test_pickled_objects_are_never_read(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    q, p = arrays()
    objects = np.empty(3, object)
    objects[:] = [Bomb(), Bomb(), Bomb()]
    np.savez(tmp_path / "data.npz", q=objects, p=p, dt=0.1, allow_pickle=True)
    with pytest.raises(InputError, match="pickled Python objects") as error:
        load_trajectories(tmp_path / "data.npz")
    assert_one_line(error, tmp_path)
    assert not (tmp_path / "exploded").exists()


def npz_bytes():
    q, p = arrays()
    buffer = io.BytesIO()
    np.savez(buffer, q=q, p=p, dt=0.1)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"q,p\n1,2\n", b"\x93NUMPY", npz_bytes()[:200], npz_bytes()[:-30]],
    ids=["empty", "text", "npy", "head", "cut short"],
)
def test_not_an_npz(tmp_path, content):
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(InputError, match="not an npz archive") as error:
        load_trajectories(tmp_path / "data.npz")
    assert_one_line(error, tmp_path)


def test_damaged_bytes_and_foreign_zips(tmp_path):
    content = bytearray(npz_bytes())
    content[150] ^= 0xFF  # inside the data of q: the archive's own checksum disagrees
    (tmp_path / "damaged.npz").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as npz") as error:
        load_trajectories(tmp_path / "damaged.npz")
    assert_one_line(error, tmp_path)
    with zipfile.ZipFile(tmp_path / "foreign.npz", "w") as archive:
        for name in ("q", "p", "dt"):
            archive.writestr(name, "text")
    with pytest.raises(InputError, match="dtype"):
        load_trajectories(tmp_path / "foreign.npz")


@pytest.mark.parametrize("extension", ["npz", "csv"])
def test_a_coordinate_that_never_changes_is_named(tmp_path, extension):
    q, p = arrays()
    q[..., 1] = 3.0
    path = tmp_path / f"data.{extension}"
    save_trajectories(path, Trajectories(q, p, 0.1))
    with pytest.raises(InputError, match="q2 never changes") as error:
        load_trajectories(path)
    assert_one_line(error, path)


def test_a_coordinate_that_is_conserved_but_differs_between_trajectories_is_fine(tmp_path):
    q, p = arrays()
    p[:] = p[:, :1]
    save_trajectories(tmp_path / "data.npz", Trajectories(q, p, 0.1))
    assert len(load_trajectories(tmp_path / "data.npz")) == 3


# What cannot be used: tables


def table():
    q, p = arrays(2, 3, 1)
    return pd.DataFrame(
        {"trajectory": [0, 0, 0, 1, 1, 1], "t": [0, 1, 2] * 2, "q1": q.ravel(), "p1": p.ravel()}
    )


BAD_TABLES = {
    "missing column": (lambda t: t.drop(columns="p1"), "missing p1: expected trajectory, t, q1"),
    "no time": (lambda t: t.drop(columns="t"), "missing t"),
    "gap in the numbers": (lambda t: t.assign(q3=1.0), "missing q2, p2, p3"),
    "from zero": (lambda t: t.assign(q0=1.0, p0=1.0), "numbered from 0"),
    "text": (
        lambda t: t.assign(q1=["1", "2", "oops", "4", "5", "6"]),
        "column q1 holds 'oops' in data row 3",
    ),
    "blank": (lambda t: t.assign(p1=[1, 2, None, 4, 5, 6]), "p1 is nan in trajectory 0 at time"),
    "unlabelled": (lambda t: t.assign(trajectory=[0, 0, 0, 1, None, 1]), "empty in data row 5"),
    "unequal": (lambda t: t.iloc[:-1], "trajectory 1 has 2 samples and trajectory 0 has 3"),
    "no rows": (lambda t: t.iloc[:0], "no rows"),
    "unsorted": (lambda t: t.iloc[[1, 0, 2, 3, 4, 5]], "t does not increase"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
@pytest.mark.parametrize("extension", ["csv", "parquet"])
def test_bad_tables(tmp_path, case, extension):
    change, message = BAD_TABLES[case]
    path = tmp_path / f"data.{extension}"
    changed = change(table())
    if extension == "csv":
        changed.to_csv(path, index=False)
    else:
        changed.to_parquet(path)
    with pytest.raises(InputError, match=message) as error:
        load_trajectories(path)
    assert_one_line(error, path)


@pytest.mark.parametrize("extension", ["csv", "parquet"])
def test_files_that_are_no_tables(tmp_path, extension):
    path = tmp_path / f"data.{extension}"
    for content in (b"", b"\xff\xfe\x00\x01" * 20):
        path.write_bytes(content)
        with pytest.raises(InputError) as error:
            load_trajectories(path)
        assert_one_line(error, path)


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
