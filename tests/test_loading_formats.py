"""Files of every format give the same trajectories; damaged ones end in one line."""

import json

import h5py
import numpy as np
import pytest
import zarr
from sample_loading import (
    CSV,
    DT,
    N,
    P,
    Q,
    R,
    T,
    arrow,
    check,
    dataset,
    frame,
    hdf5,
    matlab,
    netcdf4,
    packed,
    records,
)

from noether_razor.base.errors import InputError
from noether_razor.data import load_trajectories


def columns_of_json(path):
    frame().to_json(path)


def lists_of_json(path):
    path.write_text(json.dumps(frame().to_dict("list")))


def arrays_of_json(path):
    path.write_text(json.dumps({"q": Q.tolist(), "p": P.tolist(), "dt": DT}))


def hdf5_of_groups(path):
    with h5py.File(path, "w") as file:
        for k in range(R):
            group = file.create_group(f"run{k}")
            group["time"] = DT * np.arange(T)
            for i in range(N):
                group[f"q{i + 1}"], group[f"p{i + 1}"] = Q[k, :, i], P[k, :, i]


def netcdf3(path):
    path.write_bytes(dataset().to_netcdf(engine="scipy", format="NETCDF3_64BIT"))


def zarr_store(path):
    root = zarr.open_group(str(path), mode="w")
    for name, values in (("q", Q), ("p", P), ("t", DT * np.arange(T))):
        root.create_array(name, data=values)


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


def test_pickles_in_disguise_are_never_opened(tmp_path):
    root = zarr.open_group(str(tmp_path / "data.zarr"), mode="w", zarr_format=2)
    root.create_array("q", data=Q)
    metadata = tmp_path / "data.zarr" / "q" / ".zarray"
    changed = json.loads(metadata.read_text()) | {"filters": [{"id": "pickle", "protocol": 4}]}
    metadata.write_text(json.dumps(changed))
    with pytest.raises(InputError, match="asks for pickles, which are never read"):
        load_trajectories(tmp_path / "data.zarr")


def damaged(generator, content):
    """The bytes of a file, cut short, changed or repeated."""
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


def test_files_of_other_units_are_refused(tmp_path):
    for unit in ("m", "cm"):
        frame(q1=f"q1 [{unit}]").to_csv(tmp_path / f"{unit}.csv", index=False)
    with pytest.raises(InputError, match=r"positions q1 \[cm\], q2, expected q1 \[m\], q2"):
        load_trajectories([tmp_path / "m.csv", tmp_path / "cm.csv"])
