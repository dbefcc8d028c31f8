"""Group elements and the orbit average: laws that hold whatever is learned."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved import Quadratic
from noether_razor.inference.hamiltonian import symmetrised
from noether_razor.inference.symmetry import (
    group_elements,
    orbit_average,
    sample_coefficients,
    sample_opposite_coefficients,
)
from noether_razor.mechanics.phase_space import poisson_bracket
from noether_razor.systems import make_system, stack


def bumpy(x):
    return jnp.sum(jnp.sin(x + jnp.arange(x.size))) + 0.3 * x[0] * x[-1] ** 2


SAMPLERS = [sample_coefficients, sample_opposite_coefficients]


@pytest.mark.parametrize("sample", SAMPLERS)
@pytest.mark.parametrize("quantities", [1, 2, 3, 12, 40])
def test_coefficients_lie_in_their_ball(sample, quantities):
    tau = sample(jax.random.key(quantities), 16, quantities)
    assert tau.shape == (16, quantities)
    assert np.linalg.norm(tau, axis=1).max() <= (quantities + 2) ** 0.5 * (1 + 1e-5)


@pytest.mark.parametrize("sample", SAMPLERS)
@pytest.mark.parametrize("quantities", [1, 2, 12])
def test_every_coefficient_has_unit_variance(sample, quantities):
    tau = sample(jax.random.key(0), 40_000, quantities)
    np.testing.assert_allclose(np.mean(np.square(tau), axis=0), 1.0, rtol=0.05)


def test_opposite_coefficients_cancel_what_independent_ones_do_not():
    pairs = sample_opposite_coefficients(jax.random.key(0), 8, 3)
    np.testing.assert_array_equal(pairs[:4], -pairs[4:])
    assert np.abs(sample_coefficients(jax.random.key(0), 8, 3).sum(0)).min() > 0.01


def test_average_over_the_whole_group_is_invariant_and_conserves():
    """Equal steps round the circle stand for all of SO(2), up to the function's bandwidth."""
    with jax.enable_x64(True):
        rotation = Quadratic(jnp.eye(2)[None], jnp.zeros((1, 2)))
        angles = jnp.linspace(0, 2 * jnp.pi, 64, endpoint=False)[:, None]
        average = orbit_average(bumpy, jax.vmap(rotation.flow)(angles))
        x = jnp.array([0.7, -0.3])
        turned = rotation.flow(jnp.array([1.234]))(x)
        np.testing.assert_allclose(average(turned), average(x), rtol=1e-12)
        bracket = poisson_bracket(lambda x: rotation.value(x)[0], average)
        np.testing.assert_allclose(bracket(x), 0, atol=1e-12)
        assert abs(poisson_bracket(lambda x: rotation.value(x)[0], bumpy)(x)) > 0.1


def test_average_over_true_symmetries_changes_nothing():
    system = make_system("n_body")
    with jax.enable_x64(True):
        known = stack(system.conserved)
        elements = group_elements(known, sample_coefficients(jax.random.key(0), 16, len(known.b)))
        x = jax.random.normal(jax.random.key(1), (12,))
        average = orbit_average(system.hamiltonian, elements)
        np.testing.assert_allclose(average(x), system.hamiltonian(x), rtol=1e-9)
        np.testing.assert_allclose(
            jax.grad(average)(x), jax.grad(system.hamiltonian)(x), rtol=1e-7, atol=1e-9
        )


def test_zero_quantities_give_the_plain_network():
    zero = Quadratic(jnp.zeros((3, 4, 4)), jnp.zeros((3, 4)))
    x = jnp.arange(4.0)
    elements = group_elements(zero, sample_coefficients(jax.random.key(0), 4, 3))
    np.testing.assert_allclose(symmetrised(bumpy, elements)(x), bumpy(x), rtol=1e-6)
    assert symmetrised(bumpy, None) is bumpy
