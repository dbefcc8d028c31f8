"""Packages that read some formats, and may be missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from noether_razor.errors import InputError

EXTRA = "pip install 'noether-razor[files]'"
"""The command that installs what reads HDF5, NetCDF and Zarr."""


def needed(module: str, command: str, source: str) -> ModuleType:
    """The module of that name.

    Args:
        module: its name.
        command: that installs it, for the message.
        source: what it is to read, for the message.

    Raises:
        InputError: it is missing.
    """
    try:
        return import_module(module)
    except ImportError:
        raise InputError(
            f"{source}: the package {module} reads it, and is missing: {command}"
        ) from None
