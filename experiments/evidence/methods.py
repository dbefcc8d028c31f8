"""Four methods on the same noisy observations: runs, kept as JSON lines; see `methods_page`.

Seconds are those of the processor, so that they do not depend on what else the machine does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import jax

from experiments.evidence.kept import Kept
from experiments.evidence.runs import Observed, Run, observe, score
from experiments.evidence.systems import system
from noether_razor.cli.compose import compose_experiment
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import TOLERANCE, Judged
from noether_razor.evidence.recording import recording
from noether_razor.systems import System
from noether_razor.variational.data import Data
from noether_razor.variational.discover import fit_and_judge

TRAJECTORIES = 150
NOISE = 0.1
NOISY = (
    "two equal oscillators",
    "quartic without a symmetry",
    "quartic potential in the plane",
    "uniform magnetic field",
)
CLEAN = ("two equal oscillators", "quartic potential in the plane")
CELLS = [*((name, NOISE) for name in NOISY), *((name, 0.0) for name in CLEAN)]

VERDICT, ALONE = "verdict by evidence", "trajectories alone"
FITS = {
    "variational (proposed start)": "experiment=proposed_start",
    "variational (random start)": "experiment=random_start",
}
"""The experiment in `configs/` that each fit takes its settings from."""
METHODS = (VERDICT, ALONE, *FITS)
JUDGED = "judged by the rule"
"""The entry `code` in the records of fits. Older fits had their own verdict."""


def plan(seeds: int) -> Iterator[tuple[Run, str]]:
    """Every run with its method: those by evidence, which take seconds, then the fits by seed."""
    for seed in range(seeds):
        yield from ((Run(name, noise, TRAJECTORIES, seed), VERDICT) for name, noise in CELLS)
    for seed in range(seeds):
        for name, noise in CELLS:
            yield from ((Run(name, noise, TRAJECTORIES, seed), fit) for fit in FITS)


def make(out: Path, seeds: int = 5) -> None:
    """Make the runs that are missing, and keep them in `methods.jsonl`.

    The verdict is made again if its code has changed. Fits take long: a fit is made again only if
    its record is from the time when fits had their own verdict.
    """
    kept = Kept(out / "methods.jsonl", lambda record: (*record["run"], record["method"]))
    for run, method in plan(seeds):
        code = None if method == VERDICT else JUDGED
        if not kept.lacks((*run, method), code):
            continue
        made = system(run.system)
        observed = observe(run, made)
        if method == VERDICT:
            found = _by_evidence(observed, made)
        else:
            found = [(method, *_by_fit(observed, made, FITS[method], run.seed))]
        for name, directions, seconds in found:
            record = {
                "run": run,
                "method": name,
                "true": len(made.conserved),
                "directions": directions,
                "seconds": round(seconds, 1),
            }
            kept.add(record, code)
            print(*run, name, directions["verdicts"], f"{seconds:.1f} s", flush=True)


def _by_evidence(observed: Observed, made: System) -> list[tuple[str, dict, float]]:
    """The verdict, and that of the trajectories alone, which is the first table of the same run."""
    first: list[float] = []

    def on_table(judged: Judged) -> None:
        first.append(time.process_time() - began)

    began = time.process_time()
    data = recording(observed.trajectories)
    findings = investigate(data, TOLERANCE, always=False, on_table=on_table)
    seconds = time.process_time() - began
    return [
        (VERDICT, score(findings.judged, data, made, observed.judges), seconds),
        (ALONE, score(findings.tracks, data, made, observed.judges), first[0]),
    ]


def _by_fit(observed: Observed, made: System, experiment: str, seed: int) -> tuple[dict, float]:
    """The variational method: the span of what the fit has learned is judged by the same rule."""
    settings = compose_experiment([experiment]).settings
    began = time.process_time()
    split_key, key = jax.random.split(jax.random.key(seed))
    data = recording(observed.trajectories)
    split = Data.of(observed.trajectories, key=split_key)
    findings = fit_and_judge(key, split, data, settings).findings
    seconds = time.process_time() - began
    return score(findings.judged, data, made, observed.judges), seconds
