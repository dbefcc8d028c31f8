"""Networks that learn conserved functions from trajectories, beside what is known to be conserved.

One network has K outputs C, functions of a state. All are learned at once, by the minimum of

    log det (W + e^2 M) - < log det (D P D^T) >

over the weights. W [K, K] is the covariance of C within trajectories. D [K, m] are its gradients at
a state, and P takes off their part in the span of known gradients there. The mean < > is over
states. The second term is the volume that the gradients span beside the known ones. It is minus
infinity where an output is a function of the others or of what is known, even at one state. M is
the mean of D D^T, so e^2 M is the change by a blur of the states: less than this need not change.

The loss is the same for any linear mixture of the outputs, and for any units of them. It asks
nothing of single outputs: directions that are conserved and directions that are not are told apart
by the verdict. Noise of the observations enters W as a blur does, so what it hides does not pay.

If the motion is Hamiltonian, what is known to be conserved generates symmetries. So each trajectory
is learned from in many copies, which are moved along the known quadratics' flows; see `symmetries`.
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

from noether_razor._types import Key, State
from noether_razor.conserved.features import Monomials
from noether_razor.conserved.quadratic import Affine, Quadratic

WIDTH = 128
"""Units of each of the two hidden layers."""
STEPS = 12000
"""Steps of the optimiser, with a cosine decay: about a minute on one core."""
RATE = 1e-2
"""Learning rate of Muon, which finds invariants that Adam misses (docs/findings.md). At twice as
much the noise of the batches hides an invariant of degree five, that of oscillators 2 : 3."""
DECAY = 0.1
"""Decay of the weights in a step, as a share of the learning rate: functions stay smooth."""
PATHS, SAMPLES = 32, 8
"""Trajectories of a step, and samples of each."""
BLUR = 3e-3
"""The blur e, in spreads: far below the default tolerance, so that it hides no change."""
RIDGE = 1e-8
"""Share of M that is added to a state's gradients, so that one state is not all of the loss. It is
far below `BLUR` squared: a function of the known ones gains less than it loses."""
SAME = 1e-2
"""Known gradients of unit length that differ by less than this are one."""


@dataclass(frozen=True, eq=False)
class Networks:
    """K functions of a state in units of the spread: a network, and quadratics beside it.

    Attributes:
        hidden: weights [inputs, outputs] and biases [outputs] of each hidden layer.
        linear: of the last hidden layer's units, [WIDTH, K].
        quadratic: of all monomials of degree 1 and 2, [D, K].
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
    """The functions, [K]."""
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
        key: of the first weights and the batches.
        z: states [R, T, m], in units of the spread about the centre.
        count: K.
        known: what is known to be conserved, of z.
        moves: of z, matrices [G, m, m] and shifts [G, m]; each takes trajectories to trajectories.
        steps: of the optimiser; `STEPS` by default.
    """
    weights_key, key = jax.random.split(key)
    single = partial(jax.tree.map, lambda leaf: jnp.asarray(leaf, jnp.float32))
    with jax.enable_x64(False):
        start = _first(weights_key, z.shape[-1], count)
        data = single((z, known, moves))
        found = _learned(key, start, *data, steps or STEPS, min(PATHS, len(z)))
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


@partial(jax.jit, static_argnames=("steps", "paths"))
def _learned(
    key: Key,
    weights: Weights,
    z: jax.Array,
    known: Quadratic,
    moves: Affine,
    steps: int,
    paths: int,
) -> Weights:
    optimiser = optax.contrib.muon(
        optax.cosine_decay_schedule(RATE, steps),
        weight_decay=DECAY,
        muon_weight_dimension_numbers=_matrices,
    )

    def step(carry: tuple, key: Key) -> tuple[tuple, None]:
        weights, state = carry
        slope = jax.grad(_loss)(weights, *_batch(key, z, moves, paths), known)
        # A determinant of one batch may be zero to rounding; the next batch's is not.
        slope = jax.tree.map(lambda leaf: jnp.nan_to_num(leaf, posinf=0.0, neginf=0.0), slope)
        update, state = optimiser.update(slope, state, weights)
        return (optax.apply_updates(weights, update), state), None

    start = weights, optimiser.init(weights)
    (weights, _), _ = jax.lax.scan(step, start, jax.random.split(key, steps))
    return weights


def _matrices(weights: Weights) -> Weights:
    """Which leaves Muon learns: the matrix between the hidden layers; Adam learns the others."""
    nothing = jax.tree.map(lambda leaf: None, weights)
    (first, (_, bias)), matrix = nothing.hidden, optax.contrib.MuonDimensionNumbers(0, 1)
    return nothing._replace(hidden=[first, (matrix, bias)])


def _batch(key: Key, z: jax.Array, moves: Affine, paths: int) -> tuple[jax.Array]:
    """Some samples of some trajectories, each moved by one of the moves, [paths, SAMPLES, m]."""
    path_key, sample_key, move_key = jax.random.split(key, 3)
    some = jax.random.choice(path_key, len(z), (paths, 1), replace=False)
    at = jax.random.randint(sample_key, (paths, SAMPLES), 0, z.shape[1])
    move = jax.random.randint(move_key, (paths,), 0, len(moves.shift))
    matrix, shift = moves.matrix[move], moves.shift[move]
    return (jnp.einsum("rij,rtj->rti", matrix, z[some, at]) + shift[:, None],)


def _loss(weights: Weights, x: jax.Array, known: Quadratic) -> jax.Array:
    """The loss of samples [R, T, m] of R trajectories."""
    states = x.reshape(-1, x.shape[-1])
    found, slopes = jax.vmap(partial(_with_slopes, weights))(states)  # [N, K], [N, K, m]
    found = found.reshape(*x.shape[:2], -1)
    within = found - found.mean(1, keepdims=True)
    change = jnp.einsum("rti,rtj->ij", within, within) / (x.shape[0] * (x.shape[1] - 1))
    size = jnp.einsum("nki,nli->kl", slopes, slopes) / len(states)
    new = slopes - jax.vmap(partial(_known_part, known))(slopes, states)
    volume = jnp.einsum("nki,nli->nkl", new, new) + RIDGE * size
    log_det = lambda matrix: jnp.linalg.slogdet(matrix)[1]  # noqa: E731
    return log_det(change + BLUR**2 * size) - log_det(volume).mean()


def _with_slopes(weights: Weights, x: State) -> tuple[jax.Array, jax.Array]:
    """The functions [K] and their gradients [K, m]: there are fewer functions than coordinates."""
    found, pull = jax.vjp(partial(values, weights), x)
    return found, jax.vmap(pull)(jnp.eye(len(found), dtype=found.dtype))[0]


def _known_part(known: Quadratic, slopes: jax.Array, x: State) -> jax.Array:
    """The part of gradients [K, m] in the span of the known functions' at a state."""
    rows = known.gradient(x)
    if not len(rows):
        return jnp.zeros_like(slopes)
    rows = rows / jnp.maximum(jnp.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    gram = rows @ rows.T + SAME**2 * jnp.eye(len(rows))
    return slopes @ rows.T @ jnp.linalg.solve(gram, rows)
