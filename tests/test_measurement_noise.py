"""Measurement noise is told from motion, and nothing that stands still is taken for it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noether_razor.measurement_noise import INTERPOLATIONS, noise_products


def noise_variance(samples):
    """By the interpolation that finds the least, [D]."""
    centred = samples - samples.mean(1, keepdims=True)
    return np.min([np.mean(centred * p, axis=(0, 1)) for p in noise_products(samples)], axis=0)


def test_the_weights_interpolate_polynomials():
    t = np.arange(-3.0, 4.0)
    for weights in INTERPOLATIONS:
        assert 2 * sum(weights) == pytest.approx(1)
        for degree in range(2 * len(weights)):
            polynomial = (t + 0.3)[None, :, None] ** degree
            for product in noise_products(polynomial)[len(weights) - 1 :]:
                np.testing.assert_allclose(product, 0, atol=1e-10)


@settings(deadline=None, max_examples=20)
@given(sigma=st.floats(1e-3, 10), length=st.integers(5, 40), seed=st.integers(0, 2**31))
def test_the_variance_of_white_noise_comes_out(sigma, length, seed):
    generator = np.random.default_rng(seed)
    still = generator.normal(size=(20_000 // length, 1, 2))
    samples = still + sigma * generator.normal(size=(len(still), length, 2))
    centred = samples - samples.mean(1, keepdims=True)
    for product in noise_products(samples):
        estimate = np.mean(centred * product, axis=(0, 1))
        np.testing.assert_allclose(estimate, sigma**2, rtol=0.15)


def test_what_does_not_move_has_no_noise_and_slow_motion_little():
    still = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 9, 1))
    assert np.all(noise_variance(still) == 0)
    angle = 0.3 * np.arange(40) + np.arange(6)[:, None]
    swing = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    assert np.all(noise_variance(swing) < 1e-3)


@pytest.mark.parametrize(("length", "count"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (30, 2)])
def test_short_trajectories_have_fewer_interpolations(length, count):
    samples = np.random.default_rng(0).normal(size=(3, length, 2))
    products = noise_products(samples)
    assert len(products) == count
    assert all(product.shape == samples.shape for product in products)
