"""What a family of conserved quantities must offer.

A family holds K candidate quantities at once. To add one, write a class with the three members of
`Family`; the orbit average and the model need nothing else. If its quantities are to be learned and
judged, it also needs `rescale`, for other units, and `with_steps`, for other flows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from noether_razor.base.trees import tree
from noether_razor.base.types import Coefficients, LinearForms, State


@runtime_checkable
class Element(Protocol):
    """A group element: a canonical map of states, itself a pytree."""

    def __call__(self, x: State) -> State:
        """The image of a state, [2n]."""
        ...

    def inverse(self) -> Element:
        """The inverse map."""
        ...

    def axes(self) -> Any:
        """Axes of a batch of elements, as `jax.vmap` takes them: 0, or None for what all share."""
        ...


@runtime_checkable
class Family(Protocol):
    """The contract: K scalar functions of a state, and the flows of their linear combinations."""

    def value(self, x: State) -> Coefficients:
        """C_1(x) ... C_K(x), shape [K]."""
        ...

    def gradient(self, x: State) -> LinearForms:
        """grad C_k(x), shape [K, 2n]."""
        ...

    def flow(self, coefficients: Coefficients) -> Any:
        """Time-one flow of sum_k coefficients_k C_k: an `Element`."""
        ...


class Combined(NamedTuple):
    """Linear combinations of a family's quantities, themselves a family.

    Attributes:
        family: a family of K quantities.
        weights: weights of the combinations, [K', K].
    """

    family: Any
    weights: jax.Array

    def value(self, x: State) -> Coefficients:
        return self.weights @ self.family.value(x)

    def gradient(self, x: State) -> LinearForms:
        return self.weights @ self.family.gradient(x)

    def flow(self, coefficients: Coefficients) -> Any:
        return self.family.flow(coefficients @ self.weights)

    def rescale(self, units: State) -> Combined:
        """The same functions, in the coordinates x' = x / units."""
        return self._replace(family=self.family.rescale(units))

    def with_steps(self, steps: int | None) -> Combined:
        """The same functions, with flows of `steps` steps."""
        return self._replace(family=self.family.with_steps(steps))

    def only(self, rows: Any) -> Combined:
        """Some of the K' quantities, by numpy's indices or a mask [K']."""
        return self._replace(weights=self.weights[rows])

    def each(self) -> list[Combined]:
        """The K' quantities as families of one."""
        return [self._replace(weights=row[None]) for row in self.weights]


@tree
@dataclass(frozen=True)
class Together:
    """Two families side by side, K + K' quantities.

    The group element at (tau, tau') is the first family's flow after the second's. Such products
    generate the same group as the flows of sums do. Each family keeps its own kind of flow.

    Attributes:
        first, second: the families.
        count: K, how many quantities the first has.
    """

    first: Any
    second: Any
    count: int = field(metadata={"static": True})

    def value(self, x: State) -> Coefficients:
        return jnp.concatenate([self.first.value(x), self.second.value(x)])

    def gradient(self, x: State) -> LinearForms:
        return jnp.concatenate([self.first.gradient(x), self.second.gradient(x)])

    def flow(self, coefficients: Coefficients) -> Any:
        after, before = coefficients[: self.count], coefficients[self.count :]
        return Product(self.first.flow(after), self.second.flow(before))

    def rescale(self, units: State) -> Together:
        """The same functions, in the coordinates x' = x / units."""
        return replace(self, first=self.first.rescale(units), second=self.second.rescale(units))

    def with_steps(self, steps: int | None) -> Together:
        """The same functions, with flows of `steps` steps."""
        return replace(
            self, first=self.first.with_steps(steps), second=self.second.with_steps(steps)
        )


class Product(NamedTuple):
    """The group element x -> after(before(x))."""

    after: Any
    before: Any

    def __call__(self, x: State) -> State:
        return self.after(self.before(x))

    def inverse(self) -> Product:
        return Product(self.before.inverse(), self.after.inverse())

    def axes(self) -> Product:
        return Product(self.after.axes(), self.before.axes())
