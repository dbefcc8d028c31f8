"""Bodies that attract one another by softened gravity."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.types import Scalar, State
from noether_razor.systems._options import number, numbers, whole
from noether_razor.systems._system import (
    KnownQuantity,
    System,
    angular_momentum,
    coordinate_forms,
    linear,
    product,
)

AXES = "xyzuvw"


@dataclass(frozen=True)
class NBody(System):
    """H = sum_i |p_i|^2 / 2 m_i - sum_{i<j} m_i m_j / sqrt(|q_i - q_j|^2 + softening^2).

    Coordinates run over bodies, then axes: q = (body 1 x, body 1 y, body 2 x, ...), p likewise.
    Conserves the total momentum P and its products, the total angular momentum, and the angular
    momentum X x P of the centre of mass X, one for each plane. (A single body has one kind of
    angular momentum, not two.)

    Attributes:
        bodies: number of bodies, 1 or more.
        dimensions: number of dimensions of space, 1 to 6.
        masses: one positive mass for each body; all 1 when None.
        softening: length below which the force fades, 0 or more.

    Raises:
        InputError: an attribute is out of its range, or there are not as many masses as bodies.
    """

    bodies: int = 3
    dimensions: int = 2
    masses: tuple[float, ...] | None = None
    softening: float = 1.0

    name = "n_body"
    dt = 1.0

    def __post_init__(self) -> None:
        whole(self.name, "bodies", self.bodies, least=1)
        whole(self.name, "dimensions", self.dimensions, least=1, most=len(AXES))
        number(self.name, "softening", self.softening, least=0.0)
        if self.masses is not None:
            masses = numbers(self.name, "masses", self.masses, above=0.0)
            object.__setattr__(self, "masses", masses)
            if len(masses) != self.bodies:
                raise InputError(
                    f"{self.name}: {len(masses)} masses for {self.bodies} bodies, expected one "
                    "mass a body"
                )

    @property
    def degrees_of_freedom(self) -> int:
        return self.bodies * self.dimensions

    @property
    def _masses(self) -> np.ndarray:
        return np.asarray(self.masses or (1.0,) * self.bodies)

    def hamiltonian(self, x: State) -> Scalar:
        q, p = x.reshape(2, self.bodies, self.dimensions)
        m = jnp.asarray(self._masses, x.dtype)
        i, j = np.triu_indices(self.bodies, 1)
        distance = jnp.sqrt(jnp.sum((q[i] - q[j]) ** 2, axis=-1) + self.softening**2)
        return jnp.sum(jnp.sum(p**2, axis=-1) / m) / 2 - jnp.sum(m[i] * m[j] / distance)

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        shape = (self.bodies, self.dimensions, -1)
        q, p = (form.reshape(shape) for form in coordinate_forms(self.degrees_of_freedom))
        momentum = p.sum(axis=0)
        centre = np.average(q, axis=0, weights=self._masses)
        axes = range(self.dimensions)
        found = [linear(f"P{AXES[i]}", momentum[i]) for i in axes]
        for i, j in combinations_with_replacement(axes, 2):
            name = f"P{AXES[i]}^2" if i == j else f"P{AXES[i]} P{AXES[j]}"
            found.append(product(name, (momentum[i], momentum[j])))
        for i, j in combinations(axes, 2):
            plane = AXES[i] + AXES[j]
            found.append(angular_momentum(f"L{plane}", q, p, (i, j)))
            if self.bodies > 1:
                of_centre = angular_momentum(f"X x P {plane}", centre[None], momentum[None], (i, j))
                found.append(of_centre)
        return tuple(found)

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of the coordinates: ("q1x", "q1y", "q2x", ..., "p1x", ...)."""
        return tuple(
            f"{letter}{body + 1}{axis}"
            for letter in "qp"
            for body in range(self.bodies)
            for axis in AXES[: self.dimensions]
        )
