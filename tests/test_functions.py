"""Functions as candidates: proposed, learned, judged, counted, written and read again."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved import Combined, Dictionary, Neural, Quadratic, Together
from noether_razor.conserved.features import Listed, Monomials
from noether_razor.discovery.function_report import function_report
from noether_razor.discovery.functions import FunctionDiscovery
from noether_razor.discovery.regression import sparse_regression, written
from noether_razor.errors import InputError
from noether_razor.inference import functions
from noether_razor.inference.problem import pose
from noether_razor.inference.settings import Kind, Settings, Symmetry
from noether_razor.investigate import discover_by_fit
from noether_razor.investigate_functions import discover_functions
from noether_razor.loading import save_trajectories
from noether_razor.proposals import (
    independence,
    networks,
    propose_dictionary,
    propose_networks,
    propose_null_space,
    search,
)
from noether_razor.proposals.functions import shares_within, values_along
from noether_razor.proposals.independence import independent_gradients
from noether_razor.proposals.known import known_of, polynomials
from noether_razor.runner import discover_in_directory
from noether_razor.systems import make_system
from noether_razor.trajectories import Transitions, simulate

TINY = Settings(
    kind=Kind.auto, functions=3, function_width=8, function_steps=20, degree=3, flow_steps=1,
    warmup=10, steps=10, chunk=5, batch=8, particles=1, elements=2, pool=4, width=8, candidates=4,
    solver="Heun",
)  # fmt: skip


@pytest.fixture(scope="module")
def quartic():
    system = make_system("central")
    states = simulate(system, key=jax.random.key(0), trajectories=60, steps=20).states
    return system, np.asarray(states[:45], float), np.asarray(states[45:], float)


def test_a_dictionary_finds_all_polynomials_that_are_conserved(quartic):
    system, train, apart = quartic
    found = propose_dictionary(train, apart, Monomials(4, 4), 5)
    # H, L and L^2; the fourth moves.
    assert np.all(found.held_out[:3] < 1e-6) and found.held_out[3] > 1e-2
    kept = found.quantities._replace(weights=found.quantities.weights[:3])
    spread = np.asarray(found.quantities.family.spread)
    assert independence(kept, apart, spread).rank == 2


def test_the_null_space_of_the_bracket_is_the_same(quartic):
    system, train, apart = quartic
    found = propose_null_space(system.hamiltonian, train, apart, Monomials(4, 4), 5)
    assert np.all(found.held_out[:3] < 1e-4) and found.held_out[3] > 1e-2
    assert np.all(shares_within(found.quantities, apart)[:3] < 1e-4)


def test_networks_find_what_hardly_moves_and_the_same_key_the_same(quartic):
    _, train, apart = quartic
    few = {"width": 16, "steps": 150, "batch": 32}
    found, again = (propose_networks(jax.random.key(3), train, apart, 3, **few) for _ in range(2))
    np.testing.assert_array_equal(found.shares, again.shares)
    assert np.all(np.diff(found.shares) >= 0)
    # Of three networks, what does not move on trajectories never seen either: H and L.
    assert len(found.shares) == 2 and np.all(found.held_out < search.SLOW)


def test_a_stage_keeps_what_is_independent_of_what_is_known(quartic):
    _, train, apart = quartic
    asked = []

    def stage(number, known):
        asked.append(len(known))
        return propose_dictionary(train, apart, Monomials(4, 4), 5)  # H, L, L^2 and what moves

    spread = train.std((0, 1))
    given, found, last = search.search(stage, None, train, apart, spread)
    assert len(found) == 2 and asked == [0, 2, 2] and len(last.shares) == 5 and not given
    # What is given is known from the first, and only once.
    asked.clear()
    slow = last.quantities.only(np.array([0]))
    given, found, last = search.search(stage, slow, train, apart, spread)
    assert (len(given), len(found), asked) == (1, 1, [1, 2, 2])


def test_gradients_of_what_is_known_cost_and_others_do_not(quartic):
    _, train, apart = quartic
    spread = train.std((0, 1))
    known = propose_dictionary(train, apart, Monomials(4, 4), 2).quantities  # H and L
    told = known_of([known.each()], train, spread)

    kinds = {
        "theirs": lambda x: jnp.sin(jnp.prod(known.value(x)))[None],
        "of another shape": lambda x: jnp.tanh(9 * known.value(x)[1:]),
        "a new one": lambda x: x[:1],
    }
    prices = {}
    for name, value in kinds.items():
        family = SimpleNamespace(gradient=jax.jacfwd(value))
        prices[name] = told.price(jax.random.key(0), family, jnp.asarray(spread))
        free = known_of([[]], train, spread).price(jax.random.key(0), family, jnp.asarray(spread))
        assert free < 0.1
    assert prices["theirs"] > 4 and prices["of another shape"] > 4 and prices["a new one"] < 0.3


def test_a_batch_without_a_slope_moves_nothing():
    family = Neural.create(jax.random.key(0), jnp.ones(4), 2, width=4)

    def loss(family, key):
        broken = jax.random.bernoulli(key)
        return jnp.sum(family.value(jnp.ones(4)) ** 2) * jnp.where(broken, jnp.nan, 1.0)

    trained = networks._descend(jax.random.key(1), family, loss, 1e-2, 40)
    before, after = (jnp.sum(one.value(jnp.ones(4)) ** 2) for one in (family, trained))
    assert after < 0.5 * before


def test_a_function_of_a_few_trajectories_has_a_small_unit_and_no_shape_pays():
    generator = np.random.default_rng(0)
    even = generator.normal(size=1000)
    few = np.where(np.arange(1000) < 20, 10.0, 0.1) * even
    values = np.stack([even, few, np.sign(even)], 1)
    drawn, size = networks._drawn_in(jnp.asarray(values))
    np.testing.assert_allclose(jnp.mean(drawn**2, 0), 1.0, rtol=1e-5)
    ratio = size / values.std(0)
    assert ratio[0] > 0.85 and ratio[1] < 0.75 and ratio[2] > 0.95


def test_functions_of_known_functions_are_explained(quartic):
    _, train, apart = quartic
    proposed = propose_dictionary(train, apart, Monomials(4, 4), 2).quantities
    known = polynomials(proposed.each(), train)
    assert np.allclose(known.T @ known, np.diag(np.any(known != 0, axis=0)), atol=1e-10)
    first, second = (np.asarray(values_along(one, train)).mean(1)[:, 0] for one in proposed.each())
    for function in (first, first**2, np.sin(first) * second):
        left = function - known @ (known.T @ function)
        assert left.std() < 0.1 * function.std()
    other = np.random.default_rng(0).normal(size=len(train))
    assert (other - known @ (known.T @ other)).std() > 0.5 * other.std()


@pytest.mark.parametrize(
    "states", [np.zeros((1, 5, 4)), np.zeros((3, 5, 3)), np.full((3, 5, 4), np.nan)]
)
def test_proposals_refuse(states):
    with pytest.raises(InputError, match="states have shape"):
        propose_networks(jax.random.key(0), states, states, 2)


def test_networks_need_three_samples_to_see_a_state_move():
    with pytest.raises(InputError, match="fewer than 3 samples"):
        propose_networks(jax.random.key(0), np.zeros((3, 2, 4)), np.zeros((3, 5, 4)), 2)


def test_functions_of_one_another_count_once():
    generator = np.random.default_rng(0)
    states = generator.normal(size=(500, 4))
    motion = np.tile([0.0, 0.0, 0.0, 1.0], (500, 1))
    x, y = states[:, :1], states[:, 1:2]
    zero = np.zeros_like(x)
    # Gradients of x, x^2 and x + y^3; then with an error everywhere.
    slopes = np.stack(
        [
            np.concatenate([zero + 1, zero, zero, zero], 1),
            np.concatenate([2 * x, zero, zero, zero], 1),
            np.concatenate([zero + 1, 3 * y**2, zero, zero], 1),
        ],
        1,
    )
    assert independent_gradients(slopes, motion).rank == 2
    rough = slopes + 0.02 * generator.normal(size=slopes.shape)
    assert independent_gradients(rough, motion).rank == 2
    assert independent_gradients(slopes[:, :0], motion).rank == 0


def test_a_badly_learned_function_does_not_hide_a_well_learned_one():
    generator = np.random.default_rng(0)
    motion = np.tile([0.0, 0.0, 0.0, 1.0], (500, 1))
    # Two functions at an angle of 0.1, and a third with an error of 0.1 across them.
    slopes = np.array([[1.0, 0, 0, 0], [np.cos(0.1), np.sin(0.1), 0, 0], [0, 0, 1.0, 0]])
    scales = generator.lognormal(size=(500, 3, 1))
    errors = generator.normal(size=(500, 3, 4)) * np.array([0.001, 0.001, 0.1])[:, None]
    found = independent_gradients(scales * (slopes + errors), motion)
    assert found.rank == 3
    assert found.errors[0] < 0.1 and found.errors[2] < 0.002
    # With the same error in all three, the angle is not seen.
    rough = slopes + 0.1 * generator.normal(size=(500, 3, 4))
    assert independent_gradients(rough, motion).rank == 2


def test_an_energy_that_is_badly_learned_does_not_count_beside_itself():
    generator = np.random.default_rng(0)
    motion = np.tile([0.0, 0.0, 0.0, 1.0], (500, 1))
    # The energy, learned with an error of 0.1 across the motion, and a function of it.
    slopes = np.tile([[1.0, 0, 0, 0], [1.0, 0, 0, 0.001]], (500, 1, 1))
    slopes[:, 0, 1:3] += 0.1 * generator.normal(size=(500, 2))
    assert independent_gradients(slopes, motion).rank == 2
    assert independent_gradients(slopes, motion, np.array([0.1, 0.0])).rank == 1


def test_a_fit_leaves_quadratics_as_they_were_proposed():
    quadratics = Quadratic(jnp.ones((2, 4, 4)), jnp.ones((2, 4)))
    networks = Neural.create(jax.random.key(0), jnp.ones(4), 3, width=4)
    first, second = Combined(quadratics, jnp.eye(2)), Combined(networks, jnp.eye(3))
    both = Combined(Together(first, second, 2), jnp.eye(5))
    changes = jax.tree.map(jnp.ones_like, both)
    free = {"changes": changes, "log_amplitude": jnp.zeros(5)}
    learned = functions._learned(both, functions._rates(both), jnp.ones(5), free).family
    jax.tree.map(np.testing.assert_array_equal, learned.family.first, first)
    np.testing.assert_array_equal(learned.weights, both.weights)
    x = jnp.arange(4.0)
    assert np.all(learned.family.second.value(x) != second.value(x))


def test_a_function_with_a_cliff_starts_as_good_as_absent(quartic):
    _, train, _ = quartic
    start, end = (train[:, s].reshape(-1, 4) for s in (slice(-1), slice(1, None)))
    order = np.argsort(start[:, 3])
    rows = np.concatenate([order[:-8], order])
    data = Transitions(jnp.asarray(start[rows]), jnp.asarray(end[rows]), 0.1)
    # Two momenta, the second with a cliff that a few of the last states are on.
    edge = float(start[order[-8], 3]) + 1e-5
    both = Listed(
        lambda x: jnp.stack([x[2], x[3] + jnp.tanh((x[3] - edge) * 1e4)]), ("smooth", "cliff")
    )
    family = Dictionary(jnp.eye(2), jnp.ones(4), both)
    problem = pose(jax.random.key(0), data, replace(TINY, symmetry=Symmetry.plain))
    problem = functions.with_functions(problem, Combined(family, jnp.eye(2)), TINY)
    smooth, cliff = np.exp(problem.razor.quantities["log_amplitude"])
    assert smooth == pytest.approx(functions.AMPLITUDE) and cliff < 0.1 * functions.AMPLITUDE
    learned = problem.razor.family(problem.razor.quantities)
    at_edge = problem.train.start[-8]
    slopes = [learned.gradient(at_edge.at[3].add(by))[1, 3] for by in (-1e-5, 1e-5)]
    assert 0 < abs(slopes[1] - slopes[0]) / 2e-5 < 1.1 * functions.ABSENT


def test_few_terms_are_put_into_words():
    states = np.random.default_rng(0).normal(size=(400, 2))
    lists = Monomials(2, 3)
    features = np.asarray(jax.vmap(lists)(jnp.asarray(states)), float)
    values = 3 * states[:, 0] * states[:, 1] - 1.5 * states[:, 1] ** 3 + 7
    found = sparse_regression(features, values)
    assert written(found.coefficients, lists.names("qp")) == "q*p - 0.5*p**3"
    assert found.residual < 1e-6
    assert sparse_regression(features, np.sin(9 * values)) is None


def test_what_is_found_is_written_and_read_again(tmp_path):
    data = tmp_path / "data.npz"
    save_trajectories(
        data, simulate(make_system("central"), key=jax.random.key(0), trajectories=30, steps=8)
    )

    def find():
        return discover_in_directory(
            data, tmp_path / "out", TINY, seed=0, progress=lambda *_: None, command="again"
        )

    found = find()
    assert found.kind == "auto" and found.count >= 1
    assert len(found.directions) == len(found.sizes) >= 1  # the angular momentum at least
    for name in ("report.md", "report.html", "functions.png", "sections.png", "training.png"):
        assert (tmp_path / "out" / name).stat().st_size > 0
    assert "independent" in (tmp_path / "out" / "report.md").read_text()
    again = find()
    assert isinstance(again, FunctionDiscovery)
    assert str(again) == str(found) and again.data == found.data
    assert function_report(again, command="again").startswith("# What is conserved")


def test_each_pipeline_names_the_other_where_that_is_meant():
    paths = simulate(make_system("oscillator"), key=jax.random.key(0), trajectories=5, steps=4)
    with pytest.raises(InputError, match="discover_functions"):
        discover_by_fit(paths, key=jax.random.key(1), settings=Settings(kind=Kind.neural))
    for settings in (Settings(), Settings(kind=Kind.neural, symmetry=Symmetry.plain)):
        with pytest.raises(InputError, match="discover is for quadratics"):
            discover_functions(paths, key=jax.random.key(1), settings=settings)
