"""Systems that were written down after the rule for functions was frozen, and never run before.

Equations are texts, so that a test can check every stated invariant by algebra. Sources of the
integrable ones: J. Hietarinta, Physics Reports 147 (1987), 87-154, and A. M. Perelomov, Integrable
Systems of Classical Mechanics and Lie Algebras (1990). The last five are similar to others of them,
but are not integrable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import sympy

Starts = Callable[[np.random.Generator], np.ndarray]


class Flow(NamedTuple):
    """Equations of motion, data, and what is searched.

    Attributes:
        names: names of the coordinates, [m].
        rates: x' as functions of the coordinates, [m].
        starts: makes a random initial state, [m].
        dt: time between samples.
        degree, functions: see `discover`.
        invariants: all independent functions in the searched span that are conserved.
        paired: whether the coordinates are canonical, positions before momenta.
    """

    names: Sequence[str]
    rates: Sequence[sympy.Expr]
    starts: Starts
    dt: float
    degree: int
    functions: Sequence[str]
    invariants: Sequence[str]
    paired: bool = False

    def change(self, function: str) -> sympy.Expr:
        """The rate of change of a function of the coordinates along the motion."""
        expression = sympy.sympify(function)
        slopes = [sympy.diff(expression, sympy.Symbol(name)) for name in self.names]
        return sum((slope * rate for slope, rate in zip(slopes, self.rates, strict=True)),
                   sympy.Integer(0))  # fmt: skip


CANONICAL = ("q1", "q2", "p1", "p2")
TOP = ("m1", "m2", "m3", "g1", "g2", "g3")
KINETIC = "(p1**2 + p2**2)/2"
MOMENT = "q1*p2 - q2*p1"
RADIUS = "sqrt(q1**2 + q2**2)"


def hamiltonian(
    potential: str, starts: Starts, dt: float, degree: int, others: Sequence[str] = (),
    functions: Sequence[str] = (),
) -> Flow:  # fmt: skip
    """A particle in the plane; the searched span holds its energy, and the invariants `others`."""
    energy = sympy.sympify(f"{KINETIC} + {potential}")
    slopes = {name: sympy.diff(energy, sympy.Symbol(name)) for name in CANONICAL}
    rates = [slopes["p1"], slopes["p2"], -slopes["q1"], -slopes["q2"]]
    invariants = (str(energy), *others)
    return Flow(CANONICAL, rates, starts, dt, degree, functions, invariants, True)


def _on_e3(energy: str, starts: Starts, dt: float, degree: int, others: Sequence[str]) -> Flow:
    """m' = m x dH/dm + g x dH/dg, g' = g x dH/dm: a body that turns in a field."""
    h = sympy.sympify(energy)
    m, g = (sympy.Matrix(sympy.symbols(names)) for names in ("m1:4", "g1:4"))
    turning, torque = (sympy.Matrix([sympy.diff(h, one) for one in vector]) for vector in (m, g))
    rates = [*(m.cross(turning) + g.cross(torque)), *g.cross(turning)]
    shared = ("g1**2 + g2**2 + g3**2", "m1*g1 + m2*g2 + m3*g3")
    return Flow(TOP, rates, starts, dt, degree, (), (energy, *shared, *others))


def _euler(inverse_inertia: sympy.Matrix, starts: Starts, dt: float) -> Flow:
    """m' = m x w with w the inverse inertia times m: a free body, not in its principal axes."""
    m = sympy.Matrix(sympy.symbols("m1:4"))
    turning = inverse_inertia * m
    invariants = [str(sympy.expand(m.dot(one))) for one in (m, turning)]
    return Flow(TOP[:3], list(m.cross(turning)), starts, dt, 2, (), invariants)


def _species(rates: Sequence[str], invariants: Sequence[str]) -> Flow:
    """Populations that eat each other; there are no other births and deaths."""
    flow = [sympy.sympify(rate) for rate in rates]
    return Flow(("a", "b", "c"), flow, lambda generator: generator.uniform(0.3, 1.7, 3), 0.2, 3,
                (), invariants)  # fmt: skip


def normal(count: int, size: float = 1.0) -> Starts:
    return lambda generator: size * generator.normal(size=count)


def _shell(count: int, least: float, most: float) -> Starts:
    """Initial states in random directions, at a distance of `least` to `most` from the origin."""

    def start(generator: np.random.Generator) -> np.ndarray:
        x = generator.normal(size=count)
        return x / np.linalg.norm(x) * generator.uniform(least, most)

    return start


