"""Noether's theorem: the identity for arbitrary fields, and the textbook charges."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.mechanics.noether import (
    PointTransformation,
    characteristic,
    divergence,
    euler_lagrange_residual,
    invariance_defect,
    momentum,
    noether_current,
)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def wild_density(z, phi, dphi):
    return jnp.sin(z[0]) * jnp.sum(dphi**2) + jnp.sum(phi**3) * dphi[0, 0] + jnp.prod(jnp.cos(phi))


def wild_field(key, base, fields):
    a, b = jax.random.normal(key, (2, fields, base))
    return lambda z: jnp.sin(a @ z) + 0.3 * (b @ z) ** 2


WILD = PointTransformation(
    eta=lambda z, phi: jnp.sin(phi) * z[0] + phi[::-1], xi=lambda z, phi: z**2 + phi[0]
)


@pytest.mark.parametrize(("base", "fields"), [(1, 2), (2, 3), (3, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_identity_holds_for_every_density_field_and_transformation(base, fields, seed):
    field_key, point_key = jax.random.split(jax.random.key(seed))
    field = wild_field(field_key, base, fields)
    z = jax.random.normal(point_key, (base,))
    current = noether_current(wild_density, WILD, field)
    residual = euler_lagrange_residual(wild_density, field)(z)
    expected = invariance_defect(wild_density, WILD, field)(z)
    expected += characteristic(WILD, field)(z) @ residual
    np.testing.assert_allclose(divergence(current)(z), expected, rtol=1e-9, atol=1e-9)


def oscillator(z, phi, dphi):
    return jnp.sum(dphi**2) / 2 - jnp.sum(phi**2) / 2


def orbit(z):
    return jnp.array([2 * jnp.cos(z[0]), jnp.sin(z[0])])


TIME = PointTransformation(eta=lambda z, phi: jnp.zeros_like(phi), xi=lambda z, phi: jnp.ones(1))
ROTATION = PointTransformation(eta=lambda z, phi: jnp.array([-phi[1], phi[0]]))


@pytest.mark.parametrize("t", [0.0, 0.7, 2.0])
def test_oscillator_energy_and_angular_momentum(t):
    z = jnp.array([t])
    np.testing.assert_allclose(euler_lagrange_residual(oscillator, orbit)(z), 0, atol=1e-12)
    np.testing.assert_allclose(noether_current(oscillator, TIME, orbit)(z), [-2.5])
    np.testing.assert_allclose(noether_current(oscillator, ROTATION, orbit)(z), [2.0])
    for change in (TIME, ROTATION):
        np.testing.assert_allclose(invariance_defect(oscillator, change, orbit)(z), 0, atol=1e-12)


def test_friction_makes_the_charge_decay():
    """L = e^{kt} (q'^2 / 2): the translation charge e^{kt} q' is kept, so q' decays."""
    k = 0.3
    density = lambda z, phi, dphi: jnp.exp(k * z[0]) * jnp.sum(dphi**2) / 2  # noqa: E731
    field = lambda z: -jnp.exp(-k * z) / k  # noqa: E731
    z = jnp.array([1.1])
    np.testing.assert_allclose(euler_lagrange_residual(density, field)(z), 0, atol=1e-12)
    shift = PointTransformation(eta=lambda z, phi: jnp.ones(1))
    np.testing.assert_allclose(noether_current(density, shift, field)(z), [1.0])
    assert abs(invariance_defect(density, TIME, field)(z)) > 0.1  # energy is not conserved


def test_wave_equation_conserves_its_stress_tensor():
    density = lambda z, phi, dphi: (dphi[0, 0] ** 2 - dphi[0, 1] ** 2) / 2  # noqa: E731
    field = lambda z: jnp.array([jnp.sin(z[1] - z[0]) + 0.2 * (z[0] + z[1]) ** 3])  # noqa: E731
    z = jnp.array([0.4, -0.9])
    np.testing.assert_allclose(euler_lagrange_residual(density, field)(z), 0, atol=1e-12)
    for axis in range(2):
        shift = PointTransformation(
            eta=lambda z, phi: jnp.zeros(1), xi=lambda z, phi, axis=axis: jnp.eye(2)[axis]
        )
        np.testing.assert_allclose(
            divergence(noether_current(density, shift, field))(z), 0, atol=1e-12
        )
    assert momentum(density, field)(z).shape == (1, 2)
