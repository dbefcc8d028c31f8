"""What the tests of reading share: one data set in many forms."""

import gzip
import lzma
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import xarray

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
LINES = CSV.splitlines()


def table_of(**renamed):
    names = {"q1": "x", "q2": "y", "p1": "vx", "p2": "vy", "trajectory": "id"}
    return frame(**{old: renamed.pop(new, new) for old, new in names.items()}).assign(**renamed)


def dataset():
    dims = ("trajectory", "t")
    values = {f"q{i + 1}": (dims, Q[..., i]) for i in range(N)}
    values |= {f"p{i + 1}": (dims, P[..., i]) for i in range(N)}
    return xarray.Dataset(values, {"trajectory": np.arange(R), "t": DT * np.arange(T)})


def packed(path):
    content = CSV.encode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data.csv", content)
    else:
        path.write_bytes((gzip if path.suffix == ".gz" else lzma).compress(content))


def records(path):
    frame().to_json(path, orient="records", lines=path.suffix == ".jsonl")


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["q"], file["p"], file["t"] = Q, P, DT * np.arange(T)


def netcdf4(path):
    dataset().to_netcdf(path, engine="h5netcdf")


def matlab(path):
    scipy.io.savemat(path, {"q": Q, "p": P, "t": DT * np.arange(T)})


def arrow(path):
    frame().to_feather(path)


def check(loaded, names=("q1", "q2", "p1", "p2")):
    np.testing.assert_array_equal(loaded.states, STATES)
    assert loaded.names == names
    assert loaded.dt == pytest.approx(DT, rel=1e-12)
