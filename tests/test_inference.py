"""The model, its bound and its course: exact answers, and what must not break."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from numpyro.distributions.kl import kl_divergence

from noether_razor.base.errors import InputError, RunError
from noether_razor.conserved import Quadratic
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Transitions, transitions
from noether_razor.inference.devices import device_mesh
from noether_razor.inference.distributions import EmpiricalBayesNormal, optimal_prior_variance
from noether_razor.inference.evaluate import Effort, evaluate
from noether_razor.inference.fit import fit, make_svi, run_chunk, start_fit
from noether_razor.inference.fitted import Fitted
from noether_razor.inference.learn import learn
from noether_razor.inference.model import Razor
from noether_razor.inference.problem import dynamical_scaling, pose, scale_transitions
from noether_razor.inference.settings import Settings, Start, Symmetry
from noether_razor.mechanics.phase_space import Scaling
from noether_razor.systems import make_system

TINY = Settings(
    start=Start.random, candidates=3, warmup=0, steps=20, batch=16, particles=2, elements=4,
    pool=4, width=16, depth=2, noise_variance=1e-3, chunk=10, canonical_scaling=False,
    solver="Heun",  # few stages compile fast
)  # fmt: skip


@pytest.fixture(scope="module")
def data() -> Transitions:
    system = make_system("oscillator", frequencies=(1.0,))
    return transitions(simulate(system, key=jax.random.key(0), trajectories=10, steps=10))


def random_posterior(key, rows=5, columns=3):
    a, b, c = jax.random.split(key, 3)
    tril = lambda k, n: jnp.tril(0.1 * jax.random.normal(k, (n, n)), -1) + 0.3 * jnp.eye(n)  # noqa: E731
    return dist.MatrixNormal(jax.random.normal(a, (rows, columns)), tril(b, rows), tril(c, columns))


@pytest.mark.parametrize("seed", range(5))
def test_kl_is_the_least_over_prior_variances_of_the_gaussian_kl(seed):
    posterior = random_posterior(jax.random.key(seed))
    covariance = jnp.kron(
        posterior.scale_tril_row @ posterior.scale_tril_row.T,
        posterior.scale_tril_column @ posterior.scale_tril_column.T,
    )
    full = dist.MultivariateNormal(posterior.loc.ravel(), covariance)

    def gaussian_kl(variance):
        size = full.loc.size
        prior = dist.MultivariateNormal(jnp.zeros(size), variance * jnp.eye(size))
        return kl_divergence(full, prior)

    best = optimal_prior_variance(posterior)
    ours = kl_divergence(posterior, EmpiricalBayesNormal((5, 3)))
    np.testing.assert_allclose(ours, gaussian_kl(best), rtol=2e-4)
    for factor in (0.8, 1.25):
        assert gaussian_kl(factor * best) > ours


def test_bound_is_below_the_exact_evidence_where_that_is_known():
    """A linear "network" F = w.x moves q by dt w_p and p by -dt w_q: a linear Gaussian model."""
    key = jax.random.key(1)
    start = jax.random.normal(key, (12, 2))
    dt, variance = 0.5, 0.04
    true = jnp.array([[0.7], [-0.4]])
    end = start + dt * jnp.concatenate([true[1:], -true[:1]]).ravel()
    end = end + variance**0.5 * jax.random.normal(jax.random.key(2), end.shape)
    razor = Razor(
        network=lambda p, x: (x @ p["readout.kernel"])[0],
        parameters={"readout.kernel": jnp.array([[0.5], [-0.5]])},
        quantities=None, family=None, count=0, learn_quantities=False,
        noise_variance=jnp.full(2, variance), learn_noise=False, batch=12, elements=2, pool=2,
        antithetic=True,
        solver="Tsit5", weight_scale=0.3,
    )  # fmt: skip
    train = Transitions(start, end, dt)
    settings = Settings(batch=12, particles=1, steps=1500, chunk=500, learning_rate=0.02)
    parameters = fit(jax.random.key(3), razor, train, settings, steps=1500)
    fitted = Fitted(razor, parameters)
    many = Effort(bound=(2000, 2))
    bound = 12 * evaluate(jax.random.key(4), fitted, train, training_size=12, effort=many).elbo
    # Exact: shifts (end - start) / dt are w (turned by J) plus noise; the prior variance is free.
    shift = np.asarray((end - start), float)

    def log_evidence(prior):
        total = 0.0
        for column in shift.T:
            covariance = prior * dt**2 * np.ones((12, 12)) + variance * np.eye(12)
            total += -0.5 * column @ np.linalg.solve(covariance, column)
            total += -0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1]
        return total

    exact = max(log_evidence(prior) for prior in np.geomspace(1e-3, 1e2, 400))
    assert bound < exact + 0.05
    assert bound > exact - 0.5  # and close: the posterior is nearly of the guide's own family


def test_same_key_same_parameters_bit_for_bit(data):
    one, two = (learn(jax.random.key(7), data, TINY).fitted.parameters for _ in range(2))
    other = learn(jax.random.key(8), data, TINY).fitted.parameters
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), one, two))
    assert not jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), one, other))


@pytest.mark.parametrize("annealing", [0, 15])
def test_resumed_fit_is_bit_identical(data, annealing):
    razor = pose(jax.random.key(0), data, TINY).razor
    seen = []
    settings = replace(TINY, annealing=annealing)
    run = partial(fit, jax.random.key(1), razor, data, settings, steps=20)
    whole = run(on_chunk=lambda progress: seen.append(progress))
    half = seen[0]
    assert half.step == 10
    resumed = run(restore=lambda fresh: (half.step, half.state))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), whole, resumed))


def test_annealing_weighs_the_divergence_alone(data):
    """From one state, the fifth of ten annealed steps weighs the divergence by one half."""
    razor = pose(jax.random.key(0), data, TINY).razor
    state = start_fit(razor, TINY, 20, jax.random.key(1), data)
    state = state._replace(optim_state=(jnp.asarray(4), state.optim_state[1]))

    def loss(annealing):
        settings = replace(TINY, annealing=annealing)
        return float(run_chunk(razor, settings, 20, device_mesh(1), 1, state, data)[2])

    divergence = float(Fitted(razor, make_svi(razor, TINY, 20).get_params(state)).kl())
    np.testing.assert_allclose(loss(0) - loss(10), divergence / 2, rtol=1e-3)
    np.testing.assert_allclose(loss(5), loss(0))  # from then on it is whole


def test_a_warm_up_is_annealed_and_what_follows_it_is_not(data):
    def bounds(annealing):
        settings = replace(TINY, warmup=20, annealing=annealing)
        seen = []
        learn(jax.random.key(0), data, settings, on_chunk=lambda *chunk: seen.append(chunk))
        return {phase: progress.elbo for phase, progress in reversed(seen)}

    whole, annealed = bounds(0), bounds(20)
    assert annealed["warm-up"] - whole["warm-up"] > 4  # nats a transition
    assert abs(annealed["fit"] - whole["fit"]) < 1


def test_after_a_warm_up_weights_go_on_at_the_rate_of_continuation(data):
    def moved(continuation):
        settings = replace(TINY, warmup=20, continuation=continuation)
        seen = []
        learned = learn(
            jax.random.key(0), data, settings, on_chunk=lambda *chunk: seen.append(chunk)
        )
        warm = next(p for phase, p in reversed(seen) if phase == "warm-up").parameters
        last = learned.fitted.parameters
        names = [name for name in warm if name.endswith(".mean")]
        return max(float(jnp.max(jnp.abs(last[name] - warm[name]))) for name in names)

    assert moved(1e-6) < 1e-6 < 1e-3 < moved(1.0)


def test_a_loss_that_is_not_finite_stops_at_its_step(data):
    bad = data._replace(end=data.end.at[:].set(jnp.nan))
    kept = []
    with pytest.raises(RunError, match="at step 1;"):
        learn(jax.random.key(0), bad, TINY, on_chunk=lambda *chunk: kept.append(chunk))
    assert not kept  # so the checkpoint of the last good chunk stays


@pytest.mark.parametrize("symmetry", list(Symmetry))
def test_the_three_models_are_configurations_of_one(data, symmetry):

    built_in = Quadratic(jnp.eye(2)[None], jnp.zeros((1, 2)))
    settings = replace(TINY, symmetry=symmetry, steps=5)
    given = built_in if symmetry is Symmetry.built_in else None
    problem, fitted = learn(jax.random.key(0), data, settings, given)
    assert ("quantities" in fitted.parameters) == (symmetry is Symmetry.learned)
    assert (fitted.quantities is None) == (symmetry is Symmetry.plain)
    value = evaluate(jax.random.key(1), fitted, problem.train, training_size=100)
    np.testing.assert_allclose(value.elbo, -value.nll - value.kl, rtol=1e-5)


@pytest.mark.parametrize("symmetry", [Symmetry.plain, Symmetry.learned])
def test_the_mean_hamiltonian_is_the_mean_of_the_draws(data, symmetry):
    settings = replace(TINY, symmetry=symmetry, weight_scale=0.5, steps=1)
    fitted = learn(jax.random.key(0), data, settings).fitted
    x = data.start[:5]

    def values(key, draws):
        return jax.vmap(fitted.draws(key, draws, elements=4))(x)

    keys = jax.random.split(jax.random.key(1), 1000)
    single = jax.jit(jax.vmap(lambda key: values(key, 1)))(keys)
    error = single.std(0) / len(keys) ** 0.5
    twenty = jax.random.split(jax.random.key(2), 20)
    mean = jax.jit(jax.vmap(lambda key: values(key, 50)))(twenty).mean(0)  # of a thousand draws
    assert jnp.all(jnp.abs(mean - single.mean(0)) < 6 * error)
    # Each draw has new weights and group elements: the spread falls with the number of draws.
    several = jax.jit(jax.vmap(lambda key: values(key, 16)))(keys)
    assert jnp.all(jnp.abs(single.std(0) / several.std(0) - 4) < 0.5)


def test_each_draw_of_one_group_has_the_same_elements(data):
    settings = replace(TINY, symmetry=Symmetry.learned, weight_scale=0.5, steps=1)
    fitted = learn(jax.random.key(0), data, settings).fitted
    x = data.start[0]
    draws = fitted.draws(jax.random.key(1), 3, 16, one_group=True)
    assert draws.elements.matrix.shape == (3, 16, 2, 2)
    np.testing.assert_array_equal(draws.elements.matrix[0], draws.elements.matrix[2])
    values = draws.each(lambda hamiltonian: hamiltonian(x))
    np.testing.assert_allclose(values.mean(), draws(x), rtol=1e-5)
    assert values.std() > 0
    apart = fitted.draws(jax.random.key(1), 3, 16).elements.matrix
    assert not np.allclose(apart[0], apart[1])


def test_noise_variance_is_learned(data):
    noisy = data._replace(end=data.end + 0.3 * jax.random.normal(jax.random.key(5), data.end.shape))

    settings = replace(TINY, noise_variance=None, steps=600, chunk=600, learning_rate=1e-2)
    fitted = learn(jax.random.key(0), noisy, replace(settings, symmetry=Symmetry.plain)).fitted
    np.testing.assert_allclose(np.asarray(fitted.noise_variance), 0.09, rtol=0.3)


def test_dynamical_scaling_follows_the_units_of_the_data():
    system = make_system("oscillator", frequencies=(1.0, 1.0))
    paths = simulate(system, key=jax.random.key(0), trajectories=20, steps=30).states
    one = dynamical_scaling(paths, 0.2)
    other = dynamical_scaling(paths * np.array([1e3, 1e3, 1e-5, 1e-5]), 0.2e-9)
    np.testing.assert_allclose(other.position, 1e3 * one.position)
    np.testing.assert_allclose(other.momentum, 1e-5 * one.momentum)
    np.testing.assert_allclose(other.time, 1e-9 * one.time)
    scaled = scale_transitions(Scaling(1e3, 1e-5, 1e-9), Transitions(paths[0], paths[1], 0.2e-9))
    np.testing.assert_allclose(scaled.dt, 0.2)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0}, {"batch": 6, "particles": 4}, {"elements": 3}, {"pool": 4, "elements": 8},
        {"noise_variance": 0.0}, {"activation": "swoosh"}, {"precision": "float16"},
        {"learning_rate": 0.0}, {"width": 0},
    ],
)  # fmt: skip
def test_settings_out_of_range_are_one_clear_line(change):
    with pytest.raises(InputError, match=next(iter(change))) as caught:
        Settings(**change)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)


def test_float64_all_the_way(data):
    with jax.enable_x64(True):
        wide = Transitions(*(jnp.asarray(np.asarray(x, float)) for x in data[:2]), data.dt)
        assert wide.start.dtype == jnp.float64
        problem, fitted = learn(jax.random.key(0), wide, TINY)
        arrays = [leaf for leaf in jax.tree.leaves(fitted.parameters) if hasattr(leaf, "dtype")]
        assert {leaf.dtype for leaf in arrays} == {jnp.dtype("float64")}
        assert np.isfinite(
            evaluate(jax.random.key(1), fitted, problem.train, training_size=100).elbo
        )
