"""From a fitted model to what it says: every direction with its signs, and a readable basis."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key
from noether_razor.conserved import Quadratic
from noether_razor.discovery.certificate import drift_certificate, normalised_bracket
from noether_razor.discovery.closure import bracket_directions, directions_apart
from noether_razor.discovery.directions import directions
from noether_razor.discovery.formula import expression
from noether_razor.discovery.kinds import kind
from noether_razor.discovery.rank import CONSERVED, verdicts
from noether_razor.discovery.readable import least_drifting_basis, residuals
from noether_razor.discovery.result import Direction, Quantity
from noether_razor.inference.learn import Learned
from noether_razor.inference.price import price
from noether_razor.inference.problem import spread_of
from noether_razor.trajectories import Trajectories, Transitions


def judge(
    key: Key, learned: Learned, train: Trajectories, held_out: Trajectories, test: Transitions
) -> tuple[list[Direction], np.ndarray]:
    """Every direction of the candidates' span with its three signs, and the singular values.

    Directions that brackets of conserved ones add, and that the posterior does not contradict, take
    the place of the blurred ones that were learned.

    Args:
        key: of weights, group elements and moves.
        learned: a model with learned quantities.
        train, held_out: trajectories, in the user's coordinates.
        test: held-out transitions to price on, in the model's coordinates.
    """
    fitted, problem = learned.fitted, learned.problem
    direction_key, price_key = jax.random.split(key)
    spread = spread_of(problem.train.start)
    asked = directions(direction_key, fitted, test, spread).coefficients
    ask = partial(_judged, price_key, learned, train, held_out, test)
    found = ask(asked)
    closed, conserved = _split(asked, found)
    while len(more := bracket_directions(closed, spread)):
        more, confirmed = _split(more, [replace(one, derived=True) for one in ask(more)])
        if not confirmed:
            break
        closed, conserved = np.concatenate([closed, more]), conserved + confirmed
    if any(one.derived for one in conserved):
        others = np.array([one.verdict != CONSERVED for one in found])
        apart = directions_apart(asked[others], closed)
        found = conserved + (ask(apart) if len(apart) else [])
    learned_rows = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    return found, np.linalg.svd(learned_rows, compute_uv=False)


def _split(rows: np.ndarray, found: list[Direction]) -> tuple[np.ndarray, list[Direction]]:
    """The conserved of some directions: their rows, and what was found of them."""
    conserved = np.array([one.verdict == CONSERVED for one in found], bool)
    return rows[conserved], [one for one in found if one.verdict == CONSERVED]


def _judged(
    key: Key,
    learned: Learned,
    train: Trajectories,
    held_out: Trajectories,
    test: Transitions,
    coefficients: np.ndarray,
) -> list[Direction]:
    """Directions, as rows of coefficients in coordinates divided by the spread, with all signs."""
    fitted, problem = learned.fitted, learned.problem
    spread = spread_of(problem.train.start)
    dimension = len(spread)
    rows = jnp.asarray(coefficients, spread.dtype)
    scaled = Quadratic.from_coefficients(rows, dimension).rescale(1 / spread)
    priced = jax.tree.map(np.asarray, price(key, fitted, scaled, test, spread, problem.train.start))
    in_users = scaled.rescale(1 / _units(learned, dimension))
    certificate = drift_certificate(in_users, held_out.states)
    on_train = drift_certificate(in_users, train.states)
    brackets = normalised_bracket(scaled, fitted.draws(key), test.start)
    amplitudes = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    sizes = np.linalg.norm(amplitudes @ coefficients.T, axis=0)
    return [
        Direction(
            expression=expression(in_users.A[k], in_users.b[k], held_out.names),
            A=np.asarray(in_users.A[k], float),
            b=np.asarray(in_users.b[k], float),
            singular_value=float(sizes[k]),
            price=float(priced.nats[k]),
            price_error=float(priced.error[k]),
            drift=float(certificate.drift[k]),
            drift_low=float(certificate.low[k]),
            drift_high=float(certificate.high[k]),
            bracket=float(brackets[k]),
            bracket_z=float(priced.z[k]),
            baseline_eigenvalue=float(on_train.drift[k]),
            verdict=verdict,
            near=float(priced.near[k]),
        )
        for k, verdict in enumerate(verdicts(priced, certificate, on_train))
    ]


def readable_quantities(
    key: Key,
    learned: Learned,
    train: Trajectories,
    held_out: Trajectories,
    found: list[Direction],
) -> list[Quantity]:
    """A readable basis of what is conserved, each with its signs, those of a kind together.

    How far coefficients are rounded is for the training trajectories to say.
    """
    conserved = [direction for direction in found if direction.verdict == CONSERVED]
    if not conserved:
        return []
    fitted, problem = learned.fitted, learned.problem
    spread = spread_of(problem.train.start)
    dimension = len(spread)
    span = Quadratic(
        jnp.stack([jnp.asarray(d.A) for d in conserved]),
        jnp.stack([jnp.asarray(d.b) for d in conserved]),
    )
    units = np.asarray(spread * _units(learned, dimension))
    basis = least_drifting_basis(span, units, train.states)
    moved = residuals(basis, span, units)
    in_users = jax.tree.map(lambda leaf: jnp.asarray(leaf, spread.dtype), basis)
    scaled = in_users.rescale(_units(learned, dimension))
    brackets = normalised_bracket(scaled, fitted.draws(key), problem.train.start[:256])
    certificate = drift_certificate(in_users, held_out.states)
    in_spread = scaled.rescale(spread)
    rows = np.asarray(in_spread.coefficients(), float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    learned_rows = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    sizes = np.linalg.norm(learned_rows @ rows.T, axis=0)
    quantities = [
        Quantity(
            expression=expression(in_users.A[k], in_users.b[k], held_out.names),
            A=np.asarray(in_users.A[k], float),
            b=np.asarray(in_users.b[k], float),
            singular_value=float(sizes[k]),
            drift=float(certificate.drift[k]),
            bracket=float(brackets[k]),
            kind=kind(in_spread.A[k], in_spread.b[k]),
            residual=float(moved[k]),
        )
        for k in range(len(rows))
    ]
    kinds = [quantity.kind for quantity in quantities]
    return sorted(quantities, key=lambda quantity: kinds.index(quantity.kind))


def _units(learned: Learned, dimension: int) -> jax.Array:
    units = learned.problem.scaling.units(dimension // 2)
    return units.astype(learned.problem.train.start.dtype)
