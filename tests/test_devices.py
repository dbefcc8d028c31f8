"""Particles on several devices: the same fit as on one, and the command asks for the devices."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from noether_razor.base import cores as _cores

FIT = """
import json, sys
import jax, jax.numpy as jnp, numpy as np
from noether_razor.inference.devices import device_mesh
from noether_razor.inference.fit import fit
from noether_razor.inference.problem import pose
from noether_razor.inference.settings import Settings, Start
from noether_razor.data.trajectories import Transitions

settings = Settings(
    start=Start.random, candidates=3, warmup=0, steps=20, chunk=10, batch=16, particles=4,
    elements=4, pool=4, width=8, solver="Heun", noise_variance=1e-2, precision="float64",
)
start = jax.random.normal(jax.random.key(0), (64, 2))
data = Transitions(start, start @ jnp.array([[0.9, -0.1], [0.1, 0.9]]), 0.1)
problem = pose(jax.random.key(1), data, settings, None)
found = fit(jax.random.key(2), problem.razor, problem.train, settings, steps=20)
leaves = [np.asarray(leaf).ravel().tolist() for leaf in jax.tree.leaves(found)]
print(json.dumps({"devices": device_mesh(4).size, "parameters": sum(leaves, [])}))
"""


def fit_on(devices: int) -> dict:
    flags = f"{os.environ.get('XLA_FLAGS', '')} {_cores.FLAG}={devices}"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, "-c", FIT], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_devices_share_the_particles_and_change_nothing():
    one, three = fit_on(1), fit_on(3)
    assert (one["devices"], three["devices"]) == (1, 2)  # 4 particles are not shared out by 3
    assert three["parameters"] == pytest.approx(one["parameters"], rel=1e-9, abs=1e-12)


def test_the_users_own_flags_stay(monkeypatch):
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setattr(_cores, "cores", lambda: 16)
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x")
    _cores.use_every_core()
    assert os.environ["XLA_FLAGS"] == f"--xla_dump_to=x {_cores.FLAG}=4"
    monkeypatch.setenv("XLA_FLAGS", f"{_cores.FLAG}=1")
    _cores.use_every_core()
    assert os.environ["XLA_FLAGS"] == f"{_cores.FLAG}=1"
    _cores.be_exact_on_a_gpu()
    assert os.environ["XLA_FLAGS"] == f"{_cores.FLAG}=1 {_cores.REPEATABLE}=true"
    monkeypatch.setenv("XLA_FLAGS", f"{_cores.REPEATABLE}=false")
    monkeypatch.setenv("JAX_DEFAULT_MATMUL_PRECISION", "high")
    _cores.be_exact_on_a_gpu()
    assert os.environ["XLA_FLAGS"] == f"{_cores.REPEATABLE}=false"
    assert os.environ["JAX_DEFAULT_MATMUL_PRECISION"] == "high"


def test_nothing_changes_once_jax_is_there(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "")
    import jax  # noqa: F401

    _cores.use_every_core()
    assert os.environ["XLA_FLAGS"] == ""
