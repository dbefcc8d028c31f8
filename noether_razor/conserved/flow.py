"""Flows of quantities that have no closed form, by integrating Hamilton's equations for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp

from noether_razor.base.trees import tree
from noether_razor.base.types import Coefficients, State
from noether_razor.mechanics.integrate import flow
from noether_razor.mechanics.phase_space import apply_symplectic_form

FAR = 100.0
"""Distance from the origin, in spreads, beyond which a flow has escaped."""


@tree
@dataclass(frozen=True)
class Flow:
    """The time-one flow of sum_k coefficients_k C_k.

    A state whose flow escapes becomes NaN, so that it cannot enter an average by mistake.

    Attributes:
        family: a family of K quantities, with `gradient` and `spread`.
        coefficients: [K].
        steps: number of steps of fixed length; None for as many as the tolerance requires
            (`integrate.flow`).
    """

    family: Any
    coefficients: Coefficients
    steps: int | None = field(default=None, metadata={"static": True})

    def __call__(self, x: State) -> State:
        spread = self.family.spread

        def near(x: State) -> jax.Array:
            return jnp.max(jnp.abs(x / spread)) < FAR

        def velocity(x: State) -> State:
            # An escaped state stands still, so that its derivatives do not overflow either.
            inside = near(x)
            slope = self.coefficients @ self.family.gradient(jnp.where(inside, x, 0.0))
            return jnp.where(inside, apply_symplectic_form(slope), 0.0)

        end, arrived = flow(velocity, x, self.steps)
        return jnp.where(arrived & near(end), end, jnp.nan)

    def inverse(self) -> Flow:
        return replace(self, coefficients=-self.coefficients)

    def axes(self) -> Any:
        def shared(part: Any) -> bool:
            return part is self.family

        return jax.tree.map(lambda part: None if shared(part) else 0, self, is_leaf=shared)
