"""Laws of the posterior of a law of motion: exact answers, Monte Carlo, and its verdicts."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import pytest
from numpyro import distributions
from numpyro.diagnostics import effective_sample_size
from numpyro.infer import MCMC, NUTS, init_to_value
from scipy.integrate import cumulative_trapezoid
from scipy.stats import multivariate_normal

from noether_razor.conserved.features import Monomials
from noether_razor.describe.directions import parallelness
from noether_razor.evidence.dynamics import Dynamics, fit_long, fit_short
from noether_razor.evidence.fields import polynomial, symplectic_form_in
from noether_razor.evidence.judge_law import judge_law
from noether_razor.evidence.linearised import (
    Pieces,
    _Batch,
    _start_step,
    _Sums,
    _without_starts,
    first_sensitivity,
    linearised,
)
from noether_razor.evidence.motion import SOLVER, STEPS, Law, sensitive_step, steps_needed
from noether_razor.evidence.settle import Cut
from noether_razor.mechanics.integrate import rollout

NOISE = 0.05
OSCILLATOR = np.array([0.0, 0.0, 0.5, 0.0, 0.5])
"""Weights of H = (q^2 + p^2) / 2 on the monomials q, p, q^2, q p, p^2."""


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def rotating(trajectories, samples, step, noise, seed=0):
    """Exact motions of H = (q^2 + p^2) / 2, [R, T, 2], with noise."""
    generator = np.random.default_rng(seed)
    t = step * np.arange(samples)[:, None]
    q, p = generator.normal(size=(2, trajectories, 1, 1))
    x = np.concatenate([q * np.cos(t) + p * np.sin(t), p * np.cos(t) - q * np.sin(t)], -1)
    return x + noise * generator.normal(size=x.shape)


def fitted(field, J, z, variance):
    """A law of two coordinates, fitted to short pieces and then to long ones."""
    noise = np.full(2, variance)
    fit = fit_short(field, J, z, noise, z)
    return fit_long(fit, z, z)


def followed(field, law, weights, start, samples):
    """States [T, m] at the samples, from a start [m]."""
    velocity = partial(field.velocity, weights * law.scale, jnp.asarray(law.J))
    return rollout(velocity, start, np.arange(samples), SOLVER, 4)


def test_the_evidence_is_exact_where_the_motion_is_linear_in_weights_and_starts():
    """H = w . (q, p) moves every state at one velocity J w: y is jointly Gaussian with w and x0."""
    tracks, samples = 8, 9
    generator = np.random.default_rng(0)
    t = np.arange(samples)
    z = generator.normal(size=(tracks, 1, 2)) + t[:, None] * np.array([0.2, -0.1])
    z = z + 0.2 * generator.normal(size=z.shape)
    J = symplectic_form_in(np.ones(2))
    fit = fitted(polynomial(2, 1, True), J, z, 0.04)
    found = fit.posterior()

    start = np.tile(np.eye(2), (samples, 1))
    own = start @ start.T + np.kron(np.eye(samples), np.diag(found.noise))
    without_law = np.kron(np.eye(tracks), own)
    design = np.tile(np.kron(t[:, None], J), (tracks, 1))
    covariance = without_law + design @ np.diag(found.prior) @ design.T
    exact = multivariate_normal(cov=covariance).logpdf(z.ravel())
    assert np.isclose(fit.evidence, exact, atol=0.01)

    precision = np.diag(1 / found.prior) + design.T @ np.linalg.solve(without_law, design)
    mean = np.linalg.solve(precision, design.T @ np.linalg.solve(without_law, z.ravel()))
    assert np.allclose(found.factor @ found.factor.T @ precision, np.eye(2), atol=1e-6)
    assert np.allclose(found.weights, mean, atol=0.05 * np.sqrt(1 / np.diag(precision)))


def test_sensitivities_are_the_derivatives_of_the_motion():
    field = polynomial(2, 3, True)
    weights = jnp.asarray(0.02 * np.random.default_rng(1).normal(size=field.count))
    weights = weights.at[np.array([2, 4])].add(0.06)
    law = Law(symplectic_form_in(np.array([1.0, 2.0])), np.linspace(0.5, 2.0, field.count))
    start = jnp.array([0.8, -0.3])
    motion = lambda w, x: followed(field, law, w, x, 14)  # noqa: E731
    x, S = start, jnp.asarray(first_sensitivity(1, 2, field.count)[0])
    for _ in range(13):
        x, S = sensitive_step(field, law, weights, 2, x, S)
    by_weights, by_start = jax.jacfwd(lambda w, x: motion(w, x)[-1], (0, 1))(weights, start)
    assert np.allclose(x, motion(weights, start)[-1])
    # The steps here are twice as long as those of the motion.
    largest = np.abs(by_weights).max()
    assert np.allclose(S, np.concatenate([by_start, by_weights], -1), atol=1e-4 * largest)
    assert largest > 1


def test_a_sample_takes_as_many_steps_as_its_derivatives_need():
    field, law = polynomial(2, 4, True), Law(symplectic_form_in(np.ones(2)), np.ones(14))
    weights = np.zeros(14)
    weights[-5] = 1.0  # q^4, and next p^2 / 2: with larger q it is faster
    weights[4] = 0.5
    given = jnp.asarray(weights)
    q = np.linspace(0.1, 2.0, 20)
    states = np.stack([q, np.zeros(20)], -1)
    needed = steps_needed(field, law, weights, states)
    assert (np.diff(needed) >= 0).all() and {1, 2, 4} <= set(needed.tolist())
    unit = jnp.asarray(first_sensitivity(1, 2, 14)[0])
    for state, steps in zip(states, needed, strict=True):
        if steps < STEPS[-1]:
            _, S = sensitive_step(field, law, given, int(steps), jnp.asarray(state), unit)
            _, exact = sensitive_step(field, law, given, 64, jnp.asarray(state), unit)
            assert np.linalg.norm(S - exact) < 0.05 * np.linalg.norm(exact)


def test_pieces_keep_their_places_when_they_are_followed_together():
    field, law = polynomial(2, 2, True), Law(symplectic_form_in(np.ones(2)), np.ones(5))
    generator = np.random.default_rng(0)
    y = generator.normal(size=(60, 3, 2))
    weights, noise = np.array([0.0, 0.0, 0.3, 0.1, 0.2]), np.full(2, 0.1)
    few, many = np.ones((60, 3), int), generator.integers(1, 5, (60, 3))
    one, other = (
        linearised(field, law, weights, y[:, 0], Pieces(y, np.ones((60, 3)), steps), noise)
        for steps in (few, many)
    )
    assert (np.argsort(one.place) == np.arange(60)).all() and (other.place != one.place).any()
    assert np.allclose(one.states, other.states, atol=1e-3)
    assert np.allclose(one.start_step(weights), other.start_step(weights), atol=1e-2)
    assert np.allclose(one.moments().slope, other.moments().slope, rtol=1e-2)


def test_trajectories_are_cut_into_pieces_and_joined_again():
    generator = np.random.default_rng(0)
    x, cut = generator.normal(size=(6, 11, 2)), Cut(11, generator.integers(1, 12, 6))
    pieces = cut.pieces(x)
    assert pieces.shape[:2] == cut.there.shape and pieces.shape[1] == cut.lengths.max()
    assert (cut.joined(pieces) == x).all()
    assert (cut.by_trajectory(cut.there.sum(1)) == 11).all()
    assert (cut.by_trajectory(np.ones(len(pieces))) == np.ceil(11 / cut.lengths)).all()


def test_a_trajectory_that_is_explained_worse_in_long_pieces_stays_cut():
    """One trajectory of twenty is kicked by ten times the noise; the law fits before and after."""
    z = rotating(20, 32, 0.4, NOISE)
    z[3, 18:, 1] += 10 * NOISE
    field, J = polynomial(2, 2, True), symplectic_form_in(np.ones(2))
    fit, clean = (fitted(field, J, some, NOISE**2) for some in (z, np.delete(z, 3, axis=0)))
    assert fit.lengths[3] < 32 and (np.delete(fit.lengths, 3) == 32).all()
    found, without = fit.posterior(), clean.posterior()
    error = np.sqrt(np.diag(without.factor @ without.factor.T))
    assert (np.abs(found.weights - without.weights) < 2 * error).all()


def test_derivatives_beyond_rounding_give_no_numbers_and_no_error():
    nothing = np.zeros((1, 2, 3))
    sums = _Sums(np.eye(3), np.zeros(3), np.ones((1, 2, 2)), nothing, np.ones((1, 2)), np.ones(2))
    batch = _Batch(sums, np.zeros((1, 2)), np.ones(1), np.zeros((1, 2, 2)))
    hessian, *_ = _without_starts(batch, 0.0)
    assert np.isnan(hessian).all() and np.isnan(_start_step(batch, np.zeros(3), 0.0)).all()


@pytest.mark.slow
def test_the_posterior_of_a_law_is_what_hamiltonian_monte_carlo_finds():
    z = rotating(10, 12, 0.4, NOISE)
    field, J = polynomial(2, 2, True), symplectic_form_in(np.ones(2))
    found = fitted(field, J, z, NOISE**2).posterior()
    law = Law(J, np.ones(field.count))
    follow = jax.vmap(partial(followed, field, law), in_axes=(None, 0, None))

    def model():
        # Weights and starts in units of their posterior, so that few steps are needed.
        flat = distributions.ImproperUniform(distributions.constraints.real, (), ())
        u = numpyro.sample("u", flat.expand((field.count,)))
        v = numpyro.sample("v", flat.expand((10, 2)))
        weights = found.weights + found.factor @ u
        starts = found.smooth[:, 0] + NOISE / 2 * v
        prior = distributions.Normal(0.0, np.sqrt(found.prior))
        numpyro.factor("weights", prior.log_prob(weights).sum())
        numpyro.factor("starts", distributions.Normal().log_prob(starts).sum())
        states = follow(weights, starts, 12)
        numpyro.sample("y", distributions.Normal(states, np.sqrt(found.noise)), obs=z)

    origin = {"u": jnp.zeros(field.count), "v": jnp.zeros((10, 2))}
    kernel = NUTS(model, init_strategy=init_to_value(values=origin), dense_mass=True)
    chain = MCMC(kernel, num_warmup=200, num_samples=500, progress_bar=False)
    chain.run(jax.random.key(0))
    u = np.asarray(chain.get_samples()["u"])
    draws = effective_sample_size(u[None]).min()
    assert draws > 100
    assert np.abs(u.mean(0)).max() < 4 / np.sqrt(draws)
    assert np.allclose(np.cov(u.T), np.eye(field.count), atol=4 * np.sqrt(2 / draws))


def test_the_size_of_a_change_under_a_known_law_is_its_definition():
    """Root mean square of C about its mean on each trajectory, over its standard deviation."""
    z = rotating(40, 25, 0.1, 0.0)
    field, functions = polynomial(2, 2, True), Monomials(2, 2)
    law = Dynamics(
        field, symplectic_form_in(np.ones(2)), 0.1 * OSCILLATOR, 1e-6 * np.eye(5), np.ones(5),
        np.full(2, 1e-4), z,
    )  # fmt: skip
    judged = judge_law(law, 0.05, functions, np.zeros((0, 5)))
    values = np.asarray(jax.vmap(jax.vmap(functions))(z)) @ judged.coefficients.T
    size = (values - values.mean(1, keepdims=True)).std((0, 1)) / values.std((0, 1))
    # The trapezoidal rule errs by (2 step)^2 / 12 for squares of motions of unit frequency.
    assert np.allclose(judged.size, size, atol=1.5 * 0.2**2 / 12)
    assert judged.verdicts() == ["conserved"] + 4 * ["changes"]
    assert parallelness(judged.coefficients[:1], OSCILLATOR[None]) > 1 - 1e-6


def test_the_cautious_probability_is_that_of_the_posterior():
    """The share of draws of the weights under which C changes by less than the tolerance."""
    z, J, error, tolerance = rotating(40, 25, 0.1, 0.0), symplectic_form_in(np.ones(2)), 2e-3, 0.05
    law = Dynamics(
        polynomial(2, 2, True), J, 0.1 * OSCILLATOR, error * np.eye(5), np.ones(5),
        np.full(2, 1e-4), z,
    )  # fmt: skip
    judged = judge_law(law, tolerance, Monomials(2, 2), np.zeros((0, 5)))
    draws = law.weights + error * np.random.default_rng(1).normal(size=(1000, 5))
    gradient = lambda c: c[:2] + z @ np.array([[2 * c[2], c[3]], [c[3], 2 * c[4]]])  # noqa: E731
    rates = [(gradient(judged.coefficients[0]) * (gradient(w) @ J.T)).sum(-1) for w in draws]
    change = cumulative_trapezoid(rates, axis=-1, initial=0.0)
    size = change.std(-1, keepdims=True)
    within = np.mean(np.sqrt((size**2).mean((1, 2))) < tolerance)
    assert 0.5 < within < 0.9
    assert np.isclose(judged.cautious[0], within, atol=0.06)
    assert judged.verdicts() == ["undetermined"] + 4 * ["changes"]
    assert judged.hopeful[0] > 0.99  # the mean weights conserve it
