"""A negative control: nothing quadratic is conserved."""

from __future__ import annotations

from dataclasses import dataclass

from noether_razor.base.types import Scalar, State
from noether_razor.systems._system import System


@dataclass(frozen=True)
class Anharmonic(System):
    """H = |p|^2 / 2 + q1^4 / 4 + q2^4 / 2 + (q1 q2)^2 / 2 + q1^2 q2 / 2.

    The unequal quartics break rotations, the last term breaks q2 -> -q2; only H is conserved.
    """

    name = "anharmonic"

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    def hamiltonian(self, x: State) -> Scalar:
        q1, q2, p1, p2 = x
        kinetic = (p1**2 + p2**2) / 2
        return kinetic + q1**4 / 4 + q2**4 / 2 + (q1 * q2) ** 2 / 2 + q1**2 * q2 / 2
