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
"""For each package, by its import name, the extra that installs it."""


def needed(module: str, source: str) -> ModuleType:
    """Import and return a module that `EXTRAS` lists.

    Args:
        module: name of the module.
        source: what needs the module, for the message.

    Raises:
        InputError: the module is missing.
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
    """In this context, an import that fails for a package of `EXTRAS` names the extra to install.

    Raises:
        InputError: a package of `EXTRAS` is missing.
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
