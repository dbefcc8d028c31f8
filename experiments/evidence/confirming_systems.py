"""Systems that were written down after the shortest forms were, and never run before.

The forms are those of commit f7416e5. Sources: the two textbooks of `unseen_systems`;
P. Winternitz et al., Sov. J. Nucl. Phys. 4 (1967), 444 (two inverse squares beside an oscillator);
M. Hénon, Phys. Rev. B 9 (1974), 1921 (Toda chain); O. I. Bogoyavlensky, Phys. Lett. A 134 (1988),
34 (Volterra lattice). The last three are similar to others of them, but conserve less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy

from experiments.evidence.unseen_systems import (
    MOMENT,
    RADIUS,
    Flow,
    Starts,
    ellipse,
    hamiltonian,
    normal,
)

SPECIES = ("a", "b", "c", "d", "e")


def _flow(
    names: Sequence[str], rates: Sequence[str], starts: Starts, dt: float, degree: int,
    invariants: Sequence[str], functions: Sequence[str] = (),
) -> Flow:  # fmt: skip
    return Flow(names, [sympy.sympify(rate) for rate in rates], starts, dt, degree, functions,
                invariants)  # fmt: skip


def _lattice(behind: str) -> list[str]:
    """x_k' = x_k (x_{k+1} - behind x_{k-1}) on a ring of five."""
    return [f"{SPECIES[k]}*({SPECIES[(k + 1) % 5]} - {behind}*{SPECIES[k - 1]})" for k in range(5)]


def _apart(generator: np.random.Generator) -> np.ndarray:
    """A state in one quadrant, away from the walls at q = 0."""
    return np.concatenate([generator.uniform(0.6, 1.6, 2), 0.6 * generator.normal(size=2)])


def _chain(generator: np.random.Generator) -> np.ndarray:
    return np.concatenate([0.5 * generator.normal(size=3), 0.7 * generator.normal(size=3)])


WALLS = ("1/q1**2", "1/q2**2", "q2**2/q1**2", "q1**2/q2**2")
PAIRS = ("exp(a1 - a2)", "exp(a2 - a3)")
CHAIN = ("a1", "a2", "a3", "b1", "b2", "b3")
TOGETHER = [f"{factor}{pair}" for pair in PAIRS for factor in ("", "b1*", "b2*", "b3*")]
CASES = {
    "oscillator between walls": hamiltonian(
        "(q1**2 + q2**2)/2 + 1/(8*q1**2) + 1/(4*q2**2)", _apart, 0.1, 4,
        ["p1**2/2 + q1**2/2 + 1/(8*q1**2)",
         f"({MOMENT})**2/2 + q2**2/(8*q1**2) + q1**2/(4*q2**2)"],
        WALLS,
    ),
    "Kepler and an inverse square": hamiltonian(
        f"-1/{RADIUS} + 1/(20*(q1**2 + q2**2))", ellipse, 0.1, 3, [MOMENT],
        (f"1/{RADIUS}", "1/(q1**2 + q2**2)"),
    ),
    "open chain of three, exponential": _flow(
        CHAIN,
        ["b1", "b2", "b3", "-exp(a1 - a2)", "exp(a1 - a2) - exp(a2 - a3)", "exp(a2 - a3)"],
        _chain, 0.1, 3,
        ["b1 + b2 + b3", "(b1**2 + b2**2 + b3**2)/2 + exp(a1 - a2) + exp(a2 - a3)",
         "b1*b2*b3 - b3*exp(a1 - a2) - b1*exp(a2 - a3)"],
        TOGETHER,
    ),
    "ring of five species": _flow(
        SPECIES, _lattice("1"), lambda generator: generator.uniform(0.5, 1.5, 5), 0.1, 5,
        ["a + b + c + d + e", "a*c + b*d + c*e + d*a + e*b", "a*b*c*d*e"],
    ),
    "light and two levels": _flow(
        ("x", "y", "z"), ["y", "x*z", "-x*y"], normal(3), 0.2, 3, ["x**2/2 + z", "y**2 + z**2"]
    ),
    "body with a rotor": _flow(
        ("m1", "m2", "m3"),
        ["m2*(m3/3 - 1/2) - m3*m2/2", "m3*m1 - m1*(m3/3 - 1/2)", "m1*m2/2 - m2*m1"],
        normal(3, 1.2), 0.2, 3,
        ["m1**2 + m2**2 + m3**2", "m1**2/2 + m2**2/4 + m3**2/6 - m3/2"],
    ),
    "three waves": _flow(
        ("x", "y", "z"), ["2*y*z", "-x*z", "-x*y"], normal(3), 0.2, 4,
        ["x**2 + 2*y**2", "y**2 - z**2"],
    ),
    "oscillator between walls, disturbed": hamiltonian(
        "(q1**2 + q2**2)/2 + 1/(8*q1**2) + 1/(4*q2**2) + q1**2*q2**2/5", _apart, 0.1, 4, (), WALLS
    ),
    "ring of five species, unbalanced": _flow(
        SPECIES, _lattice("1.2"), lambda generator: generator.uniform(0.5, 1.5, 5), 0.1, 5, ()
    ),
    "light and two levels, with losses": _flow(
        ("x", "y", "z"), ["y - x/5", "x*z - y/5", "-x*y"], normal(3), 0.2, 3, ()
    ),
}  # fmt: skip
