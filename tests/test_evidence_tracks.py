"""Laws of the verdict on trajectories alone: integrals, units, origins, variables, random walks."""

import jax
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from noether_razor.conserved.features import Monomials
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.directions import parallelness
from noether_razor.evidence.judge_tracks import (
    NOISE_FACTORS,
    _evidences,
    _sum_of_logs,
    judge_tracks,
)
from noether_razor.evidence.least_changing import Found
from noether_razor.evidence.prior import SIZES
from noether_razor.evidence.recording import recording


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def test_the_evidence_of_a_size_integrates_over_the_true_change():
    """For one contrast, the evidence is the sum of int N(q; d, nu n) N(d; 0, h^2 lambda kappa) dd.

    The realised change is the mean of d^2 under the same integrand, over two samples.
    """
    q, n, spectra, kappa = 0.7, 0.04, (0.5, 2.0), 1.0
    one = lambda value: np.full((1, 1), value)  # noqa: E731
    found = Found(
        axes=np.eye(1),
        contrasts=one(q)[..., None],
        noise=one(n),
        left_out=one(q)[..., None],
        left_noise=one(n),
        motion=one(kappa),
        seen=np.ones(1),
        typical=np.ones(1),
        spectra=np.array([[each] for each in spectra]),
    )
    sized, left_out = _evidences(found)
    change = np.linspace(-8, 8, 40001)
    for place in (11, 21, 31):
        brute, squares = [], []
        for factor in NOISE_FACTORS:
            for spectrum in spectra:
                scale = SIZES[place] * np.sqrt(spectrum * kappa)
                prior = norm.pdf(change, scale=scale)
                likelihood = norm.pdf(q, loc=change, scale=np.sqrt(factor * n))
                brute.append(np.log(np.trapezoid(prior * likelihood, change)))
                squares.append(np.trapezoid(change**2 * prior * likelihood, change))
        realised = sum(squares) / np.exp(logsumexp(brute)) / 2
        assert np.isclose(sized.realised[0, place], realised, rtol=1e-6)
        exact = logsumexp(brute) + np.log(2) + 0.5 * np.log(2 * np.pi)  # two kappas are equal
        assert np.isclose(sized.evidence[0, place], exact, rtol=1e-8)
        assert np.isclose(left_out.evidence[0, place], exact, rtol=1e-8)


def oscillators(noise):
    """Exact motions of two oscillators of frequencies 1 and 1.62, in units where both turn."""
    generator = np.random.default_rng(0)
    angle = 0.2 * np.arange(20)[:, None] * np.array([1.0, 1.62])
    q, p = generator.normal(size=(2, 40, 1, 2))
    motion = q * np.cos(angle) + p * np.sin(angle), p * np.cos(angle) - q * np.sin(angle)
    q, p = motion + noise * generator.normal(size=(2, 40, 20, 2))
    return Trajectories(q, p, 0.2)


def test_without_noise_the_size_is_its_definition_whatever_the_spectrum():
    """With weak friction, what the oscillators would conserve decays slowly and smoothly."""
    clean = oscillators(0.0)
    decay = np.exp(-0.01 * np.arange(20))[:, None]
    found = judged(Trajectories(clean.q * decay, clean.p * decay, clean.dt))
    z = recording(Trajectories(clean.q * decay, clean.p * decay, clean.dt)).z
    values = np.asarray(jax.vmap(jax.vmap(Monomials(4, 2)))(z)) @ found.coefficients[:2].T
    size = (values - values.mean(1, keepdims=True)).std((0, 1)) / values.std((0, 1))
    assert np.allclose(found.hopeful[:2] > 0.99, size < 0.05)
    assert ((found.low[:2] <= 1.05 * size) & (size <= 1.3 * found.high[:2])).all()


def judged(trajectories, noise=None):
    data = recording(trajectories, noise)
    return judge_tracks(data, 0.05, Monomials(4, 2), np.zeros((0, 14)))


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_metres_and_a_far_origin_change_no_number(noise):
    data = oscillators(noise)
    one = judged(data)
    units = np.array([1e3, 5e2])
    scaled = judged(Trajectories(data.q * units, data.p / units, 60 * data.dt))
    shifted = judged(Trajectories(data.q * units + 4.2e6, data.p / units, 60 * data.dt))
    for other, rtol in ((scaled, 1e-6), (shifted, 1e-4)):
        assert other.verdicts() == one.verdicts()
        for name in ("size", "low", "high", "cautious", "hopeful"):
            assert np.allclose(getattr(one, name), getattr(other, name), rtol=rtol, atol=1e-6)
    assert one.verdicts().count("conserved") == 2


