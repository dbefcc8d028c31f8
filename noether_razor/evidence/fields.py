"""Laws of motion that are linear in Gaussian weights: x' = F(x; w) = sum_i w_i g_i(x).

In a Hamiltonian law g_i = J grad phi_i for functions phi_i of the state, so that H = w . phi. In a
general law each component of the field has its own combination of the phi_i. States are in units
of the spread. J is changed accordingly (`symplectic_form_in`), so these units need not be
canonical.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import State, StateMatrix
from noether_razor.conserved.features import Features, Joined, Monomials, jacobian

WAVES = 200
"""Number of random waves in a basis; together they approximate a Gaussian process."""
WIDTHS = np.geomspace(0.05, 5.0, 10)
"""Widths of the functions of the distance (`Bells`), in units of the spread of the positions."""
HAMILTONIAN, GENERAL = (4, 3, 2), (3, 2, 1)
"""Degrees of a polynomial H, and of every component of a general field, the first choice first."""
MOST_WEIGHTS = 260
"""Most weights that a basis may have, so that a fit takes seconds."""


@dataclass(frozen=True)
class Waves:
    """cos(k . x) and sin(k . x) for random k: features of a Gaussian process with a Matern kernel.

    Attributes:
        dimension: m, the dimension of the state.
        count: D, the number of functions, which is even.
        of: number of coordinates that the functions depend on: the first `of` of the state.
        length: length scale of the kernel, in units of the spread.

    Source: Rahimi and Recht, "Random Features for Large-Scale Kernel Machines", NeurIPS 2007. For a
    Matern kernel of smoothness 5/2, k has Student's t distribution with 5 degrees of freedom.
    """

    dimension: int
    count: int
    of: int
    length: float = 1.5

    @cached_property
    def _frequencies(self) -> np.ndarray:
        generator = np.random.default_rng(0)
        normal = generator.normal(size=(self.count // 2, self.of))
        width = np.sqrt(generator.gamma(2.5, 1 / 2.5, size=(self.count // 2, 1)))
        return normal / width / self.length

    def __call__(self, x: State) -> jax.Array:
        angles = jnp.asarray(self._frequencies) @ x[: self.of]
        return jnp.concatenate([jnp.cos(angles), jnp.sin(angles)])

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return [f"{name}{i}" for name in ("cos", "sin") for i in range(self.count // 2)]


@dataclass(frozen=True)
class Bells:
    """Functions w / sqrt(r^2 + w^2) of the distance r of each pair of bodies, for several widths w.

    Their sums approximate any smooth function of the distance. For a single body the distance is
    that from the origin.

    Attributes:
        axes: number of coordinates of a body.
        centre, spread: centre and spread of the positions, [n], in the user's units. Distances are
            computed in these units.
        widths: widths w of the functions, in the user's units.

    Source: Hardy, Journal of Geophysical Research 76 (1971), 1905, for multiquadrics.
    """

    axes: int
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    widths: tuple[float, ...]

    def __call__(self, x: State) -> jax.Array:
        positions = jnp.asarray(self.centre) + jnp.asarray(self.spread) * x[: len(self.centre)]
        bodies = positions.reshape(-1, self.axes)
        if len(bodies) == 1:
            bodies = jnp.concatenate([bodies, jnp.zeros_like(bodies)])
        i, j = np.triu_indices(len(bodies), 1)
        square = ((bodies[i] - bodies[j]) ** 2).sum(-1)
        widths = jnp.asarray(self.widths)
        return (widths / jnp.sqrt(square[:, None] + widths**2)).ravel()

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return [f"bell{i}" for i in range(self.count)]

    @property
    def count(self) -> int:
        """D, the number of functions."""
        bodies = len(self.centre) // self.axes
        return len(self.widths) * max(comb(bodies, 2), 1)


@dataclass(frozen=True)
class Field:
    """A law of motion that is linear in its weights.

    Attributes:
        basis: the functions phi.
        groups: the group of each phi_i, and of the constant in a general field; the weights of a
            group share a prior width.
        hamiltonian: whether the field is Hamiltonian, or general.
        dimension: m, the number of coordinates.
        label: name of the law in reports.
    """

    basis: Features
    groups: tuple[int, ...]
    hamiltonian: bool
    dimension: int
    label: str

    @property
    def count(self) -> int:
        """M, the number of weights."""
        return len(self.groups) * (1 if self.hamiltonian else self.dimension)

    @property
    def group_of_weight(self) -> np.ndarray:
        """The group of every weight, [M]."""
        return np.tile(self.groups, 1 if self.hamiltonian else self.dimension)

    def velocity(self, w: jax.Array, J: StateMatrix, x: State) -> State:
        """The velocity F(x; w) [m] at a state x [m] in units of the spread.

        Args:
            w: weights, [M].
            J: symplectic form in units of the spread, [m, m].
            x: state, [m].
        """
        if self.hamiltonian and isinstance(self.basis, Monomials):
            return self.design(J, x) @ w  # compiles faster; for waves the gradient is cheaper
        if self.hamiltonian:
            return J @ jax.grad(lambda x: w @ self.basis(x))(x)
        return w.reshape(self.dimension, -1) @ self._values(x)

    def design(self, J: StateMatrix, x: State) -> jax.Array:
        """The matrix [m, M] whose columns are the g_i(x), so that F(x; w) = design(x) w."""
        if self.hamiltonian:
            return J @ jacobian(self.basis, x).T
        return jnp.kron(jnp.eye(self.dimension), self._values(x)[None])

    def _values(self, x: State) -> jax.Array:
        """The phi_i and a constant."""
        return jnp.concatenate([self.basis(x), jnp.ones(1)])


def symplectic_form_in(spread: np.ndarray, paired: bool = True) -> np.ndarray:
    """J for coordinates in units of their spread [m], up to a factor: its largest entry is one.

    J is 0 if the coordinates are not pairs of positions and momenta.
    """
    if not paired:
        return np.zeros((len(spread), len(spread)))
    J = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(len(spread) // 2))
    scaled = J / np.outer(spread, spread)
    return scaled / np.abs(scaled).max()


def polynomial(dimension: int, degree: int, hamiltonian: bool) -> Field:
    """A polynomial law: either H is a polynomial, or every component of a general field is one."""
    basis = Monomials(dimension, degree)
    groups = [len(factors) - 1 for factors in basis.factors]
    if not hamiltonian:
        groups.append(0)
    what = "Hamiltonian" if hamiltonian else "general field"
    return Field(basis, tuple(groups), hamiltonian, dimension, f"{what}, degree {degree}")


def mechanical(dimension: int) -> Field:
    """A Hamiltonian of quadratic terms and any smooth function of the positions."""
    waves = Waves(dimension, WAVES, dimension // 2)
    return _with_quadratics(dimension, waves, WAVES, "Hamiltonian, smooth potential")


def between_bodies(centre: np.ndarray, spread: np.ndarray, axes: int) -> Field:
    """A Hamiltonian of quadratic terms and any function of the distance of each pair of bodies.

    If there is one body, the function is of its distance from the origin.

    Args:
        centre, spread: centre and spread of the coordinates, [m], in the user's units.
        axes: number of coordinates of a body; bodies follow each other in q1, q2, ...
    """
    n = len(spread) // 2
    typical = np.sqrt((spread[:n] ** 2).mean())
    bells = Bells(axes, tuple(centre[:n]), tuple(spread[:n]), tuple(typical * WIDTHS))
    label = f"Hamiltonian, forces between bodies of {axes} coordinates"
    if n == axes:
        label = "Hamiltonian, force towards the origin"
    return _with_quadratics(len(spread), bells, bells.count, label)


def _with_quadratics(dimension: int, potential: Features, count: int, label: str) -> Field:
    """A Hamiltonian of quadratic terms and `count` functions that share a prior width."""
    quadratic = Monomials(dimension, 2)
    groups = [len(factors) - 1 for factors in quadratic.factors] + [2] * count
    return Field(Joined((quadratic, potential)), tuple(groups), True, dimension, label)


def fields(centre: np.ndarray, spread: np.ndarray, paired: bool = True) -> list[Field]:
    """The laws that are compared, for coordinates [m] of this centre and spread.

    For pairs of positions and momenta these are a polynomial H, a polynomial general field, forces
    between bodies of two or three coordinates if the number of positions allows it, and a smooth
    potential. For other coordinates these are general polynomial fields of all degrees up to the
    highest.

    The highest degree is at most 4 for H, and at most 3 for a general field. It is the highest one
    that needs no more than `MOST_WEIGHTS` weights.
    """
    m, n = len(spread), len(spread) // 2
    if not paired:
        highest = _highest(m, GENERAL, False)
        return [polynomial(m, degree, False) for degree in range(highest, 0, -1)]
    return [
        polynomial(m, _highest(m, HAMILTONIAN, True), True),
        polynomial(m, _highest(m, GENERAL, False), False),
        *(between_bodies(centre, spread, axes) for axes in (2, 3) if n % axes == 0),
        mechanical(m),
    ]


def _highest(dimension: int, degrees: Sequence[int], hamiltonian: bool) -> int:
    """The first degree with few enough weights; the last one if there is none."""
    each = 1 if hamiltonian else dimension
    fits = [d for d in degrees if each * monomials(dimension, d) <= MOST_WEIGHTS]
    return (*fits, degrees[-1])[0]


def monomials(dimension: int, degree: int) -> int:
    """The number of monomials of degree 1 to `degree`."""
    return comb(dimension + degree, degree) - 1
