"""Run directories: the lock, the claim, metrics that survive a resume, whole checkpoints."""

import errno
import json
import os
import signal
import subprocess
import sys
import zipfile
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noether_razor.base.checkpoints import load_checkpoint, read_metadata, save_checkpoint
from noether_razor.base.errors import InputError
from noether_razor.base.runs import RunDirectory
from noether_razor.data import load_trajectories, save_trajectories
from noether_razor.data.trajectories import Trajectories
from noether_razor.inference.settings import Settings
from noether_razor.variational import in_directory

HOLD = """
import sys, time
from noether_razor.base.runs import RunDirectory
with RunDirectory(sys.argv[1]) as run:
    print("held", flush=True)
    time.sleep(60)
"""


def fill_the_disk(monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)


# The lock


def test_a_directory_serves_one_run_at_a_time(tmp_path):
    second = RunDirectory(tmp_path / "a" / "b")
    with RunDirectory(second.path), pytest.raises(InputError, match="in use by another run"):
        second.__enter__()
    with RunDirectory(tmp_path / "a" / "b"):
        pass


def test_the_lock_of_a_killed_process_is_given_back(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="in use"):
            RunDirectory(tmp_path).__enter__()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with RunDirectory(tmp_path):
            pass


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file, expected a directory"):
        RunDirectory(tmp_path / "out").__enter__()


def test_wrong_input_leaves_no_empty_directory_but_keeps_a_full_one(tmp_path):
    with pytest.raises(InputError), RunDirectory(tmp_path / "new"):
        raise InputError("no")
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError), RunDirectory(tmp_path / "used") as run:
        run.write_text("report.md", "done")
        raise InputError("no")
    assert (tmp_path / "used" / "report.md").read_text() == "done"


def test_leftovers_of_a_killed_run_are_swept(tmp_path):
    (tmp_path / ".checkpoint.npz.123.tmp").write_text("half")
    with RunDirectory(tmp_path):
        assert os.listdir(tmp_path) == [".lock"]


# The claim


def test_the_same_configuration_resumes_and_another_is_refused(tmp_path):
    config = {"seed": 0, "settings": {"steps": 10, "rates": (0.1, 0.2)}}
    with RunDirectory(tmp_path) as run:
        assert run.claim(config) is False
        assert run.claim(config) is True
        other = {"seed": 0, "settings": {"steps": 20, "rates": (0.1, 0.2), "extra": None}}
        with pytest.raises(InputError) as error:
            run.claim(other)
    message = str(error.value)
    assert "settings.steps was 10 and is now 20" in message
    assert "settings.extra was absent and is now null" in message
    assert "seed" not in message and "\n" not in message and "choose another --out" in message


def test_a_run_on_several_files_keeps_them_and_their_order(tmp_path, monkeypatch):
    def stopped(key, data, *arguments, **options):
        raise KeyboardInterrupt(data.train_paths.source)

    monkeypatch.setattr(in_directory, "fit_and_judge", stopped)
    monkeypatch.chdir(tmp_path)
    for name in ("a.npz", "b.csv"):
        q, p = np.random.default_rng(0).normal(size=(2, 3, 5, 2))
        save_trajectories(name, Trajectories(q, p, 0.1))

    def run(files, out):
        in_directory.discover_by_fit_in_directory(
            load_trajectories(files), out, Settings(), seed=0, files=files, reading={},
            progress=print,
        )  # fmt: skip

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt, match=r"a.npz and b.csv"):
            run(["a.npz", "b.csv"], "both")
    with pytest.raises(InputError, match=r'files was \["a.npz", "b.csv"\] and is now'):
        run(["a.npz"], "both")
    with pytest.raises(KeyboardInterrupt):
        run(["a.npz"], "one")
    assert json.loads((tmp_path / "one" / "config.json").read_text())["files"] == ["a.npz"]


def test_a_run_is_finished_when_its_result_is_there(tmp_path):
    with RunDirectory(tmp_path) as run:
        assert not run.finished
        run.write_json("discovery.json", {"rank": np.int64(3), "kl": float("nan")})
        assert run.finished
    assert json.loads((tmp_path / "discovery.json").read_text()) == {"rank": 3, "kl": None}


def test_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    with RunDirectory(tmp_path) as run:
        run.write_text("report.md", "old")
        fill_the_disk(monkeypatch)
        for write in (
            lambda: run.write_text("report.md", "new"),
            lambda: run.metrics.append(1, loss=2.0),
            lambda: save_checkpoint(run.checkpoint, jnp.ones(3), {}),
        ):
            with pytest.raises(InputError, match="no space left"):
                write()
        assert (tmp_path / "report.md").read_text() == "old"
        assert not run.checkpoint.exists()
        assert not list(tmp_path.glob(".*.tmp"))


# Metrics


