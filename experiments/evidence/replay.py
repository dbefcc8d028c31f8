"""Check whether changed code gives the same records as older code; if so, these stay valid.

Code that is only moved, or that is only extended, has another fingerprint. Runs of every system
with seed 0 and 200 trajectories are made again, and compared with their records number by number.
If all are the same, the older fingerprint is kept, and counts as that of the present code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from experiments.evidence.kept import SAME, current, load
from experiments.evidence.runs import Run, one, plan
from experiments.evidence.sources import fingerprint
from experiments.evidence.systems import system
from noether_razor.base.files import write_atomically

STUDIES = ("zoo", "new", "later", "grid")
LONGEST = 30.0
"""Runs that took more seconds than this are not made again."""
CLOSE = 2e-3
"""Numbers of a record that differ by less count as the same. They are kept to four digits, and
another machine adds floating-point numbers in another order."""


def replay(out: Path) -> None:
    """Repeat runs of older code, and keep that code's fingerprint if the records are the same.

    Raises:
        SystemExit: if a run differs from its record.
    """
    now, found = fingerprint(), {}
    for study in STUDIES:
        runs = set(plan(study))
        for path in sorted((out / study).glob("*.jsonl")):
            for record in load(path):
                run = Run(*record["run"])
                code = record.get("code", "")
                quick = run.seed == 0 and run.trajectories == 200 and record["seconds"] < LONGEST
                if not quick or run not in runs or code in current() or not code:
                    continue
                again = json.loads(json.dumps(one(run, system(run.system))))
                if differs := _different(record, again):
                    raise SystemExit(f"{study} {run}: {differs} differs from code {code}")
                found[code] = found.get(code, 0) + 1
                print(study, run, "as before", flush=True)
    same = json.loads(SAME.read_text()) if SAME.exists() else {}
    same[now] = same.get(now, {}) | found
    write_atomically(SAME, (json.dumps(same, indent=1) + "\n").encode())
    print(f"{now} gives the records of {found}")


def _different(old: dict, new: dict) -> str:
    """The first entry that differs; "" if none does."""
    for name in ("by", "laws", "hamiltonian"):
        if not _same(old[name], new[name]):
            return name
    for part in ("verdict", "tracks"):
        for name, value in old[part].items():
            if not _same(value, new[part][name]):
                return f"{part}.{name}"
    return ""


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, str) or old is None or new is None:
        return old == new
    if isinstance(old, list) and old and isinstance(old[0], list):
        return [label for label, _ in old] == [label for label, _ in new] and _same(
            [nats for _, nats in old], [nats for _, nats in new]
        )
    one, two = (np.array(values, float) for values in (old, new))
    return one.shape == two.shape and bool(
        np.allclose(one, two, rtol=CLOSE, atol=CLOSE, equal_nan=True)
    )
