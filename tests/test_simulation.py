"""Trajectories that are simulated, split and cut into transitions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noether_razor.base.errors import InputError
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories, split, transitions
from noether_razor.systems import Oscillator
from tests.sample_trajectories import arrays


@pytest.fixture(scope="module")
def oscillator():
    system = Oscillator((1.0, 2.0))
    return simulate(system, key=jax.random.key(3), trajectories=6, steps=8, dt=0.3)


# Simulation


def test_simulated_states_are_the_analytic_ones_in_double_precision(oscillator):
    t = 0.3 * np.arange(9)[:, None]
    w = np.array([1.0, 2.0])
    q0, p0 = oscillator.q[:, :1], oscillator.p[:, :1]
    np.testing.assert_allclose(
        oscillator.q, q0 * np.cos(w * t) + p0 / w * np.sin(w * t), rtol=0, atol=1e-7
    )
    np.testing.assert_allclose(
        oscillator.p, p0 * np.cos(w * t) - w * q0 * np.sin(w * t), rtol=0, atol=1e-7
    )
    assert oscillator.q.dtype == np.float64
    assert oscillator.source == "simulated oscillator"


def test_the_key_decides_the_data_whatever_the_precision_of_the_process(oscillator):
    with jax.enable_x64(not jax.config.jax_enable_x64):
        again = simulate(
            Oscillator((1.0, 2.0)), key=jax.random.key(3), trajectories=6, steps=8, dt=0.3
        )
    assert np.array_equal(again.states, oscillator.states)


def test_noise_has_its_standard_deviation_and_leaves_the_motion_alone(oscillator):
    noisy = simulate(
        Oscillator((1.0, 2.0)), key=jax.random.key(3), trajectories=6, steps=8, dt=0.3, noise=0.1
    )
    added = noisy.states - oscillator.states
    # 216 draws: the mean has deviation 0.007, the standard deviation 0.005.
    assert abs(added.mean()) < 0.03
    assert abs(added.std() - 0.1) < 0.02


@pytest.mark.parametrize(
    "options",
    [
        {"trajectories": 0},
        {"trajectories": 2.0},
        {"steps": 0},
        {"steps": True},
        {"dt": 0.0},
        {"dt": float("nan")},
        {"noise": -0.1},
        {"noise": "much"},
    ],
)
def test_simulate_names_the_number_that_is_out_of_range(options):
    (name,) = options
    with pytest.raises(InputError, match=name):
        simulate(Oscillator(), key=jax.random.key(0), **options)


# Splitting and cutting


def test_split_keeps_every_trajectory_once(oscillator):
    train, test = split(oscillator, key=jax.random.key(1), held_out=0.3)
    assert (len(train), len(test)) == (4, 2)
    both = np.concatenate([train.states, test.states])
    assert np.array_equal(np.unique(both, axis=0), np.unique(oscillator.states, axis=0))


@settings(max_examples=25, deadline=None)
@given(count=st.integers(2, 6), held_out=st.floats(0.01, 0.99))
def test_split_leaves_something_on_both_sides(count, held_out):
    q, p = arrays(count)
    train, test = split(Trajectories(q, p, 0.1), key=jax.random.key(0), held_out=held_out)
    assert len(train) >= 1 and len(test) >= 1 and len(train) + len(test) == count


def test_split_of_a_single_trajectory_is_refused():
    q, p = arrays(1)
    with pytest.raises(InputError, match="has 1 trajectory, expected 2 or more"):
        split(Trajectories(q, p, 0.1), key=jax.random.key(0))


def test_transitions_pair_neighbours_and_never_cross_trajectories(oscillator):
    start, end, dt = transitions(oscillator)
    x = jnp.asarray(oscillator.states)
    assert dt == oscillator.dt
    assert start.shape == end.shape == (6 * 8, 4)
    assert jnp.array_equal(start.reshape(6, 8, 4)[:, 1:], end.reshape(6, 8, 4)[:, :-1])
    assert jnp.array_equal(start[8], x[1, 0]) and jnp.array_equal(end[7], x[0, -1])


def test_target_noise_changes_only_the_ends(oscillator):
    clean = transitions(oscillator)
    noisy = transitions(oscillator, noise_variance=0.04, key=jax.random.key(0))
    assert jnp.array_equal(noisy.start, clean.start)
    # 192 draws: the standard deviation is known to 5 %.
    assert abs(float(jnp.std(noisy.end - clean.end)) - 0.2) < 0.05
    with pytest.raises(InputError, match="noise_variance"):
        transitions(oscillator, noise_variance=0.04)
