"""Evaluation sets and what a model's forecasts of them are worth."""

import jax
import numpy as np
import pytest

from noether_razor.base.errors import InputError
from noether_razor.cli.compose import compose_experiment
from noether_razor.data.simulated import simulate
from noether_razor.inference.forecast import forecast
from noether_razor.mechanics.phase_space import Scaling
from noether_razor.systems import make_system
from noether_razor.variational.build import build
from noether_razor.variational.config import EvaluationSet, ExperimentConfig
from tests.sample_model import knowing

SYSTEM = make_system("oscillator", frequencies=(1.0, 1.0))
SCALING = Scaling(2.0, 0.5, 3.0)


def scaled(x):
    """The true Hamiltonian in the model's units."""
    return SYSTEM.hamiltonian(SCALING.unscale(x)) / SCALING.energy


def test_the_truth_forecasts_itself_in_any_units():
    with jax.enable_x64(True):
        paths = simulate(SYSTEM, key=jax.random.key(0), trajectories=5, steps=20, dt=0.2)
        found = forecast(
            jax.random.key(1), knowing(scaled, paths, SCALING), paths, SYSTEM.hamiltonian
        )
    assert found.rollout.shape == found.energy.shape == (21,)
    assert found.mse < 1e-13 and found.rollout.max() < 1e-5 and found.energy.max() < 1e-5


def test_a_wrong_frequency_is_seen_where_it_shows():
    """Twice the Hamiltonian runs twice as fast: the energy is kept, the path is not."""
    with jax.enable_x64(True):
        paths = simulate(SYSTEM, key=jax.random.key(0), trajectories=5, steps=20, dt=0.2)
        fast = knowing(lambda x: 2 * scaled(x), paths, SCALING)
        found = forecast(jax.random.key(1), fast, paths, SYSTEM.hamiltonian)
    ends = simulate(SYSTEM, key=jax.random.key(0), trajectories=5, steps=40, dt=0.2).states
    expected = np.mean((ends[:, 2::2] - ends[:, 1:-1:2]) ** 2)  # of some steps, not of all
    assert found.mse == pytest.approx(expected, rel=0.2)
    assert found.rollout[0] == 0 and found.rollout[10] > 0.5
    assert found.energy.max() < 1e-4


def test_evaluation_sets_follow_their_laws_and_leave_the_data_alone():
    plain = compose_experiment(["experiment=oscillator3", "data.trajectories=4", "data.steps=3"])
    laws = {
        "moved": EvaluationSet(400, 1, position_mean=1.0, momentum_deviation=0.2),
        "wider": EvaluationSet(400, 2, position_deviation=3.0),
    }
    with_sets = ExperimentConfig(plain.data, plain.settings, evaluation=laws)
    made, without = build(with_sets), build(plain)
    np.testing.assert_array_equal(made.train.end, without.train.end)
    moved, wider = made.evaluation["moved"], made.evaluation["wider"]
    assert moved.q.shape == (400, 2, 3) and wider.q.shape == (400, 3, 3)
    assert moved.dt == made.train_trajectories.dt
    assert moved.q[:, 0].mean() == pytest.approx(1.0, abs=0.1)
    assert moved.p[:, 0].std() == pytest.approx(0.2, rel=0.1)
    assert wider.q[:, 0].std() == pytest.approx(3.0, rel=0.1)
    assert abs(np.corrcoef(moved.q[:, 0].ravel(), wider.q[:, 0].ravel())[0, 1]) < 0.15
    with pytest.raises(InputError, match="evaluation: steps is 0, expected 1 or more"):
        EvaluationSet(steps=0)
