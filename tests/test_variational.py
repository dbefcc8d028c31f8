"""The fit of the paper on tiny problems: where it starts, what it learns, what is said of it."""

from dataclasses import asdict, replace
from unittest.mock import Mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.base.errors import InputError
from noether_razor.conserved import Combined, Dictionary, Neural, Quadratic, Together
from noether_razor.conserved.features import Listed, Monomials
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories, Transitions, transitions
from noether_razor.describe.directions import parallelness
from noether_razor.discovery.quadratics import quadratic
from noether_razor.discovery.report import report, verdict
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.judged import Judged
from noether_razor.evidence.recording import recording
from noether_razor.inference import functions
from noether_razor.inference.learn import learn
from noether_razor.inference.problem import pose
from noether_razor.inference.settings import Settings, Symmetry
from noether_razor.inference.spread import canonical_spread
from noether_razor.systems import Oscillator, make_system, stack
from noether_razor.variational.curve import bounds_by_rank
from noether_razor.variational.data import Data
from noether_razor.variational.discover import discover_by_fit, exhausted, fit_and_judge
from noether_razor.variational.fit import proposals
from noether_razor.variational.proposals import NEGLIGIBLE, propose
from noether_razor.variational.quadratics import Span, in_monomials
from tests.sample_discovery import fit, sample

TINY = Settings(
    candidates=3, random_candidates=1, warmup=300, steps=200, width=32, chunk=100, solver="Bosh3"
)


@pytest.fixture(scope="module")
def circles():
    """Two equal oscillators, which conserve four quadratics."""
    return simulate(Oscillator((1.0, 1.0)), key=jax.random.key(0), trajectories=60, steps=20)


def rows(quantities, states):
    spread = canonical_spread(states)
    scaled = Quadratic(*map(jnp.asarray, quantities)).rescale(jnp.asarray(spread))
    return np.asarray(scaled.coefficients(), float)


def proposed_by(paths, count):
    return propose(recording(paths), canonical_spread(paths.states), count)


def test_all_candidates_start_at_random_if_none_is_left_for_proposals():
    """Then only as many conserved directions as there are candidates exhaust them."""
    settings = replace(TINY, candidates=2, random_candidates=2)
    assert proposals(settings) == 0 and proposals(TINY) == 2
    assert [exhausted(settings, conserved) for conserved in (0, 1, 2)] == [False, False, True]
    assert [exhausted(TINY, conserved) for conserved in (0, 1, 2)] == [False, False, True]


def test_more_quantities_than_candidates_are_all_learned():
    data = Transitions(jnp.eye(4), 0.9 * jnp.eye(4), 0.1)
    given = stack(Oscillator((1.0, 1.0)).conserved)
    razor = pose(jax.random.key(0), data, TINY, given).razor
    assert razor.count == len(given.A) == 4


def test_candidates_start_at_what_is_conserved(circles):
    found = proposed_by(circles, 8)
    truth = rows(stack(Oscillator((1.0, 1.0)).conserved), circles.states)
    proposed = rows(found.quantities, circles.states)
    np.testing.assert_allclose(proposed @ proposed.T, np.eye(len(proposed)), atol=1e-5)
    assert len(truth) == 4 and (parallelness(proposed[:4], truth) > 0.999).all()
    np.testing.assert_array_equal(found.amplitudes, [1] * 4 + [NEGLIGIBLE] * 4)
    assert len(proposed_by(circles, 3).amplitudes) == 3


def test_proposals_do_not_depend_on_units(circles):
    odd = Trajectories(1e3 * circles.q, 1e-2 * circles.p, circles.dt, circles.names)
    first, second = (rows(proposed_by(x, 4).quantities, x.states) for x in (circles, odd))
    assert (parallelness(first, second) > 0.9999).all()


def test_quadratics_keep_their_values_in_the_monomials_of_the_recording(circles):
    moved = Trajectories(circles.q + 3.0, circles.p - 1.0, circles.dt, circles.names)
    data = recording(moved)
    generator = np.random.default_rng(0)
    A = generator.normal(size=(5, 4, 4))
    given = Quadratic(A + np.swapaxes(A, 1, 2), generator.normal(size=(5, 4)))
    span = Span(in_monomials(given, data))
    x = moved.states.reshape(-1, 4)[:50]
    with jax.enable_x64(True):
        values = jax.vmap(span)(jnp.asarray((x - data.centre) / data.spread))
        exact = jax.vmap(Quadratic(*map(jnp.asarray, given)).value)(jnp.asarray(x))
        apart = np.asarray(values - exact)
    np.testing.assert_allclose(apart - apart[0], 0, atol=1e-9)  # they agree up to a constant
    assert span.dimension == 4 and len(span.names("abcd")) == 5
    coefficients = np.eye(len(Monomials(4, 2).factors))
    judged = Mock(spec=Judged, coefficients=coefficients)
    again = quadratic(judged, data, np.zeros(4))
    np.testing.assert_allclose(in_monomials(again, data), coefficients, atol=1e-12)


