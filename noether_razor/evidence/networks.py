"""Networks that learn conserved functions from trajectories, beside what is known to be conserved.

One network has K outputs C, functions of a state. All are learned at once, by the minimum of

    log det (W + e^2 M) - < log det (D P D^T) >

over the weights. W [K, K] is the covariance of C within trajectories. D [K, m] are its gradients at
a state, and P removes their part in the span of known gradients there. The mean < > is over states.
The second term is the mean log volume that the gradients span beside the known ones. It diverges if
at one state the gradient of an output lies in the span of the others and of the known ones. So no
output can be a function of the other outputs and of what is known. M is the mean of D D^T, so e^2 M
is the change by a blur e of the states. Changes that are smaller than this have little effect on
the loss.

The loss is the same for any linear mixture of the outputs, and for any units of them. It asks
nothing of single outputs: directions that are conserved and directions that are not are told apart
by the verdict. Noise of the observations enters W as a blur does, so a function that the noise
hides does not lower the loss.

W is computed from pairs of samples, each pair of one trajectory. So a step uses many trajectories.
With fewer, a large change on a few trajectories would count only in the steps that happen to draw
them. After half of the steps the directions that still change much are dropped. From then on the
network represents only the directions that are left.

If the motion is Hamiltonian, what is known to be conserved generates symmetries, and a symmetry
takes a trajectory to another trajectory. So each pair of samples is first moved along a random flow
of the known quadratics; see `symmetries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.linalg import eigh

from noether_razor.base.types import Key, State
from noether_razor.conserved.features import Monomials
from noether_razor.conserved.quadratic import Affine, Quadratic
from noether_razor.evidence.volumes import beyond, log_det, orthonormal

WIDTH = 128
"""Units of each of the two hidden layers."""
STEPS = 16000
"""Steps of the optimiser, with a cosine decay: one to two minutes on one core."""
RATE = 1e-2
"""Learning rate of Muon, which finds invariants that Adam misses (docs/findings.md). With twice
this rate the noise of the batches hides an invariant of degree five, that of oscillators 2 : 3."""
DECAY = 0.03
"""Decay of the matrix between the hidden layers in a step, as a share of the learning rate. Among
0.3, 0.1 and 0.03, the smallest gives the smallest change on Kepler's orbits in space. A value of
0.01 is no better."""
PAIRS = 256
"""Pairs of samples in a step, each of one trajectory. With half as many the noise of the batches
hides the invariant of oscillators 2 : 3, in two seeds of two."""
LET_GO = 0.5
"""Size of a change, in units of the spread, above which a function is dropped after half of the
steps: ten times the default tolerance. At that time the energy of three bodies changes by up to
0.26."""
BLUR = 3e-3
"""The blur e, in spreads. It is far below the default tolerance, so that it hides no change unless
a function's gradients are ten times its spread."""
RIDGE = 1e-8
"""Share of M that is added to D P D^T at every state, so that no single state dominates the loss.
It is far below `BLUR` squared. So a function of what is known lowers the first term of the loss by
less than it raises the second."""
SAME = 1e-2
"""Known gradients of unit length that differ by less than this count as one."""


@dataclass(frozen=True, eq=False)
class Networks:
    """K functions of a state in units of the spread: sums of a network's outputs and quadratics.

    Attributes:
        hidden: weights [inputs, outputs] and biases [outputs] of each hidden layer.
        linear: weights of the last hidden layer's units, [WIDTH, K].
        quadratic: weights of all monomials of degree 1 and 2, [D, K].
    """

    hidden: Sequence[tuple[np.ndarray, np.ndarray]]
    linear: np.ndarray
    quadratic: np.ndarray

    def __call__(self, x: State) -> jax.Array:
        return values(Weights(list(self.hidden), self.linear, self.quadratic), x)  # type: ignore

    def names(self, coordinates: Sequence[str]) -> list[str]:
        return [f"C{k}" for k in range(1, self.linear.shape[1] + 1)]

    def mixed(self, rows: np.ndarray) -> Networks:
        """The combinations of the functions with coefficients [L, K]."""
        return Networks(self.hidden, self.linear @ rows.T, self.quadratic @ rows.T)


