"""Quantities that are linear in a list of features, as polynomials are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jax

from noether_razor.base.trees import tree
from noether_razor.base.types import Coefficients, LinearForms, State
from noether_razor.conserved.features import Features
from noether_razor.conserved.flow import Flow


@tree
@dataclass(frozen=True)
class Dictionary:
    """C_k(x) = coefficients_k . features(x / spread).

    Attributes:
        coefficients: [K, D].
        spread: unit of every coordinate, [2n].
        features: D functions of a state; see `features`.
        steps: number of steps of a flow, of fixed length; None for adaptive steps.
    """

    coefficients: jax.Array
    spread: State
    features: Features = field(metadata={"static": True})
    steps: int | None = field(default=None, metadata={"static": True})

    def value(self, x: State) -> Coefficients:
        return self.coefficients @ self.features(x / jax.lax.stop_gradient(self.spread))

    def gradient(self, x: State) -> LinearForms:
        spread = jax.lax.stop_gradient(self.spread)
        return self.coefficients @ jax.jacfwd(self.features)(x / spread) / spread[None]

    def flow(self, coefficients: Coefficients) -> Any:
        return Flow(self, coefficients, self.steps)

    def rescale(self, units: State) -> Dictionary:
        """The same functions, in the coordinates x' = x / units."""
        return replace(self, spread=self.spread / units)

    def with_steps(self, steps: int | None) -> Dictionary:
        """The same functions, with flows of `steps` steps."""
        return replace(self, steps=steps)
