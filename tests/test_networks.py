"""Learned functions held against the true ones, and the page that says how many are right."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.explained import Regression, conserved, explain, gaussian, shares_spanned
from experiments.networks_page import page, picture_of
from experiments.networks_published import REPORTS
from experiments.networks_systems import COMPARED, SYSTEMS
from noether_razor.systems import System, make_system
from noether_razor.trajectories import simulate


@jax.tree_util.register_static
@dataclass(frozen=True)
class Single:
    """A family of one function of a system and a state."""

    function: Callable
    system: System

    def value(self, x):
        return self.function(self.system, x)[None]

    def gradient(self, x):
        return jax.grad(lambda x: self.function(self.system, x))(x)[None]


@cache
def data():
    system = make_system("central")
    fresh = simulate(system, key=jax.random.key(0), trajectories=1500, steps=10, dt=0.2)
    held_out = simulate(system, key=jax.random.key(1), trajectories=75, steps=20, dt=0.2)
    return system, fresh, held_out


def explained(function):
    system, fresh, held_out = data()
    found = SimpleNamespace(functions=Single(function, system))
    return explain(system, found, fresh, held_out), held_out


def momentum(x):
    return x[0] * x[3] - x[1] * x[2]


def test_a_function_of_the_true_ones_is_explained_at_every_state():
    said, held_out = explained(lambda system, x: jnp.tanh(system.hamiltonian(x)) + momentum(x) ** 2)
    assert said.r_squared[0] > 0.99
    states = np.asarray(held_out.states, float).reshape(-1, 4)
    values = np.array([np.tanh(said.system.hamiltonian(x)) + momentum(x) ** 2 for x in states[:50]])
    assert np.std(said(states[:50])[:, 0] - values) < 0.1 * np.std(values)


def test_what_is_no_function_of_the_true_ones_is_not():
    assert explained(lambda system, x: x[2])[0].r_squared[0] < 0.5
    # Constant along trajectories is not enough: the axis of an orbit, frozen at its first state.
    generator = np.random.default_rng(0)
    inputs, labels = generator.uniform(-0.5, 0.5, (300, 2)), generator.normal(size=300)
    regression = Regression.fit(inputs[:150], labels[:150, None], gaussian, 0.3, 1e-4)
    left = labels[150:] - regression(inputs[150:])[:, 0]
    assert 1 - left.var() / labels[150:].var() < 0.5


def test_a_function_that_drifts_is_explained_less():
    shares = [
        explained(lambda system, x, by=by: system.hamiltonian(x) + by * x[2])[0].r_squared[0]
        for by in (0.0, 0.1, 0.3)
    ]
    assert shares[0] > 0.999 and shares[0] > shares[1] > shares[2]


def test_cliffs_are_explained_by_trees():
    cliffs, _ = explained(lambda system, x: jnp.mod(2 * momentum(x), 1.0))
    assert cliffs.r_squared[0] > 0.8 and cliffs.spanned[0] > 0.999


def test_gradients_are_of_functions_that_differ_from_part_to_part():
    momenta, _ = explained(lambda system, x: jnp.sign(x[0]) * momentum(x))
    assert momenta.r_squared[0] < 0.5 and momenta.spanned[0] > 0.999
    both, _ = explained(lambda system, x: jnp.tanh(system.hamiltonian(x)) + momentum(x) ** 2)
    assert both.spanned[0] > 0.999
    assert explained(lambda system, x: x[2])[0].spanned[0] < 0.9


def test_what_gradients_span_is_asked_state_by_state():
    generator = np.random.default_rng(0)
    others = generator.normal(size=(400, 2, 5))
    factors = generator.normal(size=(400, 1, 2))
    inside, at_random = factors @ others, generator.normal(size=(400, 1, 5))
    slopes = np.concatenate([inside, at_random], 1)
    spanned = shares_spanned(slopes, np.concatenate([others, 3 * others[:, :1]], 1))
    assert abs(spanned[0] - 1) < 1e-12  # that two of them are parallel adds nothing
    assert abs(spanned[1] - 2 / 5) < 0.05


def test_conserved_ones_are_those_of_the_verdict():
    directions = [SimpleNamespace(verdict=v) for v in ("conserved", "rejected", "conserved")]
    found = SimpleNamespace(discovery=SimpleNamespace(directions=directions))
    assert conserved(found) == [0, 2]


def record(count, true, explained, plain=None):
    directions = [{"verdict": "conserved"}] * len(explained)
    one = {
        "count": count,
        "true": true,
        "explained": explained,
        "seconds": 100.0,
        "elbo": 8.0,
        "device": "cpu",
    }
    one |= {"directions": directions, "test_mse": 1e-3}
    return one | ({"plain": plain} if plain else {})


def test_the_page_counts_runs_and_systems_and_what_is_too_much():
    plain = {"elbo": 9.0, "test_mse": 1e-2}
    found = {
        COMPARED[0]: [record(2, 2, [0.999, 0.995], plain), record(2, 2, [0.999, 0.98], plain)],
        "double pendulum": [record(1, 1, []), record(2, 1, [0.3])],
    }
    found[COMPARED[0]][1]["spanned"] = [0.5, 0.997]
    text = page(found, [picture_of(COMPARED[0])])
    assert "right in 3 of 4 runs and in every seed on 1 of 2 systems; it is too high in 1." in (
        text
    )
    assert "| 2 2 | 2 2 | 3 of 4 | 0.9800 | 0.9970 |" in text
    assert f"| {COMPARED[0]} | -1 | 1 |" in text  # a nat lost, a decade of the error gained
    assert text.count("![") == 1 and picture_of(COMPARED[0]) in text
    found[COMPARED[0]][0] |= {"device": "GPU", "seconds": 7.0}
    text = page(found)
    assert "1 runs were made on GPU" in text and "| 100 (100) |" in text


@pytest.mark.parametrize("label", sorted({one.system for one in REPORTS}))
def test_published_reports_are_of_our_systems(label):
    assert label in SYSTEMS


def test_pictures_of_different_systems_have_different_names():
    names = [picture_of(label) for label in SYSTEMS]
    assert len(set(names)) == len(names) and not any(c in "".join(names) for c in " :,")
