"""What the engine was to reach, beside what its finished runs show; nothing here is typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from experiments.checks import Checks
from noether_razor.discovery.result import Discovery


class Finished(Protocol):
    """What is read of a run; see `experiments.engine.Run`."""

    discovery: Discovery
    found: np.ndarray
    singular: np.ndarray


Load = Callable[[str, str], Sequence[Finished]]
"""Gives the finished runs of an experiment and a model."""


def checks(load: Load, steps: Sequence[Mapping[str, str]]) -> list[dict[str, object]]:
    """A row a demand: what was wanted, what was reached, and whether that is enough.

    Args:
        load: reads the runs.
        steps: rows of the benchmark of the training step.
    """
    checks = Checks()
    add = checks.add
    oscillators = load("oscillator3", "learned")
    ranks = [run.discovery.rank for run in oscillators]
    add("oscillators: rank", "9", ranks, set(ranks) == {9})
    gaps = [r.discovery.singular_values[8] / r.discovery.singular_values[9] for r in oscillators]
    add(
        "oscillators: ninth / tenth singular value", "≥ 10", gaps, min(gaps, default=0) >= 10, ".0f"
    )
    bodies = load("three_body", "learned")
    ranks = [run.discovery.rank for run in bodies]
    add("three bodies, proposed: rank", "7", ranks, set(ranks) == {7})
    for name, runs, least, limit in (
        ("oscillators", oscillators, 0.99, 180),
        ("three bodies, proposed", bodies, 0.98, 600),
    ):
        true = [run.found.min(initial=1.0) for run in runs]
        add(f"{name}: least parallelness", f"≥ {least}", true, min(true, default=0) >= least, ".3f")
        seconds = [run.discovery.seconds for run in runs]
        add(f"{name}: seconds", f"< {limit}", seconds, max(seconds, default=limit) < limit, ".0f")
    wild = load("three_body_random", "learned")
    near = [int(np.sum(run.singular[:7] >= 0.95)) for run in wild]
    enough = min(near, default=0) >= 5
    add("three bodies, random: of seven, parallel to 0.95", "≥ 5, as a study had", near, enough)
    seconds = [run.discovery.seconds for run in wild]
    add("three bodies, random: seconds", "< 900", seconds, max(seconds, default=900) < 900, ".0f")
    for name, experiment in (("oscillators", "oscillator3"), ("three bodies", "three_body")):
        plain, learned, built_in = (
            _means(load(experiment, model)) for model in ("plain", "learned", "built_in")
        )
        gain = learned[0] - plain[0]
        add(f"{name}: bound, learned - plain", "> 0", [gain], gain > 0, ".2f")
        ratio = learned[1] / plain[1]
        add(f"{name}: test MSE, learned / plain", "≤ 0.33", [ratio], ratio <= 1 / 3, ".2f")
        lost = (built_in[0] - learned[0]) / abs(built_in[0])
        add(f"{name}: bound lost on built in", "≤ 5 %", [100 * lost], lost <= 0.05, ".1f")
        ratio = learned[1] / built_in[1]
        add(f"{name}: test MSE, learned / built in", "≤ 1.5", [ratio], ratio <= 1.5, ".2f")
    ranks = [run.discovery.rank for run in load("anharmonic", "learned")]
    add("anharmonic: rank", "0", ranks, set(ranks) == {0})
    share = [float(row["share of the former"]) for row in steps]
    add("step: share of the matrix-product rate", "≥ 0.5", share, min(share, default=0) >= 0.5)
    compiling = [float(row["compile (s)"]) for row in steps]
    add("step: seconds to compile", "< 20", compiling, max(compiling, default=20) < 20)
    return checks.rows


def _means(runs: Sequence[Finished]) -> tuple[float, float]:
    """Mean bound and mean test error."""
    found = [run.discovery for run in runs]
    if not found:
        return np.nan, np.nan
    return float(np.mean([d.elbo for d in found])), float(np.mean([d.test_mse for d in found]))
