"""Embeddings phi: R^d -> R^D as pytrees that are called with one latent point [d]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import factorial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from noether_razor.base.errors import InputError
from noether_razor.base.trees import tree
from noether_razor.base.types import Key

STATIC = {"static": True}
ACTIVATIONS: dict[str, Callable] = {"tanh": jnp.tanh, "sin": jnp.sin}


class Affine(NamedTuple):
    """phi(z) = offset + matrix z: offset [D], matrix [D, d]."""

    offset: jax.Array
    matrix: jax.Array

    def __call__(self, z: jax.Array) -> jax.Array:
        return self.offset + self.matrix @ z


def _hermite(z: jax.Array, degree: int) -> jax.Array:
    """He_n(z) / sqrt(n!), orthonormal under N(0, 1): [degree + 1]."""
    values = [jnp.ones_like(z), z]
    for n in range(1, degree):
        values.append(z * values[n] - n * values[n - 1])
    norms = np.sqrt([float(factorial(n)) for n in range(degree + 1)])
    return jnp.stack(values[: degree + 1]) / norms.astype(z.dtype)


def _cosine(z: jax.Array, degree: int) -> jax.Array:
    """1, sqrt(3) z, and sqrt(2) cos((n - 1) pi (z + 1) / 2): on -1 to 1, of unit mean square."""
    waves = np.sqrt(2) * jnp.cos(np.arange(1, degree) * np.pi * (z + 1) / 2)
    line = jnp.stack([jnp.ones_like(z), np.sqrt(3) * z])
    return jnp.concatenate([line, waves.astype(z.dtype)])[: degree + 1]


def _fourier(z: jax.Array, degree: int) -> jax.Array:
    """1, sqrt(2) cos z, sqrt(2) sin z, sqrt(2) cos 2z, ...: of period 2 pi."""
    k = np.arange(1, degree // 2 + 2)
    waves = jnp.stack([jnp.cos(k * z), jnp.sin(k * z)], axis=1).ravel()[:degree]
    return jnp.concatenate([jnp.ones_like(z)[None], np.sqrt(2) * waves]).astype(z.dtype)


BASES = {"hermite": _hermite, "cosine": _cosine, "fourier": _fourier}


@tree
@dataclass(frozen=True)
class Series:
    """phi(z) = sum_m coefficients_m prod_a B_{m_a}(z_a), over m_1 + .. + m_d <= degree.

    Attributes:
        coefficients: [M, D].
        basis: "hermite" (N(0, 1)), "cosine" (-1 to 1, with a straight line) or "fourier".
        degree: largest total degree; in "fourier" two degrees make a harmonic.
        dimension: d.
    """

    coefficients: jax.Array
    basis: str = field(metadata=STATIC)
    degree: int = field(metadata=STATIC)
    dimension: int = field(metadata=STATIC)

    def __call__(self, z: jax.Array) -> jax.Array:
        return self.features(z) @ self.coefficients

    def features(self, z: jax.Array) -> jax.Array:
        """The M products of basis functions at one point [d]."""
        factors = jnp.stack([BASES[self.basis](z[a], self.degree) for a in range(self.dimension)])
        indices = exponents(self.dimension, self.degree)
        return jnp.prod(factors[np.arange(self.dimension), indices], axis=-1)

    def nonlinear_fraction(self) -> jax.Array:
        """Share of the coefficients' square beyond the first degree; degree zero is left out."""
        order = exponents(self.dimension, self.degree).sum(1)
        squares = jnp.sum(self.coefficients**2, axis=1)
        return squares[order > 1].sum() / squares[order > 0].sum()


def exponents(dimension: int, degree: int) -> np.ndarray:
    """All m >= 0 with m_1 + .. + m_d <= degree, by total degree: [M, d]."""
    every = [m for m in product(range(degree + 1), repeat=dimension) if sum(m) <= degree]
    return np.array(sorted(every, key=lambda m: (sum(m), [-x for x in m])))


