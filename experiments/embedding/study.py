"""Run rows, keep records of what they measured, and write the page from the records."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
import yaml

from experiments.checks import as_json, failed, from_json, table, told
from experiments.embedding.outcome import Options, Outcome
from experiments.text import markdown
from noether_razor.base.files import write_atomically
from noether_razor.base.json import write_record
from noether_razor.cli.compose import config_directory

ROWS = {
    1: ("01_pca", "linear.principal_components"),
    2: ("02_survival", "linear.survival"),
    3: ("03_second_variation", "linear.second_variation"),
    4: ("04_equations", "equations.euler_lagrange"),
    5: ("05_energy", "light.energy_law"),
    6: ("06_rotation", "symmetries.rotation"),
    7: ("07_translation", "symmetries.translation"),
    8: ("08_uniform", "equations.uniform_box"),
    9: ("09_score_limit", "light.score_limit"),
    10: ("10_figure1b", "curves.figure1b"),
    11: ("11_ill_posed", "linear.ill_posed"),
    12: ("12_peers", "peers.side_by_side"),
    13: ("13_razor", "razor.meets_embedding"),
}
"""Every row by number: the file of its settings and bounds, and the function that measures."""

INTRODUCTION = """# Variational manifold embedding

Written by `noether-razor embedding all`: what each row checks, and what was measured, five seeds
where anything is random. This reproduces arXiv:2511.22128 as recovered from its public code and a
secondary summary; its own text was not at hand. Theory, and where we depart from that summary:
[docs/embedding.md](../docs/embedding.md). Settings and bounds: `configs/embedding/`."""


def run(
    numbers: Sequence[int], out: Path, quick: bool, say: Callable[[str], None] = print
) -> list[Path]:
    """Run rows, say what each measured, and write their records, pictures and the page.

    Args:
        numbers: numbers of the rows.
        out: directory of `embedding.md`, and of `embedding/` beside it.
        quick: whether to use the miniature settings of each row.
        say: is called with one line at a time.
    """
    from noether_razor.describe.canvas import save

    kept = out / "embedding"
    written = []
    for number in numbers:
        name, home = ROWS[number]
        claim, settings, bounds = load(name, quick)
        start = time.perf_counter()
        with jax.enable_x64(True):
            outcome = measure(home)(settings, bounds)
        seconds = time.perf_counter() - start
        for line in (f"{number}. {claim} ({seconds:.0f} s)", *told(outcome.checks)):
            say(line)
        record = {
            "number": number,
            "claim": claim,
            "quick": quick,
            "seconds": round(seconds, 1),
            "checks": [as_json(one) for one in outcome.checks],
            "text": outcome.text,
            "versions": {name: version(name) for name in ("jax", "scikit-learn", "numpy")},
        }
        path = kept / f"{name}.json"
        write_record(path, record)
        if outcome.figure is not None:
            save(outcome.figure, path.with_suffix(".png"))
            written.append(path.with_suffix(".png"))
        written.append(path)
    page_path = out / "embedding.md"
    write_atomically(page_path, page(kept).encode())
    return [*written, page_path]


def load(name: str, quick: bool) -> tuple[str, Options, Options]:
    """A row's claim, settings and bounds."""
    path = config_directory() / "embedding" / f"{name}.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    settings = document["settings"] | (document.get("quick", {}) if quick else {})
    return document["claim"], Options(**settings), Options(**document.get("accept", {}))


def measure(home: str) -> Callable[[Options, Options], Outcome]:
    """The function of a row, imported when it is run."""
    module, function = home.split(".")
    return getattr(import_module(f"experiments.embedding.{module}"), function)


def page(kept: Path) -> str:
    """The whole page, from the records in a directory."""
    parts = [INTRODUCTION]
    for path in sorted(kept.glob("*.json")):
        record = json.loads(path.read_text())
        quick = ", a miniature" if record["quick"] else ""
        parts.append(f"## {record['number']}. {record['claim']}")
        parts.append(markdown(table([from_json(one) for one in record["checks"]])))
        parts.append(f"{record['seconds']:g} seconds{quick}. ![](embedding/{path.stem}.png)")
        if record["text"]:
            parts.append(record["text"])
    return "\n\n".join(parts) + "\n"


def not_as_wanted(kept: Path, numbers: Sequence[int]) -> list[str]:
    """Checks of these rows that do not hold, as "number: what", from the records."""
    records = [json.loads((kept / f"{ROWS[n][0]}.json").read_text()) for n in numbers]
    return [
        f"{record['number']}: {what}"
        for record in records
        for what in failed(from_json(one) for one in record["checks"])
    ]


def keys(seeds: int) -> list[jax.Array]:
    """One random key per seed."""
    return [jax.random.key(seed) for seed in range(seeds)]


def variation(values: Any) -> float:
    """Standard deviation divided by the absolute value of the mean."""
    values = np.asarray(values, float)
    return float(values.std() / abs(values.mean()))
