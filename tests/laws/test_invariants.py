"""The conserved functions that systems state commute with H, and as many are independent."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.mechanics.phase_space import poisson_bracket
from noether_razor.systems import make_system

KEPLER = {"potential": "kepler", "softening": 0.0}
COUNTS = [
    ("central", {}, 2),
    ("central", KEPLER, 3),
    ("central", {**KEPLER, "dimensions": 3}, 5),
    ("oscillator", {"frequencies": (1.0, 2.0)}, 3),
    ("oscillator", {"frequencies": (2.0, 3.0)}, 3),
    ("oscillator", {"frequencies": (1.0, 2**0.5)}, 2),
    ("chain", {"spring": "toda"}, 3),
    ("calogero_moser", {}, 5),
    ("calogero_moser", {"particles": 2, "trap": 0.7, "strength": 2.0}, 3),
    ("henon_heiles", {"variant": "integrable"}, 2),
    ("henon_heiles", {"least_energy": 0.15}, 1),
    ("double_pendulum", {}, 1),
    ("n_body", {}, 5),
    ("magnetic", {}, 3),
    ("spherical_pendulum", {}, 2),
]


@pytest.fixture(autouse=True, scope="module")
def float64():
    # Several functions are real or imaginary parts of complex numbers made from a real state.
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.parametrize(("name", "options", "count"), COUNTS)
def test_known_functions_commute_with_h_and_have_the_stated_rank(name, options, count):
    system = make_system(name, **options)
    functions = list(system.invariants.values())
    states = jax.vmap(system.initial_state)(jax.random.split(jax.random.key(0), 5))

    def at(x):
        brackets = [poisson_bracket(f, system.hamiltonian)(x) for f in functions]
        return jnp.stack([jax.grad(f)(x) for f in functions]), jnp.stack(brackets)

    slopes, brackets = jax.jit(jax.vmap(at))(states)
    sizes = jnp.linalg.norm(slopes, axis=-1)
    assert np.max(np.abs(brackets) / sizes) < 1e-12 * np.max(sizes)
    values = np.linalg.svd(slopes / sizes[..., None], compute_uv=False)
    np.testing.assert_array_equal(np.sum(values > 1e-6, axis=1), count)


def test_high_energies_are_what_was_asked_for():
    system = make_system("henon_heiles", least_energy=0.15)
    states = jax.vmap(system.initial_state)(jax.random.split(jax.random.key(1), 200))
    energy = jax.vmap(system.hamiltonian)(states)
    assert 0.15 <= energy.min() < 0.152 and 0.164 < energy.max() <= 1 / 6