def test_a_symplectic_mixing_of_coordinates_carries_the_conserved_span_along():
    """The span of quadratics is closed under x -> S x, so C(x) becomes C(S^-1 x)."""
    data = oscillators(0.0)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    shear = np.array([[0.5, 0.2], [0.2, -0.3]])
    q = data.q @ turn.T
    mixed = Trajectories(q, data.p @ turn.T + q @ shear, data.dt)
    one, other = judged(data), judged(mixed)
    assert one.verdicts().count("conserved") == other.verdicts().count("conserved") == 2
    conserved = []
    for some, judgement in ((data, one), (mixed, other)):
        states = recording(some).z
        values = np.asarray(jax.vmap(jax.vmap(Monomials(4, 2)))(states))
        values = (values @ judgement.coefficients[:2].T).reshape(-1, 2)
        conserved.append((values - values.mean(0)).T)
    assert (parallelness(*conserved) > 1 - 1e-6).all()


def walks(tracks, samples, seed=0):
    """Independent random walks in four coordinates: nothing is conserved."""
    steps = np.random.default_rng(seed).normal(size=(tracks, samples, 4))
    return Trajectories(*np.split(steps.cumsum(1), 2, axis=-1), 1.0)


@pytest.mark.parametrize("noise", [None, 0.0, 0.5])
def test_random_walks_conserve_nothing(noise):
    found = judged(walks(100, 5), noise)
    assert not {"conserved", "slow"} & set(found.verdicts())


FEW = "with so few walks the directions found without one are not independent enough of it"


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(0, marks=pytest.mark.xfail(strict=True, reason=FEW)),
        pytest.param(1, marks=pytest.mark.xfail(strict=True, reason=FEW)),
        2,
    ],
)
def test_what_was_chosen_for_its_quietness_is_judged_by_trajectories_it_was_not_chosen_on(seed):
    """The quietest of 14 directions of noisy walks seems conserved only where it was found."""
    found = judged(walks(20, 5, seed), noise=0.5)
    assert found.hopeful[0] > 0.5
    assert found.cautious[0] < 0.01


def test_what_was_chosen_for_its_quietness_among_more_walks_is_not_said_to_be_conserved():
    found = [judged(walks(30, 5, seed), noise=0.5) for seed in range(6)]
    assert np.mean([one.hopeful[0] for one in found]) > 0.5
    assert max(one.cautious[0] for one in found) < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_quantities_are_found_whose_noise_is_unlike_that_of_the_others(seed):
    """Free motion far from where it began: two momenta and their three products are conserved.

    The noise of most other functions grows with the distance, that of a momentum does not.
    """
    generator = np.random.default_rng(seed)
    p = generator.normal(size=(100, 1, 2)) * np.ones((1, 40, 1))
    q = generator.normal(size=(100, 1, 2)) + p * np.arange(40)[:, None]
    q, p = (x + 0.2 * generator.normal(size=x.shape) for x in (q, p))
    found = judged(Trajectories(q, p, 1.0))
    assert found.verdicts().count("conserved") >= 4


def test_the_variance_of_many_samples_has_the_logarithm_of_its_product():
    """The evidence multiplies variances before it takes a logarithm; no variance is lost."""
    v = np.random.default_rng(0).uniform(1e-13, 1e-12, (3, 41))
    assert np.isclose(_sum_of_logs(jax.numpy.asarray(v)), np.log(v).sum(), rtol=1e-12)


def test_nothing_is_conserved_where_there_are_fewer_contrasts_than_functions():
    found = judged(walks(6, 3), noise=0.0)
    assert "conserved" not in found.verdicts()


def test_probabilities_are_numbers_where_noise_explains_everything():
    found = judged(walks(8, 4))
    assert np.isfinite(found.cautious).all() and np.isfinite(found.hopeful).all()
