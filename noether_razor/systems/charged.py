"""A charged particle in a uniform magnetic field, alone or in a Penning trap."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp

from noether_razor.base.errors import InputError
from noether_razor.base.types import Scalar, State
from noether_razor.systems._options import number
from noether_razor.systems._system import (
    KnownQuantity,
    System,
    angular_momentum,
    coordinate_forms,
    linear,
    product,
)


@dataclass(frozen=True)
class Magnetic(System):
    """H = |p - A(q)|^2 / 2 in the plane, A = field (-y, x) / 2: unit charge and mass.

    It conserves the momenta K = p + A, which generate shifts of the centre of the circle and obey
    {K_x, K_y} = -field. It also conserves their products, and H itself, which is quadratic here.

    Attributes:
        field: magnetic field, more than 0, in units of mass / (charge time).

    Raises:
        InputError: the field is not positive.
    """

    field: float = 1.0

    name = "magnetic"

    def __post_init__(self) -> None:
        number(self.name, "field", self.field, least=1e-6)

    @property
    def degrees_of_freedom(self) -> int:
        return 2

    def hamiltonian(self, x: State) -> Scalar:
        x1, y, p_x, p_y = x
        return ((p_x + self.field * y / 2) ** 2 + (p_y - self.field * x1 / 2) ** 2) / 2

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        (x, y), (p_x, p_y) = coordinate_forms(2)
        half = self.field / 2
        k_x, k_y = p_x - half * y, p_y + half * x
        v_x, v_y = p_x + half * y, p_y - half * x
        return (
            linear("Kx", k_x),
            linear("Ky", k_y),
            product("Kx^2", (k_x, k_x)),
            product("Kx Ky", (k_x, k_y)),
            product("Ky^2", (k_y, k_y)),
            product("H", (v_x, v_x / 2), (v_y, v_y / 2)),
        )


@dataclass(frozen=True)
class PenningTrap(System):
    """H = |p - A(q)|^2 / 2 + axial^2 (z^2 - (x^2 + y^2) / 2) / 2, A = field (-y, x, 0) / 2.

    Conserves the energy of the axial motion, the angular momentum about the axis, and the energy
    of the motion across it.

    Attributes:
        field: magnetic field, in units of mass / (charge time). The trap holds the particle if
            field^2 > 2 axial^2.
        axial: angular frequency along the axis, more than 0.

    Raises:
        InputError: an attribute is out of its range, or the trap does not hold the particle.

    Source: Brown and Gabrielse, Reviews of Modern Physics 58 (1986), 233.
    """

    field: float = 2.5
    axial: float = 1.0

    name = "penning"

    def __post_init__(self) -> None:
        number(self.name, "axial", self.axial, least=1e-6)
        number(self.name, "field", self.field, least=0.0)
        if self.field**2 <= 2 * self.axial**2:
            raise InputError(
                f"{self.name}: field is {self.field}, expected more than sqrt(2) axial, "
                f"{2**0.5 * self.axial:.4g}: below it the trap does not hold"
            )

    @property
    def degrees_of_freedom(self) -> int:
        return 3

    def hamiltonian(self, x: State) -> Scalar:
        q, p = jnp.split(x, 2)
        across = (p[0] + self.field * q[1] / 2) ** 2 + (p[1] - self.field * q[0] / 2) ** 2
        bowl = self.axial**2 * (q[2] ** 2 - (q[0] ** 2 + q[1] ** 2) / 2)
        return (across + p[2] ** 2 + bowl) / 2

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        q, p = coordinate_forms(3)
        half, square = self.field / 2, self.axial**2
        v_x, v_y = p[0] + half * q[1], p[1] - half * q[0]
        return (
            product("Ez", (p[2], p[2] / 2), (square * q[2], q[2] / 2)),
            angular_momentum("Lz", q[None], p[None], (0, 1)),
            product(
                "Exy",
                (v_x, v_x / 2),
                (v_y, v_y / 2),
                (-square * q[0], q[0] / 4),
                (-square * q[1], q[1] / 4),
            ),
        )
