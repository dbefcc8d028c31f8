"""The linear-algebra baseline: exact on clean data, silent about what does not vary."""

import jax
import numpy as np
import pytest

from noether_razor.conserved import Quadratic
from noether_razor.discovery.readable import angle_between
from noether_razor.errors import InputError
from noether_razor.proposals import canonical_spread, propose_quadratics, slow_directions
from noether_razor.systems import NBody, Oscillator, stack
from noether_razor.trajectories import simulate


def oscillator_states(n=2, trajectories=40, samples=30, seed=0):
    """Equal frequencies, solved by hand: [R, T, 2n]."""
    q, p = np.random.default_rng(seed).normal(size=(2, trajectories, 1, n))
    angle = 0.3 * np.arange(samples)[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.concatenate([q * cos + p * sin, p * cos - q * sin], axis=-1)


def first(proposals, count):
    A, b = (np.asarray(leaf, float) for leaf in proposals.quantities)
    return Quadratic(A[:count], b[:count])


def gram(quantities):
    """Frobenius products A.A + b.b."""
    A, b = (np.asarray(leaf, float) for leaf in quantities)
    flat = np.concatenate([A.reshape(len(A), -1), b], axis=1)
    return flat @ flat.T


def in_spread(system, spread):
    known = stack(system.conserved)
    A, b = np.asarray(known.A, float), np.asarray(known.b, float)
    return Quadratic(A * spread[:, None] * spread, b * spread)


def test_planar_three_bodies_have_seven_and_then_a_gap():
    system = NBody()
    states = simulate(system, key=jax.random.key(0)).states
    proposals = propose_quadratics(states, 12)
    assert np.all(proposals.eigenvalues[:7] < 1e-6)
    assert 0.05 < proposals.eigenvalues[7] < 0.2
    # parallelness is the cosine of the angle
    truth = in_spread(system, proposals.spread)
    angle = angle_between(first(proposals, 7), truth, np.ones(12))
    assert np.cos(angle) >= 0.999
    np.testing.assert_allclose(gram(first(proposals, 7)), np.eye(7), atol=1e-5)


def test_oscillators_give_their_unitary_group_with_h_in_it():
    system = Oscillator((1.0, 1.0))
    states = oscillator_states()
    proposals = propose_quadratics(states, 6)
    assert np.all(proposals.eigenvalues[:4] < 1e-12)
    assert proposals.eigenvalues[4] > 0.5
    truth = in_spread(system, proposals.spread)
    assert angle_between(first(proposals, 4), truth, np.ones(4)) < 1e-5
    np.testing.assert_allclose(np.diag(gram(proposals.quantities)), 1, atol=1e-5)


def test_proposals_do_not_depend_on_units():
    states = oscillator_states()
    units = np.repeat([1e3, 1e-4], 2)
    one, other = propose_quadratics(states, 4), propose_quadratics(states * units, 4)
    np.testing.assert_allclose(other.spread, one.spread * units, rtol=1e-12)
    assert angle_between(one.quantities, other.quantities, np.ones(4)) < 1e-5


def test_a_quantity_with_one_value_everywhere_is_dropped_not_proposed():
    states = oscillator_states(n=1)
    states /= np.sqrt(np.sum(states**2, axis=-1, keepdims=True))  # all on one energy shell
    proposals = propose_quadratics(states, 5)
    assert proposals.constant == 1
    assert len(proposals.eigenvalues) == 4
    assert proposals.eigenvalues[0] > 0.1


def test_dependent_and_constant_features_are_named():
    base = np.random.default_rng(1).normal(size=(6, 8, 2))
    features = np.stack(
        [base[..., 0], base[..., 1], base[..., 0] - 3 * base[..., 1], np.ones((6, 8))], axis=-1
    )
    slow = slow_directions(features)
    assert slow.directions.shape == (2, 4) and slow.constant.shape == (2, 4)
    np.testing.assert_allclose(np.ptp(features @ slow.constant.T, axis=(0, 1)), 0, atol=1e-12)


def test_eigenvalues_are_the_share_of_variance_within_trajectories():
    generator = np.random.default_rng(2)
    features = generator.normal(size=(9, 7, 3)) + 2 * generator.normal(size=(9, 1, 3))
    features[..., 0] = features[:, :1, 0]  # conserved, so there is no noise to take off
    slow = slow_directions(features)
    values = features @ slow.directions.T
    share = values.var(1).mean(0) / values.var((0, 1))
    np.testing.assert_allclose(share, slow.eigenvalues, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(values.var((0, 1)), 1, rtol=1e-10)
    assert np.all(np.diff(slow.eigenvalues) >= 0)


def test_noise_closes_the_gap_of_the_covariances_and_not_of_the_proposals():
    system, sigma = NBody(masses=(0.5, 1.0, 1.5)), 0.03
    states = np.asarray(simulate(system, key=jax.random.key(0), steps=30).states, float)
    noisy = states + sigma * np.random.default_rng(0).normal(size=states.shape)
    proposals = propose_quadratics(noisy, 12)
    truth = in_spread(system, proposals.spread)
    assert np.all(np.abs(proposals.eigenvalues[:7]) < 0.02)
    assert np.all(proposals.eigenvalues[7:] > 0.04)
    assert np.cos(angle_between(truth, first(proposals, 7), np.ones(12))) > 0.98


def test_one_trajectory_proposes_nothing_as_conserved():
    assert np.all(propose_quadratics(oscillator_states(trajectories=1), 3).eigenvalues > 0.95)


def test_fewer_samples_than_features_are_enough_not_to_fail():
    proposals = propose_quadratics(oscillator_states(trajectories=2, samples=3), 14)
    assert proposals.constant == 14 - len(proposals.eigenvalues) > 0
    assert np.isfinite(np.asarray(proposals.quantities.A)).all()


def test_the_spread_is_one_number_for_positions_and_one_for_momenta():
    states = np.array([[[3.0, 4.0, 1.0, 1.0]]])
    np.testing.assert_allclose(canonical_spread(states), [12.5**0.5] * 2 + [1.0] * 2)


@pytest.mark.parametrize(
    ("states", "count", "message"),
    [
        (np.zeros((3, 4)), 2, "expected"),
        (np.zeros((3, 4, 3)), 2, "expected"),
        (np.full((3, 4, 2), np.nan), 2, "finite"),
        (np.zeros((3, 4, 2)), 0, "1 or more"),
    ],
)
def test_wrong_input_is_one_line(states, count, message):
    with pytest.raises(InputError, match=message) as caught:
        propose_quadratics(states, count)
    assert "\n" not in str(caught.value)
