"""Names of a package that are imported when they are first used, so that its start is quick."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence

from noether_razor.base.extras import extras_named


def late(
    package: str, homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], list[str]]:
    """A package's `__getattr__` and `__all__`.

    Args:
        package: `__name__` of the package.
        homes: the names that each of its modules holds.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def getattribute(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        with extras_named(f"{package}.{name}"):
            module = importlib.import_module(f"{package}.{home_of[name]}")
        value = getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return getattribute, sorted(home_of)
