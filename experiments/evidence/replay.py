"""Check whether changed code gives the same records as older code; if so, these stay valid.

Code that is only moved, or that is only extended, has another fingerprint. Some of the older runs
are made again, and compared with their records number by number. If all are the same, the older
fingerprint is kept, and counts as that of the present code. For the verdict, the runs of all
systems with seed 0 and 200 trajectories are repeated. For functions and networks, the run of each
system with seed 0 and the most noise is repeated.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.evidence import confirming, functions, networks, recordings, unseen
from experiments.evidence.kept import SAME, current, load
from experiments.evidence.runs import Run, one, plan
from experiments.evidence.sources import ENTRIES, OF_FUNCTIONS, fingerprint
from experiments.evidence.systems import system
from noether_razor.base.files import write_atomically

LONGEST = 30.0
"""Runs of the verdict that took more seconds than this are not made again."""
CLOSE = 2e-3
"""Numbers of a record that differ by less count as the same. Most are kept to four digits, and
another machine adds floating-point numbers in another order."""
UNCOMPARED = ("run", "code", "seconds", "core")
"""Entries of a record that say how a run was made."""


OneRun = Callable[[str, float, int], dict]
"""Makes the record of a run: a system, a noise and a seed."""
OF_STUDIES: Mapping[str, OneRun] = {
    functions.RECORDS: functions.one,
    recordings.RECORDS: recordings.one,
    unseen.STUDY.records: partial(unseen.one, unseen.STUDY),
    confirming.STUDY.records: partial(unseen.one, confirming.STUDY),
}
"""Files of records of functions, and how one of their runs is made."""


class Again(NamedTuple):
    """A record of older code, and how its run is made again."""

    record: dict
    make: Callable[[], dict]


def replay(out: Path) -> None:
    """Repeat runs of older code, and keep that code's fingerprint if the records are the same.

    Raises:
        SystemExit: if a run differs from its record.
    """
    same = []
    for entries, runs in (
        (ENTRIES, _of_verdict(out)),
        (OF_FUNCTIONS, _of_studies(out, OF_STUDIES)),
        (networks.OF_NETWORKS, _of_studies(out, {networks.RECORDS: networks.one})),
    ):
        same.append(_replayed(fingerprint(entries), runs))
    if not all(same):
        raise SystemExit("some records differ: their studies have to be run again")


def _replayed(now: str, runs: Iterator[Again]) -> bool:
    """Repeat runs, and note the fingerprints of the code whose records are all the same.

    Tells whether no record differs.

    Code with a record that differs is not tried further.
    """
    found: Counter[str] = Counter()
    others = {""}
    for record, make in runs:
        code = record.get("code", "")
        if code in current(now) | others:
            continue
        again = json.loads(json.dumps(make()))
        if differs := _different(record, again):
            others.add(code)
            print(record["run"], f"{differs} differs from code {code}", flush=True)
        else:
            found[code] += 1
            print(record["run"], "as before", flush=True)
    same = {code: count for code, count in found.items() if code not in others}
    if same:
        kept = json.loads(SAME.read_text()) if SAME.exists() else {}
        kept[now] = kept.get(now, {}) | same
        write_atomically(SAME, (json.dumps(kept, indent=1) + "\n").encode())
        current.cache_clear()
    print(f"{now} gives the records of {same or 'no older code'}", flush=True)
    return others == {""}


def _of_verdict(out: Path) -> Iterator[Again]:
    for study in ("zoo", "new", "later", "grid"):
        runs = set(plan(study))
        for path in sorted((out / study).glob("*.jsonl")):
            for record in load(path):
                run = Run(*record["run"])
                quick = run.seed == 0 and run.trajectories == 200 and record["seconds"] < LONGEST
                if quick and run in runs:
                    yield Again(record, partial(_verdict, run))


def _verdict(run: Run) -> dict:
    return one(run, system(run.system))


def _of_studies(out: Path, studies: Mapping[str, OneRun]) -> Iterator[Again]:
    for name, make in studies.items():
        of_seed = [record for record in load(out / name) if record["run"][2] == 0]
        most = {
            (record["run"][0], record.get("code", "")): record
            for record in sorted(of_seed, key=lambda r: r["run"][1])
        }
        for record in most.values():
            yield Again(record, partial(make, *record["run"]))


def _different(old: dict, new: dict) -> str:
    """The first entry of the old record that differs in the new one; "" if none does."""
    for name, value in old.items():
        if name in UNCOMPARED:
            continue
        again = new.get(name)
        if isinstance(value, dict) and isinstance(again, dict):
            if inner := _different(value, again):
                return f"{name}.{inner}"
        elif not _same(value, again):
            return name
    return ""


def _same(old: Any, new: Any) -> bool:
    """Whether two entries are equal: texts exactly, and numbers but for `CLOSE`."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    numbers = all(isinstance(one, int | float) for one in (old, new))
    return (
        bool(np.isclose(old, new, rtol=CLOSE, atol=CLOSE, equal_nan=True))
        if numbers
        else old == new
    )
