"""What the posterior says of a direction: move the data along its flow and predict again.

For a symmetry g of the true dynamics, predicting from g(x) and moving back, g^-1(step(g(x))), must
agree with predicting from x. How far the two disagree, in units of the posterior's own spread of
that disagreement, tells a conserved quantity from a false one; the moves are as long as the data
is wide, where a false symmetry cannot hide. The size of the learned generator plays no part.
Moves that lead out of the data do not count: there the model extrapolates, and does not know it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from noether_razor._batches import map_in_batches
from noether_razor._types import Hamiltonian, Key, State
from noether_razor.conserved import Family
from noether_razor.inference.fitted import Draws, Fitted, predict
from noether_razor.phase_space import apply_symplectic_form
from noether_razor.trajectories import Transitions

SIGNIFICANT = 2.0
"""Disagreement, in units of the posterior's spread, from which a direction counts as broken."""


EXTREME = 0.1
"""Share of the transitions, those with the largest values, that a typical value leaves out."""

NEAR = 2.0
"""A move ends near data if its end is at most so many times as far from the nearest training state
as nine tenths of the held-out states are."""


STEPS = 4
"""Steps of fifth order in a move along a flow without a closed form."""

RETURNS = 0.01
"""A move counts only if its inverse leads back so near, in units of the spread: what `STEPS` steps
are too few for, or what escapes, does not."""

SUPPORT = 2000
"""Training states that are enough to tell where there is data."""


class Price(NamedTuple):
    """The price of enforcing each of K directions at the data's own width.

    Attributes:
        nats: change of the log likelihood of a held-out transition when the model is averaged
            over the flow, [K]; negative where the bound pays.
        error: standard error of `nats` over transitions, [K].
        z: typical disagreement between moved and unmoved prediction, in units of the posterior's
            spread of it, calibrated so that the model's own held-out error is 1, [K].
        vague: share of a typical transition's motion that the calibrated spread makes up, [K];
            near 1 the posterior cannot tell.
        near: share of the moves that end near training data, [K]; z and vague are of those.
    """

    nats: jax.Array
    error: jax.Array
    z: jax.Array
    vague: jax.Array
    near: jax.Array