def series(basis: str, degree: int, affine: Affine) -> Series:
    """A series that equals this affine map; in "fourier", which has no line, it is a round loop.

    Raises:
        InputError: there is no such basis, or the degree is below one.
    """
    if basis not in BASES:
        raise InputError(f"basis is {basis!r}, expected one of {', '.join(BASES)}")
    if degree < 1:
        raise InputError(f"degree is {degree}, expected 1 or more")
    dimension = affine.matrix.shape[1]
    indices = exponents(dimension, degree)
    coefficients = jnp.zeros((len(indices), len(affine.offset)), affine.matrix.dtype)
    coefficients = coefficients.at[0].set(affine.offset)
    unit = 1 / np.sqrt(3) if basis == "cosine" else 1.0
    first = slice(1, 1 + dimension)
    return Series(coefficients.at[first].set(unit * affine.matrix.T), basis, degree, dimension)


def perturbed(key: Key, embedding: Series, size: float) -> Series:
    """The series with normal noise of this standard deviation added to every coefficient."""
    noise = size * jax.random.normal(key, embedding.coefficients.shape)
    return replace(embedding, coefficients=embedding.coefficients + noise)


def raised(embedding: Series, degree: int) -> Series:
    """The same map as a series of a higher degree, whose first terms are those it has."""
    more = len(exponents(embedding.dimension, degree)) - len(embedding.coefficients)
    coefficients = jnp.pad(embedding.coefficients, ((0, more), (0, 0)))
    return replace(embedding, coefficients=coefficients, degree=degree)


def fitted_series(start: Series, z: jax.Array, x: jax.Array, ridge: float = 1e-6) -> Series:
    """The series through pairs z [N, d], x [N, D], by least squares with a small ridge."""
    features = jax.vmap(start.features)(z)
    gram = features.T @ features / len(z)
    right = features.T @ x / len(z)
    return replace(start, coefficients=jnp.linalg.solve(gram + ridge * jnp.eye(len(gram)), right))


class Perceptron(nnx.Module):
    """Hidden layers of one width, and an output without bias that starts small."""

    def __init__(self, sizes: Sequence[int], output: int, activation: str, rngs: nnx.Rngs):
        dtype = jnp.result_type(float)
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        self.hidden = nnx.List([nnx.Linear(a, b, param_dtype=dtype, rngs=rngs) for a, b in pairs])
        self.out = nnx.Linear(sizes[-1], output, use_bias=False, param_dtype=dtype, rngs=rngs)
        self.activation = activation

    def __call__(self, z: jax.Array) -> jax.Array:
        for layer in self.hidden:
            z = ACTIVATIONS[self.activation](layer(z))
        return self.out(z)


@tree
@dataclass(frozen=True)
class Network:
    """phi(z) = an affine map plus a flax network.

    Attributes:
        affine: the straight part.
        weights: weights of the network, as flax splits it.
        graph: the rest of the network.
    """

    affine: Affine
    weights: Any
    graph: Any = field(metadata=STATIC)

    def __call__(self, z: jax.Array) -> jax.Array:
        return self.affine(z) + nnx.merge(self.graph, self.weights)(z)


def network(
    key: Key,
    affine: Affine,
    width: int = 64,
    depth: int = 2,
    activation: str = "tanh",
    size: float = 1.0,
) -> Network:
    """An affine map plus a network of `depth` hidden layers, its output scaled by `size`.

    Raises:
        InputError: there is no such activation.
    """
    if activation not in ACTIVATIONS:
        raise InputError(f"activation is {activation!r}, expected {' or '.join(ACTIVATIONS)}")
    D, d = affine.matrix.shape
    perceptron = Perceptron([d, *[width] * depth], D, activation, nnx.Rngs(key))
    perceptron.out.kernel[...] = size * perceptron.out.kernel[...]
    graph, weights = nnx.split(perceptron)
    return Network(affine, weights, graph)


class Bounded(NamedTuple):
    """low + (high - low) / (1 + exp(-inner(z))): an embedding that stays inside a box.

    The corners are given, and no gradient reaches them.
    """

    inner: Any
    low: jax.Array
    high: jax.Array

    def __call__(self, z: jax.Array) -> jax.Array:
        low, high = jax.lax.stop_gradient((self.low, self.high))
        return low + (high - low) * _sigmoid(self.inner(z))


@jax.custom_jvp
def _sigmoid(x: jax.Array) -> jax.Array:
    """1 / (1 + exp(-x)), whose derivative does not round to zero from x = 37 on."""
    return jax.nn.sigmoid(x)


@_sigmoid.defjvp
def _(primals: tuple, tangents: tuple) -> tuple:
    (x,), (dx,) = primals, tangents
    return _sigmoid(x), jax.nn.sigmoid(x) * jax.nn.sigmoid(-x) * dx