def test_a_resumed_run_leaves_the_metrics_of_one_never_stopped(tmp_path):
    def steps(run, first, last):
        for step in range(first, last):
            run.metrics.append(step, elbo=np.float32(step) / 3, note="ok", gap=float("inf"))

    with RunDirectory(tmp_path / "whole") as whole:
        steps(whole, 0, 10)
    with RunDirectory(tmp_path / "killed") as killed:
        steps(killed, 0, 7)
        with open(killed.metrics.path, "ab") as file:
            file.write(b'{"step": 7, "elb')  # killed in the middle of a line
        killed.metrics.truncate_after(4)  # the step of the last checkpoint
        steps(killed, 5, 10)
    assert whole.metrics.path.read_bytes() == killed.metrics.path.read_bytes()
    assert [line["step"] for line in whole.metrics.read()] == list(range(10))


def test_metrics_of_a_fresh_run_are_empty(tmp_path):
    with RunDirectory(tmp_path) as run:
        run.metrics.truncate_after(3)
        assert run.metrics.read() == []


# Checkpoints


class State(NamedTuple):
    weights: dict
    step: object
    key: object


def state(seed=0):
    key = jax.random.key(seed)
    weights = {"a.kernel": jax.random.normal(key, (2, 3)), "b": np.arange(4)}
    return State(weights, jnp.int32(7), key)


def test_a_checkpoint_restores_structure_types_and_bits(tmp_path):
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, state(1), {"step": 7, "phase": "fit"})
    restored, metadata = load_checkpoint(path, state(2))
    assert metadata == {"step": 7, "phase": "fit"} == read_metadata(path)
    assert jax.tree.structure(restored) == jax.tree.structure(state(1))
    assert isinstance(restored.weights["a.kernel"], jax.Array)
    assert isinstance(restored.weights["b"], np.ndarray)
    for new, old in zip(jax.tree.leaves(restored), jax.tree.leaves(state(1)), strict=True):
        assert new.dtype == old.dtype and bool(jnp.array_equal(new, old))
    assert jax.random.uniform(restored.key) == jax.random.uniform(jax.random.key(1))


def test_a_checkpoint_fits_the_shapes_of_eval_shape_and_is_reproducible(tmp_path):
    save_checkpoint(tmp_path / "a", state(), {})
    save_checkpoint(tmp_path / "b", state(), {})
    shapes = jax.eval_shape(lambda: jax.tree.map(jnp.asarray, state().weights))
    shapes["b"] = state().weights["b"]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    restored, _ = load_checkpoint(tmp_path / "a", state(5)._replace(weights=shapes))
    assert jnp.array_equal(restored.weights["a.kernel"], state().weights["a.kernel"])


leaves = st.lists(
    st.tuples(
        st.sampled_from([np.float32, np.int32, np.uint32, np.bool_]),
        st.lists(st.integers(0, 3), max_size=3),
    ),
    max_size=4,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(leaves=leaves, seed=st.integers(0, 100))
def test_any_tree_of_arrays_comes_back(tmp_path, leaves, seed):
    generator = np.random.default_rng(seed)
    tree = [np.asarray(generator.normal(size=shape) * 9).astype(dtype) for dtype, shape in leaves]
    save_checkpoint(tmp_path / "c", tree, {"seed": seed})
    restored, _ = load_checkpoint(tmp_path / "c", tree)
    assert [(x.dtype, x.shape, x.tobytes()) for x in restored] == [
        (x.dtype, x.shape, x.tobytes()) for x in tree
    ]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_torn_or_changed_checkpoint_is_never_read(tmp_path, data):
    path = tmp_path / "checkpoint.npz"
    tree = {"weights": np.linspace(0, 1, 50)}
    save_checkpoint(path, tree, {"step": 3})
    content = path.read_bytes()
    if data.draw(st.booleans()):
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    else:
        changed = bytearray(content)
        changed[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(changed)
    try:
        restored, metadata = load_checkpoint(path, tree)
    except InputError as error:
        assert "delete it" in str(error) and "\n" not in str(error)
    else:  # a byte that means nothing, such as a date
        assert restored["weights"].tobytes() == tree["weights"].tobytes()
        assert metadata == {"step": 3}


def test_arrays_exchanged_behind_the_digest_are_noticed(tmp_path):
    path, forged = tmp_path / "checkpoint.npz", tmp_path / "forged.npz"
    save_checkpoint(path, {"a": np.ones(3)}, {})
    save_checkpoint(forged, {"a": np.zeros(3)}, {})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(forged) as new:
        members = {name: old.read(name) for name in old.namelist()}
        members["tree['a'].npy"] = new.read("tree['a'].npy")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(path, {"a": np.ones(3)})


@pytest.mark.parametrize(
    ("like", "message"),
    [
        ({"a": np.ones(4)}, r"tree\['a'\] is float64\[3\], expected float64\[4\]"),
        ({"a": np.ones(3, np.float32)}, r"float64\[3\], expected float32\[3\]"),
        ({"b": np.ones(3)}, r"the arrays differ in tree\['a'\], tree\['b'\]"),
        ({"a": np.ones(3), "b": 1}, r"the arrays differ in tree\['b'\]"),
    ],
)
def test_the_checkpoint_of_another_model_is_refused(tmp_path, like, message):
    save_checkpoint(tmp_path / "c", {"a": np.ones(3)}, {})
    with pytest.raises(InputError, match=message):
        load_checkpoint(tmp_path / "c", like)


def test_a_missing_checkpoint(tmp_path):
    with pytest.raises(InputError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "c", {})
