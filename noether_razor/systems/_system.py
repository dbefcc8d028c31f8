"""What a physical system must offer, and how to state the quantities it is known to conserve."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Hamiltonian, Key, Scalar, State
from noether_razor.conserved import Quadratic
from noether_razor.mechanics.phase_space import hamiltonian_vector_field
from noether_razor.systems._motion import Motion


class KnownQuantity(NamedTuple):
    """A quadratic x.A x / 2 + b.x that a system conserves: name, A [2n, 2n], b [2n]."""

    name: str
    A: np.ndarray
    b: np.ndarray


class System(Motion):
    """A Hamiltonian system in canonical coordinates, with a distribution of initial states.

    To add one, give `degrees_of_freedom` and `hamiltonian`; the rest has defaults. Options are the
    fields of a frozen dataclass, checked in `__post_init__`.

        class Pendulum(System):
            degrees_of_freedom = 1

            def hamiltonian(self, x):
                q, p = x
                return p**2 / 2 - jnp.cos(q)
    """

    second_half = "momenta"

    @property
    @abstractmethod
    def degrees_of_freedom(self) -> int:
        """n, half the dimension of phase space."""

    @abstractmethod
    def hamiltonian(self, x: State) -> Scalar:
        """The energy of one state x = (q, p), [2n]."""

    def velocity(self, x: State, t: Scalar | float) -> State:
        """x' = J grad H(x), [2n], which does not depend on the time."""
        return hamiltonian_vector_field(self.hamiltonian)(x)

    def initial_state(self, key: Key) -> State:
        """One random state [2n]: q ~ Normal(0, 1), p ~ Normal(0, 0.5^2) for each coordinate."""
        scale = np.repeat([1.0, 0.5], self.degrees_of_freedom)
        return jax.random.normal(key, scale.shape) * jnp.asarray(scale)

    @property
    def conserved(self) -> tuple[KnownQuantity, ...]:
        """Every quadratic the system conserves, linearly independent."""
        return ()

    @property
    def invariants(self) -> dict[str, Hamiltonian]:
        """Known conserved functions of a state, by name; they need not be independent."""
        quadratic = stack(self.conserved, self.degrees_of_freedom)
        names = [quantity.name for quantity in self.conserved]
        return {"H": self.hamiltonian} | {
            name: partial(_component, quadratic, k) for k, name in enumerate(names)
        }

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of the 2n coordinates, positions first."""
        return tuple(f"{letter}{i + 1}" for letter in "qp" for i in range(self.degrees_of_freedom))


def stack(conserved: Sequence[KnownQuantity], degrees_of_freedom: int = 0) -> Quadratic:
    """Known quantities as one family, A [K, 2n, 2n] and b [K, 2n].

    Args:
        conserved: K quantities of one system.
        degrees_of_freedom: n, only needed when `conserved` is empty.
    """
    if not conserved:
        m = 2 * degrees_of_freedom
        return Quadratic(jnp.zeros((0, m, m)), jnp.zeros((0, m)))
    return Quadratic(
        jnp.stack([jnp.asarray(quantity.A) for quantity in conserved]),
        jnp.stack([jnp.asarray(quantity.b) for quantity in conserved]),
    )


def _component(quadratic: Quadratic, k: int, x: State) -> Scalar:
    return quadratic.value(x)[k]


def linear(name: str, u: np.ndarray) -> KnownQuantity:
    """The quantity u.x."""
    return KnownQuantity(name, np.zeros((len(u), len(u))), u)


def product(name: str, *factors: tuple[np.ndarray, np.ndarray]) -> KnownQuantity:
    """The quantity sum over the factors (u, v) of (u.x)(v.x)."""
    A = sum(np.outer(u, v) + np.outer(v, u) for u, v in factors)
    return KnownQuantity(name, np.asarray(A), np.zeros(len(factors[0][0])))


def angular_momentum(
    name: str, q: np.ndarray, p: np.ndarray, plane: tuple[int, int]
) -> KnownQuantity:
    """The quantity sum over bodies of q_i p_j - q_j p_i, for the plane (i, j).

    Args:
        q, p: linear forms of the positions and momenta, [bodies, dimensions, 2n].
    """
    i, j = plane
    pairs = zip(q, p, strict=True)
    factors = [pair for a, b in pairs for pair in ((a[i], b[j]), (-a[j], b[i]))]
    return product(name, *factors)


def coordinate_forms(degrees_of_freedom: int) -> tuple[np.ndarray, np.ndarray]:
    """The linear forms x -> q_i and x -> p_i, two arrays [n, 2n]."""
    q, p = np.split(np.eye(2 * degrees_of_freedom), 2)
    return q, p
