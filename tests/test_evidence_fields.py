"""Laws of motion that are compared, and what a law leaves to the trajectories."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved.features import Monomials
from noether_razor.evidence.fields import between_bodies, fields, symplectic_form_in
from noether_razor.evidence.functions import independent
from noether_razor.evidence.judged import Judged, joined
from noether_razor.evidence.products import judge_with_products


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def test_forces_between_bodies_keep_momentum_and_angular_momentum():
    """Both are kept in the user's units, for any spreads, if quadratic terms have no weight."""
    generator = np.random.default_rng(0)
    centre, spread = generator.normal(size=8), np.exp(generator.normal(size=8))
    field = between_bodies(centre, spread, 2)
    quadratics = len(Monomials(8, 2).factors)
    w = jnp.asarray(generator.normal(size=field.count)).at[:quadratics].set(0.0)
    z = jnp.asarray(generator.normal(size=8))
    velocity = np.asarray(field.velocity(w, jnp.asarray(symplectic_form_in(spread)), z)) * spread
    q, force = (centre + spread * z)[:4].reshape(2, 2), velocity[4:].reshape(2, 2)
    assert np.abs(force).max() > 1e-3
    assert np.allclose(velocity[:4], 0.0)
    assert np.allclose(force.sum(0), 0.0, atol=1e-12)
    assert np.allclose((q[:, 0] * force[:, 1] - q[:, 1] * force[:, 0]).sum(), 0.0, atol=1e-12)


@pytest.mark.parametrize(
    "functions", [Monomials(3, 4), Monomials(4, 2, of=(1, 3)), Monomials(2, 1)]
)
def test_gradients_of_monomials_are_those_of_automatic_differentiation(functions):
    x = jnp.asarray(np.random.default_rng(0).normal(size=functions.dimension))
    assert np.allclose(functions.jacobian(x), jax.jacfwd(functions)(x), rtol=1e-13)


def test_what_is_independent_of_known_directions_is_uncorrelated_with_them():
    generator = np.random.default_rng(0)
    root, known = generator.normal(size=(5, 5)), generator.normal(size=(2, 5))
    total = root @ root.T
    whiten = np.linalg.inv(np.linalg.cholesky(total))
    free = independent(whiten, total, known)
    assert free.shape == (5, 3)
    assert np.allclose(known @ total @ free, 0.0)
    assert np.allclose(free.T @ total @ free, np.eye(3))


@pytest.mark.parametrize(
    ("positions", "axes"), [(2, []), (3, []), (4, [2]), (6, [2, 3]), (9, [3]), (20, [2])]
)
def test_bodies_are_tried_where_the_positions_can_be_those_of_two_or_more(positions, axes):
    labels = [law.label for law in fields(np.zeros(2 * positions), np.ones(2 * positions))]
    assert [a for a in (2, 3) if any(f"bodies of {a}" in label for label in labels)] == axes


@pytest.mark.parametrize(("positions", "one"), [(1, False), (2, True), (3, True), (4, False)])
def test_a_force_towards_the_origin_is_tried_where_the_positions_are_of_one_body(positions, one):
    labels = [law.label for law in fields(np.zeros(2 * positions), np.ones(2 * positions))]
    assert ("Hamiltonian, force towards the origin" in labels) == one


def test_what_is_known_already_is_not_judged_again():
    functions = Monomials(2, 2)
    asked = []

    def judge(functions, known):
        asked.append(known)
        return some(np.eye(5)[len(known) :])

    def some(rows):
        of = np.ones(len(rows))
        return Judged(rows, 0 * of, 0 * of, 0 * of, of, of, of, of > 0)

    known = some(np.eye(5)[:2])
    found = judge_with_products(judge, functions, known)
    assert len(asked) == 1 and np.array_equal(asked[0], known.coefficients)
    assert np.array_equal(found.coefficients, np.eye(5))
    assert np.array_equal(
        joined(known, known).of(["conserved"]).coefficients, np.eye(5)[[0, 1] * 2]
    )
