"""Quantities that are linear in a list of features, as polynomials are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp

from noether_razor._types import Coefficients, LinearForms, State
from noether_razor.conserved.features import Features
from noether_razor.conserved.flow import Flow


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Dictionary:
    """C_k(x) = coefficients_k . features(x / spread).

    Attributes:
        coefficients: [K, D].
        spread: unit of every coordinate, [2n].
        features: D functions of a state; see `features`.
        steps: of a flow, of fixed length; None for adaptive ones.
    """

    coefficients: jax.Array
    spread: State
    features: Features = field(metadata={"static": True})
    steps: int | None = field(default=None, metadata={"static": True})

    def value(self, x: State) -> Coefficients:
        return self.coefficients @ self.features(x / self.spread)

    def gradient(self, x: State) -> LinearForms:
        return jax.jacrev(self.value)(x)

    def flow(self, coefficients: Coefficients) -> Any:
        one = (coefficients @ self.coefficients)[None]
        return Flow(replace(self, coefficients=one), jnp.ones_like(one[:, 0]), self.steps)
