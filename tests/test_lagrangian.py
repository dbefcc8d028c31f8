"""Noether's learning dynamics: the Lagrangian of finite steps and its charges."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.learning_dynamics import bregman
from noether_razor.learning_dynamics.bregman import balance, heavy_ball, nesterov
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.mechanics.noether import euler_lagrange_residual

DESCENT = Descent(learning_rate=0.1, momentum=0.9, weight_decay=5e-3)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def bumpy(q):
    return jnp.sum(jnp.sin(q)) + q[0] * q[1] ** 2


def path(z):
    return jnp.array([1.5, 2.0, 1.2]) + jnp.sin(jnp.array([1.0, 0.7, 2.1]) * z[0]) / 2


def motion(z):
    velocity = jax.jacobian(path)
    return path(z), velocity(z)[:, 0], jax.jacobian(velocity)(z)[:, 0, 0]


def test_heavy_ball_is_the_equation_of_finite_steps():
    @jax.jit
    def both(t):
        q, v, a = motion(t[None])
        lagrangian = heavy_ball(bumpy, DESCENT).normalised(t)
        expected = DESCENT.mass * a + DESCENT.friction * v + jax.grad(bumpy)(q) + 5e-3 * q
        return euler_lagrange_residual(lagrangian.density, path)(t[None]), expected

    for t in (0.1, 0.8, 3.0):
        found, expected = both(jnp.array(t))
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_nesterov_is_his_equation():
    @jax.jit
    def both(t):
        q, v, _ = motion(t[None])
        expected = -3 / t * v - jax.grad(bumpy)(q)
        return bregman.acceleration(nesterov(bumpy), t, q, v), expected

    found, expected = both(jnp.array(0.8))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("mirror", [bregman.half_square, bregman.entropy])
@pytest.mark.parametrize(
    "generator", [lambda q: q, lambda q: jnp.cross(jnp.ones(3), q), lambda q: jnp.sin(q) * q[::-1]]
)
def test_the_balance_is_noethers_identity_on_any_path(mirror, generator):
    """rate + dissipation - sources = eta . (Euler-Lagrange), for any path, loss and generator."""
    lagrangian = heavy_ball(bumpy, DESCENT, mirror)

    @jax.jit
    def both(t):
        residual = euler_lagrange_residual(lagrangian.normalised(t).density, path)(t[None])
        terms = balance(lagrangian, generator, path)(t)
        return terms.residual, generator(path(t[None])) @ residual

    found, expected = both(jnp.array(0.6))
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("mirror", [bregman.half_square, bregman.entropy])
def test_the_terms_of_the_balance_are_those_of_the_paper(mirror):
    t, turn = jnp.array(0.6), np.array([[0, 1, 2], [-1, 0, 3], [-2, -3, 0.0]])
    q, v, _ = jax.jit(motion)(t[None])
    m, k = DESCENT.mass, DESCENT.weight_decay
    D = jax.grad(mirror)(q + m * v) - jax.grad(mirror)(q)
    terms = jax.jit(balance(heavy_ball(bumpy, DESCENT, mirror), lambda q: turn @ q, path))(t)
    np.testing.assert_allclose(terms.charge, D @ turn @ q, rtol=1e-10)
    np.testing.assert_allclose(terms.kinetic, D @ turn @ v, rtol=1e-10, atol=1e-12)
    metric = (D - m * jax.hessian(mirror)(q) @ v) / m @ turn @ q
    np.testing.assert_allclose(terms.metric, metric, rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(terms.loss, -jax.grad(bumpy)(q) @ turn @ q, rtol=1e-10)
    np.testing.assert_allclose(terms.weight_decay, -k * q @ turn @ q, rtol=1e-10, atol=1e-12)
    if mirror is bregman.entropy:
        assert abs(metric) > 1e-4  # the Euclidean one has none


def test_which_symmetries_learning_breaks():
    """Translations and rotations keep m |q'|^2 / 2.

    Scale changes it by m |q'|^2, and rescale by a difference.
    """
    t, q, v = jnp.array(0.3), jnp.array([1.0, 2.0, 0.5, 0.7]), jnp.array([0.3, -1.0, 2.0, 0.4])
    m, lagrangian = DESCENT.mass, heavy_ball(bumpy, DESCENT)
    signs = jnp.array([1.0, 1.0, -1.0, -1.0])
    turn = jnp.zeros((4, 4)).at[0, 3].set(1).at[3, 0].set(-1)
    expected = {
        0.0: [lambda q, s: q + s, lambda q, s: jax.scipy.linalg.expm(s * turn) @ q],
        float(m * v @ v): [lambda q, s: (1 + s) * q],
        float(m * v @ (signs * v)): [lambda q, s: jnp.exp(s * signs) * q],
    }
    for value, actions in expected.items():
        for action in actions:
            generator = bregman.from_action(action)
            breaking = partial(bregman.kinetic_symmetry_breaking, lagrangian, generator)
            broken = jax.jit(breaking)(t, q, v)
            np.testing.assert_allclose(broken, value, atol=1e-12)
    curved = heavy_ball(bumpy, DESCENT, bregman.entropy)
    assert abs(bregman.kinetic_symmetry_breaking(curved, jnp.ones_like, t, q, v)) > 1e-3


def test_late_times_do_not_overflow():
    t = jnp.array(1e5)
    q, v, _ = jax.jit(motion)(t[None])
    assert DESCENT.friction / DESCENT.mass * t > 1e4
    flat = jax.jit(partial(bregman.acceleration, heavy_ball(bumpy, DESCENT)))(t, q, v)
    np.testing.assert_allclose(
        flat, (-DESCENT.friction * v - jax.grad(bumpy)(q) - 5e-3 * q) / DESCENT.mass, rtol=1e-10
    )
