"""The symmetrised Hamiltonian H = E_tau[F(Phi_tau(x))] of a network F."""

from __future__ import annotations

from typing import Any

from noether_razor.base.types import Hamiltonian
from noether_razor.inference.symmetry import orbit_average
from noether_razor.mechanics.networks import ScalarNetwork


class HamiltonianNetwork(ScalarNetwork):
    """The network F, in units of energy."""


def symmetrised(function: Hamiltonian, elements: Any | None) -> Hamiltonian:
    """The symmetrised Hamiltonian; with no elements, the function itself (a plain network)."""
    return function if elements is None else orbit_average(function, elements)
