"""The searched functions in the user's coordinates.

The search uses functions of z = (x - centre) / spread. The user reads monomials of x - origin, and
functions of x that were given as text.
"""

from __future__ import annotations

from functools import cached_property, partial

import jax
import numpy as np

from noether_razor.conserved.features import Features, Joined, Monomials, Rescaled
from noether_razor.evidence.dynamics import some_trajectories
from noether_razor.evidence.functions import on_tracks, some_states
from noether_razor.evidence.recording import Recording
from noether_razor.evidence.search import STATES, Search


@partial(jax.jit, static_argnames="functions")
def _values(functions: Features, states: jax.Array) -> jax.Array:
    """Values [..., D] of functions at states [..., m]."""
    flat = states.reshape(-1, states.shape[-1])
    return jax.vmap(functions)(flat).reshape(*states.shape[:-1], -1)


class UsersFunctions:
    """The searched functions in the user's coordinates.

    Args:
        search: the functions that are searched.
        data: the recording.
        origin: the origin of the monomials, which are those of x - origin, [m].

    Attributes:
        degrees: degree of each monomial; infinite for other functions, [D].
    """

    def __init__(self, search: Search, data: Recording, origin: np.ndarray) -> None:
        self._functions, self._data = search.features, data
        self._monomials = Monomials(data.dimension, search.degree)
        own = search.features.parts[1] if isinstance(search.features, Joined) else None
        self._own = own if isinstance(own, Rescaled) else None
        self._away = (data.centre - origin) / data.spread
        degrees = [len(factors) for factors in self._monomials.factors]
        self.degrees = np.array(degrees + [np.inf] * len(search.functions))

    def in_users(self, coefficients: np.ndarray) -> np.ndarray:
        """Coefficients [K, D] of the searched functions, converted to the user's coordinates."""
        return coefficients @ self._change / self._units

    def in_searched(self, rows: np.ndarray) -> np.ndarray:
        """The inverse of `in_users`."""
        return rows * self._units @ self._change_back

    @cached_property
    def sizes(self) -> np.ndarray:
        """Standard deviations of the functions, [D]."""
        return self._tracks.std((0, 1))

    def values(self, states: int) -> np.ndarray:
        """Values at some states, in units of their standard deviations, [states, D]."""
        return some_states(self._tracks, states) / self.sizes

    def slopes(self, rows: np.ndarray) -> np.ndarray:
        """Gradients [N, K, m] of combinations [K, D] in units of the functions' spreads."""
        return np.einsum("kd,ndm->nkm", self.in_searched(rows / self.sizes), self._gradients)

    @cached_property
    def _change(self) -> np.ndarray:
        """Matrix from coefficients of the searched functions to the user's coordinates, [D, D].

        A monomial of z = (x - centre) / spread is a sum of monomials of (x - origin) / spread.
        """
        count = len(self._monomials.factors)
        generator = np.random.default_rng(0)
        z = generator.normal(size=(3 * count + 1, self._data.dimension))
        here, there = (np.asarray(_values(self._monomials, x)) for x in (z, z + self._away))
        # A constant does not matter for what is conserved.
        solved = np.linalg.lstsq(np.column_stack([np.ones(len(z)), there]), here, rcond=None)[0]
        change = np.eye(len(self.degrees))
        change[:count, :count] = solved[1:].T
        return change

    @cached_property
    def _change_back(self) -> np.ndarray:
        """The inverse of `_change`, [D, D]."""
        return np.linalg.inv(self._change)

    @cached_property
    def _units(self) -> np.ndarray:
        """What the searched functions are divided by, [D]."""
        spread = self._data.spread
        of = [np.prod(spread[list(factors)]) for factors in self._monomials.factors]
        return np.concatenate([of, self._own.sizes if self._own else ()])

    @cached_property
    def _tracks(self) -> np.ndarray:
        """Values of the functions of the user's coordinates on some trajectories, [R, T, D]."""
        z = self._data.z[some_trajectories(len(self._data.z))]
        parts = [(self._monomials, z + self._away)] + [(self._own, z)] * (self._own is not None)
        return np.concatenate([_values(*part) for part in parts], axis=-1) * self._units

    @cached_property
    def _gradients(self) -> np.ndarray:
        """Gradients of the searched functions at some states, [N, D, m]."""
        return np.asarray(
            on_tracks(self._functions, some_states(self._data.z, STATES)[None]).gradients[0]
        )
