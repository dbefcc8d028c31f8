"""Networks that learn conserved functions: laws of the loss, and what is counted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved.quadratic import Affine, Quadratic
from noether_razor.errors import InputError
from noether_razor.evidence import networks
from noether_razor.evidence.discover import discover, in_spreads
from noether_razor.evidence.fields import symplectic_form_in
from noether_razor.evidence.independence import independent
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import CONSERVED, TOLERANCE
from noether_razor.evidence.kept_functions import functions_of
from noether_razor.evidence.learned import learned
from noether_razor.evidence.recording import recording
from noether_razor.evidence.report import report
from noether_razor.evidence.result import Discovery
from noether_razor.evidence.symmetries import moves_of
from noether_razor.systems import make_system
from noether_razor.trajectories import Trajectories, simulate

NOTHING = Quadratic(np.zeros((0, 4, 4)), np.zeros((0, 4)))
FORM = np.zeros((1, 4, 4))
FORM[0, 0, 3] = FORM[0, 3, 0] = 1.0
FORM[0, 1, 2] = FORM[0, 2, 1] = -1.0
ANGULAR = Quadratic(FORM, np.zeros((1, 4)))
SHORT = 1500
"""Steps that are enough for a plane."""


@pytest.fixture
def float64():
    with jax.enable_x64(True):
        yield


def first(count):
    return jax.tree.map(
        lambda leaf: leaf.astype(float), networks._first(jax.random.key(0), 4, count)
    )


def test_the_loss_does_not_depend_on_how_the_functions_are_mixed(float64):
    weights, x = first(2), jax.random.normal(jax.random.key(1), (9, 5, 4))
    mixed = weights._replace(
        linear=weights.linear @ (mix := jnp.array([[2.0, 0.3], [-1.0, 1.5]])),
        quadratic=weights.quadratic @ mix,
    )
    loss = networks._loss(weights, x, ANGULAR)
    np.testing.assert_allclose(networks._loss(mixed, x, ANGULAR), loss, rtol=1e-6)


def test_a_function_of_what_is_known_has_no_volume(float64):
    weights, x = first(2), jax.random.normal(jax.random.key(1), (9, 5, 4))
    linear, quadratic = jnp.zeros_like(weights.linear), jnp.zeros_like(weights.quadratic)
    i, j = np.triu_indices(4)
    place = {pair: 4 + k for k, pair in enumerate(zip(i.tolist(), j.tolist(), strict=True))}
    angular = quadratic.at[place[0, 3], 0].set(1.0).at[place[1, 2], 0].set(-1.0)
    told = weights._replace(linear=linear[:, :1], quadratic=angular[:, :1])
    states = x.reshape(-1, 4)
    slopes = jax.vmap(lambda s: networks._with_slopes(told, s)[1])(states)
    left = slopes - jax.vmap(lambda g, s: networks._known_part(ANGULAR, g, s))(slopes, states)
    np.testing.assert_allclose(left, 0, atol=2e-3)
    assert networks._loss(told, x, ANGULAR) > networks._loss(told, x, NOTHING) + 5


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


def test_networks_find_the_energy_beside_the_angular_momentum():
    data = simulate(make_system("central"), key=jax.random.key(0), trajectories=120, steps=50)
    was, networks.STEPS = networks.STEPS, SHORT
    try:
        found = discover(data, networks=True)
    finally:
        networks.STEPS = was
    assert found.rank == 1 and found.independent == 2
    assert [one.counted for one in found.learned] == [True, False]
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