class Weights(NamedTuple):
    """The weights of `Networks`, as they are learned."""

    hidden: list[tuple[jax.Array, jax.Array]]
    linear: jax.Array
    quadratic: jax.Array


def values(weights: Weights, x: State) -> jax.Array:
    """Values of the functions, [K]."""
    found = Monomials(x.shape[-1], 2)(x) @ weights.quadratic
    for matrix, bias in weights.hidden:
        x = jnp.tanh(x @ matrix + bias)
    return found + x @ weights.linear


def learn(
    key: Key,
    z: np.ndarray,
    count: int,
    known: Quadratic,
    moves: Affine,
    steps: int | None = None,
) -> Networks:
    """Learn functions that change little along trajectories, and are independent of known ones.

    Args:
        key: random key of the first weights and the batches.
        z: states [R, T, m], in units of the spread about the centre.
        count: K, the number of functions.
        known: quadratics of z that are known to be conserved.
        moves: affine maps of z, matrices [G, m, m] and shifts [G, m]; each takes trajectories to
            trajectories.
        steps: number of steps of the optimiser; `STEPS` by default.
    """
    weights_key, key = jax.random.split(key)
    single = partial(jax.tree.map, lambda leaf: jnp.asarray(leaf, jnp.float32))
    with jax.enable_x64(False):
        start = _first(weights_key, z.shape[-1], count)
        data = single((z, known, moves))
        steps = steps or STEPS
        rates = RATE * 0.5 * (1 + np.cos(np.pi * np.arange(steps) / steps))
        first, second = np.array_split(rates, 2)
        found = _learned(jax.random.fold_in(key, 0), start, *data, first)
        found = _slowest(found, data[0])
        found = _learned(jax.random.fold_in(key, 1), found, *data, second)
    return Networks(*jax.tree.map(lambda leaf: np.asarray(leaf, float), found))


