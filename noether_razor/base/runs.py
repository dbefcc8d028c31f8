"""A run directory: one run at a time, no half-written files, and the same files after a resume."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from noether_razor.base.errors import InputError
from noether_razor.base.files import cannot_write, write_atomically
from noether_razor.base.json import plain

LOCK = ".lock"
CONFIG = "config.json"
METRICS = "metrics.jsonl"
CHECKPOINT = "checkpoint.npz"
RESULT = "discovery.json"


class RunDirectory:
    """The directory of one run, locked for as long as the `with` block lasts.

    The lock belongs to the process, so the kernel releases it however the process ends. If the
    block raises InputError and the directory holds no file but the lock, the directory is removed.

    Raises:
        InputError: the directory is in use by another run, or cannot be written to.

    >>> with RunDirectory("oscillator-discovery") as run:
    ...     run.claim({"seed": 0})
    ...     run.metrics.truncate_after(0)
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.metrics = Metrics(self.path / METRICS)
        self._lock: int | None = None

    def __enter__(self) -> RunDirectory:
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: is a file, expected a directory: choose another --out")
        try:
            self._lock = self._acquire()
        except BlockingIOError as error:
            raise InputError(
                f"{self.path}: in use by another run: wait for it, or choose another --out"
            ) from error
        except OSError as error:
            raise cannot_write(self.path, error) from error
        for leftover in self.path.glob(".*.tmp"):
            leftover.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._lock is not None
        if isinstance(error, InputError) and [p.name for p in self.path.iterdir()] == [LOCK]:
            (self.path / LOCK).unlink()
            self.path.rmdir()
        os.close(self._lock)
        self._lock = None

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def finished(self) -> bool:
        """Whether the result, which is written last, is there."""
        return (self.path / RESULT).exists()

    @property
    def checkpoint(self) -> Path:
        """Where the run's checkpoint is or will be."""
        return self.path / CHECKPOINT

    def write_text(self, name: str, text: str) -> None:
        """Write a file of this directory, whole or not at all."""
        write_atomically(self.path / name, text.encode())

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file of this directory; NaN and infinity become null."""
        self.write_text(name, json.dumps(plain(value), indent=2, allow_nan=False) + "\n")

    def claim(self, config: dict[str, Any]) -> bool:
        """Make this the directory of the run with this configuration.

        Returns:
            Whether the directory already belonged to this run, so that there may be something to
            resume.

        Raises:
            InputError: the directory holds a run with another configuration; the message names
                the keys that differ.
        """
        file = self.path / CONFIG
        if not file.exists():
            self.write_json(CONFIG, config)
            return False
        try:
            old = json.loads(file.read_text())
        except (ValueError, OSError) as error:
            raise InputError(f"{file}: cannot be read: choose another --out") from error
        if changes := differences(old, plain(config)):
            raise InputError(
                f"{self.path}: holds a run with other settings ({changes}): "
                "choose another --out, or remove that directory"
            )
        return True

    def _acquire(self) -> int:
        """Make the directory, and open and lock its lock file; returns the file descriptor."""
        while True:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # A run that ends may have removed the file between our two calls.
                if _same_file(lock, self.path / LOCK):
                    return lock
            except OSError:
                os.close(lock)
                raise
            os.close(lock)


class Metrics:
    """A file of JSON lines, each with a `step`; a resumed run continues it where it stood.

    The lines must not hold wall-clock times. Then a run that was stopped and resumed leaves the
    same file as a run that was never stopped.
    """

    def __init__(self, path: Path):
        self.path = path

    def append(self, step: int, **values: Any) -> None:
        """Add one line, which is on disk when this returns; NaN and infinity become null."""
        line = json.dumps(plain({"step": step, **values}), allow_nan=False) + "\n"
        try:
            with open(self.path, "ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def read(self) -> list[dict[str, Any]]:
        """Every whole line, in order; none if there is no file."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")[:-1]  # drops an incomplete line
        return [json.loads(line) for line in lines]

    def truncate_after(self, step: int) -> None:
        """Drop every line of a later step, and an incomplete last line."""
        if self.path.exists():
            kept = [json.dumps(line) + "\n" for line in self.read() if line["step"] <= step]
            write_atomically(self.path, "".join(kept).encode())


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What differs between two configurations in JSON's own types, as text; "" for nothing."""
    old, new = _flatten(old), _flatten(new)
    missing = object()
    keys = [k for k in {**old, **new} if old.get(k, missing) != new.get(k, missing)]
    changes = [f"{k} was {_value(old, k)} and is now {_value(new, k)}" for k in keys[:4]]
    more = f", and {len(keys) - 4} more" if len(keys) > 4 else ""
    return ", ".join(changes) + more


def _flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _flatten(item, f"{prefix}.{key}" if prefix else key)
    return flat


def _value(flat: dict[str, Any], key: str) -> str:
    return json.dumps(flat[key]) if key in flat else "absent"


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