def ellipse(generator: np.random.Generator) -> np.ndarray:
    """A state at the pericentre of a randomly turned ellipse of eccentricity up to 0.4."""
    e, size, turn = 0.4 * generator.uniform(), generator.uniform(0.7, 1.2), generator.uniform() * 7
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    return np.concatenate([size * (1 - e) * along, np.sqrt((1 + e) / (1 - e) / size) * across])


RADIAL = (f"1/{RADIUS}", f"q1/{RADIUS}", f"q2/{RADIUS}")
CASES = {
    "Kowalevski's top": _on_e3(
        "(m1**2 + m2**2)/2 + m3**2 + g1", normal(6, 0.8), 0.2, 4,
        ["(m1**2 - m2**2 - 2*g1)**2 + 4*(m1*m2 - g2)**2"],
    ),
    "Clebsch's case": _on_e3(
        "(m1**2 + m2**2 + m3**2 + g1**2 + 2*g2**2 + 3*g3**2)/2", normal(6, 0.8), 0.15, 2,
        ["m1**2 + 2*m2**2 + 3*m3**2 - 6*g1**2 - 3*g2**2 - 2*g3**2"],
    ),
    "Euler's top, other axes": _euler(
        sympy.Matrix([[5, 1, 0], [1, 3, 1], [0, 1, 4]]) / 5, normal(3), 0.3
    ),
    "three species": _species(
        ["a*(b - c)", "b*(c - a)", "c*(a - b)"], ["a + b + c", "a*b*c"]
    ),
    "Garnier in the plane": hamiltonian(
        "(q1**2 + 2*q2**2)/2 + (q1**2 + q2**2)**2/4", normal(4, 0.8), 0.2, 4,
        [f"p1**2 + q1**2 + q1**2*(q1**2 + q2**2)/2 + ({MOMENT})**2/2"],
    ),
    "Stark in the plane": hamiltonian(
        f"-1/{RADIUS} + q1/20", ellipse, 0.2, 3,
        [f"p2*({MOMENT}) - q1/{RADIUS} - q2**2/40"], RADIAL,
    ),
    "oscillators 3 : 4": hamiltonian(
        "9*q1**2/2 + 8*q2**2", lambda generator: generator.normal(size=4) * [1, 1, 3, 4], 0.1, 7,
        ["p2**2 + 16*q2**2",
         "(p1**4 - 54*p1**2*q1**2 + 81*q1**4)*(p2**3 - 48*p2*q2**2)"
         " + (12*p1**3*q1 - 108*p1*q1**3)*(12*p2**2*q2 - 64*q2**3)"],
    ),
    "Henon-Heiles, 1 : 6": hamiltonian(
        "(q1**2 + q2**2)/2 + (q1**2*q2 + 2*q2**3)/4", _shell(4, 0.1, 0.3), 0.5, 4,
        ["q1**4 + 4*q1**2*q2**2 - 16*p1**2*q2 + 16*p1*p2*q1 + 16*q1**2*q2"
         " + 48*(p1**2 + q1**2)"],
    ),
    "quartic 1 : 12 : 16": hamiltonian(
        "q1**4 + 12*q1**2*q2**2 + 16*q2**4", normal(4, 0.7), 0.1, 5,
        [f"p1*({MOMENT}) + 4*q1**2*q2*(q1**2 + 2*q2**2)"],
    ),
    "a top that is not Kowalevski's": _on_e3(
        "(m1**2 + m2**2)/2 + 3*m3**2/4 + g1", normal(6, 0.8), 0.2, 4, []
    ),
    "three species, unbalanced": _species(["a*(b - 13*c/10)", "b*(c - a)", "c*(a - b)"], []),
    "Garnier, disturbed": hamiltonian(
        "(q1**2 + 2*q2**2)/2 + (q1**2 + q2**2)**2/4 + q1**3*q2/5", normal(4, 0.8), 0.2, 4
    ),
    "Henon-Heiles, 1 : 5": hamiltonian(
        "(q1**2 + q2**2)/2 + (q1**2*q2 + 5*q2**3/3)/4", _shell(4, 0.1, 0.3), 0.5, 4
    ),
    "quartic 1 : 6 : 16": hamiltonian(
        "q1**4 + 6*q1**2*q2**2 + 16*q2**4", normal(4, 0.7), 0.1, 5
    ),
}  # fmt: skip
