"""What happens to verdicts when a number of the method is halved or doubled, measured.

Every value is tried in a process of its own, on the same recorded data. The runs are fixed by a
rule: seed 0 of every system of the grid with two degrees of freedom and without bodies, at noise
0.1 with 50 trajectories; and of every second one of these at noise 0.3 with 20 trajectories.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.evidence.constants import Number, every, load_changed, varied
from experiments.evidence.kept import keep, load
from experiments.evidence.sources import fingerprint, of_verdict

RECORDS = "constants.jsonl"
CASES = ((0.1, 50, 1), (0.3, 20, 2))
"""Noise, number of trajectories, and step through the list of systems."""
TIMEOUT = 600
"""Seconds that a process may take."""
FACTORS = {"halved": -2, "doubled": 2}
AS_IS = "as it is"


def make(out: Path, hidden: bool = False) -> None:
    """Try what is missing, and keep each value as a JSON line.

    A record is valid only for the code that made it: after a change of the code it is made again.

    Args:
        out: the directory of the records.
        hidden: whether numbers inside functions are tried as well.
    """
    path, code = out / RECORDS, fingerprint()
    known = {place(number, change) for number, change in _plan(hidden=True)}
    kept = {_place(record): record for record in records(out) if _place(record) in known}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*_command(Path(folder)), "--data"], check=True, timeout=TIMEOUT)
        for number, change in _plan(hidden):
            record: dict = {
                "number": number.key if number else "",
                "change": change,
                "value": varied(number, FACTORS[change]) if number else None,
                "code": code,
            }
            if kept.get(_place(record), {}).get("code") == code:
                continue
            record |= _tried(Path(folder), number, record["value"])
            kept[_place(record)] = record
            keep(path, kept.values())
            print(record["number"], change, record.get("seconds"), record.get("error"), flush=True)


def records(out: Path) -> list[dict]:
    """The records that are kept."""
    return load(out / RECORDS)


def place(number: Number | None, change: str) -> tuple[str, str]:
    """The key of a record: the key of its number, and the change."""
    return number.key if number else "", change


def _place(record: dict) -> tuple[str, str]:
    return record["number"], record["change"]


def _plan(hidden: bool) -> Sequence[tuple[Number | None, str]]:
    named, _, inside = every(of_verdict())
    numbers = [*named, *inside] if hidden else named
    return [(None, AS_IS), *((number, change) for number in numbers for change in FACTORS)]


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "experiments.evidence.constants_study", str(folder)]


def _tried(folder: Path, number: Number | None, value: float | None) -> dict:
    """The verdicts of all runs with a changed number, or why there are none."""
    command = _command(folder) + (
        ["--number", number.key, "--value", repr(value)] if number else []
    )
    # Processes share compiled programs, in a cache whose key is the whole program.
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return {"error": f"takes more than {TIMEOUT} seconds"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["no message"])[-1][:200]}
    return json.loads(done.stdout.splitlines()[-1])


def _write_data(folder: Path) -> None:
    """Simulate the runs."""
    import jax

    from experiments.evidence.runs import STEPS, Run
    from experiments.evidence.systems import GRID, system
    from noether_razor.data.trajectories import simulate

    made = {name: system(name) for name in GRID if "bod" not in name}
    names = [name for name, one in made.items() if one.degrees_of_freedom == 2]
    runs = [Run(name, noise, count, 0) for noise, count, each in CASES for name in names[::each]]
    for index, run in enumerate(runs):
        clean = simulate(
            made[run.system], key=jax.random.key(run.seed), trajectories=run.trajectories,
            steps=STEPS,
        )  # fmt: skip
        generator = np.random.default_rng(run.seed)
        states = np.asarray(clean.states, float)
        noise = run.noise * states.std((0, 1)) * generator.normal(size=states.shape)
        np.savez(folder / f"{index}.npz", states=states + noise, dt=clean.dt)
    (folder / "runs.json").write_text(json.dumps(runs))


def _judge(folder: Path) -> dict:
    """Verdicts of all runs: a letter per direction; F if it is called conserved and is false."""
    from experiments.evidence.pages import FALSE
    from experiments.evidence.runs import Run, parallel
    from experiments.evidence.systems import system
    from noether_razor.data.trajectories import Trajectories
    from noether_razor.evidence.investigate import investigate
    from noether_razor.evidence.judged import CHANGES, CONSERVED, TOLERANCE
    from noether_razor.evidence.recording import recording

    found, true = {}, {}
    runs = [Run(*one) for one in json.loads((folder / "runs.json").read_text())]
    for index, run in enumerate(runs):
        kept, made = np.load(folder / f"{index}.npz"), system(run.system)
        q, p = np.split(kept["states"], 2, axis=-1)
        data = recording(Trajectories(q, p, float(kept["dt"])))
        judged = investigate(data, TOLERANCE, always=False).judged
        label = f"{run.system}, noise {run.noise:g}, {run.trajectories} trajectories"
        share = parallel(judged, data, made)
        found[label] = "".join(
            "x" if verdict == CHANGES else "F" if verdict == CONSERVED and p < FALSE else verdict[0]
            for verdict, p in zip(judged.verdicts(), share, strict=True)
        )
        true[label] = len(made.conserved)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"verdicts": found, "true": true, "seconds": round(used.ru_utime + used.ru_stime, 1)}


def main(arguments: Sequence[str] | None = None) -> None:
    """One process of the study: simulate, or judge with a changed number."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", action="store_true", help="simulate the runs")
    parser.add_argument("--number", help="key of the number that is changed")
    parser.add_argument("--value", type=_number, help="what it is changed to")
    options = parser.parse_args(arguments)
    if options.data:
        _write_data(options.folder)
        return
    if options.number:
        named, _, inside = every(of_verdict())
        number = next(one for one in (*named, *inside) if one.key == options.number)
        load_changed(number, options.value)
    print(json.dumps(_judge(options.folder)))


def _number(text: str) -> float:
    """A whole number, or one with decimals."""
    return int(text) if text.isdigit() else float(text)


if __name__ == "__main__":
    main()
