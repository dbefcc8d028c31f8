"""From conserved quantities to symmetry: group elements, their measure, the orbit average.

This is the converse of Noether's theorem. Each quantity generates a flow. The average of a
Hamiltonian over the flows is (nearly) invariant under them, so it conserves the quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from noether_razor.base.types import Hamiltonian, Key, Scalar, State
from noether_razor.conserved import Affine, Family


def sample_coefficients(key: Key, count: int, quantities: int) -> jax.Array:
    """Independent draws tau [count, K], uniform in a ball of radius sqrt(K + 2).

    This radius gives every coefficient unit variance. So the amplitude of a quantity has the same
    meaning for any number of quantities. (In the paper the ball has radius 1, and the flows have a
    factor pi.) For K = 1 the ball is an interval.

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 3.3.
    """
    direction_key, radius_key = jax.random.split(key)
    direction = jax.random.normal(direction_key, (count, quantities))
    direction /= jnp.linalg.norm(direction, axis=-1, keepdims=True)
    radius = jax.random.uniform(radius_key, (count, 1)) ** (1 / quantities)
    return jnp.sqrt(quantities + 2.0) * radius * direction


def sample_opposite_coefficients(key: Key, count: int, quantities: int) -> jax.Array:
    """Draws tau [count, K] in opposite pairs: the second half is minus the first half.

    `count` must be even. The average over a pair has no error of first order. This suits estimates
    that are reported. In training opposite pairs make false symmetries cheap while these are small
    (docs/findings.md).
    """
    tau = sample_coefficients(key, count // 2, quantities)
    return jnp.concatenate([tau, -tau])


def group_elements(family: Family, coefficients: jax.Array) -> Any:
    """Group elements at tau [S, K]: a batch of maps x -> Phi_tau(x), along its `axes()`."""
    one = jax.eval_shape(family.flow, coefficients[0])
    return jax.vmap(family.flow, out_axes=one.axes())(coefficients)


def take_elements(elements: Any, index: jax.Array) -> Any:
    """Select group elements of a batch by an array of indices; the result has the array's shape."""
    return _along_axes(lambda leaf: leaf[index], elements)


def combine_elements(combine: Callable[[Sequence[jax.Array]], jax.Array], batches: Sequence) -> Any:
    """Several batches of group elements as one, by `jnp.stack` or `jnp.concatenate`."""
    return _along_axes(lambda *leaves: combine(leaves), *batches)


def _along_axes(change: Callable[..., jax.Array], *batches: Any) -> Any:
    """Apply `change` to every array that has one entry for each element, and to no other array."""
    if batches[0] is None:
        return None

    def changed(axis: int | None, *parts: Any) -> Any:
        return parts[0] if axis is None else jax.tree.map(change, *parts)

    return jax.tree.map(changed, batches[0].axes(), *batches, is_leaf=lambda part: part is None)


def orbit_average(function: Hamiltonian, elements: Any) -> Hamiltonian:
    """x -> mean over the elements g of function(g(x)).

    The mean over a whole group is invariant. The mean over S random elements is an unbiased
    estimate of it. Elements under which the state escapes (NaN) are left out.

    Args:
        function: scalar function of one state [2n].
        elements: batch of maps, as `group_elements` returns them.

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, equation 6.
    """

    if isinstance(elements, Affine):
        return lambda x: jnp.mean(jax.vmap(lambda element: function(element(x)))(elements))
    axes = (elements.axes(),)

    def averaged(x: State) -> Scalar:
        def at(element: Any) -> tuple[Scalar, jax.Array]:
            end = element(x)
            arrived = jnp.all(jnp.isfinite(end))
            value = function(jnp.where(arrived, end, x))
            return jnp.where(arrived, value, 0.0), arrived

        values, arrived = jax.vmap(at, axes)(elements)
        count = jnp.maximum(jnp.sum(arrived, dtype=values.dtype), 1)
        # If every flow escapes, only the state itself is left.
        return jnp.where(jnp.any(arrived), jnp.sum(values) / count, function(x))

    return averaged
