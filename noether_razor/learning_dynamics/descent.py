"""Gradient descent with momentum and weight decay, and variants that keep norms fixed.

The convention is that of PyTorch's SGD: v <- beta v + g + k q, q <- q - eta v, from v = 0. The time
of n steps is t = n eta. To first order in eta the motion is m q'' + mu q' + grad f + k q = 0.

Source: Tanaka and Kunin, arXiv:2105.02716, equation 3; Kunin et al., "Neural Mechanics", ICLR
2021, arXiv:2012.04728.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from noether_razor.base.errors import InputError
from noether_razor.learning_dynamics.symmetries import Symmetry


class Descent(NamedTuple):
    """Hyper-parameters of gradient descent; each may be an array, to sweep over.

    Attributes:
        learning_rate: eta, the learning rate of a step.
        momentum: beta, from 0 to below 1.
        weight_decay: k, in the potential k |q|^2 / 2.
    """

    learning_rate: Any
    momentum: Any = 0.0
    weight_decay: Any = 0.0

    @property
    def mass(self) -> Any:
        """m = eta (1 + beta) / 2."""
        return self.learning_rate * (1 + self.momentum) / 2

    @property
    def friction(self) -> Any:
        """mu = 1 - beta."""
        return 1 - self.momentum

    @property
    def transformation(self) -> optax.GradientTransformation:
        """The optax optimiser; weight decay is added before the momentum, not after it."""
        return optax.chain(
            optax.add_decayed_weights(self.weight_decay),
            optax.trace(self.momentum),
            optax.scale(-self.learning_rate),
        )

    def checked(self) -> Descent:
        """Return these hyper-parameters, if they are in their ranges.

        Raises:
            InputError: a value is out of its range.
        """
        for name, value, fine in (
            ("learning_rate", self.learning_rate, self.learning_rate > 0),
            ("momentum", self.momentum, 0 <= self.momentum < 1),
            ("weight_decay", self.weight_decay, self.weight_decay >= 0),
        ):
            if not fine:
                bounds = {"learning_rate": "above 0", "momentum": "from 0 to below 1"}
                raise InputError(f"{name} is {value!r}, expected {bounds.get(name, '0 or more')}")
        return self


def fixed_norm(
    inner: optax.GradientTransformation, symmetry: Symmetry
) -> optax.GradientTransformation:
    """An optimiser that puts each filter back to its first norm: q <- q |q(0)| / |q| after a step.

    Args:
        inner: the optimiser.
        symmetry: a scale symmetry with one charge for each filter.

    Source: Tanaka and Kunin, arXiv:2105.02716, figure 4 ("constrained").
    """

    def init(params: Any) -> tuple[Any, jax.Array]:
        return inner.init(params), _square(symmetry, params)

    def update(updates: Any, state: tuple[Any, jax.Array], params: Any) -> tuple[Any, Any]:
        inside, first = state
        updates, inside = inner.update(updates, inside, params)
        moved = optax.apply_updates(params, updates)
        shrunk = rescaled(symmetry, moved, jnp.sqrt(first / _square(symmetry, moved)))
        return jax.tree.map(jnp.subtract, shrunk, params), (inside, first)

    return optax.GradientTransformation(init, update)


class FilterState(NamedTuple):
    """The running mean G [G] of squared gradients, one number for each filter."""

    mean_square: jax.Array


def spherical_rmsprop(
    symmetry: Symmetry, base: Any, decay: Any, mean_square: jax.Array
) -> optax.GradientTransformation:
    """RMSProp of filters on the unit sphere, with one adaptive rate for each of them.

    A step is q <- q - base g / sqrt(G), and q is put back to norm one. Then
    G <- rho G + (1 - rho) |g|^2. Parameters that the symmetry does not move stay as they are. To
    move them too, use `optax.multi_transform`, or a sum of updates.

    Args:
        symmetry: a scale symmetry with one charge for each filter.
        base: the learning rate.
        decay: rho.
        mean_square: G to start from, [G].

    Source: Tanaka and Kunin, arXiv:2105.02716, equation 18.
    """

    def init(params: Any) -> FilterState:
        return FilterState(mean_square)

    def update(updates: Any, state: FilterState, params: Any) -> tuple[Any, FilterState]:
        square = symmetry.inner(symmetry.chosen(updates), symmetry.chosen(updates))
        still = symmetry.replaced(jax.tree.map(jnp.zeros_like, updates), symmetry.chosen(updates))
        steps = rescaled(symmetry, still, -base / jnp.sqrt(state.mean_square))
        moved = optax.apply_updates(params, steps)
        moved = rescaled(symmetry, moved, 1 / jnp.sqrt(_square(symmetry, moved)))
        later = decay * state.mean_square + (1 - decay) * square
        return jax.tree.map(jnp.subtract, moved, params), FilterState(later)

    return optax.GradientTransformation(init, update)


def rescaled(symmetry: Symmetry, params: Any, factors: jax.Array) -> Any:
    """Parameters with each filter of a scale symmetry multiplied by its factor [G]."""
    pairs = zip(symmetry.chosen(params), symmetry.parts, strict=True)
    return symmetry.replaced(
        params, tuple(part * _spread(factors, part, axis) for part, (_, axis) in pairs)
    )


def _square(symmetry: Symmetry, params: Any) -> jax.Array:
    chosen = symmetry.chosen(params)
    return symmetry.inner(chosen, chosen)


def _spread(factors: jax.Array, part: jax.Array, axis: int | None) -> jax.Array:
    if axis is None:
        return factors
    shape = [1] * part.ndim
    shape[axis] = -1
    return factors.reshape(shape)
