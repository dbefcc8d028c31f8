"""The certificate: right without being told what is true, and silent where the data is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved import Quadratic
from noether_razor.discovery.certificate import drift_certificate, normalised_bracket
from noether_razor.errors import InputError
from noether_razor.systems import Anharmonic, Oscillator


def quadratic(*pairs):
    """Quantities from {(i, j): coefficient of x_i x_j} of four coordinates q1, q2, p1, p2."""
    A = np.zeros((len(pairs), 4, 4))
    for k, terms in enumerate(pairs):
        for (i, j), value in terms.items():
            A[k, i, j] += value
            A[k, j, i] += value
    return Quadratic(A, np.zeros((len(pairs), 4)))


ENERGY = {(0, 0): 0.5, (1, 1): 0.5, (2, 2): 0.5, (3, 3): 0.5}
ANGULAR_MOMENTUM = {(0, 3): 1.0, (1, 2): -1.0}
FALSE = {(0, 0): 0.5}


def oscillate(q, p, samples=40):
    angle = 0.3 * np.arange(samples)[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    q, p = np.asarray(q)[:, None], np.asarray(p)[:, None]
    return np.concatenate([q * cos + p * sin, p * cos - q * sin], axis=-1)


@pytest.fixture(scope="module")
def states():
    return oscillate(*np.random.default_rng(0).normal(size=(2, 30, 2)))


def test_conserved_has_drift_zero_and_false_has_not(states):
    certificate = drift_certificate(quadratic(ENERGY, ANGULAR_MOMENTUM, FALSE), states)
    assert np.all(certificate.determined)
    assert np.all(certificate.high[:2] < 1e-20)
    assert 0.3 < certificate.low[2] <= certificate.drift[2] <= certificate.high[2] <= 1


def test_the_interval_narrows_with_the_square_root_of_the_data():
    generator = np.random.default_rng(1)
    widths = []
    for trajectories in (25, 400):
        data = oscillate(*generator.normal(size=(2, trajectories, 2)))
        certificate = drift_certificate(quadratic(FALSE), data)
        widths.append(certificate.high[0] - certificate.low[0])
    assert 2 < widths[0] / widths[1] < 8


@pytest.mark.parametrize("sigma", [0.03, 0.1, 0.3])
def test_noise_alone_gives_no_drift(states, sigma):
    noisy = states + sigma * np.random.default_rng(2).normal(size=states.shape)
    certificate = drift_certificate(quadratic(ENERGY, ANGULAR_MOMENTUM, FALSE), noisy)
    width = certificate.high - certificate.low
    assert np.all(np.abs(certificate.drift[:2]) < width[:2])
    assert np.all(width[:2] < 0.01 + sigma**2)
    assert certificate.low[2] > 0.3


def test_the_interval_of_a_conserved_quantity_covers_zero_as_often_as_it_says():
    generator, covered = np.random.default_rng(5), []
    for _ in range(200):
        data = oscillate(*generator.normal(size=(2, 30, 2)))
        noisy = data + 0.2 * generator.normal(size=data.shape)
        certificate = drift_certificate(quadratic(ENERGY, ANGULAR_MOMENTUM), noisy)
        covered.append((certificate.low <= 0) & (certificate.high >= 0))
    assert 0.9 < np.mean(covered) <= 0.98


def test_one_value_in_every_trajectory_is_undetermined():
    q = np.random.default_rng(3).normal(size=(20, 2))
    radial = oscillate(q, np.zeros_like(q))  # no angular momentum anywhere
    quantities = quadratic(ANGULAR_MOMENTUM, ENERGY, FALSE)
    assert drift_certificate(quantities, radial).determined.tolist() == [False, True, True]
    noisy = radial + 0.01 * np.random.default_rng(4).normal(size=radial.shape)
    assert drift_certificate(quantities, noisy).determined.tolist() == [False, True, True]


def test_a_single_trajectory_can_refute_but_not_confirm(states):
    certificate = drift_certificate(quadratic(ENERGY, FALSE), states[:1])
    assert certificate.determined.tolist() == [False, True]


@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_the_place_in_phase_space_plays_no_part(states, shift):
    momentum = Quadratic(np.zeros((1, 4, 4)), np.array([[1.0, 0, 0, 0]]))
    certificate = drift_certificate(momentum, np.broadcast_to(states[:, :1], states.shape) + shift)
    assert certificate.determined[0] and certificate.drift[0] < 1e-20


def test_a_quantity_without_any_variation_gives_no_number():
    certificate = drift_certificate(quadratic(ENERGY), np.ones((3, 4, 4)))
    assert np.isnan(certificate.drift[0]) and not certificate.determined[0]


def test_the_certificate_is_reproducible(states):
    one, two = (drift_certificate(quadratic(FALSE, ENERGY), states) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_the_bracket_with_h_vanishes_for_what_h_conserves(states):
    states = jnp.asarray(states.reshape(-1, 4))
    quantities = quadratic(ENERGY, ANGULAR_MOMENTUM, FALSE)
    bracket = normalised_bracket(quantities, Oscillator((1.0, 1.0)).hamiltonian, states)
    assert np.all(bracket[:2] < 1e-6)
    # C = q1^2 / 2: {C, H} = q1 p1, |grad C| = |q1|, |grad H| = |x|.
    q, x = states[:, 0], states
    expected = jnp.mean((q * x[:, 2]) ** 2) / jnp.mean(q**2 * jnp.sum(x**2, -1))
    assert bracket[2] == pytest.approx(float(jnp.sqrt(expected)), rel=1e-5)
    assert np.all(normalised_bracket(quantities, Anharmonic().hamiltonian, states) <= 1)


def test_the_bracket_does_not_depend_on_the_size_of_either():
    states = jax.random.normal(jax.random.key(0), (50, 4))
    h = Anharmonic().hamiltonian
    one = normalised_bracket(quadratic(FALSE), h, states)
    other = normalised_bracket(quadratic({(0, 0): 50.0}), lambda x: 7 * h(x), states)
    np.testing.assert_allclose(one, other, rtol=1e-5)
    nothing = Quadratic(jnp.zeros((1, 4, 4)), jnp.zeros((1, 4)))
    assert normalised_bracket(nothing, h, states)[0] == 0


def test_states_of_another_shape_are_one_line():
    with pytest.raises(InputError, match=r"\[trajectories, samples, 4\]"):
        drift_certificate(quadratic(FALSE), np.zeros((3, 5, 6)))
