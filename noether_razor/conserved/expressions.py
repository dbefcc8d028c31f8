"""Functions of a state that a user writes as text. The text is read as a formula, never run.

Sympy's own reader runs a text as Python code, so it is not used here.
"""

from __future__ import annotations

import ast
import math
import operator
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.types import State

FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "Abs")
LONGEST = 1000
"""Most characters of a text."""
_OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_IN_JAX = {name: getattr(jnp, name) for name in FUNCTIONS if hasattr(jnp, name)} | {
    "atan": jnp.arctan,
    "Abs": jnp.abs,
}


@dataclass(frozen=True)
class Expressions:
    """Functions that are given as texts in the names of the coordinates.

    A text may hold names of coordinates, numbers, pi, parentheses, + - * / **, and `FUNCTIONS` of
    one argument.

    Attributes:
        texts: one for each function.
        coordinates: names of all coordinates of a state.

    Raises:
        InputError: if a text holds anything else, or cannot be read.

    >>> Expressions(("q**2 + p**2",), ("q", "p"))(jnp.array([3.0, 4.0]))
    Array([25.], dtype=float32)
    """

    texts: tuple[str, ...]
    coordinates: tuple[str, ...]

    def __post_init__(self) -> None:
        values = 0.7 + 0.01 * np.arange(len(self.coordinates))
        some = dict(zip(readable(self.coordinates), values, strict=True))
        for text, formula in zip(self.texts, self._formulas, strict=True):
            try:
                with np.errstate(all="ignore"):
                    value(formula, some, _IN_JAX)
            except InputError as error:
                raise InputError(f"function {text!r}: {error}") from None
            except (OverflowError, ZeroDivisionError, RecursionError) as error:
                raise InputError(f"function {text!r}: cannot be computed: {error}") from None

    @cached_property
    def _formulas(self) -> list[ast.expr]:
        return [parsed(text) for text in self.texts]

    def __call__(self, x: State) -> jax.Array:
        variables = dict(zip(readable(self.coordinates), x, strict=True))
        values = [value(formula, variables, _IN_JAX) for formula in self._formulas]
        return jnp.stack([jnp.asarray(one, x.dtype) for one in values])

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return list(self.texts)


def readable(names: Sequence[str]) -> list[str]:
    """Names as they are read in a text, where letters that look alike become one letter (NFKC)."""
    return [unicodedata.normalize("NFKC", name) for name in names]


def parsed(text: str) -> ast.expr:
    """Read a text as a formula.

    Raises:
        InputError: if the text cannot be read.
    """
    if not isinstance(text, str):
        raise InputError(f"function {text!r}: is no text, expected one as 'q1**2 + p1**2'")
    if not text.strip():
        raise InputError("a function is empty, expected a formula, as q1**2 + p1**2")
    if len(text) > LONGEST:
        raise InputError(f"a function has {len(text)} characters, expected at most {LONGEST}")
    if wrong := {"#", "`", "\n", "\r"} & set(text):
        raise InputError(f"function {text!r}: may not hold {min(wrong)!r}")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(
            f"function {text!r}: cannot be read as a formula, as q1**2 + p1**2 is"
        ) from None


def value(formula: ast.expr, variables: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
    """The value of a formula.

    Args:
        formula: a formula from `parsed`.
        variables: values of the variables, by name.
        functions: the functions of `FUNCTIONS`, by name.

    Raises:
        InputError: if the formula holds anything but names, numbers, operations and functions.
    """
    of = lambda part: value(part, variables, functions)  # noqa: E731
    match formula:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name) if name in variables:
            return variables[name]
        case ast.Name(id="pi"):
            return math.pi
        case ast.Name(id=name):
            raise InputError(f"no coordinate is called {name!r}, expected {', '.join(variables)}")
        case ast.UnaryOp(op=kind, operand=part) if type(kind) in _OPERATIONS:
            return _OPERATIONS[type(kind)](of(part))
        case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _OPERATIONS:
            first, second = of(left), of(right)
            if isinstance(kind, ast.Pow) and isinstance(first, int):
                first = float(first)  # a power of two whole numbers may have any number of digits
            found = _OPERATIONS[type(kind)](first, second)
            if isinstance(found, complex):
                raise InputError(f"{ast.unparse(formula)} has no real value")
            return found
        case ast.Call(func=ast.Name(id=name), args=[part], keywords=[]) if name in functions:
            return functions[name](of(part))
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]):
            raise InputError(f"no function is called {name!r}, expected {', '.join(FUNCTIONS)}")
        case ast.BinOp(op=ast.BitXor()):
            raise InputError("^ is no power: write **")
    raise InputError(
        f"{ast.unparse(formula)!r} is not allowed, expected names of coordinates, numbers, pi, "
        f"+ - * / ** and {', '.join(FUNCTIONS)}"
    )
