"""MATLAB's files, read in a process of their own: SciPy's reader crashes on some damaged files.

The child gets the file's bytes on standard input and writes its arrays as npz to standard output.
"""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np

from noether_razor.errors import InputError


def arrays_of_matlab(content: bytes, source: str) -> dict[str, np.ndarray]:
    """The arrays of numbers and text in a MATLAB file before version 7.3, by name.

    Raises:
        InputError: the file cannot be read.
    """
    child = subprocess.run(
        [sys.executable, "-m", "noether_razor.loading.matlab"], input=content, capture_output=True
    )
    if child.returncode != 0:
        last = child.stderr.decode(errors="replace").strip().splitlines()[-1:]
        told = last[0][:200] if last and child.returncode > 0 else "it is damaged"
        raise InputError(f"{source}: cannot be read as mat ({told}): write it again")
    with np.load(io.BytesIO(child.stdout), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _main() -> None:
    from scipy.io import loadmat

    found = loadmat(io.BytesIO(sys.stdin.buffer.read()))
    arrays = {
        name: value.ravel() if value.ndim == 2 and 1 in value.shape else value
        for name, value in found.items()
        if not name.startswith("__") and value.dtype.kind in "fiucUS"
    }
    np.savez(sys.stdout.buffer, allow_pickle=False, **arrays)


if __name__ == "__main__":
    _main()
