"""Seeds of one row: one after the other, together under vmap, or side by side, in one run.

    python -m benchmarks.seeds [--out results/seeds.json]

One after the other: a seed has every core, its particles shared out among them. Under vmap: one
compiled loop for all seeds, on every core in the same way. Side by side: each core has a seed of
its own, in a process of its own, which is how `noether-razor table` runs them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.step import best_time
from experiments.workers import enter
from noether_razor.base.cores import cores
from noether_razor.base.files import write_atomically
from noether_razor.cli.compose import compose_experiment
from noether_razor.data.trajectories import Transitions
from noether_razor.inference.devices import device_mesh, on_every_device, to_every_device
from noether_razor.inference.fit import make_svi, run_chunk, start_fit
from noether_razor.inference.problem import pose

STEPS, SEEDS = 20, 4


def problem(experiment: str, dimension: int, seed: int) -> tuple[Any, ...]:
    """Settings, razor, first state and random data of the experiment's shape."""
    settings = compose_experiment([f"experiment={experiment}"]).settings
    keys = jax.random.split(jax.random.key(seed), 3)
    start = jax.random.normal(keys[0], (10_000, dimension))
    data = Transitions(start, start, 0.2)
    razor = pose(keys[1], data, settings).razor
    return settings, razor, start_fit(razor, settings, STEPS, keys[2], data), data


def alone(experiment: str, dimension: int) -> float:
    """Seconds per step of one seed, on the devices of this process."""
    settings, *parts = problem(experiment, dimension, 0)
    mesh = device_mesh(settings.particles)
    razor, state, data = to_every_device(mesh, parts)
    run = jax.jit(lambda *rest: run_chunk(rest[0], settings, STEPS, mesh, STEPS, *rest[1:]))
    return best_time(lambda: run(razor, state, data)) / STEPS


def under_vmap(experiment: str, dimension: int) -> float:
    """Seconds per step and seed, with `SEEDS` seeds in one loop on the devices of this process."""
    settings = compose_experiment([f"experiment={experiment}"]).settings
    parts = [problem(experiment, dimension, seed)[1:] for seed in range(SEEDS)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)
    mesh = device_mesh(settings.particles)

    def one(razor: Any, state: Any, data: Transitions) -> Any:
        svi = make_svi(razor, settings, STEPS)
        return jax.lax.fori_loop(0, STEPS, lambda _, state: svi.update(state, data)[0], state)

    run = jax.jit(on_every_device(mesh, jax.vmap(one)))
    razor, state, data = to_every_device(mesh, stacked)
    return best_time(lambda: run(razor, state, data)) / (STEPS * SEEDS)


def side_by_side(experiment: str, dimension: int) -> float:
    """Seconds per step and seed, with as many processes as there are cores."""
    context = multiprocessing.get_context("spawn")
    places, messages = context.Queue(), context.Queue()
    count = cores()
    for place in range(count):
        places.put(place)
    barrier = context.Barrier(count)
    told = (places, messages, multiprocessing.current_process().pid, "")
    with ProcessPoolExecutor(count, context, _meet, (barrier, told)) as pool:
        jobs = [pool.submit(_together, experiment, dimension) for _ in range(count)]
        return max(job.result() for job in jobs) / count


_met: dict[str, Any] = {}


def _meet(barrier: Any, told: tuple) -> None:
    enter(*told)
    _met["barrier"] = barrier


def _together(experiment: str, dimension: int) -> float:
    settings, *parts = problem(experiment, dimension, 0)
    mesh = device_mesh(settings.particles)
    run = lambda: run_chunk(parts[0], settings, STEPS, mesh, STEPS, *parts[1:])  # noqa: E731
    jax.block_until_ready(run())
    _met["barrier"].wait()
    return best_time(run) / STEPS


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/seeds.json"))
    options = parser.parse_args()
    rows = []
    for experiment, dimension in (("table2/learned", 6), ("table3/random", 12)):
        ways = {
            "one after the other": alone,
            f"{SEEDS} under vmap": under_vmap,
            "side by side": side_by_side,
        }
        began = time.perf_counter()
        found = {name: way(experiment, dimension) for name, way in ways.items()}
        rows.append(
            {"experiment": experiment, "cores": cores()}
            | {f"{name} (ms a step and seed)": f"{1e3 * s:.1f}" for name, s in found.items()}
        )
        print(rows[-1], f"{time.perf_counter() - began:.0f} s", flush=True)
    write_atomically(options.out, (json.dumps(rows, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
