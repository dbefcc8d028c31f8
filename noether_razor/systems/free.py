"""A free particle."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import jax.numpy as jnp

from noether_razor._types import Scalar, State
from noether_razor.systems._options import whole
from noether_razor.systems._system import (
    KnownQuantity,
    System,
    angular_momentum,
    coordinate_forms,
    linear,
    product,
)


@dataclass(frozen=True)
class FreeParticle(System):
    """H = |p|^2 / 2: conserves the momenta, their products, and every angular momentum.

    Attributes:
        dimensions: of space, 1 or more.

    Raises:
        InputError: fewer dimensions.
    """

    dimensions: int = 2

    name = "free"

    def __post_init__(self) -> None:
        whole(self.name, "dimensions", self.dimensions, least=1)

    @property
    def degrees_of_freedom(self) -> int:
        return self.dimensions

    def hamiltonian(self, x: State) -> Scalar:
        _, p = jnp.split(x, 2)
        return jnp.vdot(p, p) / 2

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        q, p = coordinate_forms(self.dimensions)
        axes = range(self.dimensions)
        return (
            *(linear(f"P{i + 1}", p[i]) for i in axes),
            *(
                product(f"P{i + 1}{j + 1}", (p[i], p[j]))
                for i, j in combinations_with_replacement(axes, 2)
            ),
            *(
                angular_momentum(f"L{i + 1}{j + 1}", q[None], p[None], (i, j))
                for i, j in combinations(axes, 2)
            ),
        )
