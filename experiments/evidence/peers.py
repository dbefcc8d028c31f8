"""Run the verdict by evidence on a published benchmark, with its data made again.

Noise is on every observation, in the units of the state as in the source. Nothing but the
observations is given to the method. The records are JSON lines.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import eigh

from experiments.evidence.kept import Kept
from experiments.evidence.peers_systems import PEERS, Peer
from experiments.evidence.runs import sizes_of
from noether_razor.base.files import write_atomically
from noether_razor.base.types import State
from noether_razor.conserved.features import Features, Monomials
from noether_razor.data.trajectories import Trajectories
from noether_razor.evidence.functions import on_tracks
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judge_tracks import judge_tracks
from noether_razor.evidence.judged import TOLERANCE, Judged
from noether_razor.evidence.noise import noise_variances
from noether_razor.evidence.products import judge_with_products
from noether_razor.evidence.recording import Recording, recording
from noether_razor.mechanics.integrate import solve

TRAJECTORIES, JUDGES = 100, 100
SAMPLES, EVERY = 500, 4
"""Samples of a trajectory in the source; every `EVERY`-th is used: the method would thin them."""
NOISES = (0.0, 0.1)
OWN, SAME = "each its own", "all the same"
"""Parameters of the trajectories: drawn for each as in the source, or the middles of the ranges."""
QUADRATIC, LIST = "quadratics", "its list"
LEAST = 1e-4
"""Smaller values are replaced by this one before a logarithm, as in the source."""


class Run(NamedTuple):
    """One run: a system, its parameters, the noise, the functions, and a seed."""

    system: str
    parameters: str
    noise: float
    functions: str
    seed: int


def plan(seeds: int) -> Iterator[Run]:
    """Every run of each seed; those on quadratics, the default, and with noise come first."""
    for seed, functions, noise in product(range(seeds), (QUADRATIC, LIST), NOISES[::-1]):
        for (name, peer), kind in product(PEERS.items(), (OWN, SAME)):
            if kind == OWN or peer.ranges:
                yield Run(name, kind, noise, functions, seed)


def make(out: Path, seeds: int = 5) -> None:
    """Make the runs that are missing or of older code, and keep them in `peers.jsonl`."""
    kept = Kept(out / "peers.jsonl")
    for run in plan(seeds):
        if kept.lacks(run):
            kept.add(record := one(run))
            print(json.dumps(record)[:200], flush=True)
    measured = {name: printed(peer) for name, peer in PEERS.items() if peer.printed.function}
    text = json.dumps({name: one._asdict() for name, one in measured.items()}, indent=1) + "\n"
    write_atomically(out / "peers_printed.json", text.encode())


class Measured(NamedTuple):
    """How a printed expression changes on the clean trajectories on which it is finite.

    Attributes:
        finite: share of the trajectories on which it is finite.
        constancy: the source's measure, std_t C / |mean_t C|, mean over trajectories.
        size: size of its change; see docs/evidence.md.
    """

    finite: float
    constancy: float
    size: float


def printed(peer: Peer) -> Measured:
    """Measure the expression that the source prints, on the source's kind of data without noise."""
    function = peer.printed.function
    assert function is not None
    return measured(function(simulated(peer, OWN, 0, JUDGES)))


def measured(values: np.ndarray) -> Measured:
    """Measure how one quantity changes, from its values [R, T] along trajectories."""
    finite = np.isfinite(values).all(1)
    values = values[finite]
    constancy = (values.std(1) / np.abs(values.mean(1))).mean()
    size = sizes_of(values[..., None])[0]
    return Measured(float(finite.mean()), float(constancy), float(size))


def one(run: Run) -> dict:
    """Simulate, judge and score one run."""
    peer = PEERS[run.system]
    clean = simulated(peer, run.parameters, run.seed, TRAJECTORIES + JUDGES)
    states, judges = np.split(clean, [TRAJECTORIES])
    generator = np.random.default_rng(run.seed)
    states = states + run.noise * generator.normal(size=states.shape)
    if peer.logarithms:
        states = np.maximum(states, LEAST)
    began = time.process_time()
    data = recorded(states, EVERY * peer.duration / (SAMPLES - 1))
    functions = listed_functions(peer, data, run.functions)
    judged, by = _judged(data, functions)
    seconds = time.process_time() - began
    true, sizes = truth(functions, data, judges, judged)
    return {
        "run": run,
        "true": true,
        "verdicts": "".join(v[0] if v != "changes" else "x" for v in judged.verdicts()),
        "true_size": [float(f"{size:.4g}") for size in sizes],
        "by": by,
        "noise_in_spreads": round(float((run.noise / clean.std((0, 1))).max()), 3),
        "seconds": round(seconds, 1),
    }


