"""Noether's learning dynamics: run an experiment, print and keep what it finds, write the page."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from experiments import workers
from experiments.checks import as_json, failed, from_json, table, told
from experiments.learning_dynamics import (
    ablations,
    adaptivity,
    convolutional,
    equations,
    laws,
    motions,
    norms,
    sweeps,
)
from experiments.learning_dynamics.figures import draw
from experiments.learning_dynamics.finding import Curve, Finding, Panel
from experiments.learning_dynamics.plan import Plan, training_plan
from experiments.learning_dynamics.razor import razor
from experiments.text import markdown
from noether_razor.base.errors import InputError
from noether_razor.base.files import write_atomically
from noether_razor.describe.canvas import save

EXPERIMENTS = {
    "E0": equations.lagrangian_to_equation,
    "E1": equations.modified_flow,
    "E2": laws.constraints,
    "E3": laws.translation,
    "E4": norms.without_momentum,
    "E5": norms.with_momentum,
    "E6": laws.rescaling,
    "E7": norms.fourth_power,
    "E8": norms.equilibrium,
    "E9": adaptivity.rmsprop,
    "E10": ablations.held_norms,
    "E11": ablations.larger_norms,
    "E12": motions.curved_metric,
    "E13": motions.rotation,
    "digits": sweeps.sweeps,
    "conv": convolutional.convolutional,
    "tiny_imagenet": convolutional.convolutional,
    "razor": razor,
}
"""Every experiment by name: a function of a plan and a number of seeds.

The values of each are in `configs/learning_dynamics/NAME.yaml`.
"""
LONGEST = ("razor", "conv", "digits")
"""Experiments that take longest, so they begin first."""
FOLDER = "learning_dynamics"


def run(name: str, seeds: int, out: Path, quick: bool, changes: dict[str, Any]) -> None:
    """Run one experiment in float64, print its checks, and write its record.

    Args:
        name: one of `EXPERIMENTS`.
        seeds: number of seeds.
        out: the directory of the page; the record goes into a folder there.
        quick: whether to run a miniature.
        changes: values that replace those of the config.

    Raises:
        InputError: if there is no such experiment, or if a value is not allowed.
    """
    plan = _plan(name, changes)
    began = time.perf_counter()
    with jax.enable_x64(True):
        finding = EXPERIMENTS[name](plan.miniature() if quick else plan, seeds)
    seconds = time.perf_counter() - began
    finding = finding._replace(name=name)
    said = [f"{name}: {finding.title} ({seconds:.0f} s)", *told(finding.checks)]
    print("\n".join(said), flush=True)
    kept = record(finding, seeds, seconds, quick)
    write_atomically(out / FOLDER / f"{name}.json", kept.encode())


def run_all(
    names: Sequence[str], seeds: int, out: Path, quick: bool, changes: dict[str, Any]
) -> None:
    """Run several experiments, one per core at a time, the longest first; see `run`."""
    for name in names:
        _plan(name, changes)  # a value that is not allowed stops all before any starts
    ordered = sorted(names, key=lambda name: name not in LONGEST)
    with workers.side_by_side(min(workers.count(), len(names))) as pool:
        jobs = [pool.submit(run, name, seeds, out, quick, changes) for name in ordered]
        for job in as_completed(jobs):
            job.result()


def _plan(name: str, changes: dict[str, Any]) -> Plan:
    if name not in EXPERIMENTS:
        raise InputError(
            f"experiment is {name!r}, expected one of {', '.join(EXPERIMENTS)}, or all"
        )
    return training_plan(name, **changes)


def record(finding: Finding, seeds: int, seconds: float, quick: bool) -> str:
    """A finding with all that its page and figure need, as JSON."""
    kept = {
        "name": finding.name,
        "title": finding.title,
        "setting": finding.setting,
        "seeds": seeds,
        "seconds": round(seconds, 1),
        "miniature": quick,
        "versions": {name: version(name) for name in ("jax", "flax", "optax", "diffrax")},
        "checks": [as_json(one) for one in finding.checks],
        "remarks": list(finding.remarks),
        "panels": [
            panel._asdict() | {"curves": [_curve_as_json(curve) for curve in panel.curves]}
            for panel in finding.panels
        ],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in kept.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"  # one line per key: curves are long


def write_page(out: Path) -> Path:
    """Draw all records in `out`, and write `learning_dynamics.md` from them; return its path."""
    records = [
        json.loads(path.read_text())
        for name in EXPERIMENTS
        if (path := out / FOLDER / f"{name}.json").exists()
    ]
    for kept in records:
        save(draw(_panels(kept)), out / FOLDER / f"{kept['name']}.png")
    target = out / "learning_dynamics.md"
    write_atomically(target, page(records).encode())
    return target


def page(records: list[dict[str, Any]]) -> str:
    """The whole text: a table of all experiments, then each with its checks and its figure."""
    parts = [
        "# Noether's learning dynamics: measured against theory",
        "Written by `noether-razor learning-dynamics all`. Theory, terms and equation numbers: "
        "[docs/learning_dynamics.md](../docs/learning_dynamics.md). There is one number for "
        "each seed, or one in all, and every one has to be as wanted. A *control* shows that the "
        "check before it can fail. Where nothing is wanted, the numbers are only reported.",
    ]
    if any(each["miniature"] for each in records):
        parts.append("**A miniature: it shows that the programs run, and its numbers nothing.**")
    parts.append(markdown([_summary(each) for each in records]))
    for each in records:
        checks = [from_json(values) for values in each["checks"]]
        parts += [f"## {each['name']}: {each['title']}", each["setting"], markdown(table(checks))]
        parts += [f"- {remark}" for remark in each["remarks"]]
        parts.append(f"![{each['title']}]({FOLDER}/{each['name']}.png)")
    return "\n\n".join(parts) + "\n"


def _summary(record: dict[str, Any]) -> dict[str, object]:
    checks = [from_json(values) for values in record["checks"]]
    asked = [one for one in checks if one.holds is not None]
    missed = failed(checks)
    return {
        "": f"[{record['name']}]({FOLDER}/{record['name']}.png)",
        "what": record["title"],
        "checks": len(asked),
        "passed": len(asked) - len(missed),
        "failed": "; ".join(missed) or "-",
        "seeds": record["seeds"],
        "seconds": f"{record['seconds']:.0f}",
    }


def _curve_as_json(curve: Curve) -> dict[str, Any]:
    """A curve for JSON, with numbers to five digits; None for a line that it does not have."""
    return {
        key: [float(f"{x:.5g}") for x in value] if isinstance(value, np.ndarray) else value
        for key, value in curve._asdict().items()
    }


def _panels(record: dict[str, Any]) -> list[Panel]:
    def curve(values: dict[str, Any]) -> Curve:
        lines = {key: values[key] for key in ("x", "measured", "theory", "error")}
        arrays = {key: None if line is None else np.array(line) for key, line in lines.items()}
        return Curve(**{**values, **arrays})

    return [
        Panel(**{**values, "curves": [curve(one) for one in values["curves"]]})
        for values in record["panels"]
    ]
