"""`python -m experiments.evidence grid`: run what is missing of a study; it resumes."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path
from typing import Any

RUNS = ("grid", "zoo", "new", "later")
"""Studies of runs on simulated systems, see `runs`."""
PAGES = {
    "not_hamiltonian": "not_hamiltonian",
    "planets": "planets",
    "methods": "methods_page",
    "peers": "peers_page",
    "functions": "functions",
    "unseen": "unseen",
    "confirming": "confirming",
    "recordings": "recordings",
    "networks": "networks",
    "forecasts": "forecasts",
    "constants": "constants_page",
}
"""Other studies, and the module that writes the page of each."""


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m experiments.evidence", description=__doc__)
    others = ("hidden_numbers", "forms", "replay", "pages")
    parser.add_argument("study", choices=(*RUNS, *PAGES, *others))
    parser.add_argument("--out", default="results/evidence", metavar="DIR")
    parser.add_argument("--part", default="0/1", metavar="I/N", help="every N-th system from I on")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument(
        "--noise", type=float, nargs="+", default=(), metavar="X", help="only these; default: all"
    )
    parser.add_argument(
        "--systems", nargs="+", default=(), metavar="NAME", help="only these; default: all"
    )
    options = parser.parse_args()
    # One core a process: several processes share the systems.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    out = Path(options.out)
    if options.study == "pages":
        _write_pages(out)
    elif options.study == "replay":
        _module("replay").replay(out)
    elif options.study in RUNS:
        part, parts = map(int, options.part.split("/"))
        _module("runs").make(
            options.study, out, part, parts, options.seeds, options.noise, options.systems
        )
    elif options.study in ("constants", "hidden_numbers", "forms"):
        study = _module("constants_study")
        what = study.FORMS if options.study == "forms" else study.VERDICT
        study.make(out, what, hidden=options.study == "hidden_numbers")
    else:
        _module(options.study).make(out, options.seeds)


def _write_pages(out: Path) -> None:
    pages = _module("pages")
    studies = [study for study in RUNS if (out / study).exists()]
    for path in (
        *(pages.write(study, out) for study in studies),
        pages.write_calibration(studies, out),
    ):
        print(path)
    for study, module in PAGES.items():
        if (out / f"{study}.jsonl").exists():
            print(_module(module).write(out))


def _module(name: str) -> Any:
    """A module of this package; each takes seconds to import."""
    return import_module(f"experiments.evidence.{name}")


if __name__ == "__main__":
    main()
