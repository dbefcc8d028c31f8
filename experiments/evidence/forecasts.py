"""What conserved quantities do for forecasts: runs, and the page `forecasts.md`.

A Hamiltonian network learns from a few noisy trajectories. The quantities that `discover` finds in
the same trajectories are used in three ways: the network is averaged over the flows of the
quadratics, or over those of all independent functions, with amplitudes that the bound learns; or
the forecast of the plain network is projected onto the level sets of the functions after each step.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.evidence.kept import Kept, current, load
from experiments.evidence.sources import fingerprint
from experiments.intervals import paired
from noether_razor.base.files import write_atomically
from noether_razor.base.types import State
from noether_razor.conserved import Quadratic
from noether_razor.conserved.dictionary import Dictionary
from noether_razor.conserved.expressions import Expressions
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories, transitions
from noether_razor.describe._words import table
from noether_razor.discovery.discover import discover
from noether_razor.inference.forecast import ACCURATE
from noether_razor.inference.learn import Learned, learn
from noether_razor.inference.problem import dynamical_scaling
from noether_razor.inference.settings import Settings, Symmetry
from noether_razor.inference.spread import canonical_spread
from noether_razor.mechanics.integrate import rollout
from noether_razor.mechanics.phase_space import hamiltonian_vector_field
from noether_razor.systems import System, make_system
from noether_razor.variational.fit import of_amplitude

RECORDS = "forecasts.jsonl"
ENTRIES = tuple(
    f"noether_razor.{name}"
    for name in ("discovery.discover", "inference.learn", "inference.forecast", "variational.fit")
)
TRAIN, STEPS, NOISE = 20, 20, 0.01
"""Trajectories and transitions to learn from, and the deviation of their noise, in spreads."""
FRESH, FAR = 20, 40
"""Clean trajectories from other initial states, and their transitions, to forecast."""
PLAIN, QUADRATICS, FUNCTIONS = "plain", "averaged over quadratics", "averaged over functions"
PROJECTED = "plain, projected"
MODELS = (PLAIN, QUADRATICS, FUNCTIONS, PROJECTED)
NEWTON = 4
"""Steps of Newton's method in a projection. Its error is squared in each step."""
SETTINGS = Settings(
    width=50, warmup=1000, steps=1000, batch=64, particles=2, elements=4, pool=8, evidence=0
)


class Case(NamedTuple):
    """A system, its options, and the degree of the polynomials that are searched."""

    system: str
    options: dict
    degree: int


CASES = {
    "quartic potential in the plane": Case("central", {}, 4),
    "oscillators 1 : 2": Case("oscillator", {"frequencies": [1.0, 2.0]}, 3),
    "Henon-Heiles, integrable": Case("henon_heiles", {"variant": "integrable"}, 3),
}


def make(out: Path, seeds: int = 5) -> None:
    """Make the runs that are missing or of older code, and keep them as JSON lines."""
    kept, code = Kept(out / RECORDS), fingerprint(ENTRIES)
    for seed, name in product(range(seeds), CASES):
        if kept.lacks((name, seed), code):
            kept.add(record := one(name, seed), code)
            print(name, seed, record["errors"], f"{record['seconds']} s", flush=True)


def one(name: str, seed: int) -> dict:
    """Simulate, discover, fit the models and compare their forecasts."""
    began, case = time.perf_counter(), CASES[name]
    system = make_system(case.system, **case.options)
    train_key, fresh_key, fit_key = jax.random.split(jax.random.key(seed), 3)
    train = noisy(simulate(system, key=train_key, trajectories=TRAIN, steps=STEPS), seed)
    fresh = simulate(system, key=fresh_key, trajectories=FRESH, steps=FAR)
    quadratics = [one for one in discover(train).quantities if one.A is not None]
    functions = [
        one.expression for one in discover(train, degree=case.degree).quantities if one.independent
    ]
    families: dict[str, Any] = {PLAIN: None}
    if quadratics:
        A, b = (jnp.asarray(np.stack([getattr(q, part) for q in quadratics])) for part in "Ab")
        start = transitions(train).start
        families[QUADRATICS] = of_amplitude(Quadratic(A, b), SETTINGS.amplitude, start)
    if functions:
        of = Expressions(tuple(functions), train.names)
        spread = jnp.ones(train.states.shape[-1])
        families[FUNCTIONS] = Dictionary(jnp.eye(len(functions)), spread, of)
    record = {
        "run": (name, seed),
        "quadratics": [one.expression for one in quadratics],
        "functions": functions,
        "errors": {},
        "energies": {},
    }
    for model, family in families.items():
        symmetry = Symmetry.plain if family is None else Symmetry.learned
        settings = replace(SETTINGS, symmetry=symmetry)
        scaling = dynamical_scaling(train.states, train.dt)
        learned = learn(fit_key, transitions(train), settings, family, scaling)
        forecasts = {model: None}
        if family is None and functions:
            forecasts[PROJECTED] = Expressions(tuple(functions), train.names)
        for label, kept in forecasts.items():
            error, energy = compared(learned, fresh, system, kept)
            record["errors"][label] = float(f"{error:.4g}")
            record["energies"][label] = float(f"{energy:.4g}")
    return record | {"seconds": round(time.perf_counter() - began, 1)}


def noisy(clean: Trajectories, seed: int) -> Trajectories:
    """Trajectories with noise on every coordinate."""
    states = clean.states
    noise = NOISE * states.std((0, 1)) * np.random.default_rng(seed).normal(size=states.shape)
    q, p = np.split(states + noise, 2, axis=-1)
    return Trajectories(q, p, clean.dt, clean.names)


