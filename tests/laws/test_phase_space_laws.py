"""Identities of phase space, flows and integrators, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noether_razor.conserved import Quadratic, commuting_quadratics, quadratic_features
from noether_razor.mechanics.integrate import one_step, rollout, solve
from noether_razor.mechanics.phase_space import (
    Scaling,
    apply_symplectic_form,
    hamiltonian_vector_field,
    poisson_bracket,
    symplectic_form,
)
from noether_razor.systems import SYSTEMS, make_system, stack

seeds = st.integers(0, 2**31)


@pytest.fixture(autouse=True, scope="module")
def float64():
    with jax.enable_x64(True):
        yield


def functions(seed, count=3, dimension=4):
    """Smooth random functions of a state, and a state."""
    keys = jax.random.split(jax.random.key(seed), count + 1)

    def function(key):
        a, b, c = jax.random.normal(key, (3, dimension))
        return lambda x: jnp.sin(a @ x) + (b @ x) ** 2 * jnp.cos(c @ x)

    return [function(key) for key in keys[1:]], jax.random.normal(keys[0], (dimension,))


def random_quadratics(seed, count=2, dimension=4):
    a, b = jax.random.split(jax.random.key(seed))
    A = 0.5 * jax.random.normal(a, (count, dimension, dimension))
    return Quadratic(A + A.transpose(0, 2, 1), jax.random.normal(b, (count, dimension)))


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_bracket_of_quadratics_is_the_poisson_bracket_up_to_a_constant(seed):
    quantities = random_quadratics(seed)
    some, others = (jax.tree.map(lambda leaf, k=k: leaf[k : k + 1], quantities) for k in (0, 1))
    x, y = jax.random.normal(jax.random.key(seed), (2, 4))
    exact = poisson_bracket(lambda x: some.value(x)[0], lambda x: others.value(x)[0])
    found = some.bracket(others)
    np.testing.assert_allclose(
        found.value(x)[0] - found.value(y)[0], exact(x) - exact(y), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(found.A, jnp.swapaxes(found.A, 1, 2), atol=1e-12)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_bracket_is_antisymmetric_a_derivation_and_satisfies_jacobi(seed):
    (f, g, h), x = functions(seed)
    br = poisson_bracket
    np.testing.assert_allclose(br(f, g)(x), -br(g, f)(x), rtol=1e-10, atol=1e-10)
    product = br(lambda x: f(x) * g(x), h)(x)
    np.testing.assert_allclose(
        product, f(x) * br(g, h)(x) + g(x) * br(f, h)(x), rtol=1e-9, atol=1e-9
    )
    cyclic = br(f, br(g, h))(x) + br(g, br(h, f))(x) + br(h, br(f, g))(x)
    size = abs(br(f, br(g, h))(x)) + abs(br(g, br(h, f))(x)) + 1
    np.testing.assert_allclose(cyclic / size, 0, atol=1e-10)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_flow_of_a_quadratic_is_symplectic_undone_and_keeps_its_generator(seed):
    family = random_quadratics(seed)
    tau = jax.random.normal(jax.random.key(seed + 1), (2,))
    x = jax.random.normal(jax.random.key(seed + 2), (4,))
    there, back = family.flow(tau), family.flow(-tau)
    J = symplectic_form(2)
    scale = np.linalg.norm(there.matrix) ** 2
    np.testing.assert_allclose(there.matrix.T @ J @ there.matrix / scale, J / scale, atol=1e-11)
    np.testing.assert_allclose(back(there(x)), x, rtol=1e-7, atol=1e-7)
    before, after = tau @ family.value(x), tau @ family.value(there(x))
    np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-8 * scale)
    np.testing.assert_allclose(family.gradient(x), jax.jacobian(family.value)(x), rtol=1e-10)
    np.testing.assert_allclose(apply_symplectic_form(x), J @ x)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_coefficients_and_units_are_undone(seed):
    family = random_quadratics(seed)
    x = jax.random.normal(jax.random.key(seed), (4,))
    units = jnp.exp(jax.random.normal(jax.random.key(seed + 1), (4,)))
    again = Quadratic.from_coefficients(family.coefficients(), 4)
    np.testing.assert_allclose(again.A, family.A, rtol=1e-12)
    np.testing.assert_allclose(family.coefficients() @ quadratic_features(x), family.value(x))
    np.testing.assert_allclose(family.rescale(units).value(x / units), family.value(x))


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_canonical_scaling_keeps_hamiltons_equations(seed):
    (f, *_), x = functions(seed)
    scaling = Scaling(position=3.0, momentum=0.2, time=5.0)
    inside = hamiltonian_vector_field(f)(scaling.scale(x))
    outside = hamiltonian_vector_field(scaling.unscale_hamiltonian(f))(x)
    np.testing.assert_allclose(outside, scaling.unscale(inside) / scaling.time, rtol=1e-10)
    np.testing.assert_allclose(scaling.unscale(scaling.scale(x)), x)


OPTIONS = [
    ("oscillator", {}),
    ("oscillator", {"frequencies": (1.0, 1.0, 1.0)}),
    ("oscillator", {"frequencies": (1.0, 2.0, 2.0)}),
    ("n_body", {}),
    ("n_body", {"bodies": 2, "masses": (1.0, 3.0)}),
    ("n_body", {"bodies": 3, "dimensions": 3, "masses": (1.0, 2.0, 5.0)}),
    ("central", {"dimensions": 2, "potential": "quartic"}),
    ("central", {"dimensions": 3, "potential": "harmonic"}),
    ("central", {"dimensions": 2, "potential": "kepler"}),
    ("anharmonic", {}),
    ("henon_heiles", {}),
    ("chain", {}),
    ("chain", {"beads": 6}),
    ("chain", {"beads": 4, "ends": "fixed"}),
    ("chain", {"beads": 3, "spring": "fput", "alpha": 0.0}),
    ("chain", {"beads": 4, "spring": "fput", "alpha": 0.0}),
    ("chain", {"beads": 3, "spring": "fput"}),
    ("chain", {"beads": 3, "spring": "fput", "ends": "fixed"}),
    ("chain", {"beads": 3, "spring": "toda"}),
    ("chain", {"beads": 2, "spring": "toda", "ends": "fixed"}),
    ("n_body", {"bodies": 1}),
    ("n_body", {"bodies": 1, "dimensions": 3}),
    ("rotating", {}),
    ("rotating", {"potential": "harmonic"}),
    ("rotating", {"potential": "kepler"}),
    ("magnetic", {"field": 1.7}),
    ("penning", {}),
    ("spring_pendulum", {}),
    ("spring_pendulum", {"dimensions": 2}),
    ("double_pendulum", {}),
    ("spherical_pendulum", {}),
    ("henon_heiles", {"variant": "integrable"}),
    ("calogero_moser", {"trap": 1.3}),
    ("lotka_volterra", {}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_known_quantities_are_the_computed_null_space(name, options):
    system = make_system(name, **options)
    n = system.degrees_of_freedom
    states = jax.random.normal(jax.random.key(0), (3 * n * (2 * n + 3), 2 * n))
    computed, _ = commuting_quadratics(system.hamiltonian, states)
    known = stack(system.conserved, n)
    assert len(known.b) == len(computed.b)
    if len(known.b):
        rows, basis = known.coefficients(), computed.coefficients()
        assert np.linalg.matrix_rank(rows) == len(rows)
        np.testing.assert_allclose(rows @ basis.T @ basis, rows, atol=1e-7)


@pytest.mark.parametrize("name", SYSTEMS)
def test_solve_conserves_energy_and_the_known_quantities(name):
    system = make_system(name)
    x = system.initial_state(jax.random.key(3))
    times = jnp.arange(11.0) * system.dt
    path = solve(hamiltonian_vector_field(system.hamiltonian), x, times)
    np.testing.assert_array_equal(path[0], x)
    energy = jax.vmap(system.hamiltonian)(path)
    np.testing.assert_allclose(energy, energy[0], rtol=1e-6, atol=1e-6)
    values = jax.vmap(stack(system.conserved, system.degrees_of_freedom).value)(path)
    np.testing.assert_allclose(values, values[:1].repeat(11, 0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("solver", "order"), [("Heun", 2), ("Bosh3", 3), ("Butcher5", 5), ("Tsit5", 5)]
)
def test_solvers_have_their_order(solver, order):
    field = hamiltonian_vector_field(lambda x: jnp.sum(x**2) / 2 + x[0] ** 4 / 4)
    x, end = jnp.array([0.8, -0.3]), 1.0
    exact = solve(field, x, jnp.array([0.0, end]), rtol=1e-13, atol=1e-13)[-1]
    errors = [
        np.linalg.norm(rollout(field, x, jnp.array([0.0, end]), solver, n)[-1] - exact)
        for n in (8, 16)
    ]
    assert order - 0.5 < np.log2(errors[0] / errors[1]) < order + 1.5


def test_one_long_step_of_three_bodies_is_best_with_butchers_method():
    system = make_system("n_body", bodies=3, dimensions=2)
    field = hamiltonian_vector_field(system.hamiltonian)
    starts = jax.vmap(system.initial_state)(jax.random.split(jax.random.key(0), 200))
    paths = jax.vmap(lambda x: solve(field, x, jnp.arange(11.0)))(starts)

    def error(solver):
        ends = jax.vmap(jax.vmap(lambda x: one_step(field, x, 1.0, solver)))(paths[:, :-1])
        return float(jnp.mean((ends - paths[:, 1:]) ** 2))

    assert error("Butcher5") < min(error("Tsit5"), error("Dopri5")) / 10


def test_gradient_of_a_step_agrees_with_finite_differences():
    def end(a):
        field = hamiltonian_vector_field(lambda x: a * jnp.sum(jnp.cosh(x)))
        return jnp.sum(one_step(field, jnp.array([0.5, 0.2]), 0.3))

    numeric = (end(1.0 + 1e-6) - end(1.0 - 1e-6)) / 2e-6
    np.testing.assert_allclose(jax.grad(end)(1.0), numeric, rtol=1e-7)