def _first(key: Key, m: int, count: int) -> Weights:
    """Random weights for values of order one."""
    first, second, bias, linear, quadratic = jax.random.split(key, 5)
    normal = lambda key, *shape: jax.random.normal(key, shape) / shape[0] ** 0.5  # noqa: E731
    # Without biases a network of tanh is odd, and most conserved functions are even.
    biases = 0.5 * jax.random.normal(bias, (WIDTH,)), jnp.zeros(WIDTH)
    return Weights(
        list(zip((normal(first, m, WIDTH), normal(second, WIDTH, WIDTH)), biases, strict=True)),
        normal(linear, WIDTH, count),
        normal(quadratic, m * (m + 3) // 2, count),
    )


@jax.jit
def _learned(
    key: Key, weights: Weights, z: jax.Array, known: Quadratic, moves: Affine, rates: jax.Array
) -> Weights:
    """The weights after a step at each of the learning rates."""
    optimiser = optax.contrib.muon(
        lambda count: rates[count],
        weight_decay=DECAY,
        muon_weight_dimension_numbers=_matrices,
    )

    def step(carry: tuple, key: Key) -> tuple[tuple, None]:
        weights, state = carry
        slope = jax.grad(_loss)(weights, _batch(key, z, moves), known)
        # A determinant of one batch may be zero to rounding; the next batch's is not.
        slope = jax.tree.map(lambda leaf: jnp.nan_to_num(leaf, posinf=0.0, neginf=0.0), slope)
        update, state = optimiser.update(slope, state, weights)
        return (optax.apply_updates(weights, update), state), None

    start = weights, optimiser.init(weights)
    (weights, _), _ = jax.lax.scan(step, start, jax.random.split(key, len(rates)))
    return weights


def _matrices(weights: Weights) -> Weights:
    """Which leaves Muon learns: the matrix between the hidden layers; Adam learns the others."""
    nothing = jax.tree.map(lambda leaf: None, weights)
    (first, (_, bias)), matrix = nothing.hidden, optax.contrib.MuonDimensionNumbers(0, 1)
    return nothing._replace(hidden=[first, (matrix, bias)])


def _slowest(weights: Weights, z: jax.Array) -> Weights:
    """Weights of the combinations of the functions that change by no more than `LET_GO`.

    If there is none, they are the weights of the combination that changes least.
    """
    found = np.asarray(jax.jit(jax.vmap(jax.vmap(partial(values, weights))))(z), float)
    within = (found - found.mean(1, keepdims=True)).reshape(-1, found.shape[-1])
    total = (found - found.mean((0, 1))).reshape(within.shape)
    shares, rows = eigh(within.T @ within, total.T @ total)
    kept = jnp.asarray(rows[:, : max(1, (shares <= LET_GO**2).sum())] * len(total) ** 0.5)
    return weights._replace(linear=weights.linear @ kept, quadratic=weights.quadratic @ kept)


def _batch(key: Key, z: jax.Array, moves: Affine) -> jax.Array:
    """Pairs of samples, each moved by one of the moves, [2, PAIRS, m].

    The pairs are from consecutive trajectories, beginning with a random one.
    """
    path_key, sample_key, move_key = jax.random.split(key, 3)
    some = (jax.random.randint(path_key, (), 0, len(z)) + jnp.arange(PAIRS)) % len(z)
    at = jax.random.randint(sample_key, (2, PAIRS), 0, z.shape[1])
    move = jax.random.randint(move_key, (PAIRS,), 0, len(moves.shift))
    return jnp.einsum("rij,trj->tri", moves.matrix[move], z[some, at]) + moves.shift[move]


def _loss(weights: Weights, x: jax.Array, known: Quadratic) -> jax.Array:
    """The loss of pairs of samples [2, N, m]; gradients are taken at the first of each pair."""
    first, second = jax.vmap(jax.vmap(partial(values, weights)))(x)
    change = (first - second).T @ (first - second) / (2 * len(first))
    slopes = _slopes(weights, x[0])
    size = jnp.einsum("kni,lni->kl", slopes, slopes) / len(first)
    span = orthonormal(jnp.moveaxis(jax.vmap(known.gradient)(x[0]), 0, -1), SAME)
    new = beyond(jnp.swapaxes(slopes, 1, 2), span)
    volume = (new[:, None] * new).sum(2) + RIDGE * size[..., None]
    return log_det((change + BLUR**2 * size)[..., None])[0] - log_det(volume).mean()


def _slopes(weights: Weights, x: jax.Array) -> jax.Array:
    """Gradients of the functions at states [N, m], [K, N, m].

    The derivatives are written out by hand, so that each layer is one matrix product for all
    functions at all states.
    """
    m, count = x.shape[-1], weights.linear.shape[1]
    (first, second), (bias, other) = zip(*weights.hidden, strict=True)
    inner = jnp.tanh(x @ first + bias)
    outer = jnp.tanh(inner @ second + other)
    slopes = (1 - outer**2) * weights.linear.T[:, None]
    slopes = (slopes.reshape(-1, WIDTH) @ second.T).reshape(slopes.shape) * (1 - inner**2)
    slopes = (slopes.reshape(-1, WIDTH) @ first.T).reshape(count, -1, m)
    half = jnp.zeros((m, m, count), x.dtype)
    half = half.at[np.triu_indices(m)].set(weights.quadratic[m:])
    bent = (x @ (half + jnp.swapaxes(half, 0, 1)).reshape(m, -1)).reshape(-1, m, count)
    return slopes + jnp.moveaxis(bent + weights.quadratic[:m], -1, 0)
