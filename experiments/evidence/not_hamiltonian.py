"""Motion that is not Hamiltonian in its coordinates: friction, a drive, velocities."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.evidence.kept import Kept, load
from experiments.evidence.sources import fingerprint
from noether_razor.base.files import write_atomically
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe._words import table
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import TOLERANCE
from noether_razor.evidence.recording import recording
from noether_razor.mechanics.integrate import solve

TRAJECTORIES, SAMPLES, STEP = 150, 41, 0.3
NOISES = (0.0, 0.03)


class Case(NamedTuple):
    """A motion, and what is true of it.

    Attributes:
        field: rate of change as a function of a state and the time, [4] -> [4].
        conserved: number of quadratics that are conserved.
        hamiltonian: whether it is Hamiltonian in these coordinates.
    """

    field: Callable[[jax.Array, jax.Array], jax.Array]
    conserved: int
    hamiltonian: bool


def _friction(rate: float) -> Callable[[jax.Array, jax.Array], jax.Array]:
    return lambda x, t: jnp.concatenate([x[2:], -x[:2] - 2 * rate * x[2:]])


def _driven(x: jax.Array, t: jax.Array) -> jax.Array:
    return jnp.stack([x[2], x[3], -x[0] + jnp.cos(1.3 * t), -1.69 * x[1]])


def _charge(x: jax.Array, t: jax.Array) -> jax.Array:
    return jnp.stack([x[2], x[3], 1.3 * x[3], -1.3 * x[2]])


def _unequal(x: jax.Array, t: jax.Array) -> jax.Array:
    """Two coupled masses 1 and 3, given by their velocities: p = v is not canonical."""
    stretch = x[0] - x[1]
    force = jnp.stack([-stretch, stretch]) - x[:2] ** 3
    return jnp.concatenate([x[2:], force / jnp.array([1.0, 3.0])])


CASES = {
    "strong friction": Case(_friction(0.08), 0, False),
    "weak friction": Case(_friction(0.02), 0, False),
    "one driven mode, one free": Case(_driven, 1, False),
    "charge by its velocity": Case(_charge, 6, False),
    "unequal masses by velocities": Case(_unequal, 0, False),
    "the same oscillator without friction": Case(_friction(0.0), 4, True),
}


def make(out: Path, seeds: int = 5) -> None:
    """Make the runs that are missing or of older code, and keep them as JSON lines."""
    kept, code = Kept(out / "not_hamiltonian.jsonl"), _code()
    for (name, case), noise, seed in product(CASES.items(), NOISES, range(seeds)):
        if kept.lacks((name, noise, seed), code):
            kept.add(record := _one(name, case, noise, seed), code)
            print(json.dumps(record)[:160], flush=True)


def _code() -> str:
    """The code that a run depends on. Laws are compared in every run, which no replay repeats."""
    return f"{fingerprint()}, all laws"


def _one(name: str, case: Case, noise: float, seed: int) -> dict:
    with jax.enable_x64(True):
        start = jax.random.normal(jax.random.key(seed), (TRAJECTORIES, 4))
        times = STEP * jnp.arange(SAMPLES, dtype=float)

        def field(y: jax.Array) -> jax.Array:  # the time is a fifth coordinate
            return jnp.append(case.field(y[:4], y[4]), 1.0)

        def path_of(x: jax.Array) -> jax.Array:
            return solve(field, jnp.append(x, 0.0), times)[:, :4]

        states = np.asarray(jax.jit(jax.vmap(path_of))(start))
    generator = np.random.default_rng(seed)
    states = states + noise * states.std((0, 1)) * generator.normal(size=states.shape)
    began = time.perf_counter()
    data = recording(Trajectories(states[..., :2], states[..., 2:], STEP))
    findings = investigate(data, TOLERANCE)
    verdicts = findings.judged.verdicts()
    nats = findings.hamiltonian
    return {
        "run": (name, noise, seed),
        "true": case.conserved,
        "rank": verdicts.count("conserved"),
        "slow": verdicts.count("slow"),
        "undetermined": verdicts.count("undetermined"),
        "hamiltonian": round(nats, 1) if np.isfinite(nats) else None,
        "is": case.hamiltonian,
        "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip


def write(out: Path) -> Path:
    """Write the page from the runs."""
    records = load(out / "not_hamiltonian.jsonl")
    present = sum(record["code"] == _code() for record in records)
    rows = []
    for name, case in CASES.items():
        for noise in NOISES:
            some = [r for r in records if r["run"][:2] == [name, noise]]
            if not some:
                continue
            each = lambda key, some=some: " ".join(str(r[key]) for r in some)  # noqa: E731
            nats = " ".join(
                "-" if r["hamiltonian"] is None else f"{r['hamiltonian']:+.0f}" for r in some
            )
            is_so = "yes" if case.hamiltonian else "no"
            rows.append((name, f"{noise:g}", str(case.conserved), each("rank"), each("slow"),
                         each("undetermined"), is_so, nats))  # fmt: skip
    header = (
        "motion", "noise", "true rank", "rank", "slow", "undetermined", "Hamiltonian here?",
        "nats for a Hamiltonian law",
    )  # fmt: skip
    text = (
        "# Motion that is not Hamiltonian in its coordinates\n\n"
        f"Plane motion, {TRAJECTORIES} trajectories of {SAMPLES} samples, dt = {STEP}, initial "
        "states from the standard normal distribution, noise in units of the spread; one number a "
        "seed. Nats: log evidence of the best Hamiltonian law over the best general law of motion; "
        "negative says that the motion is not Hamiltonian; - where no law explains the "
        "trajectories better than smooth curves, as with a drive that depends on the time.\n\n"
        + table(header, rows)
        + f"\n\n{len(records)} runs are done. Runs by the code as it is: {present}.\n"
    )
    path = out / "not_hamiltonian.md"
    write_atomically(path, text.encode())
    return path
