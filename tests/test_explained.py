"""Learned functions held against the true ones, by regression."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from experiments.evidence.explained import Regression, gaussian, regressed
from noether_razor.data.simulated import simulate
from noether_razor.systems import make_system


@cache
def data():
    system = make_system("central")
    fresh = simulate(system, key=jax.random.key(0), trajectories=1500, steps=10, dt=0.2)
    held_out = simulate(system, key=jax.random.key(1), trajectories=75, steps=20, dt=0.2)
    return system, fresh.states, held_out.states


def explained(function):
    """The regression of a function of a system and a state, and R^2 of it."""
    system, fresh, held_out = data()

    def values(states):
        with_system = jax.vmap(jax.vmap(lambda x: function(system, x)))
        return np.asarray(with_system(jnp.asarray(states)))[..., None]

    (regression,), (r_squared,) = regressed(system, values, fresh, held_out)
    return regression, r_squared


def momentum(x):
    return x[0] * x[3] - x[1] * x[2]


def test_a_function_of_the_true_ones_is_explained_at_every_state():
    regression, r_squared = explained(
        lambda system, x: jnp.tanh(system.hamiltonian(x)) + momentum(x) ** 2
    )
    assert r_squared > 0.99
    system, _, held_out = data()
    states = np.asarray(held_out, float).reshape(-1, 4)[:50]
    true = np.array(
        [[float(f(jnp.asarray(x))) for f in system.invariants.values()] for x in states]
    )
    values = np.array(
        [np.tanh(system.hamiltonian(jnp.asarray(x))) + momentum(x) ** 2 for x in states]
    )
    assert np.std(regression(true)[:, 0] - values) < 0.1 * np.std(values)


def test_what_is_no_function_of_the_true_ones_is_not():
    assert explained(lambda system, x: x[2])[1] < 0.5
    # Constant along trajectories is not enough: the axis of an orbit, frozen at its first state.
    generator = np.random.default_rng(0)
    inputs, labels = generator.uniform(-0.5, 0.5, (300, 2)), generator.normal(size=300)
    regression = Regression.fit(inputs[:150], labels[:150, None], gaussian, 0.3, 1e-4)
    left = labels[150:] - regression(inputs[150:])[:, 0]
    assert 1 - left.var() / labels[150:].var() < 0.5


def test_a_function_that_drifts_is_explained_less():
    shares = [
        explained(lambda system, x, by=by: system.hamiltonian(x) + by * x[2])[1]
        for by in (0.0, 0.1, 0.3)
    ]
    assert shares[0] > 0.999 and shares[0] > shares[1] > shares[2]


def test_cliffs_are_explained_by_trees():
    assert explained(lambda system, x: jnp.mod(2 * momentum(x), 1.0))[1] > 0.8
