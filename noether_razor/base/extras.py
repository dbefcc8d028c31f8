"""Packages that only some uses need, and the extra of this package that installs each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from noether_razor.base.errors import InputError

EXTRAS = {
    "bokeh": "interactive",
    "h5netcdf": "files",
    "h5py": "files",
    "hydra": "configs",
    "matplotlib": "plots",
    "omegaconf": "configs",
    "pandas": "tables",
    "pyarrow": "tables",
    "sklearn": "estimators",
    "xarray": "files",
    "zarr": "files",
}
"""The extra that installs a package, by the name that it is imported by."""


def needed(module: str, source: str) -> ModuleType:
    """The module of that name, one of `EXTRAS`.

    Args:
        module: its name.
        source: what needs it, for the message.

    Raises:
        InputError: it is missing.
    """
    try:
        return import_module(module)
    except ImportError:
        raise _missing(module, source) from None


def check_pictures(source: str) -> None:
    """Refuse to begin a run that could not draw its pictures at the end; this imports nothing slow.

    Raises:
        InputError: matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        raise _missing("matplotlib", f"{source}, with its pictures,")


@contextmanager
def extras_named(source: str) -> Iterator[None]:
    """Say which extra installs a package of `EXTRAS` that an import inside does not find.

    Raises:
        InputError: one is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").split(".")[0]
        if module not in EXTRAS:
            raise
        raise _missing(module, source) from None


def _missing(module: str, source: str) -> InputError:
    return InputError(
        f"{source} needs the package {module}, which is missing: "
        f"pip install 'noether-razor[{EXTRAS[module]}]'"
    )
