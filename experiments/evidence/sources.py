"""The source of what a result depends on: its modules, and a hash of their code.

Only syntax trees are read. A module counts if the modules that compute the result import it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parents[2]
LIBRARY = "noether_razor"
PACKAGE = f"{LIBRARY}.evidence"
PACKAGES = (PACKAGE, f"{LIBRARY}.discovery")
"""Packages of the verdict and of what is done with it. No two modules in them share a name."""
ENTRIES = ("investigate", "recording")
"""Modules that compute the verdict, together with all that they import from the package."""
OF_FUNCTIONS = (*ENTRIES, "search", f"{LIBRARY}.discovery.combinations")
"""Modules that a search of functions is computed by, likewise."""


def modules() -> list[str]:
    """Names of all modules of `PACKAGES`."""
    paths = [path for package in PACKAGES for path in folder(package).glob("*.py")]
    return sorted(path.stem for path in paths if path.stem != "__init__")


def source(module: str) -> str:
    """Text of a module of `PACKAGES`."""
    return next(text for package in PACKAGES if (text := _text(f"{package}.{module}")) is not None)


def home(module: str) -> str:
    """The one of `PACKAGES` that holds a module."""
    return next(package for package in PACKAGES if (folder(package) / f"{module}.py").exists())


def of_functions() -> list[str]:
    """Modules of `PACKAGES` that only a search of functions needs."""
    verdict = of_verdict()
    found = [name.rpartition(".") for name in _imported(OF_FUNCTIONS)]
    return [name for package, _, name in found if package in PACKAGES and name not in verdict]


def of_verdict(entries: Sequence[str] = ENTRIES) -> list[str]:
    """Modules of `PACKAGE` that compute the verdict: `entries`, and what they import."""
    start = f"{PACKAGE}."
    return [name.removeprefix(start) for name in _imported(entries) if name.startswith(start)]


@cache
def fingerprint(entries: Sequence[str] = ENTRIES) -> str:
    """A short hash of the code of the verdict, or of `entries`, without docstrings and comments.

    The hash covers all modules of the library that `entries` import, in any package.
    """
    texts = "".join(ast.dump(_without_docstrings(text)) for text in _imported(entries).values())
    return hashlib.sha256(texts.encode()).hexdigest()[:12]


def _imported(entries: Sequence[str]) -> dict[str, str]:
    """Names and texts of modules of the library: `entries` of `PACKAGE`, and what they import."""
    found: dict[str, str] = {}
    waiting = [name if name.startswith(LIBRARY) else f"{PACKAGE}.{name}" for name in entries]
    while waiting:
        name = waiting.pop()
        text = _text(name)
        if name in found or text is None:
            continue
        found[name] = text
        tree = ast.parse(text)
        typed = _of_types_only(tree)
        for node in ast.walk(tree):
            if _is_ours(node) and ast.dump(node) not in typed:
                home, names = str(node.module), [one.name for one in node.names]
                waiting += [home, *(f"{home}.{one}" for one in names), *_late_homes(home, names)]
    return dict(sorted(found.items()))


def _late_homes(package: str, names: Sequence[str]) -> list[str]:
    """Modules that a package imports when one of these names is first used."""
    typed = _of_types_only(ast.parse(_text(package) or ""))
    return [str(node.module) for node in typed.values() if node.names[0].name in names]


def _of_types_only(tree: ast.AST) -> dict[str, ast.ImportFrom]:
    """Imports of the library below `if TYPE_CHECKING`, by the dump of their syntax tree."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If)
              and ast.unparse(node.test) == "TYPE_CHECKING"]  # fmt: skip
    inside = [node for block in blocks for node in ast.walk(block)]
    return {ast.dump(node): node for node in inside if _is_ours(node)}


def _is_ours(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LIBRARY)


def folder(package: str) -> Path:
    return ROOT.joinpath(*package.split("."))


def _text(name: str) -> str | None:
    """Text of a module or of a package's `__init__`; None if there is no such module."""
    paths = (folder(name).with_suffix(".py"), folder(name) / "__init__.py")
    return next((path.read_text() for path in paths if path.is_file()), None)


def _without_docstrings(text: str) -> ast.Module:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                one for one in body if not (isinstance(one, ast.Expr) and is_text(one.value))
            ]
    return tree


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