def test_discovers_the_energy_of_an_oscillator_in_other_units():
    """With q in units of 1/1000 and p in units of 100, the quantity is found in those units."""
    data = simulate(make_system("oscillator"), key=jax.random.key(0), trajectories=30, steps=20)
    odd = Trajectories(1e3 * data.q, 1e-2 * data.p, data.dt, data.names, "odd units")
    seen = []
    found = discover_by_fit(
        odd, key=jax.random.key(1), settings=TINY, report=lambda *args: seen.append(args)
    )
    assert found.rank == 1 and found.fit.symmetry == "learned" and not found.fit.exhausted
    (energy,) = found.quantities
    ratio = np.diag(energy.A) / np.diag(energy.A)[0]
    np.testing.assert_allclose(ratio, [1.0, 1e10], rtol=1e-2)  # q^2 / 1e6 + p^2 / 1e-4
    assert energy.kind == "energy" and energy.residual < 0.01
    np.testing.assert_allclose(found.fit.elbo, -found.fit.nll - found.fit.kl, rtol=1e-4)
    assert found.fit.singular_values == sorted(found.fit.singular_values, reverse=True)
    assert {stage for stage, *_ in seen} == {"warm-up", "fit"}
    again = Discovery.from_json(found.to_json())
    assert again.rank == 1 and asdict(again.fit) == asdict(found.fit)
    assert "1 conserved" in str(found)


def test_a_plain_model_says_nothing_of_what_is_conserved(circles):
    data = Data.of(circles, key=jax.random.key(0))
    plain = replace(TINY, symmetry=Symmetry.plain, warmup=0, steps=20)
    found = fit_and_judge(jax.random.key(1), data, recording(circles), plain).discovery
    assert not found.directions and not found.quantities and found.rank == 0
    assert verdict(found).startswith("No candidate quantity was learned")
    text = report(found)
    assert "## Fit of the model" in text and "## All directions" not in text


def test_coordinates_that_are_no_pairs_are_refused(circles):
    velocities = replace(circles, velocities=True)
    with pytest.raises(InputError, match="holds no momenta, which the variational method needs"):
        Data.of(velocities, key=jax.random.key(0))


def test_the_report_says_what_the_fit_has_searched_and_its_bounds():
    text = report(sample(fit=fit()), ["curve.png"], "noether-razor discover three.npz")
    assert "the 9 quadratics that the fit has learned" in text
    assert "| 8 | -20.00 ± 0.10 | -25.00 |" in text and "| seed | 3 |" in text
    assert "Candidates started from the data" in text and "Networks start from a seed" in text
    assert "raise `--candidates`" not in text
    assert "raise `--candidates`" in report(sample(fit=fit(exhausted=True)))
    assert "at random" in report(sample(fit=fit(start="random", curve=[])))


@pytest.mark.slow
def test_a_false_direction_makes_the_bound_fall_and_a_true_one_does_not(circles):
    system = Oscillator((1.0, 1.0))
    settings = Settings(
        candidates=2, random_candidates=2, width=32, particles=2, batch=64, elements=4,
        warmup=300, steps=100, evidence=60,
    )  # fmt: skip
    learned = learn(jax.random.key(1), transitions(circles), settings)
    true = stack(system.conserved)
    A = np.concatenate([true.A, np.diag([1.0, 0.0, 0.0, 0.0])[None]])
    b = np.concatenate([true.b, np.zeros((1, 4))])
    told = []
    bounds = bounds_by_rank(
        jax.random.key(2), learned, settings, Quadratic(A, b), 4, lambda *one: told.append(one)
    )
    assert [one.rank for one in bounds] == [2, 3, 4, 5] and told[-1][:2] == (4, 4)
    best = max(one.bound for one in bounds)
    assert best - bounds[2].bound < 0.5 < 2 < best - bounds[3].bound


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


def test_a_function_whose_flow_one_step_cannot_follow_starts_at_a_negligible_size():
    paths = simulate(
        make_system("central"), key=jax.random.key(0), trajectories=40, steps=20
    ).states
    start, end = (paths[:, s].reshape(-1, 4) for s in (slice(-1), slice(1, None)))
    order = np.argsort(start[:, 3])
    taken = np.concatenate([order[:-8], order])
    data = Transitions(jnp.asarray(start[taken]), jnp.asarray(end[taken]), 0.1)
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
