"""Make the objects that a configuration describes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Key, State
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import (
    Trajectories,
    Transitions,
    check_variation,
    split,
    transitions,
)
from noether_razor.inference.settings import Settings
from noether_razor.systems import System, make_system
from noether_razor.variational.config import DataConfig, EvaluationSet, ExperimentConfig


class Experiment(NamedTuple):
    """Everything that a run needs.

    Attributes:
        system: the truth, with its known conserved quantities.
        train: transitions to learn from, N = R (T - 1), with noisy ends if the config says so.
        train_trajectories, test_trajectories: the trajectories as simulated; none is in both.
        observed_trajectories: the training trajectories, with the noise of the transitions' ends on
            every sample.
        evaluation: trajectories of each evaluation set, by name.
        settings: settings of the fit.
        key: for the fit; independent of every key that made the data.
    """

    system: System
    train: Transitions
    train_trajectories: Trajectories
    test_trajectories: Trajectories
    observed_trajectories: Trajectories
    evaluation: dict[str, Trajectories]
    settings: Settings
    key: jax.Array


def build(config: ExperimentConfig) -> Experiment:
    """Make the system and its data; every random choice has a key of its own.

    Raises:
        InputError: if the system is unknown, or does not take an option that is given.
    """
    data_key, split_key, noise_key, key, evaluation_key = jax.random.split(
        jax.random.key(config.seed), 5
    )
    data = config.data
    system = build_system(data)
    trajectories = simulate(
        system,
        key=data_key,
        trajectories=data.trajectories,
        steps=data.steps,
        dt=data.dt,
        noise=data.noise,
    )
    check_variation(trajectories)
    train, test = split(trajectories, key=split_key, held_out=data.held_out)
    noisy = transitions(train, noise_variance=data.target_noise_variance, key=noise_key)
    evaluation = {
        name: _evaluation_paths(jax.random.fold_in(evaluation_key, index), system, law, train.dt)
        for index, (name, law) in enumerate(sorted(config.evaluation.items()))
    }
    observed = _observed(train, data.target_noise_variance, jax.random.fold_in(noise_key, 1))
    return Experiment(system, noisy, train, test, observed, evaluation, config.settings, key)


def _observed(paths: Trajectories, variance: float, key: Key) -> Trajectories:
    """Trajectories with noise on every coordinate of every sample."""
    if not variance:
        return paths
    shape = (2, *paths.q.shape)
    q, p = variance**0.5 * np.asarray(jax.random.normal(key, shape), float)
    return replace(paths, q=paths.q + q, p=paths.p + p)


def build_system(data: DataConfig) -> System:
    """The system by its registry name and options."""
    return make_system(data.system, **{str(name): value for name, value in data.options.items()})


def _evaluation_paths(key: Key, system: System, law: EvaluationSet, dt: float) -> Trajectories:
    n = system.degrees_of_freedom
    mean = np.repeat([law.position_mean, 0.0], n)
    deviation = np.repeat([law.position_deviation, law.momentum_deviation], n)

    def initial_state(key: Key) -> State:
        return jnp.asarray(mean) + deviation * jax.random.normal(key, (2 * n,))

    return simulate(
        system,
        key=key,
        trajectories=law.trajectories,
        steps=law.steps,
        dt=dt,
        initial_state=initial_state,
    )
