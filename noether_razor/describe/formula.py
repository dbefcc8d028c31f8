"""A quadratic in the user's own names: one sum of terms, as sympy, as text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import sympy
from sympy.printing.latex import LatexPrinter, tex_greek_dictionary
from sympy.printing.str import StrPrinter

from noether_razor.base.errors import InputError
from noether_razor.describe._collective import collect

NEGLIGIBLE = 1e-4
"""Share of the largest term below which a term is not written."""
Term = tuple[float, sympy.Expr]
"""A coefficient and an expression that it multiplies."""
MOST_TERMS = 12
"""A text shows at most this many terms of a sum; if the sum has more, it shows the largest."""


def as_sympy(A: np.ndarray, b: np.ndarray, names: Sequence[str]) -> sympy.Expr:
    """x.A x / 2 + b.x as a sum in sympy, in which sums of variables are kept as factors.

    Coefficients are whole numbers, halves, or numbers with three digits. Terms below a
    ten-thousandth of the largest are left out. The symbols are `sympy.Symbol(name)`.

    Args:
        A: symmetric, [2n, 2n].
        b: [2n].
        names: names of the 2n coordinates.

    Raises:
        InputError: if there are not as many names as coordinates.
    """
    return _sum([_times(*term) for term in _terms(A, b, names)[0]])


def expression(
    A: np.ndarray, b: np.ndarray, names: Sequence[str], units: np.ndarray | None = None
) -> str:
    """The text of `as_sympy`, which sympy can read, with at most the twelve largest terms.

    Args:
        A, b, names: see `as_sympy`.
        units: typical size of each coordinate, [2n]; terms are compared in these units; 1 by
            default.

    >>> expression(np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2), ("q", "p"))
    'q**2/2 + p**2/2'
    """
    return written(*_terms(A, b, names, units))


def written(terms: Sequence[Term], sizes: Sequence[float] | None = None) -> str:
    """The text of a sum of coefficients times expressions, with at most the twelve largest terms.

    Args:
        terms: coefficients and expressions.
        sizes: typical size of each term; the size of its coefficient by default.

    >>> written([(1.0, sympy.Symbol("q") ** 2), (-0.5, sympy.Symbol("p"))])
    'q**2 - p/2'
    """
    shown, left_out = _largest(terms, sizes)
    return _TEXT.doprint(shown) + (f" + ... ({left_out} terms)" if left_out else "")


def latex(
    A: np.ndarray, b: np.ndarray, names: Sequence[str], units: np.ndarray | None = None
) -> str:
    r"""The LaTeX of `as_sympy`, for maths mode, with at most the twelve largest terms.

    Args:
        A, b, names, units: see `expression`.

    >>> latex(np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2), ("theta1", "p_theta1"))
    '\\frac{\\theta_{1}^{2}}{2} + \\frac{p_{\\theta_{1}}^{2}}{2}'
    """
    terms, sizes = _terms(A, b, names, units)
    return written_latex(terms, names, sizes)


def written_latex(
    terms: Sequence[Term], names: Sequence[str], sizes: Sequence[float] | None = None
) -> str:
    """The LaTeX of a sum of coefficients times expressions, with at most the twelve largest terms.

    Args:
        terms: coefficients and expressions.
        names: names of the symbols.
        sizes: typical size of each term; the size of its coefficient by default.
    """
    shown, left_out = _largest(terms, sizes)
    symbols = {sympy.Symbol(name): latex_name(name) for name in names}
    printer = LatexPrinter({"order": "none", "symbol_names": symbols})
    return printer.doprint(shown) + (rf" + \cdots \text{{ ({left_out} terms)}}" if left_out else "")


def latex_name(name: str) -> str:
    r"""A coordinate's name in LaTeX: a letter with what follows as its index, or an upright word.

    >>> [latex_name(name) for name in ("q1", "q1x", "px", "p_x", "theta", "angle")]
    ['q_{1}', 'q_{1x}', 'p_{x}', 'p_{x}', '\\theta', '\\mathrm{angle}']
    """
    if len(name) == 1 and name.isalpha():
        return name
    if re.fullmatch(GREEK, name):
        return tex_greek_dictionary.get(name, f"\\{name}")
    if found := re.fullmatch(INDEXED, name):
        head, after, digits = found.groups()
        index = digits.strip("_").replace("_", ",") if digits else latex_name(after)
        return f"{latex_name(head)}_{{{index}}}"
    if found := re.fullmatch(OF_AXIS, name):
        return f"{found[1]}_{{{found[2]}}}"
    if re.fullmatch(r"\d\w*", name):
        return name.strip("_").replace("_", ",")
    return rf"\mathrm{{{''.join(ESCAPED.get(letter, letter) for letter in name)}}}"


GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho"
    "|sigma|tau|upsilon|phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)
INDEXED = rf"({GREEK}|[^\W\d_])(?:_(\w+)|(\d\w*))"
"""A letter with an index, which follows an underscore or begins with a digit."""
OF_AXIS = r"([pqv])([xyz]\d*)"
"""A letter with the name of an axis as its index."""

ESCAPED = {letter: f"\\{letter}" for letter in "_#$%&{} "} | {
    "\\": r"\backslash ",
    "^": r"{}^{\wedge}",
    "~": r"{\sim}",
}

_TEXT = StrPrinter({"order": "none"})


def _terms(
    A: np.ndarray, b: np.ndarray, names: Sequence[str], units: np.ndarray | None = None
) -> tuple[list[Term], list[float]]:
    """The terms, and their typical sizes.

    A factor is a coordinate, or a product of two sums of coordinates.
    """
    A, b = np.asarray(A, float), np.asarray(b, float)
    if len(names) != len(b):
        raise InputError(f"{len(names)} names for {len(b)} coordinates, expected one for each")
    units = np.ones(len(b)) if units is None else np.asarray(units, float)
    forms, slopes = np.abs(A) * np.outer(units, units), np.abs(b) * units
    least = NEGLIGIBLE * max(forms.max(), slopes.max())
    A, b = np.where(forms > least, A, 0), np.where(slopes > least, b, 0)
    weights, S = collect(A, 1e-3)
    x = [sympy.Symbol(name) for name in names]
    u = [_sum([_times(w, x[i]) for i, w in enumerate(row) if w]) for row in weights]
    spread = np.linalg.norm(weights * units, axis=1)
    terms, sizes = [], []
    for i, j in zip(*np.nonzero(np.triu(S)), strict=True):
        if i == j:
            terms.append((float(S[i, i]) / 2, sympy.Pow(u[i], 2, evaluate=False)))
        else:
            terms.append((float(S[i, j]), _product(u[i], u[j])))
        sizes.append(abs(terms[-1][0]) * float(spread[i] * spread[j]))
    linear = np.flatnonzero(b)
    terms += [(float(b[i]), x[i]) for i in linear]
    return terms, sizes + [abs(float(b[i] * units[i])) for i in linear]


def _largest(terms: Sequence[Term], sizes: Sequence[float] | None = None) -> tuple[sympy.Expr, int]:
    """The sum of the largest terms, and the number of all terms; 0 if none is left out."""
    if len(terms) <= MOST_TERMS:
        return _sum([_times(*term) for term in terms]), 0
    if sizes is None:
        sizes = [abs(c) for c, _ in terms]
    if len(sizes) != len(terms):
        raise ValueError(f"{len(sizes)} sizes of {len(terms)} terms")
    # A term's place says more than its size, so the largest keep their order.
    largest = np.sort(np.argsort(-np.asarray(sizes), kind="stable")[:MOST_TERMS])
    shown = [terms[k] for k in largest]
    return _sum([_times(*term) for term in shown]), len(terms)


def _number(value: float) -> sympy.Expr:
    half = round(2 * value)
    if half and abs(2 * value - half) <= 1e-5 * abs(half) and abs(half) <= 40:
        return sympy.Rational(half, 2)
    text = f"{value:.3g}"
    return sympy.Float(text, 3) if {".", "e"} & set(text) else sympy.Integer(text)


def _times(value: float, factor: sympy.Expr) -> sympy.Expr:
    number = _number(value)
    if number == 1:
        return factor
    if factor == 1:
        return number
    factors = factor.args if isinstance(factor, sympy.Mul) else (factor,)
    return sympy.Mul(number, *factors, evaluate=False)


def _product(first: sympy.Expr, second: sympy.Expr) -> sympy.Expr:
    return sympy.Mul(first, second, evaluate=False)


def _sum(terms: list[sympy.Expr]) -> sympy.Expr:
    return sympy.Add(*terms, evaluate=False) if terms else sympy.Integer(0)
