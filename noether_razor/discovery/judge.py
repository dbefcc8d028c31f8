"""From a fitted model to what it says: every direction with its signs, and a readable basis."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key
from noether_razor.conserved import Quadratic
from noether_razor.discovery.certificate import drift_certificate, normalised_bracket
from noether_razor.discovery.directions import directions
from noether_razor.discovery.rank import CONSERVED, verdicts
from noether_razor.discovery.readable import expression, readable_basis
from noether_razor.discovery.result import Direction, Quantity
from noether_razor.inference.learn import Learned
from noether_razor.inference.price import price
from noether_razor.inference.problem import spread_of
from noether_razor.trajectories import Trajectories, Transitions


def judge(
    key: Key, learned: Learned, train: Trajectories, held_out: Trajectories, test: Transitions
) -> tuple[list[Direction], np.ndarray]:
    """Every direction of the candidates' span with its three signs, and the singular values.

    Args:
        key: of weights, group elements and moves.
        learned: a model with learned quantities.
        train, held_out: trajectories, in the user's coordinates.
        test: held-out transitions to price on, in the model's coordinates.
    """
    fitted, problem = learned.fitted, learned.problem
    direction_key, price_key = jax.random.split(key)
    spread = spread_of(problem.train.start)
    dimension = len(spread)
    asked = directions(direction_key, fitted, test, spread)
    rows = jnp.asarray(asked.coefficients, spread.dtype)
    scaled = Quadratic.from_coefficients(rows, dimension).rescale(1 / spread)
    priced = jax.tree.map(np.asarray, price(price_key, fitted, scaled, test, spread))
    in_users = scaled.rescale(1 / _units(learned, dimension))
    certificate = drift_certificate(in_users, held_out.states)
    on_train = drift_certificate(in_users, train.states)
    brackets = normalised_bracket(scaled, fitted.mean_hamiltonian(price_key), test.start)
    learned_rows = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    values = np.linalg.svd(learned_rows, compute_uv=False)
    found = [
        Direction(
            expression=expression(in_users.A[k], in_users.b[k], held_out.names),
            A=np.asarray(in_users.A[k], float),
            b=np.asarray(in_users.b[k], float),
            singular_value=float(asked.size[k]),
            price=float(priced.nats[k]),
            price_error=float(priced.error[k]),
            drift=float(certificate.drift[k]),
            drift_low=float(certificate.low[k]),
            drift_high=float(certificate.high[k]),
            bracket=float(brackets[k]),
            bracket_z=float(priced.z[k]),
            baseline_eigenvalue=float(on_train.drift[k]),
            verdict=verdict,
        )
        for k, verdict in enumerate(verdicts(priced, certificate))
    ]
    return found, values


def readable_quantities(
    key: Key, learned: Learned, held_out: Trajectories, found: list[Direction]
) -> list[Quantity]:
    """A readable basis of what is conserved, with the signs of each member."""
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
    in_users = readable_basis(span, np.asarray(spread * _units(learned, dimension)))
    in_users = jax.tree.map(lambda leaf: jnp.asarray(leaf, spread.dtype), in_users)
    scaled = in_users.rescale(_units(learned, dimension))
    brackets = normalised_bracket(scaled, fitted.mean_hamiltonian(key), problem.train.start[:256])
    certificate = drift_certificate(in_users, held_out.states)
    rows = np.asarray(scaled.rescale(spread).coefficients(), float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    learned_rows = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    sizes = np.linalg.norm(learned_rows @ rows.T, axis=0)
    return [
        Quantity(
            expression=expression(in_users.A[k], in_users.b[k], held_out.names),
            A=np.asarray(in_users.A[k], float),
            b=np.asarray(in_users.b[k], float),
            singular_value=float(sizes[k]),
            drift=float(certificate.drift[k]),
            bracket=float(brackets[k]),
        )
        for k in range(len(rows))
    ]


def _units(learned: Learned, dimension: int) -> jax.Array:
    units = learned.problem.scaling.units(dimension // 2)
    return units.astype(learned.problem.train.start.dtype)
