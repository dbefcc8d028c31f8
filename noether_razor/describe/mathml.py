"""Formulas as browsers typeset them: MathML, made from the formula's syntax tree.

A formula is a text as reports have it: `q1*p2 - q2*p1`, or equations as `q' = p, p' = -q`, maybe
with ` ...` or ` + ... (15 terms)` at the end. Every text is escaped.
"""

from __future__ import annotations

import ast
import re
from html import escape, unescape

from noether_razor.base.errors import InputError
from noether_razor.conserved.expressions import FUNCTIONS, parsed
from noether_razor.describe.formula import GREEK, INDEXED, OF_AXIS

KNOWN = frozenset((*FUNCTIONS, "sign"))
"""Names of functions; `sign` occurs in the derivative of Abs."""
NAMED = KNOWN - {"sqrt", "exp", "Abs"}
"""Functions that are written with their names."""
SUM, PRODUCT, POWER, ATOM = range(4)
"""Levels of precedence: how tightly a formula binds its parts."""
THIN = '<mspace width="0.17em"/>'
MINUS = '<mo form="prefix">−</mo>'
_CUT = re.compile(r"(?: \+)? \.\.\.(?: \((\d+) terms\))?$")
_WORD = r"<mi>\w{2,}</mi>"
_ENDS = re.compile(rf"{_WORD}\||\|{_WORD}")
"""A word at the end of a first factor, or at the start of a second."""


def formula_html(text: str) -> str:
    """The HTML of a typeset formula, titled with its text; "" for a text that is not a formula.

    Each term of a sum is a `math` element of its own, so that lines break between them.

    >>> formula_html("p/2")[:48]
    '<span class="formula" title="p/2"><math><mfrac><'
    """
    try:
        equations = _equations(text)
    except (InputError, RecursionError):
        return ""
    title = escape(text).replace("\n", " ")
    lines = ["<wbr>".join(f"<math>{term}</math>" for term in terms) for terms in equations]
    inner = lines[0] if len(lines) == 1 else " ".join(f"<span>{line}</span>" for line in lines)
    return f'<span class="formula" title="{title}">{inner}</span>'


def name_mathml(name: str) -> str:
    """A coordinate's name: a letter with what follows as its index, or an upright word.

    >>> name_mathml("q1")
    '<msub><mi>q</mi><mn>1</mn></msub>'
    """
    if re.fullmatch(GREEK, name):
        return f"<mi>{unescape(f'&{name};')}</mi>"
    found = re.fullmatch(INDEXED, name) or re.fullmatch(OF_AXIS, name)
    if not found:
        return f"<mi>{escape(name)}</mi>"  # italic if it is one letter, else upright
    head, index, *digits = found.groups()
    if index:
        below = name_mathml(index)
    else:
        number = digits[0].strip("_").replace("_", ",")
        below = f"<mn>{escape(number)}</mn>"
    return f"<msub>{name_mathml(head)}{below}</msub>"


def _equations(text: str) -> list[list[str]]:
    """All equations, or the one formula, each as its terms in MathML.

    Raises:
        InputError: if the text is not a formula.
    """
    cut = _CUT.search(text)
    body = text[: cut.start()] if cut else text
    if cut and not cut[1]:
        body = _whole_terms(body)
    equations: list[list[str]] = []
    for one in re.split(r", (?=(?:\w+|\([^()]*\))' = )", body):
        left, equals, right = one.rpartition("' = ")
        if not equals and _is_word(right):
            raise InputError("a word is no formula")
        terms = _terms(parsed(right), right)
        if equals:
            moving = _raised(_inside(parsed(left), left, ATOM), "<mo>′</mo>")
            terms[0] = moving + _infix("=") + terms[0]
        if equations:
            equations[-1][-1] += '<mo separator="true">,</mo>'
        equations.append(terms)
    if cut:
        count = f'<mspace width="0.3em"/><mtext>({cut[1]} terms)</mtext>' if cut[1] else ""
        equations[-1].append(f"{_infix('+')}<mo>⋯</mo>{count}")
    return equations


def _whole_terms(text: str) -> str:
    """The part of a cut text up to the last sign between two terms.

    Raises:
        InputError: if there is no such sign.
    """
    depth, last = 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text[place : place + 3] in (" + ", " - "):
            last = place
    if not last:
        raise InputError("nothing whole is left of the formula")
    return text[:last]


def _is_word(text: str) -> bool:
    """Whether the text is a single word that need not be a formula, such as `amsmath`."""
    return bool(re.fullmatch(_WORD, name_mathml(text.strip())))


def _terms(formula: ast.expr, text: str) -> list[str]:
    """The terms of a sum; each but the first with its sign in front."""
    match formula:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as kind, right=right):
            sign = "+" if isinstance(kind, ast.Add) else "−"
            return [*_terms(left, text), _infix(sign) + _inside(right, text, PRODUCT)]
    return [_written(formula, text)[0]]


