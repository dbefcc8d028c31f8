"""How many functions are conserved, on twelve systems; writes `results/networks.md`.

    python -m experiments.networks            # five seeds of each system, hours; resumes
    python -m experiments.networks --quick    # a miniature, into runs/quick

What a run found is kept in `results/runs/networks/`; remove a file to have that run made again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax

from experiments.explained import conserved, explain
from experiments.networks_page import page, picture_of
from experiments.networks_systems import COMPARED, SYSTEMS, Entry
from noether_razor._files import write_atomically
from noether_razor._json import write_record
from noether_razor.canvas import TEXT, save
from noether_razor.errors import InputError, RunError
from noether_razor.function_plots import sections
from noether_razor.inference.settings import Kind, Settings, Symmetry, for_functions
from noether_razor.investigate import investigate, reporter
from noether_razor.investigate_functions import investigate_functions
from noether_razor.measure import Data
from noether_razor.progress import show_progress
from noether_razor.systems import System, make_system
from noether_razor.trajectories import simulate

SETTINGS = for_functions(Settings(), Kind.auto)
MINIATURE = replace(
    SETTINGS, functions=3, function_width=8, function_steps=50, width=16, warmup=40, steps=20
)
FRESH = 3000
"""Trajectories on which a learned function is regressed on the true ones."""


def data_of(entry: Entry, seed: int, few: bool = False) -> tuple[System, Data, jax.Array]:
    """The system of a run, its data, and the key of what is found in it."""
    system = make_system(entry.system, **entry.options)
    simulate_key, split_key, key = jax.random.split(jax.random.key(seed), 3)
    trajectories = 20 if few else entry.trajectories
    steps = 20 if few else entry.steps
    paths = simulate(system, key=simulate_key, trajectories=trajectories, steps=steps, dt=entry.dt)
    return system, Data.of(paths, key=split_key, held_out=0.25), key


def run(label: str, seed: int, kept: Path, settings: Settings, few: bool = False) -> None:
    """One discovery beside the truth; nothing is done where it is kept already."""
    if kept.exists():
        return
    entry = SYSTEMS[label]
    system, data, key = data_of(entry, seed, few)
    if not few:
        settings = replace(settings, functions=entry.functions, function_width=entry.width)
    with show_progress() as progress:
        told = {
            "on_chunk": reporter(lambda stage, *rest: progress(f"{label} {seed} {stage}", *rest))
        }
        found = investigate_functions(key, data, settings, seed=seed, **told)
        record = asdict(found.discovery)
        fresh_key = jax.random.fold_in(key, 1)
        fresh = simulate(system, key=fresh_key, trajectories=FRESH, steps=10, dt=entry.dt)
        explained = explain(system, found, fresh, data.test_paths)
        record |= {
            "true": entry.count,
            "explained": [explained.r_squared[k] for k in conserved(found)],
            "spanned": [explained.spanned[k] for k in conserved(found)],
            "device": jax.devices()[0].device_kind,
        }
        if label in COMPARED:
            single = replace(settings, kind=Kind.quadratic, symmetry=Symmetry.plain)
            other = investigate(key, data, single, **told).discovery
            record["plain"] = {"elbo": other.elbo, "test_mse": other.test_mse}
    kept.parent.mkdir(parents=True, exist_ok=True)
    if seed == 0 and conserved(found):
        picture = sections(found, data.test_paths, explained)
        title = f"{label}: learned in colour, functions of the true ones in dashes"
        picture.suptitle(title, fontsize=TEXT)
        save(picture, kept.parents[2] / "networks" / picture_of(label))
    write_record(kept, record)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every run that is missing, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(SYSTEMS), help="labels of systems")
    parser.add_argument("--quick", action="store_true", help="a miniature, into runs/quick")
    options = parser.parse_args(arguments)
    out = Path("runs/quick/networks") if options.quick else Path("results")
    settings = MINIATURE if options.quick else SETTINGS
    labels = options.only[:1] if options.quick else options.only
    try:
        for seed in range(1 if options.quick else options.seeds):
            for label in labels:
                if label not in SYSTEMS:
                    raise InputError(f"no system {label!r}, expected some of {', '.join(SYSTEMS)}")
                run(label, seed, kept_at(out, label, seed), settings, options.quick)
    except (InputError, RunError) as error:
        print(f"networks: {error}", file=sys.stderr)
        return 1
    found: dict[str, list[dict[str, Any]]] = {}
    for label in SYSTEMS:
        paths = [kept_at(out, label, seed) for seed in range(options.seeds)]
        found[label] = [json.loads(path.read_text()) for path in paths if path.exists()]
    path = out / "networks.md"
    drawn = [one.name for one in (out / "networks").glob("*.png")]
    write_atomically(path, page({k: v for k, v in found.items() if v}, drawn).encode())
    print(path)
    return 0


def kept_at(out: Path, label: str, seed: int) -> Path:
    """Where the record of a run is."""
    return out / "runs" / "networks" / f"{picture_of(label)[:-4]},seed={seed}.json"


if __name__ == "__main__":
    sys.exit(main())
