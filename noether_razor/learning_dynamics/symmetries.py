"""Symmetries of a network's loss: which parameters move, and in which direction.

A symmetry q -> q + s eta(q) does not change the loss, on any batch. Often there are G symmetries at
once, one for each filter or hidden unit. Then one axis of every parameter numbers them.

Source: Kunin et al., "Neural Mechanics", ICLR 2021, arXiv:2012.04728, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key, Scalar

Part = tuple[str, int | None]
"""A parameter by its path, as "hidden.0.kernel", and the axis that numbers the charges, if any."""
Arrays = tuple[jax.Array, ...]


class Symmetry(NamedTuple):
    """G symmetries of one kind.

    Attributes:
        name: name in tables, messages and figures.
        parts: the parameters that move, each with the axis that numbers the charges. If the axis of
            all of them is None there is one charge, G = ().
        generator: eta, a function of these parameters in this order; it returns as many arrays of
            the same shapes.
        degree: 1 where eta is constant, 2 where it is linear and symmetric, so that the quantity
            X = q . eta has the gradient degree * eta; 0 where there is no such quantity.
    """

    name: str
    parts: tuple[Part, ...]
    generator: Callable[..., Arrays]
    degree: int = 0

    def chosen(self, parameters: Any) -> Arrays:
        """The parameters that move, out of any pytree of parameters (or of gradients).

        Raises:
            InputError: there is no such parameter.
        """
        leaves = {path_name(path): leaf for path, leaf in _flat(parameters)}
        for path, _ in self.parts:
            if path not in leaves:
                raise InputError(
                    f"the symmetry {self.name!r} moves {path!r}, expected one of the parameters "
                    f"{', '.join(leaves)}"
                )
        return tuple(leaves[path] for path, _ in self.parts)

    def replaced(self, parameters: Any, new: Arrays) -> Any:
        """All parameters, with new ones in place of those that move."""
        by_path = {path: part for (path, _), part in zip(self.parts, new, strict=True)}
        leaves, tree = jax.tree_util.tree_flatten_with_path(parameters)
        return tree.unflatten([by_path.get(path_name(path), leaf) for path, leaf in leaves])

    def inner(self, left: Arrays, right: Arrays) -> jax.Array:
        """Inner products of parts, one for each symmetry, [G]."""
        total: Any = 0
        for (_, axis), one, other in zip(self.parts, left, right, strict=True):
            others = None if axis is None else tuple(np.delete(np.arange(one.ndim), axis).tolist())
            total = total + jnp.sum(one * other, axis=others)
        return total

    def direction(self, chosen: Arrays) -> Arrays:
        """eta at the parameters that move."""
        return tuple(self.generator(*chosen))

    def bend(self, chosen: Arrays, along: Arrays) -> Arrays:
        """The change of eta along a direction, D eta . along."""
        return jax.jvp(lambda *parts: self.direction(parts), chosen, along)[1]


def scale(*parts: Part, name: str = "scale") -> Symmetry:
    """q -> (1 + s) q, for weights before a normalisation; G filters, numbered by an axis."""
    return Symmetry(name, parts, lambda *chosen: chosen, degree=2)


def rescale(
    incoming: tuple[Part, ...], outgoing: tuple[Part, ...], name: str = "rescale"
) -> Symmetry:
    """(q1, q2) -> ((1 + s) q1, (1 - s) q2), weights into and out of ReLU or linear units.

    The activation of the units has to be of degree one.
    """

    def generator(*chosen: jax.Array) -> Arrays:
        count = len(incoming)
        return (*chosen[:count], *(-part for part in chosen[count:]))

    return Symmetry(name, (*incoming, *outgoing), generator, degree=2)


def translation(*parts: Part, name: str = "translation") -> Symmetry:
    """q -> q + s in every entry, as for the logits of a softmax; an axis numbers separate sums."""
    return Symmetry(name, parts, lambda *chosen: tuple(map(jnp.ones_like, chosen)), degree=1)


def rotation(*turned: Part, by: np.ndarray, name: str = "rotation") -> Symmetry:
    """q -> q + s W q along one axis of each part, as for the hidden units of a linear network.

    Args:
        turned: parameters, each with the axis that is turned.
        by: W, skew [n, n].

    Raises:
        InputError: W is not skew.
    """
    by = np.asarray(by, float)
    if by.ndim != 2 or by.shape != by.T.shape or not np.allclose(by, -by.T):
        raise InputError(f"a rotation by a matrix {by.shape} that is not skew: give W with W = -W'")

    def generator(*chosen: jax.Array) -> Arrays:
        return tuple(
            jnp.moveaxis(jnp.tensordot(jnp.asarray(by, part.dtype), part, (1, axis)), 0, axis)
            for part, (_, axis) in zip(chosen, turned, strict=True)
        )

    return Symmetry(name, tuple((path, None) for path, _ in turned), generator)


def check_symmetry(
    key: Key,
    symmetry: Symmetry,
    loss: Callable[[Any], Scalar],
    parameters: Any,
    tolerance: float | None = None,
    points: int = 3,
) -> jax.Array:
    """Whether a loss has a symmetry: |cosine| of its gradient with eta, the largest found, [G].

    Args:
        key: random key of the random parameters.
        symmetry: the symmetry that is claimed.
        loss: a function of all parameters, on any one batch.
        parameters: parameters to test first; then random ones of about the same size are tested.
        tolerance: largest cosine that is accepted; by default some thousand rounding errors.
        points: how many random parameters to test.

    Raises:
        InputError: the loss does not have the symmetry.
    """

    cosines = jax.jit(lambda parameters: alignment(symmetry, loss, parameters))
    leaves, tree = jax.tree.flatten(parameters)
    found = cosines(parameters)
    for point in jax.random.split(key, points):
        keys = jax.random.split(point, len(leaves))
        moved = [
            leaf + (jnp.std(leaf) + 0.1) * jax.random.normal(key, leaf.shape, leaf.dtype)
            for key, leaf in zip(keys, leaves, strict=True)
        ]
        found = jnp.maximum(found, cosines(jax.tree.unflatten(tree, moved)))
    if tolerance is None:
        tolerance = 5e3 * float(jnp.finfo(found.dtype).eps)
    if not float(jnp.max(found)) <= tolerance:
        worst = np.unravel_index(int(np.argmax(found)), found.shape)
        number = f" (number {int(worst[0])} of {found.size})" if worst else ""
        raise InputError(
            f"the loss changes along {symmetry.name!r}{number}: cosine {float(jnp.max(found)):.1e} "
            f"with its gradient, expected at most {tolerance:.1e}: check the parameters, the "
            "generator and the axes, and that a normalisation has no epsilon"
        )
    return found


def alignment(symmetry: Symmetry, loss: Callable[[Any], Scalar], parameters: Any) -> jax.Array:
    """|cosine| of the gradient of a loss with eta, [G]: zero for a symmetry."""
    slope = symmetry.chosen(jax.grad(loss)(parameters))
    eta = symmetry.direction(symmetry.chosen(parameters))
    sizes = symmetry.inner(slope, slope) * symmetry.inner(eta, eta)
    return jnp.abs(symmetry.inner(eta, slope)) / jnp.sqrt(jnp.where(sizes > 0, sizes, 1.0))


def path_name(path: Any) -> str:
    """The name of a leaf: keys joined by points, without the ".value" of a flax variable."""
    return jax.tree_util.keystr(path, simple=True, separator=".").removesuffix(".value")


def _flat(parameters: Any) -> list[tuple[Any, jax.Array]]:
    return jax.tree_util.tree_flatten_with_path(parameters)[0]