def _written(formula: ast.expr, text: str) -> tuple[str, int]:
    """MathML of a formula, and its level of precedence.

    Raises:
        InputError: if it holds anything that a formula may not hold.
    """
    inside = lambda part, level: _inside(part, text, level)  # noqa: E731
    match formula:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _number(ast.get_source_segment(text.strip(), formula) or repr(number))
        case ast.Name(id=name):
            return name_mathml(name), ATOM
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return f"{MINUS}{inside(part, PRODUCT)}", SUM
        case ast.UnaryOp(op=ast.UAdd(), operand=part):
            return _written(part, text)
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return "".join(_terms(formula, text)), SUM
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div()) if (less := _less(left)) is not left:
            # -p/2 is read as (-p)/2, and written as -(p/2).
            part = ast.BinOp(left=less, op=formula.op, right=formula.right)
            return f"{MINUS}{_written(part, text)[0]}", SUM
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            first, second = inside(left, PRODUCT), inside(right, PRODUCT)
            dotted = _starts_with_number(right) or any(
                map(_ENDS.search, (first + "|", "|" + second))
            )
            space = THIN if _is_applied(right) or _is_applied(left) else ""
            times = "<mo>·</mo>" if dotted else f"<mo>\u2062</mo>{space}"
            return f"{first}{times}{second}", PRODUCT
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"<mfrac>{_row(left, text)}{_row(right, text)}</mfrac>", PRODUCT
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(left, right, text), POWER
        case ast.Call(func=ast.Name(id=name), args=[part], keywords=[]) if name in KNOWN:
            return _function(name, part, text)
    raise InputError(f"{ast.unparse(formula)!r} is no part of a formula")


def _inside(formula: ast.expr, text: str, level: int) -> str:
    """MathML of a part, in parentheses if its precedence is below `level`."""
    found, holds = _written(formula, text)
    return found if holds >= level else _parentheses(found)


def _row(formula: ast.expr, text: str) -> str:
    """MathML of a part as one element."""
    found = _written(formula, text)[0]
    return found if found.count("<") == 2 else f"<mrow>{found}</mrow>"


def _less(formula: ast.expr) -> ast.expr:
    """A product without the minus before it; the formula itself if there is none."""
    match formula:
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return part
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div()) if (less := _less(left)) is not left:
            return ast.BinOp(left=less, op=formula.op, right=formula.right)
    return formula


def _starts_with_number(formula: ast.expr) -> bool:
    match formula:
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() | ast.Pow()):
            return _starts_with_number(left)
    return isinstance(formula, ast.Constant)


def _is_applied(formula: ast.expr) -> bool:
    """Whether a factor, or the last of several, is a function that is written with its name."""
    match formula:
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int())):
            return _is_applied(base)
        case ast.BinOp(op=ast.Mult(), right=last):
            return _is_applied(last)
        case ast.Call(func=ast.Name(id=name)):
            return name in NAMED
    return False


def _power(base: ast.expr, exponent: ast.expr, text: str) -> str:
    above = _row(exponent, text)
    match base, exponent:
        case ast.Call(func=ast.Name(id=name), args=[part]), ast.Constant(value=int()) if (
            name in NAMED
        ):  # sin²(x)
            return _applied(f"<msup><mi>{name}</mi>{above}</msup>", part, text)
    return _raised(_inside(base, text, ATOM), above)


def _raised(below: str, above: str) -> str:
    if below.startswith("<msub>"):  # an atom that starts with an index is a name
        return f"<msubsup>{below.removeprefix('<msub>').removesuffix('</msub>')}{above}</msubsup>"
    return f"<msup>{below if below.count('<') == 2 else f'<mrow>{below}</mrow>'}{above}</msup>"


def _function(name: str, part: ast.expr, text: str) -> tuple[str, int]:
    if name == "sqrt":
        return f"<msqrt>{_row(part, text)}</msqrt>", ATOM
    if name == "exp":
        return f"<msup><mi>e</mi>{_row(part, text)}</msup>", POWER
    if name == "Abs":
        bars = '<mo stretchy="true" form="{}">|</mo>'
        inner = bars.format("prefix") + _written(part, text)[0] + bars.format("postfix")
        return f"<mrow>{inner}</mrow>", ATOM
    return _applied(f"<mi>{name}</mi>", part, text), POWER


def _applied(function: str, part: ast.expr, text: str) -> str:
    return f"<mrow>{function}<mo>\u2061</mo>{_parentheses(_written(part, text)[0])}</mrow>"


def _number(digits: str) -> tuple[str, int]:
    """A number as it was written; 1.5e-06 as a product with a power of ten."""
    found = re.fullmatch(r"([\d._]+)[eE]([+-]?)(\d+)", digits)
    if not found:
        return f"<mn>{escape(digits)}</mn>", ATOM
    power = f"{'−' if found[2] == '-' else ''}{int(found[3])}"
    ten = f"<msup><mn>10</mn><mn>{power}</mn></msup>"
    return f"<mrow><mn>{found[1]}</mn><mo>×</mo>{ten}</mrow>", PRODUCT


def _parentheses(inner: str) -> str:
    return f'<mrow><mo form="prefix">(</mo>{inner}<mo form="postfix">)</mo></mrow>'


def _infix(sign: str) -> str:
    return f'<mo form="infix">{sign}</mo>'
