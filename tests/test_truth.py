"""Learned generators and energies beside the truth, where it is known."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from noether_razor.conserved import Quadratic
from noether_razor.data.simulated import simulate
from noether_razor.mechanics.phase_space import Scaling
from noether_razor.systems import NBody, Oscillator, stack
from noether_razor.variational.truth import MOST_FEATURES, compare_with_truth, phase_square
from tests.sample_model import knowing


def given(quantities):
    return quantities


def test_units_of_the_model_do_not_matter():
    system, scaling = NBody(), Scaling(position=2.0, momentum=0.5, time=3.0)
    paths = simulate(system, key=jax.random.key(0), trajectories=2, steps=2)
    truth = np.asarray(stack(system.conserved).coefficients(), float)
    generator = np.random.default_rng(0)
    span = np.linalg.qr(truth.T)[0].T
    false = generator.normal(size=truth.shape[1])
    false -= span.T @ (span @ false)
    false /= np.linalg.norm(false)
    mixed = np.linalg.qr(generator.normal(size=(8, 8)))[0]
    sizes = np.array([9.0, 8, 7, 6, 5, 4, 3, 1e-2])
    rows = (mixed * sizes) @ np.vstack([span, false])
    quantities = Quadratic.from_coefficients(jnp.asarray(rows), 12).rescale(scaling.units(6))
    learned = knowing(system.hamiltonian, paths, scaling)
    razor = replace(learned.fitted.razor, quantities=quantities, family=Partial(given), count=8)
    learned = learned._replace(fitted=learned.fitted._replace(razor=razor, parameters={}))
    truth = compare_with_truth(jax.random.key(1), learned, system)
    assert truth.rank == 7
    np.testing.assert_allclose(truth.values, sizes, rtol=1e-4)
    np.testing.assert_allclose(truth.parallelness, [1] * 7 + [0], atol=1e-3)
    assert np.shape(truth.directions) == (8, 90) and MOST_FEATURES >= 90
    assert truth.energy is None


def test_a_plain_model_has_an_energy_and_no_directions():
    system, scaling = Oscillator(), Scaling(position=2.0, momentum=0.5, time=3.0)
    paths = simulate(system, key=jax.random.key(0), trajectories=2, steps=2)
    units = scaling.units(1)
    learned = knowing(lambda x: system.hamiltonian(x * units) / scaling.energy, paths, scaling)
    truth = compare_with_truth(jax.random.key(1), learned, system)
    assert truth.values == truth.parallelness == []
    expected = np.sum(phase_square()[1] ** 2, -1) / 2
    assert np.asarray(truth.energy) == pytest.approx(expected, abs=1e-4)