def simulated(peer: Peer, kind: str, seed: int, count: int) -> np.ndarray:
    """Clean states [count, SAMPLES / EVERY, m]."""
    generator = np.random.default_rng(seed)
    low, high = np.array(peer.start).T
    start = generator.uniform(low, high, size=(20 * count, len(low)))
    start = start[peer.accept(start)][:count]
    low, high = np.array(peer.ranges).reshape(-1, 2).T
    own = generator.uniform(low, high, size=(len(start), len(low)))
    parameters = own if kind == OWN else np.broadcast_to((low + high) / 2, own.shape)
    with jax.enable_x64(True):
        times = jnp.linspace(0.0, peer.duration, SAMPLES)[::EVERY]
        path_of = lambda x, p: solve(lambda y: peer.field(y, p), x, times)  # noqa: E731
        paths = jax.jit(jax.vmap(path_of))(jnp.asarray(start), jnp.asarray(parameters))
        states = np.asarray(paths)
    if len(states) < count or not np.isfinite(states).all():
        raise RuntimeError("a trajectory is missing or not finite")
    return states


def recorded(states: np.ndarray, dt: float) -> Recording:
    """The recording of states [R, T, m]; if m is odd they are not positions and momenta."""
    m = states.shape[-1]
    if m % 2 == 0:
        return recording(Trajectories(states[..., : m // 2], states[..., m // 2 :], dt))
    centre, spread = states.mean((0, 1)), states.std((0, 1))
    z = (states - centre) / spread
    return Recording(z, centre, spread, dt, noise_variances(z), np.zeros(m, bool))


@dataclass(frozen=True)
class Logarithms:
    """x and log(x) of every coordinate x, for states in units of the spread about the centre."""

    centre: tuple[float, ...]
    spread: tuple[float, ...]

    def __call__(self, x: State) -> jax.Array:
        user = jnp.asarray(self.centre) + jnp.asarray(self.spread) * x
        return jnp.concatenate([x, jnp.log(jnp.maximum(user, LEAST))])

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return [*coordinates, *(f"log({name})" for name in coordinates)]


def listed_functions(peer: Peer, data: Recording, which: str) -> Features:
    """All quadratics, as `discover` has them; or the list that the source searches."""
    if which == QUADRATIC:
        return Monomials(data.dimension, 2)
    if peer.logarithms:
        return Logarithms(tuple(data.centre.tolist()), tuple(data.spread.tolist()))
    return Monomials(data.dimension, 3)


def _judged(data: Recording, functions: Features) -> tuple[Judged, str]:
    """The verdict; by the trajectories alone if these are not positions and momenta."""
    if data.dimension % 2:
        with jax.enable_x64(True):
            alone = partial(judge_tracks, data, TOLERANCE)
            return judge_with_products(alone, functions), ""
    findings = investigate(data, TOLERANCE, functions, always=False)
    return findings.judged, findings.by


def truth(
    functions: Features, data: Recording, judges: np.ndarray, judged: Judged
) -> tuple[int, np.ndarray]:
    """Number of directions of the span within the tolerance, and true sizes of the judged ones.

    Both are measured on `judges`: clean trajectories of other initial states, [JUDGES, T, m].
    """
    with jax.enable_x64(True):
        values = np.asarray(on_tracks(functions, (judges - data.centre) / data.spread).values)
    scaled = values / values.std((0, 1))
    within, whole = (
        np.einsum("rtd,rte->de", v, v) for v in (
            scaled - scaled.mean(1, keepdims=True), scaled - scaled.mean((0, 1))
        )
    )  # fmt: skip
    shares = eigh(within, whole, eigvals_only=True)
    return int(np.sum(shares <= TOLERANCE**2)), sizes_of(values @ judged.coefficients.T)
