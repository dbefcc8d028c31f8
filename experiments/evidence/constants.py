"""The numbers of the verdict by evidence, read from its source, and the code with one changed.

Only the syntax trees of the source files are read, so a number that is added to the
code is found without anybody listing it. A number is changed where it stands in the source. What
is computed from it, imported from it or compiled with it follows.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import NamedTuple, TypeGuard

from experiments.evidence.sources import PACKAGES, folder, home, is_text, source

ARITHMETIC = (0, 1, 2)
"""Numbers inside functions that are not listed: they are counts, indices or exponents."""


class Number(NamedTuple):
    """A number in the source.

    Attributes:
        module: name of the file, without its ending.
        name: name of the constant at the top of the module, or of the function around the number.
        value: its value; the positive one if both signs occur in one expression.
        text: the whole expression of a constant, or the nearest one around a hidden number.
        meaning: docstring below the constant; "" if there is none, or for a hidden number.
        hidden: whether it stands inside a function or a class.
        places: line and column of every literal.
    """

    module: str
    name: str
    value: float
    text: str
    meaning: str
    hidden: bool
    places: tuple[tuple[int, int], ...]

    @property
    def key(self) -> str:
        """A text that identifies the number among all numbers."""
        inside = f" in {self.text}" if self.hidden or not _bare(self.text) else ""
        return f"{self.module}.{self.name} {self.value!r}{inside}"

    @property
    def probability(self) -> bool:
        """Whether the first sentence of its docstring says that it is a probability."""
        return "robability" in self.meaning.split(".")[0] and 0 < self.value < 1


class Derived(NamedTuple):
    """A constant at the top of a module that has no number of its own."""

    module: str
    name: str
    text: str
    meaning: str


def varied(number: Number, factor: int) -> float:
    """The number doubled if `factor` is 2, or halved if it is -2.

    Whole numbers stay whole, except half of 1. If the number is a probability, its odds are doubled
    or halved.
    """
    value = number.value
    if number.probability:
        odds = value / (1 - value) * (2 if factor > 0 else 0.5)
        return odds / (1 + odds)
    if factor > 0:
        return 2 * value
    return value // 2 if isinstance(value, int) and value > 1 else value / 2


def constants(module: str, text: str) -> tuple[list[Number], list[Derived]]:
    """Constants at the top of a module, and those that are computed from constants alone.

    A 0 in an expression is arithmetic, and is left out. So is a 1 that is added or subtracted.
    Numbers of one size and both signs are the ends of one range, and count as one number.
    """
    tree = ast.parse(text)
    named = [(node, *target) for node in tree.body if (target := _assigned(node))]
    meanings = {
        id(node): " ".join(str(ast.literal_eval(after.value)).split())
        for node, after in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(after, ast.Expr) and is_text(after.value)
    }
    numbers, derived = [], []
    for node, name, value in named:
        expression, meaning = ast.unparse(value), meanings.get(id(node), "")
        sizes: dict[float, list[ast.Constant]] = {}
        for literal in _literals(value):
            sizes.setdefault(literal.value, []).append(literal)
        numbers += [
            Number(module, name, size, expression, meaning, False, _places(literals))
            for size, literals in sizes.items()
        ]
        parts = list(ast.walk(value))
        constant = any(isinstance(part, ast.Name) and part.id.isupper() for part in parts)
        if constant and not sizes and not any(map(is_text, parts)):
            derived.append(Derived(module, name, expression, meaning))
    return numbers, derived


def hidden(module: str, text: str) -> list[Number]:
    """Numbers inside functions and classes, except 0, 1 and 2.

    Equal numbers in the same expression count as one number.
    """
    found: dict[str, Number] = {}
    for top in ast.parse(text).body:
        if isinstance(top, (ast.FunctionDef, ast.ClassDef)):
            for number in _hidden_in(module, top, top, top.name):
                before = found.get(number.key)
                places = (before.places if before else ()) + number.places
                found[number.key] = number._replace(places=places)
    return list(found.values())


def _hidden_in(module: str, node: ast.AST, around: ast.AST, name: str) -> Iterator[Number]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
            yield from _hidden_in(module, child, child, f"{name}.{child.name}")
        elif not _is_number(child):
            # A sign alone says little, so the expression around it is shown instead.
            outer = around if isinstance(child, ast.UnaryOp) else child
            yield from _hidden_in(module, child, outer, name)
        elif child.value not in ARITHMETIC:
            shown = ast.unparse(around).splitlines()[0]
            yield Number(module, name, child.value, shown, "", True, _places([child]))


def every(names: Sequence[str]) -> tuple[list[Number], list[Derived], list[Number]]:
    """Constants, derived constants and hidden numbers of some modules."""
    pairs = [constants(name, source(name)) for name in names]
    return (
        [number for numbers, _ in pairs for number in numbers],
        [one for _, derived in pairs for one in derived],
        [number for name in names for number in hidden(name, source(name))],
    )


def changed(number: Number, value: float) -> CodeType:
    """The code of the number's module, with another value in place of the number."""
    tree = ast.parse(source(number.module))
    count = 0
    for node in ast.walk(tree):
        if _is_number(node) and (node.lineno, node.col_offset) in number.places:
            node.value = value
            count += 1
    if count != len(number.places):
        raise ValueError(f"{number.key} is not where it was")
    return compile(tree, f"{folder(home(number.module)) / number.module}.py", "exec")


def load_changed(number: Number, value: float) -> ModuleType:
    """Import the number's module with another value; none of `PACKAGES` may be loaded yet."""
    package = home(number.module)
    name = f"{package}.{number.module}"
    if any(loaded.rpartition(".")[0] in PACKAGES for loaded in sys.modules):
        raise RuntimeError("the package is loaded already, so a number cannot be changed")
    __import__(package)
    spec = find_spec(name)
    assert spec is not None
    module = ModuleType(name)
    module.__spec__, module.__file__, module.__package__ = spec, spec.origin, package
    sys.modules[name] = module
    setattr(sys.modules[package], number.module, module)
    exec(changed(number, value), module.__dict__)
    return module


def _assigned(node: ast.stmt) -> tuple[str, ast.expr] | None:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        return node.target.id, node.value
    return None


def _literals(value: ast.AST) -> list[ast.Constant]:
    """Numbers of an expression that are not arithmetic; see `constants`."""
    sums = [node for node in ast.walk(value) if isinstance(node, ast.BinOp)
            and isinstance(node.op, (ast.Add, ast.Sub))]  # fmt: skip
    ones = [id(part) for node in sums for part in (node.left, node.right)
            if _is_number(part) and part.value == 1]  # fmt: skip
    return [
        node for node in ast.walk(value)
        if _is_number(node) and id(node) not in ones and (node.value != 0 or node is value)
    ]  # fmt: skip


def _is_number(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _places(literals: Sequence[ast.Constant]) -> tuple[tuple[int, int], ...]:
    return tuple((literal.lineno, literal.col_offset) for literal in literals)


def _bare(text: str) -> bool:
    return isinstance(ast.parse(text, mode="eval").body, (ast.Constant, ast.UnaryOp))
