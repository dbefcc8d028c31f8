"""Time of a training step against the machine's own matrix-product rate, measured in one run.

    python -m benchmarks.step [--out results/step.json]

Floating-point operations are counted by hand (XLA's cost analysis counts the body of a loop once):
the network's matrix products alone. A gradient of F costs two products a layer, and the gradient
of that by the weights and the state four more; sampling a weight matrix from its Cholesky factors
costs two products, and their gradient four. Activations, group elements and Adam are not counted,
so the rate understates what the machine does.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp

from noether_razor.base.files import write_atomically
from noether_razor.cli.compose import compose_experiment
from noether_razor.data.trajectories import Transitions
from noether_razor.inference.devices import device_mesh, to_every_device
from noether_razor.inference.fit import run_chunk, start_fit
from noether_razor.inference.problem import pose
from noether_razor.inference.settings import Settings
from noether_razor.mechanics.integrate import stage_count

STEPS, REPEATS = 20, 5


def step_flops(settings: Settings, dimension: int) -> float:
    """Floating-point operations of the matrix products of one step."""
    sizes = [dimension, *[settings.width] * settings.depth, 1]
    layers = list(zip(sizes, sizes[1:], strict=False))
    points = settings.batch * settings.elements * stage_count(settings.solver)
    network = points * 6 * sum(2 * rows * columns for rows, columns in layers)
    sampling = settings.particles * 3 * sum(2 * r * c * (r + c) for r, c in layers)
    return network + sampling


def best_time(run: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs; a first run before them is not counted."""
    jax.block_until_ready(run())
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        jax.block_until_ready(run())
        times.append(time.perf_counter() - start)
    return min(times)


def product_rate(rows: int, inner: int, columns: int, batch: int = 1) -> float:
    """Floating-point operations per second of a float32 matrix product."""
    a = jax.random.normal(jax.random.key(0), (batch, rows, inner))
    b = jax.random.normal(jax.random.key(1), (batch, inner, columns))
    product = jax.jit(jnp.matmul)
    return 2 * batch * rows * inner * columns / best_time(lambda: product(a, b))


def measure(experiment: str) -> dict[str, object]:
    """Measure a training step of one experiment's model, on random data of the same shape."""
    config = compose_experiment([f"experiment={experiment}"])
    settings = config.settings
    dimension = {"oscillator3": 6, "three_body": 12}[experiment]
    start = jax.random.normal(jax.random.key(2), (10_000, dimension))
    data = Transitions(start, start, 0.2)
    candidates = None
    if settings.start.value == "proposals":
        from noether_razor.conserved import Quadratic

        rows = jax.random.normal(jax.random.key(3), (12, dimension * (dimension + 3) // 2))
        candidates = Quadratic.from_coefficients(rows, dimension)
    razor = pose(jax.random.key(4), data, settings, candidates).razor
    mesh = device_mesh(settings.particles)
    state = start_fit(razor, settings, STEPS, jax.random.key(5), data)
    razor, state, data = to_every_device(mesh, (razor, state, data))
    began = time.perf_counter()
    compiled = run_chunk.lower(razor, settings, STEPS, mesh, STEPS, state, data).compile()
    compile_seconds = time.perf_counter() - began
    seconds = best_time(lambda: compiled(razor, state, data)) / STEPS
    flops = step_flops(settings, dimension)
    square = product_rate(2048, 2048, 2048)
    own = product_rate(
        settings.batch * settings.elements // settings.particles,
        settings.width, settings.width, settings.particles,
    )  # fmt: skip
    return {
        "experiment": experiment,
        "devices": mesh.size,
        "step (ms)": f"{1e3 * seconds:.1f}",
        "compile (s)": f"{compile_seconds:.1f}",
        "counted (GFLOP)": f"{flops / 1e9:.2f}",
        "rate (GFLOP/s)": f"{flops / seconds / 1e9:.0f}",
        "matrix product, 2048 x 2048": f"{square / 1e9:.0f}",
        "matrix product, the network's": f"{own / 1e9:.0f}",
        "share of the former": f"{flops / seconds / square:.2f}",
        "share of the latter": f"{flops / seconds / own:.2f}",
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/step.json"))
    options = parser.parse_args()
    rows = [measure(experiment) for experiment in ("oscillator3", "three_body")]
    text = json.dumps(rows, indent=1) + "\n"
    print(text)
    write_atomically(options.out, text.encode())


if __name__ == "__main__":
    main()
