"""Trajectories as files that `load_trajectories` reads back."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.extras import needed
from noether_razor.base.files import write_atomically
from noether_razor.data.names import is_partner
from noether_razor.data.trajectories import Trajectories, default_names

FORMATS = (".npz", ".csv", ".parquet")


def save_trajectories(path: str | os.PathLike, trajectories: Trajectories) -> None:
    """Write trajectories for `load_trajectories`, whole or not at all.

    Values are read back bit for bit. A table has default names in place of names that would not be
    recognised as pairs, and the step that is read back from it may differ in the last bits.

    Raises:
        InputError: the extension is unknown, or the file cannot be written.
    """
    path = Path(path)
    check_format(path)
    write_atomically(path, _content(path.suffix.lower(), trajectories))


def _content(extension: str, trajectories: Trajectories) -> bytes:
    """What a file of one of `FORMATS` holds."""
    buffer = io.BytesIO()
    if extension == ".npz":
        t = trajectories
        second = {"v" if t.velocities else "p": t.p}
        states = {"q": t.q, **second} if t.paired else {"x": t.q}
        np.savez(buffer, allow_pickle=False, **states, dt=t.dt, names=np.asarray(t.names))
    elif extension == ".csv":
        _frame(trajectories).to_csv(buffer, index=False)
    else:
        _frame(trajectories).to_parquet(buffer, index=False)
    return buffer.getvalue()


def check_format(path: Path) -> None:
    """Raise InputError if the extension is none of `FORMATS`, or what writes it is missing."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"{path}: unknown file type {path.suffix or '(no extension)'}, expected one of "
            f"{', '.join(FORMATS)}: name it by what it is to hold"
        )
    if path.suffix.lower() != ".npz":
        needed("pandas", str(path))
    if path.suffix.lower() == ".parquet":
        needed("pyarrow", str(path))


def _frame(trajectories: Trajectories) -> Any:
    import pandas as pd

    count, samples, _ = trajectories.q.shape
    columns: dict[str, np.ndarray] = {
        "trajectory": np.repeat(np.arange(count), samples),
        "t": np.tile(np.arange(samples) * trajectories.dt, count),
    }
    names, n = trajectories.names, trajectories.degrees_of_freedom
    kind = "v" if trajectories.velocities else "p"
    if trajectories.paired and not all(is_partner(names[i], names[n + i], kind) for i in range(n)):
        names = default_names(n, kind)
    for i, name in enumerate(names):
        columns[name] = trajectories.states[..., i].ravel()
    return pd.DataFrame(columns)
