"""Records of a study as JSON lines: each run is kept when it is made, so that a study resumes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from experiments.evidence.sources import fingerprint
from noether_razor.base.files import write_atomically

SAME = Path(__file__).parents[2] / "results" / "evidence" / "same_code.json"
"""Fingerprints of code, each with those of older code that gave the same records; see `replay`."""


@cache
def current(code: str = "") -> set[str]:
    """The fingerprint of code, and those of all code that gives the same records.

    Two codes that give the records of a third one give each other's.

    Args:
        code: fingerprint; by default that of the verdict's code as it is.
    """
    same = json.loads(SAME.read_text()) if SAME.exists() else {}
    pairs = [(new, old) for new, olds in same.items() for old in olds]
    found, reached = set(), {code or fingerprint()}
    while reached > found:
        found = set(reached)
        reached |= {one for pair in pairs if found & set(pair) for one in pair}
    return found


def load(path: Path) -> list[dict]:
    """The records that are kept; none if there is no file."""
    return list(map(json.loads, path.read_text().splitlines())) if path.exists() else []


def keep(path: Path, records: Iterable[dict]) -> None:
    """Write all records, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "".join(json.dumps(record) + "\n" for record in records).encode())


class Kept:
    """The records of a file, by their runs. Records of older code count as missing.

    Args:
        path: the file.
        key: maps a record to its run.
    """

    def __init__(self, path: Path, key: Callable[[dict], Sequence] = lambda record: record["run"]):
        self._path, self._key = path, key
        self._records = {tuple(key(record)): record for record in load(path)}

    def lacks(self, run: Sequence, code: str = "") -> bool:
        """Whether a run is missing, or made by code that does not count as `code`.

        By default, `code` is the fingerprint of the verdict's code; see `current`.
        """
        made = self._records.get(tuple(run))
        return made is None or made.get("code", "") not in current(code)

    def add(self, record: dict, code: str = "") -> None:
        """Keep a run, with the hash of its code."""
        made = record | {"code": code or fingerprint()}
        self._records[tuple(self._key(made))] = made
        keep(self._path, self._records.values())
