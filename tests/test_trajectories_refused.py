"""Files of trajectories that cannot be used: one line says what is wrong."""

import io
import os
import zipfile

import numpy as np
import pandas as pd
import pytest

from noether_razor.base.errors import InputError
from noether_razor.data import load_trajectories, save_trajectories
from noether_razor.data.trajectories import (
    Trajectories,
)
from tests.sample_trajectories import arrays, assert_one_line

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


IN_A_FILE = {
    "rank": r"q has shape \(1, 5, 2\) and p \(3, 5, 2\), expected the same",
    "nan": r"p1 is nan in trajectory 1 at time 0.3 \(data row 9\), the first of 1",
    "infinity": r"q2 is -inf in trajectory 2 at time 0 ",
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays(tmp_path, case):
    change, message = BAD_ARRAYS[case]
    given = change(*arrays(), 0.1)
    with pytest.raises(InputError, match=message) as error:
        Trajectories(**given)
    assert_one_line(error)
    path, message = tmp_path / "data.npz", IN_A_FILE.get(case, message)
    np.savez(path, **given)
    with pytest.raises(InputError, match=message) as error:
        load_trajectories(path)
    assert_one_line(error, path)


BAD_TIMES = {
    "not uniform": (
        [0, 0.1, 0.2, 0.35, 0.4],
        "time moves by 0.15 after 0.2 in trajectory 0 .* expected equal steps: .*--time-tolerance",
    ),
    "constant": ([0, 0, 0, 0, 0], "time does not increase from data row 1 to 2"),
    "nan": ([0, 0.1, np.nan, 0.3, 0.4], "column t holds NaN or infinity in data row 3"),
    "length": ([0, 0.1], r"t has shape \(2,\), expected \(5,\) or \(3, 5\)"),
    "text": (
        ["a"] * 5,
        "column t holds 'a' in data row 1, expected numbers, .* or dates",
    ),
    "other steps elsewhere": (
        np.outer([1, 1, 2], np.arange(5.0)),
        "time moves by 2 after 0 in trajectory 2 and by 1 usually",
    ),
    "lost frames in float32": (
        np.array([0, 1, 2, 4, 5], np.float32) + np.float32(1e6),
        "time moves by 2 after 1000002 in trajectory 0",
    ),
    "a slow drift": (
        np.outer([1, 1, 1.09], np.arange(5.0)),
        "% of a step off its place on a grid of equal steps",
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
    "no time": (["q", "p"], "neither times nor a time step dt: .*--dt"),
    "two times": (["q", "p", "t", "dt"], "both t and dt"),
    "no momenta": (["q", "dt"], "holds positions alone and 5 samples .* expected 11 or more"),
    "nothing": (["dt"], "holds no array of positions"),
}


@pytest.mark.parametrize("case", BAD_NAMES)
def test_missing_arrays(tmp_path, case):
    names, message = BAD_NAMES[case]
    q, p = arrays()
    values = {"q": q, "p": p, "t": np.arange(5.0), "dt": 1.0}
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
    (tmp_path / "data.docx").write_bytes(b"")
    with pytest.raises(InputError, match="unknown file type .docx, expected one of .csv, .txt"):
        load_trajectories(tmp_path / "data.docx")
    (tmp_path / "data.pkl").write_bytes(b"")
    with pytest.raises(InputError, match="is a pickle, .* never read"):
        load_trajectories(tmp_path / "data.pkl")
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
    with pytest.raises(InputError, match="dt is b'text', expected one number"):
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
    p[..., 1] = 0.0  # the whole degree of freedom stands still
    save_trajectories(path, Trajectories(q, p, 0.1))
    loaded = load_trajectories(path)
    assert loaded.names == ("q1", "p1")
    assert any("q2, p2: one value in all of the data" in note for note in loaded.notes)


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
    "missing column": (lambda t: t.drop(columns="p1"), "positions alone and 3 samples"),
    "no time": (lambda t: t.drop(columns="t"), "neither times nor a time step dt"),
    "gap in the numbers": (lambda t: t.assign(q3=1.0), "column q3 has no partner"),
    "text": (
        lambda t: t.assign(q1=["1", "2", "oops", "4", "5", "6"]),
        "column q1 holds 'oops' in data row 3",
    ),
    "blank": (lambda t: t.assign(p1=[1, 2, None, 4, 5, 6]), "p1 is nan in trajectory 0 at time 2"),
    "unlabelled": (lambda t: t.assign(trajectory=[0, 0, 0, 1, None, 1]), "empty in data row 5"),
    "unequal": (lambda t: t.iloc[:-1], "trajectory 1 has 2 samples and trajectory 0 has 3"),
    "no rows": (lambda t: t.iloc[:0], "no rows"),
    "starts again": (
        lambda t: t.assign(trajectory=[0, 0, 0, 0, 0, 0]),
        "trajectory 0 has time 0 twice, in data rows 1 and 4, .* give it another label",
    ),
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