def compared(
    learned: Learned, paths: Trajectories, system: System, kept: Expressions | None
) -> tuple[float, float]:
    """Errors of forecasts from the first samples of clean trajectories.

    Args:
        learned: the model.
        paths: clean trajectories.
        system: the true system.
        kept: functions that a forecast keeps, if any.

    Returns:
        Root mean square error of a coordinate, in spreads, and that of the true energy, in standard
        deviations of the energy between trajectories.
    """
    problem, fitted = learned
    scaling = problem.scaling
    field = hamiltonian_vector_field(fitted.draws(jax.random.key(0)))
    of = None if kept is None else lambda x: kept(scaling.unscale(x))

    def step(x: State, first: jax.Array) -> State:
        times = jnp.asarray([0.0, paths.dt / scaling.time], x.dtype)
        x = rollout(field, x, times, **ACCURATE)[-1]
        return x if of is None else projected(of, x, first)

    @jax.jit
    @jax.vmap
    def forecast(x: State) -> jax.Array:
        first = jnp.zeros(0) if of is None else of(x)
        return jax.lax.scan(lambda x, _: (step(x, first),) * 2, x, length=FAR)[1]

    start = scaling.scale(jnp.asarray(paths.states[:, 0], problem.spread.dtype))
    states = np.asarray(scaling.unscale(forecast(start)), float)
    true = paths.states[:, 1:]
    apart = (states - true) / canonical_spread(paths.states)
    energy = jax.vmap(jax.vmap(system.hamiltonian))
    energies, wanted = np.asarray(energy(jnp.asarray(states))), np.asarray(energy(true))
    change = (energies - wanted) / wanted[:, 0].std()
    return float(np.sqrt((apart**2).mean())), float(np.sqrt((change**2).mean()))


def projected(functions: Any, x: State, values: jax.Array) -> State:
    """A state near x [2n] at which functions have the given values [K], by Newton's method."""
    for _ in range(NEWTON):
        x = x - jnp.linalg.pinv(jax.jacfwd(functions)(x)) @ (functions(x) - values)
    return x


def write(out: Path) -> Path:
    """Write the page from the runs."""
    records, code = load(out / RECORDS), fingerprint(ENTRIES)
    present = sum(record["code"] in current(code) for record in records)
    parts = [
        "# What conserved quantities do for forecasts",
        f"A Hamiltonian network learns from {TRAIN} trajectories of {STEPS + 1} samples, with "
        f"noise of {NOISE:g} of each coordinate's spread. `discover` finds quadratics, and "
        f"functions, in the same trajectories. The models forecast {FRESH} clean trajectories of "
        f"{FAR} steps, from other initial states. Every model takes "
        f"{SETTINGS.warmup + SETTINGS.steps} steps of training. Averaged: the network is averaged "
        "over the flows of the quantities, and the bound learns their amplitudes. Projected: after "
        "each step the forecast of the plain network is moved to the nearest state at which the "
        "functions have their first values.",
        "Error: root mean square of a coordinate over the whole forecast, in spreads; the mean of "
        "the seeds. Energy: the same for the true energy, in its standard deviations between "
        "trajectories. Difference: the error minus that of the plain model with the same seed, "
        "with Student's interval of 95 % for the mean.",
        _errors(records),
        _answer(records),
        f"{len(records)} runs are done. Runs by the code as it is, or by code that "
        f"gives the same: {present}.",
        "## What was found",
        "Functions that count, in seed 0.",
        _found(records),
    ]
    path = out / "forecasts.md"
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _of(records: Sequence[dict]) -> dict[tuple[str, str], list[dict]]:
    """The records of each system and model."""
    pairs = product(CASES, MODELS)
    found = {
        (name, model): [r for r in records if r["run"][0] == name and model in r["errors"]]
        for name, model in pairs
    }
    return {pair: some for pair, some in found.items() if some}


def _difference(model: str, records: Sequence[dict]) -> tuple[float, float, float]:
    return paired([r["errors"][model] - r["errors"][PLAIN] for r in records])


def _answer(records: Sequence[dict]) -> str:
    """The models whose difference from the plain one has an interval without zero."""
    found = {pair: _difference(pair[1], some) for pair, some in _of(records).items()}
    texts = []
    for word, sign in (("smaller", -1), ("larger", 1)):
        which = [
            f"{name}: {model}"
            for (name, model), (_, low, high) in found.items()
            if model != PLAIN and min(sign * low, sign * high) > 0
        ]
        texts.append(f"By the intervals the error is {word} for {'; '.join(which) or 'none'}.")
    return " ".join(texts)


def _errors(records: Sequence[dict]) -> str:
    rows = []
    for (name, model), some in _of(records).items():
        error, energy = (np.mean([r[key][model] for r in some]) for key in ("errors", "energies"))
        mean, low, high = _difference(model, some)
        apart = "-" if model == PLAIN else f"{mean:+.2g} ({low:+.2g} to {high:+.2g})"
        rows.append((name, model, str(len(some)), f"{error:.3g}", f"{energy:.2g}", apart))
    return table(("system", "model", "seeds", "error", "energy", "difference"), rows)


def _found(records: Sequence[dict]) -> str:
    rows = [
        (r["run"][0], *("<br>".join(f"`{text}`" for text in r[kind]) or "none"
                        for kind in ("quadratics", "functions")))
        for r in records
        if r["run"][1] == 0
    ]  # fmt: skip
    return table(("system", "quadratics", "functions"), rows)
