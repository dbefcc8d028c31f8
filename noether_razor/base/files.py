"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from noether_razor.base.errors import InputError


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write `data` to `path` by way of a temporary file beside it, synced before it is renamed.

    Missing parent directories are made. A process killed half-way leaves the old file as it was,
    and at most a hidden `.NAME.PID.tmp`.

    Raises:
        InputError: there is no space left, there is no permission, or `path` is a directory.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: str | os.PathLike, error: OSError) -> InputError:
    """The one line that says why `path` could not be written, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError(f"{path}: no space left on the disk: free some or write elsewhere")
    reason = error.strerror or str(error)
    return InputError(f"{path}: cannot be written ({reason}): choose another place")


def _sync_directory(directory: Path) -> None:
    """Make the rename itself survive a power cut, where the file system can."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
