"""Predators and prey, in canonical coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp

from noether_razor.base.types import Scalar, State
from noether_razor.systems._system import System


@dataclass(frozen=True)
class LotkaVolterra(System):
    """H = e^q - q + e^p - p, with e^q and e^p the two populations; only H is conserved.

    Source: Kerner, Bulletin of Mathematical Biophysics 19 (1957), 121.
    """

    name = "lotka_volterra"

    @property
    def degrees_of_freedom(self) -> int:
        return 1

    def hamiltonian(self, x: State) -> Scalar:
        return jnp.sum(jnp.exp(x) - x)
