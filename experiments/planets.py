"""What orbits of the planets let one identify; writes `results/planets.md`.

    python -m experiments.planets            # three seeds of each data set, an hour on one core
    python -m experiments.planets --quick    # a miniature, into runs/quick

Unlike the other programs here this one trains: its data is no simulated system. What a run found is
kept in `results/planets/`; remove a file to have that run made again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jax

from experiments.ephemeris import SETS, data_set, misfit
from experiments.planets_page import Answers, page
from experiments.questions import ask, strays
from noether_razor._files import write_atomically
from noether_razor.discovery.result import Discovery
from noether_razor.errors import InputError, RunError
from noether_razor.inference.settings import Settings
from noether_razor.investigate import investigate, reporter
from noether_razor.measure import Data
from noether_razor.progress import show_progress

SETTINGS = Settings(particles=2, batch=64, elements=4, warmup=3000, steps=3000)
"""A step a quarter as dear as the standard budget's, and more than twice as many of them."""
MINIATURE = replace(SETTINGS, width=32, warmup=100, steps=100, chunk=50)


def data_of(name: str, seed: int, count: int) -> tuple[Data, jax.Array, jax.Array]:
    """The data of a run, and the keys of what is found in it and of the questions about that."""
    split_key, discover_key, ask_key = jax.random.split(jax.random.key(seed), 3)
    return Data.of(data_set(name, seed, count), key=split_key), discover_key, ask_key


def run(name: str, seed: int, kept: Path, settings: Settings, count: int) -> None:
    """One discovery, and the answers about it; nothing is done where they are kept already."""
    if (kept / "asked.json").exists():
        return
    data, discover_key, ask_key = data_of(name, seed, count)
    with show_progress() as progress:
        found = investigate(
            discover_key,
            data,
            settings,
            seed=seed,
            on_chunk=reporter(lambda stage, *rest: progress(f"{kept} {stage}", *rest)),
        )
    answers = ask(ask_key, found.learned, data)
    kept.mkdir(parents=True, exist_ok=True)
    write_atomically(kept / "discovery.json", found.discovery.to_json().encode())
    write_atomically(kept / "asked.json", f"{json.dumps(answers, indent=1)}\n".encode())


def load(results: Path, name: str, seeds: Sequence[int], count: int) -> list[Answers]:
    """What is kept of the finished runs of a data set."""
    found = []
    for seed in seeds:
        kept = results / "planets" / name / f"seed={seed}"
        if (kept / "asked.json").exists():
            discovery = Discovery.from_json((kept / "discovery.json").read_text())
            asked = json.loads((kept / "asked.json").read_text())
            away = strays(asked, data_of(name, seed, count)[0])
            error = misfit(data_set(name, seed, count))
            found.append(Answers(seed, discovery, asked, away, error))
    return found


def main() -> None:
    """Run what is missing, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="of each data set; default: 3")
    parser.add_argument("--quick", action="store_true", help="a miniature of the first data set")
    options = parser.parse_args()
    results = Path("runs/quick" if options.quick else "results")
    names, seeds = (["plane"], range(1)) if options.quick else (list(SETS), range(options.seeds))
    settings, count = (MINIATURE, 16) if options.quick else (SETTINGS, 160)
    try:
        for seed in seeds:
            for name in names:
                run(name, seed, results / "planets" / name / f"seed={seed}", settings, count)
        found = {SETS[name].title: load(results, name, seeds, count) for name in names}
        text = page(data_set("space", 0), SETS["space"].planets, found)
    except (InputError, RunError) as error:
        sys.exit(f"planets: error: {error}")
    write_atomically(results / "planets.md", text.encode())
    print(results / "planets.md")


if __name__ == "__main__":
    main()
