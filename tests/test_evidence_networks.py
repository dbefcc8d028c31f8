"""Networks that learn conserved functions: laws of the loss, and what is counted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.evidence.invariant_systems import SYSTEMS
from experiments.evidence.published import REPORTS
from noether_razor.base.errors import InputError
from noether_razor.conserved.quadratic import Affine, Quadratic
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.discover import discover, in_spreads
from noether_razor.discovery.kept_functions import functions_of
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery
from noether_razor.evidence import networks
from noether_razor.evidence.fields import symplectic_form_in
from noether_razor.evidence.independence import independent
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import CONSERVED, TOLERANCE
from noether_razor.evidence.learned import learned
from noether_razor.evidence.recording import recording
from noether_razor.evidence.symmetries import moves_of
from noether_razor.evidence.volumes import beyond, log_det, orthonormal
from noether_razor.systems import make_system

NOTHING = Quadratic(np.zeros((0, 4, 4)), np.zeros((0, 4)))
FORM = np.zeros((1, 4, 4))
FORM[0, 0, 3] = FORM[0, 3, 0] = 1.0
FORM[0, 1, 2] = FORM[0, 2, 1] = -1.0
ANGULAR = Quadratic(FORM, np.zeros((1, 4)))
SHORT = 1500
"""Number of training steps that is enough for motion in a plane."""


@pytest.fixture
def float64():
    with jax.enable_x64(True):
        yield


def first(count):
    return jax.tree.map(
        lambda leaf: leaf.astype(float), networks._first(jax.random.key(0), 4, count)
    )


def test_the_loss_does_not_depend_on_how_the_functions_are_mixed(float64):
    weights, x = first(2), jax.random.normal(jax.random.key(1), (2, 25, 4))
    mixed = weights._replace(
        linear=weights.linear @ (mix := jnp.array([[2.0, 0.3], [-1.0, 1.5]])),
        quadratic=weights.quadratic @ mix,
    )
    loss = networks._loss(weights, x, ANGULAR)
    np.testing.assert_allclose(networks._loss(mixed, x, ANGULAR), loss, rtol=1e-6)


def test_a_function_of_what_is_known_has_no_volume(float64):
    weights, x = first(2), jax.random.normal(jax.random.key(1), (2, 25, 4))
    linear, quadratic = jnp.zeros_like(weights.linear), jnp.zeros_like(weights.quadratic)
    i, j = np.triu_indices(4)
    place = {pair: 4 + k for k, pair in enumerate(zip(i.tolist(), j.tolist(), strict=True))}
    angular = quadratic.at[place[0, 3], 0].set(1.0).at[place[1, 2], 0].set(-1.0)
    told = weights._replace(linear=linear[:, :1], quadratic=angular[:, :1])
    slopes = jnp.swapaxes(networks._slopes(told, x[0]), 1, 2)
    known = jnp.moveaxis(jax.vmap(ANGULAR.gradient)(x[0]), 0, -1)
    left = beyond(slopes, orthonormal(known, networks.SAME))
    np.testing.assert_allclose(left, 0, atol=2e-3)
    assert networks._loss(told, x, ANGULAR) > networks._loss(told, x, NOTHING) + 5


def test_gradients_are_those_of_the_functions(float64):
    weights, x = first(3), jax.random.normal(jax.random.key(1), (6, 4))
    exact = jax.vmap(jax.jacrev(lambda state: networks.values(weights, state)))(x)
    np.testing.assert_allclose(jnp.moveaxis(networks._slopes(weights, x), 1, 0), exact, atol=1e-12)


def test_log_determinants_at_many_states_and_their_slopes(float64):
    rows = jax.random.normal(jax.random.key(0), (7, 3, 5))
    matrices = jnp.einsum("nij,nkj->nik", rows, rows)
    by_library = lambda some: jnp.linalg.slogdet(some)[1].sum()  # noqa: E731
    swept = lambda some: log_det(jnp.moveaxis(some, 0, -1)).sum()  # noqa: E731
    np.testing.assert_allclose(swept(matrices), by_library(matrices))
    np.testing.assert_allclose(jax.grad(swept)(matrices), jax.grad(by_library)(matrices), rtol=1e-8)


def test_what_spans_nothing_takes_nothing_off(float64):
    rows = jax.random.normal(jax.random.key(0), (2, 4, 5))
    twice = jnp.concatenate([rows, rows[:1], jnp.zeros_like(rows[:1])])
    once, again = (beyond(rows[:1] + 1, orthonormal(some, 1e-6)) for some in (rows, twice))
    np.testing.assert_allclose(again, once, atol=1e-6)
    np.testing.assert_allclose((once * rows[0]).sum(1), 0, atol=1e-6)


def test_the_slowest_function_is_always_kept():
    weights = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), first(3))
    z = np.random.default_rng(0).normal(size=(20, 30, 4)).astype(np.float32)
    assert networks._slowest(weights, jnp.asarray(z)).linear.shape[1] == 1
    assert networks._slowest(weights, jnp.repeat(z[:, :1], 30, 1)).linear.shape[1] == 3


def test_moves_are_symmetries_of_the_hamiltonian():
    system = make_system("central")
    states = simulate(system, key=jax.random.key(0), trajectories=5, steps=4).states
    spread = np.array([1.0, 1.0, 2.0, 2.0])
    in_units = Quadratic(FORM * np.outer(spread, spread), np.zeros((1, 4)))
    moves = moves_of(in_units, symplectic_form_in(spread), states / spread)
    moved = np.einsum("gij,nj->gni", moves.matrix, states[:, 0] / spread) + moves.shift[:, None]
    energy = jax.vmap(system.hamiltonian)
    before = np.asarray(energy(jnp.asarray(states[:, 0])))
    for some in moved[:20]:
        np.testing.assert_allclose(
            np.asarray(energy(jnp.asarray(some * spread))), before, rtol=1e-4
        )
    assert np.abs(moved[:20] - states[:, 0] / spread).max() > 0.3


def test_without_what_is_known_nothing_is_moved():
    moves = moves_of(NOTHING, symplectic_form_in(np.ones(4)), np.zeros((2, 3, 4)))
    assert isinstance(moves, Affine)
    np.testing.assert_array_equal(moves.matrix, np.eye(4)[None])


def test_gradients_that_are_parallel_everywhere_are_one():
    one = np.random.default_rng(0).normal(size=(50, 1, 4))
    scale = np.linspace(1, 3, 50)[:, None, None]
    other = np.random.default_rng(1).normal(size=(50, 1, 4))
    gradients = np.concatenate([one, scale * one, other, one + other], axis=1)
    assert independent(gradients, TOLERANCE) == [True, False, True, False]
    # In four dimensions at most three gradients are orthogonal to the velocity.
    four = np.random.default_rng(2).normal(size=(50, 5, 4))
    assert independent(four, TOLERANCE) == [True, True, True, False, False]


def test_networks_find_the_energy_beside_the_angular_momentum():
    data = simulate(make_system("central"), key=jax.random.key(0), trajectories=120, steps=50)
    was, networks.STEPS = networks.STEPS, SHORT
    try:
        found = discover(data, networks=True)
    finally:
        networks.STEPS = was
    assert found.rank == 1 and found.independent == 2
    assert found.learned[0].counted and sum(one.counted for one in found.learned) == 1
    again = Discovery.from_json(found.to_json())
    assert again.independent == 2
    functions = functions_of(again.networks)
    states = data.states[:, ::10]
    values = np.asarray(jax.vmap(jax.vmap(functions))(jnp.asarray(states)))[..., 0]
    within = (values - values.mean(1, keepdims=True)).std() / values.std()
    assert within < TOLERANCE
    text = report(found)
    assert "Networks found one more function" in text and "two are independent in all" in text


def test_where_nothing_is_conserved_networks_find_nothing():
    generator = np.random.default_rng(0)
    t = np.arange(50) * 0.2
    rates, phases = generator.uniform(0.5, 2.0, (2, 60, 1, 4, 3))
    waves = np.sin(rates * t[:, None, None] + 6.3 * phases).sum(-1)
    q, p = np.split(waves, 2, axis=-1)
    data = recording(trajectories := Trajectories(q, p, 0.2))
    known = investigate(data, TOLERANCE, always=False).judged.of([CONSERVED])
    quadratics = in_spreads(known.coefficients, 4)
    states = trajectories.states
    found = learned(states, data, quadratics, known.high, TOLERANCE, steps=SHORT)
    assert found is not None
    assert found.count == 0 and not found.counted.any()


def test_what_networks_cannot_do_is_refused():
    data = simulate(make_system("central"), key=jax.random.key(0), trajectories=7, steps=20)
    with pytest.raises(InputError, match="expected 8 or more for networks"):
        discover(data, networks=True)
    with pytest.raises(InputError, match="beside all quadratics"):
        discover(data, degree=3, networks=True)


def test_what_tools_report_is_of_our_systems():
    assert {one.system for one in REPORTS} <= set(SYSTEMS)
