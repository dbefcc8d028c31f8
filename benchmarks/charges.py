"""What logging charges adds to a training step, on digits and a convolutional network.

    python -m benchmarks.charges [--out results/charges.json]

Steps with and without the log take turns, so that both see the same machine; the fastest of each
count.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import optax

from experiments.learning_dynamics.data import digits
from experiments.learning_dynamics.networks import filters_of, make_network
from experiments.learning_dynamics.training import cross_entropy, draw
from noether_razor.base.files import write_atomically
from noether_razor.learning_dynamics.charges import with_charges
from noether_razor.learning_dynamics.descent import Descent

WIDTHS, BATCH, STEPS, REPEATS = (16, 32), 64, 10, 15
DESCENT = Descent(0.05, 0.9, 5e-4)


def runner(optimiser: optax.GradientTransformation) -> Callable[[], Any]:
    """Return a function without arguments that makes a few training steps on one batch."""
    apply, parameters = make_network("convolutional", jax.random.key(0), 1, WIDTHS, 10)
    loss = cross_entropy(apply)
    batch = draw(jax.random.key(1), digits()[0], BATCH)

    def step(carry, _):
        parameters, state = carry
        gradients = jax.grad(loss)(parameters, batch)
        updates, state = optimiser.update(gradients, state, parameters)
        return (optax.apply_updates(parameters, updates), state), None

    @jax.jit
    def run():
        return jax.lax.scan(step, (parameters, optimiser.init(parameters)), None, STEPS)[0]

    return run


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="results/charges.json")
    plain = DESCENT.transformation
    logged = with_charges(plain, filters_of(WIDTHS), DESCENT)
    runs = {"plain": runner(plain), "logged": runner(logged)}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(REPEATS + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            jax.block_until_ready(run())
            if repeat:  # the first one compiles
                seconds[name].append((time.perf_counter() - start) / STEPS)
    best = {name: min(times) for name, times in seconds.items()}
    best["added"] = best["logged"] / best["plain"] - 1
    print(json.dumps(best))
    write_atomically(Path(parser.parse_args().out), f"{json.dumps(best)}\n".encode())


if __name__ == "__main__":
    main()
