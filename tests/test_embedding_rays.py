"""Rays: their energy, their momenta, their order, and the shots that meet conditions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved import commuting_quadratics
from noether_razor.embedding.densities import Gaussian, Mixture, Ring, Tube, stretched
from noether_razor.embedding.functional import energy, residual
from noether_razor.embedding.priors import Uniform
from noether_razor.embedding.rays import free_ended_ray, ray, ray_hamiltonian, symplectic_ray
from noether_razor.mechanics.integrate import symplectic_rollout

RING = Ring(1.0, 0.4)
START = jnp.asarray([1.0, 0.1, 0.3, 0.9])
TIMES = jnp.linspace(0.0, 1.0, 6)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def test_rays_keep_energy_and_angular_momentum():
    x = ray(RING, START.astype(float), TIMES.astype(float))
    H = jax.vmap(ray_hamiltonian(RING))(x)
    L = x[:, 0] * x[:, 3] - x[:, 1] * x[:, 2]
    assert jnp.ptp(x[:, 0]) > 0.1
    np.testing.assert_allclose(H, H[0], atol=1e-9)
    np.testing.assert_allclose(L, L[0], atol=1e-9)


def test_symplectic_rays_are_of_second_order():
    start, times = START.astype(float), TIMES.astype(float)
    exact = ray(RING, start, times)[-1]
    errors = [
        jnp.linalg.norm(symplectic_ray(RING, start, times, steps)[-1] - exact) for steps in (8, 16)
    ]
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_symplectic_steps_are_those_of_verlet():
    x, h = jnp.asarray([0.3, 0.4]), 0.1
    found = symplectic_rollout(lambda p: p, lambda q: -q, x, jnp.asarray([0.0, h]))
    half = x[0] + h / 2 * x[1]
    p = x[1] - h * half
    np.testing.assert_allclose(found[1], [half + h / 2 * p, p])


def test_a_ray_is_an_embedding_that_solves_the_equation():
    """In a straight tube the ray along the axis is phi = (v z, 0), with any speed v."""
    tube = Tube(Gaussian.of(jnp.eye(1)))
    straight = lambda z: jnp.stack([2.5 * z[0], 0 * z[0]])  # noqa: E731
    np.testing.assert_allclose(residual(tube, Uniform(), straight)(jnp.zeros(1)), 0, atol=1e-12)
    # H = log |pi| - log p with pi = phi' / |phi'|^2, and u = (z + 1) / 2, is the energy E.
    pi = jnp.asarray([0.0, 0.0, 1 / 5.0, 0.0])
    found = energy(tube, Uniform(), straight)(jnp.zeros(1))
    np.testing.assert_allclose(ray_hamiltonian(tube)(pi), found)


def test_only_round_densities_have_rays_that_conserve_a_quadratic():
    key = jax.random.key(0)
    states = jax.random.normal(key, (60, 4)) + jnp.asarray([0.0, 0.0, 0.1, 0.1])
    basis, _ = commuting_quadratics(ray_hamiltonian(RING), states)
    assert len(basis.A) == 1
    rotation = basis.A[0] / basis.A[0][0, 3]
    expected = jnp.zeros((4, 4)).at[0, 3].set(1).at[3, 0].set(1).at[1, 2].set(-1).at[2, 1].set(-1)
    np.testing.assert_allclose(rotation, expected, atol=1e-6)
    ellipse = stretched(RING, jnp.asarray([1.5, 1.0]))
    assert len(commuting_quadratics(ray_hamiltonian(ellipse), states)[0].A) == 0


def test_a_curved_free_ray_exists_where_variances_are_two_and_a_half_to_one():
    above = lambda h: jnp.stack([0 * h, h, 1 + 0 * h, 0 * h])  # noqa: E731
    gaussian = Gaussian.of(jnp.diag(jnp.asarray([2.5, 1.0])))
    shot = jax.jit(lambda: free_ended_ray(gaussian, above, 0.1, 1.5, 6.0))()
    np.testing.assert_allclose(shot.unknowns, 0.45045, atol=1e-4)
    assert shot.miss < 1e-12


def test_a_mixture_steers_rays_towards_itself():
    lump = Mixture.equal(jnp.asarray([[0.0, 1.0]]), 0.7)
    x = ray(lump, jnp.asarray([0.0, 0.0, 1.0, 0.0]), jnp.linspace(0.0, 0.05, 3))
    assert x[-1, 1] > 0 and x[-1, 0] > 0