def price(
    key: Key,
    fitted: Fitted,
    quantities: Any,
    data: Transitions,
    spread: State,
    support: jax.Array | None = None,
    *,
    reach: float = 1.0,
    draws: int = 6,
    elements: int = 8,
    moves: int = 4,
) -> Price:
    """Price K quantities on held-out transitions.

    Args:
        key: of weights, group elements and moves.
        fitted: the model.
        quantities: a family of the K directions, with `each`, in the model's coordinates.
        data: held-out transitions, in the model's coordinates.
        spread: of every coordinate, [2n]: the unit of displacement.
        support: training states [M, 2n], to judge only by moves that end near them; or None.
        reach: root mean square displacement of the moves, in that unit.
        draws: posterior draws of the weights.
        elements: group elements of the learned symmetry.
        moves: flow times along each direction (even; they come in opposite pairs).
    """
    draw_key, move_key = jax.random.split(key)
    posterior = fitted.draws(draw_key, draws, elements, one_group=True)
    unmoved = _unmoved(fitted, posterior, data, spread)
    radius = jnp.inf
    if support is None:
        support = data.start[:1]
    else:
        support = support[:: max(1, len(support) // SUPPORT)]
        radius = near_radius(_distance(data.start / spread, support / spread))
    times = reach * _antithetic(move_key, moves)
    quantities = quantities.with_steps(STEPS)
    # One direction a call: what is compiled for it serves any number of them.
    prices = [
        _of_direction(fitted, posterior, unmoved, times, one, data, spread, support, radius)
        for one in quantities.each()
    ]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *prices)


def displacements(quantities: Family, states: jax.Array, spread: State) -> jax.Array:
    """Root mean square displacement of states [N, 2n] per unit of flow time, in spreads, [K]."""
    shifts = jax.vmap(lambda x: apply_symplectic_form(quantities.gradient(x)))(states)
    return jnp.sqrt(jnp.mean(jnp.sum((shifts / spread) ** 2, -1), 0))


def near_radius(held_out: ArrayLike) -> jax.Array:
    """How far from training states is near, of the distances [N] that held-out ones lie at."""
    return NEAR * jnp.quantile(jnp.asarray(held_out), 0.9)


class Unmoved(NamedTuple):
    """What all directions share: every draw's prediction [draws, N, 2n], its calibration, and how
    far a typical transition moves."""

    prediction: jax.Array
    calibration: jax.Array
    motion: jax.Array


@jax.jit
def _unmoved(fitted: Fitted, posterior: Draws, data: Transitions, spread: State) -> Unmoved:
    own = posterior.each(lambda h: predict(h, data.start, data.dt, fitted.razor.solver))
    motion = _typical(((data.end - data.start) / spread) ** 2)
    return Unmoved(own, _calibration(own, data, spread), motion)


@jax.jit
def _of_direction(
    fitted: Fitted,
    posterior: Draws,
    unmoved: Unmoved,
    times: jax.Array,
    quantity: Family,
    data: Transitions,
    spread: State,
    support: jax.Array,
    radius: jax.Array | float,
) -> Price:
    """The price of one direction, of scalars; see `price`."""
    own = unmoved.prediction
    taus = times[:, None] / displacements(quantity, data.start, spread)

    ends = jax.lax.map(lambda tau: jax.vmap(quantity.flow(tau))(data.start), taus)

    def step(hamiltonian: Hamiltonian, move: tuple[jax.Array, jax.Array]) -> jax.Array:
        tau, end = move
        ahead = predict(hamiltonian, end, data.dt, fitted.razor.solver)
        return jax.vmap(quantity.flow(tau).inverse())(ahead)

    def arrives(move: tuple[jax.Array, jax.Array]) -> jax.Array:
        tau, end = move
        back = jnp.abs(jax.vmap(quantity.flow(tau).inverse())(end) - data.start) / spread
        return (_distance(end / spread, support / spread) <= radius) & (back.max(-1) < RETURNS)

    moves = (taus, ends)
    moved = posterior.each(lambda h: jax.lax.map(partial(step, h), moves))  # [draws, moves, N, 2n]
    # A move that escapes does not count.
    moved = jnp.where(jnp.isfinite(moved), moved, own[:, None])
    difference = (moved - own[:, None]) / spread
    # An average over a few draws still carries a share of their spread: take it off.
    variance = jnp.var(difference, axis=0, ddof=1)
    disagreement = jnp.mean(difference, axis=0) ** 2 - variance / len(own)
    errors = ((own - data.end) ** 2, (moved.mean(1) - data.end) ** 2)
    gain = ((errors[0] - errors[1]) / (2 * fitted.noise_variance)).sum(-1).mean(0)
    near = jax.lax.map(arrives, moves)  # [moves, N]
    uncertainty = unmoved.calibration * _typical(variance, near)
    return Price(
        nats=gain.mean(),
        error=gain.std(ddof=1) / len(gain) ** 0.5,
        z=jnp.sqrt(jnp.maximum(_typical(disagreement, near), 0) / uncertainty),
        vague=uncertainty / unmoved.motion,
        near=near.mean(),
    )


def _calibration(own: jax.Array, data: Transitions, spread: State) -> jax.Array:
    """Held-out error of the mean prediction over the posterior's spread of it; at least 1.

    A variational posterior is too sure of itself, by just this factor (in variance).
    """
    error = _typical(((own.mean(0) - data.end) / spread) ** 2)
    return jnp.maximum(error / _typical(jnp.var(own / spread, axis=0, ddof=1)), 1.0)


def _typical(squares: jax.Array, counted: jax.Array | None = None) -> jax.Array:
    """Mean over all but the most extreme transitions of values [..., N, 2n].

    Where a few states lie far out, their errors would drown what all the others have to say.
    `counted` [..., N] says which values count; without any, the mean is that of all.
    """
    values = jnp.mean(squares, axis=-1).reshape(-1, squares.shape[-2])  # [moves, N]
    weights = jnp.ones_like(values) if counted is None else counted.reshape(values.shape)
    weights = jnp.where(jnp.any(weights), weights, 1.0)
    number = weights.sum(0)
    each = jnp.where(number > 0, jnp.sum(weights * values, 0) / jnp.maximum(number, 1), jnp.inf)
    kept = jnp.maximum(jnp.round(jnp.sum(number > 0) * (1 - EXTREME)), 1)
    return jnp.sum(jnp.where(jnp.arange(len(each)) < kept, jnp.sort(each), 0.0)) / kept


@jax.jit
def _distance(states: jax.Array, others: jax.Array) -> jax.Array:
    """Distance of each state [N, m] from the nearest of the others [M, m]; [N]."""
    return map_in_batches(lambda x: jnp.sqrt(jnp.min(jnp.sum((others - x) ** 2, -1))), states, 64)


def _antithetic(key: Key, count: int) -> jax.Array:
    """`count` flow times of unit mean square, in opposite pairs."""
    times = jnp.sqrt(3.0) * (jnp.arange(count // 2) + jax.random.uniform(key)) / (count // 2)
    return jnp.concatenate([times, -times])
