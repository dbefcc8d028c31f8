"""What happens to results when a number of the method is halved or doubled, measured.

Every value is tried in a process of its own, on the same recorded data.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from experiments.evidence.constants import Number, every, load_changed, varied
from experiments.evidence.kept import keep, load
from experiments.evidence.sources import (
    ENTRIES,
    OF_FUNCTIONS,
    fingerprint,
    of_functions,
    of_verdict,
)


class Study(NamedTuple):
    """Numbers that are changed, and the runs that are judged again.

    Attributes:
        name: name of the records.
        modules: lists the modules whose numbers are changed.
        entries: modules that the results depend on; see `fingerprint`.
        runs: module of this package with two functions of a folder: `write_data` makes the data,
            and `judge` judges them. No run needs more than its data.
    """

    name: str
    modules: Callable[[], list[str]]
    entries: tuple[str, ...]
    runs: str

    def records(self, out: Path) -> list[dict]:
        """The records that are kept."""
        return load(self._path(out))

    def keep(self, out: Path, records: Sequence[dict]) -> None:
        """Keep the records, as JSON lines."""
        keep(self._path(out), records)

    def numbers(self, hidden: bool = False) -> list[Number]:
        """The numbers that are changed."""
        named, _, inside = every(self.modules())
        return [*named, *inside] if hidden else named

    def _path(self, out: Path) -> Path:
        return out / f"{self.name}.jsonl"


VERDICT = Study("constants", of_verdict, ENTRIES, "constants_runs")
FORMS = Study("forms", of_functions, OF_FUNCTIONS, "forms_runs")
STUDIES = {study.name: study for study in (VERDICT, FORMS)}
TIMEOUT = 1200
"""Seconds that a process may take."""
FACTORS = {"halved": -2, "doubled": 2}
AS_IS = "as it is"


def make(out: Path, study: Study = VERDICT, hidden: bool = False) -> None:
    """Try what is missing, and keep each value as a JSON line.

    A record is valid only for the code that made it: after a change of the code it is made again.

    Args:
        out: the directory of the records.
        study: what is tried.
        hidden: whether numbers inside functions are tried as well.
    """
    code = fingerprint(study.entries)
    known = {place(number, change) for number, change in _plan(study, hidden=True)}
    kept = {_place(record): record for record in study.records(out) if _place(record) in known}
    with tempfile.TemporaryDirectory() as folder:
        command = _command(study, Path(folder))
        subprocess.run([*command, "--data"], check=True, timeout=TIMEOUT)
        for number, change in _plan(study, hidden):
            record: dict = {
                "number": number.key if number else "",
                "change": change,
                "value": varied(number, FACTORS[change]) if number else None,
                "code": code,
            }
            if kept.get(_place(record), {}).get("code") == code:
                continue
            record |= _tried(command, number, record["value"])
            kept[_place(record)] = record
            study.keep(out, list(kept.values()))
            print(record["number"], change, record.get("seconds"), record.get("error"), flush=True)


def place(number: Number | None, change: str) -> tuple[str, str]:
    """The key of a record: the key of its number, and the change."""
    return number.key if number else "", change


def _place(record: dict) -> tuple[str, str]:
    return record["number"], record["change"]


def _plan(study: Study, hidden: bool) -> Sequence[tuple[Number | None, str]]:
    numbers = study.numbers(hidden)
    return [(None, AS_IS), *((number, change) for number in numbers for change in FACTORS)]


def _command(study: Study, folder: Path) -> list[str]:
    return [sys.executable, "-m", __spec__.name, study.name, str(folder)]


def _tried(command: Sequence[str], number: Number | None, value: float | None) -> dict:
    """The verdicts of all runs with a changed number, or why there are none."""
    folder = Path(command[-1])
    command = [*command, *(["--number", number.key, "--value", repr(value)] if number else [])]
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


def main(arguments: Sequence[str] | None = None) -> None:
    """One process of the study: make the data, or judge them with a changed number."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", action="store_true", help="make the data")
    parser.add_argument("--number", help="key of the number that is changed")
    parser.add_argument("--value", type=_number, help="what it is changed to")
    options = parser.parse_args(arguments)
    study = STUDIES[options.study]
    if options.number:
        numbers = study.numbers(hidden=True)
        load_changed(next(n for n in numbers if n.key == options.number), options.value)
    runs = import_module(f"experiments.evidence.{study.runs}")
    if options.data:
        runs.write_data(options.folder)
        return
    judged = runs.judge(options.folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(judged | {"seconds": round(used.ru_utime + used.ru_stime, 1)}))


def _number(text: str) -> float:
    """A whole number, or one with decimals."""
    return int(text) if text.isdigit() else float(text)


if __name__ == "__main__":
    main()
