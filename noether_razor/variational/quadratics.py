"""Two forms of quadratics: that of the fit, and that of directions which the evidence judges.

The fit has x.A x / 2 + b.x of states x in the user's units. The evidence has coefficients of all
monomials of degree 1 and 2 of z = (x - centre) / spread. The two agree up to a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import State
from noether_razor.conserved import Quadratic
from noether_razor.conserved.features import Monomials
from noether_razor.evidence.recording import Recording


def in_monomials(quantities: Quadratic, data: Recording) -> np.ndarray:
    """Quadratics of x as coefficients [K, D] of the monomials of z."""
    A, b = (np.asarray(leaf, float) for leaf in quantities)
    slopes = (b + A @ data.centre) * data.spread
    A = A * np.outer(data.spread, data.spread)
    i, j = np.triu_indices(data.dimension)
    return np.concatenate([slopes, A[:, i, j] * np.where(i == j, 0.5, 1.0)], axis=1)


@dataclass(frozen=True, eq=False)
class Span:
    """K combinations of all monomials of degree 1 and 2, as a list of functions.

    Attributes:
        rows: coefficients, [K, D].
    """

    rows: np.ndarray

    @property
    def dimension(self) -> int:
        """m, the number of coordinates: D = m (m + 3) / 2."""
        return round((np.sqrt(9 + 8 * self.rows.shape[1]) - 3) / 2)

    def __call__(self, z: State) -> jax.Array:
        return jnp.asarray(self.rows) @ Monomials(self.dimension, 2)(z)

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return [f"C{k}" for k in range(1, len(self.rows) + 1)]
