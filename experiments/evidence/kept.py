"""Records of a study as JSON lines: each run is kept when it is made, so that a study resumes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from noether_razor._files import write_atomically


def load(path: Path) -> list[dict]:
    """The records that are kept; none if there is no file."""
    return list(map(json.loads, path.read_text().splitlines())) if path.exists() else []


def keep(path: Path, records: Iterable[dict]) -> None:
    """Write all records, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "".join(json.dumps(record) + "\n" for record in records).encode())
