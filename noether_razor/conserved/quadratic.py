"""Quadratic quantities: their generators are matrices, and their flows are matrix exponentials."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import (
    Coefficients,
    Hamiltonian,
    LinearForms,
    QuadraticForms,
    State,
    StateMatrix,
    States,
    Units,
)
from noether_razor.conserved._exponential import matrix_exponential
from noether_razor.mechanics.phase_space import apply_symplectic_form


class Affine(NamedTuple):
    """The map x -> matrix x + shift; every flow of a quadratic has this form."""

    matrix: StateMatrix
    shift: State

    def __call__(self, x: State) -> State:
        return self.matrix @ x + self.shift

    def inverse(self) -> Affine:
        inverse = jnp.linalg.inv(self.matrix)
        return Affine(inverse, -inverse @ self.shift)

    def axes(self) -> int:
        return 0


class Quadratic(NamedTuple):
    """C_k(x) = x.A_k x / 2 + b_k.x with A_k symmetric, for K quantities.

    Attributes:
        A: the symmetric matrices, [K, 2n, 2n].
        b: the linear parts, [K, 2n].

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 3.
    """

    A: QuadraticForms
    b: LinearForms

    def value(self, x: State) -> Coefficients:
        return 0.5 * jnp.einsum("i,kij,j->k", x, self.A, x) + self.b @ x

    def gradient(self, x: State) -> LinearForms:
        return self.A @ x + self.b

    def flow(self, coefficients: Coefficients) -> Affine:
        exponential = matrix_exponential(jnp.tensordot(coefficients, self.generators(), 1))
        return Affine(exponential[:-1, :-1], exponential[:-1, -1])

    def generators(self) -> jax.Array:
        """G_k = [[J A_k, J b_k], [0, 0]] acting on (x, 1), shape [K, 2n + 1, 2n + 1]."""
        return jnp.pad(self._moved(), ((0, 0), (0, 1), (0, 0)))

    def with_steps(self, steps: int | None) -> Quadratic:
        """The same quantities: their flows are not computed in steps."""
        return self

    def each(self) -> list[Quadratic]:
        """The K quantities as families of one."""
        return [Quadratic(A[None], b[None]) for A, b in zip(self.A, self.b, strict=True)]

    def bracket(self, other: Quadratic) -> Quadratic:
        """The K brackets {C_k, D_k} in canonical coordinates, without their constant terms."""
        moved = other._moved()
        product = self.A @ moved[..., :-1]
        slope = self.A @ moved[..., -1:] - other.A @ self._moved()[..., -1:]
        return Quadratic(product + jnp.swapaxes(product, -1, -2), slope[..., 0])

    def _moved(self) -> jax.Array:
        """(J A_k | J b_k), shape [K, 2n, 2n + 1]."""
        # J acts on the gradient's components, which are the rows of (A | b).
        rows = jnp.concatenate([self.A, self.b[..., None]], axis=-1)
        return jnp.swapaxes(apply_symplectic_form(jnp.swapaxes(rows, -1, -2)), -1, -2)

    def coefficients(self) -> jax.Array:
        """Coordinates [K, D] on `quadratic_features`, D = m (m + 1) / 2 + m."""
        i, j = np.triu_indices(self.A.shape[-1])
        scale = np.where(i == j, np.sqrt(0.5), 1.0).astype(self.A.dtype)
        return jnp.concatenate([self.A[:, i, j] * scale[None], self.b], axis=-1)

    def rescale(self, units: Units) -> Quadratic:
        """The same functions, in the coordinates x' = x / units; `1 / units` undoes it."""
        return Quadratic(self.A * jnp.outer(units, units)[None], self.b * units[None])

    @staticmethod
    def from_coefficients(coefficients: jax.Array, dimension: int) -> Quadratic:
        """The inverse of `coefficients`, for states of this dimension m = 2n."""
        i, j = np.triu_indices(dimension)
        scale = np.where(i == j, np.sqrt(0.5), 1.0)
        upper = jnp.asarray(coefficients)[:, : len(i)] / scale.astype(coefficients.dtype)[None]
        zero = jnp.zeros((len(coefficients), dimension, dimension), coefficients.dtype)
        A = zero.at[:, i, j].set(upper).at[:, j, i].set(upper)
        return Quadratic(A, jnp.asarray(coefficients)[:, len(i) :])


def quadratic_features(x: State) -> jax.Array:
    """Features f(x) [D] with C(x) = coefficients . f(x): x_i^2 / sqrt 2, x_i x_j (i < j), x_i.

    With these weights |coefficients|^2 = |A|^2 / 2 + |b|^2. So the inner product of two quantities
    is half the Frobenius product of their A, plus the inner product of their b.
    """
    i, j = np.triu_indices(x.shape[-1])
    scale = np.where(i == j, np.sqrt(0.5), 1.0).astype(x.dtype)
    return jnp.concatenate([x[i] * x[j] * scale, x])


def commuting_quadratics(
    hamiltonian: Hamiltonian, states: States, tolerance: float = 1e-8
) -> tuple[Quadratic, jax.Array]:
    """Every quadratic that commutes with H, from the null space of c -> {c . f, H} at `states`.

    Args:
        hamiltonian: a scalar function of one state [2n].
        states: at least D = m (m + 1) / 2 + m states in general position, [N, 2n]; use float64.
        tolerance: singular values below this share of the largest count as zero.

    Returns:
        An orthonormal basis of the commuting quadratics, and all D relative singular values in
        ascending order.
    """
    from noether_razor.mechanics.phase_space import hamiltonian_vector_field

    field = hamiltonian_vector_field(hamiltonian)
    rates = jax.vmap(lambda x: jax.jvp(quadratic_features, (x,), (field(x),))[1])(states)
    _, singular_values, directions = jnp.linalg.svd(rates, full_matrices=True)
    relative = singular_values[::-1] / singular_values[0]
    rank = int(jnp.sum(relative < tolerance))
    basis = directions[::-1][:rank]
    return Quadratic.from_coefficients(basis, states.shape[-1]), relative
