"""How well a fitted model predicts: errors of one step, of a rollout, and of the energy."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Hamiltonian, Key
from noether_razor.data.trajectories import Trajectories, transitions
from noether_razor.inference.evaluate import one_step_errors
from noether_razor.inference.fitted import Draws, Fitted
from noether_razor.inference.learn import Learned
from noether_razor.inference.spread import canonical_spread
from noether_razor.mechanics.integrate import rollout
from noether_razor.mechanics.phase_space import hamiltonian_vector_field


class Forecast(NamedTuple):
    """Errors of the posterior mean Hamiltonian on R trajectories of T samples.

    Attributes:
        mse: mean squared one-step error of a coordinate, user's units squared.
        rollout: root mean square error of whole rollouts from the first sample, in units of the
            trajectories' spread, at each time [T].
        energy: root mean square change of the true energy along those rollouts, in standard
            deviations of the energy between trajectories, at each time [T].
    """

    mse: float
    rollout: np.ndarray
    energy: np.ndarray


def forecast(key: Key, learned: Learned, paths: Trajectories, hamiltonian: Hamiltonian) -> Forecast:
    """Predict trajectories, and compare them with the given ones.

    Args:
        key: for the random weights and group elements.
        learned: the model, with its units.
        paths: noiseless trajectories, in the user's coordinates.
        hamiltonian: the true Hamiltonian, in the user's coordinates.
    """
    problem, fitted = learned
    mse = one_step_errors(key, fitted, problem.scale(transitions(paths)))
    units = np.asarray(problem.scaling.units(paths.degrees_of_freedom), float)
    start = problem.scaling.scale(jnp.asarray(paths.states[:, 0], problem.spread.dtype))
    times = np.arange(paths.q.shape[1]) * paths.dt / problem.scaling.time
    states, _ = rollouts(key, fitted, start, jnp.asarray(times, start.dtype))
    states = np.asarray(problem.scaling.unscale(states), float)
    apart = (states - paths.states) / canonical_spread(paths.states)
    energy = np.asarray(jax.vmap(jax.vmap(hamiltonian))(jnp.asarray(states)), float)
    change = (energy - energy[:, :1]) / energy[:, 0].std()
    return Forecast(
        mse=float(np.mean(np.asarray(mse) * units**2)),
        rollout=np.sqrt(np.mean(apart**2, axis=(0, 2))),
        energy=np.sqrt(np.mean(change**2, axis=0)),
    )


ACCURATE = {"solver": "Tsit5", "steps_per_sample": 2}
"""Integration of a rollout. The single cheap step that the model was trained with loses energy."""


def rollouts(
    key: Key, fitted: Fitted, start: jax.Array, times: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Trajectories of the posterior mean Hamiltonian, and how well they keep its own energy.

    Args:
        key: for the random weights and group elements.
        fitted: the model.
        start: states [R, 2n].
        times: uniform samples [T], the first at the start.

    Returns:
        States [R, T, 2n], and the energy's change since the start [R, T], in the model's units.
    """
    return _rollouts(fitted.draws(key), start, times)


@jax.jit
def _rollouts(
    hamiltonian: Draws, start: jax.Array, times: jax.Array
) -> tuple[jax.Array, jax.Array]:
    field = hamiltonian_vector_field(hamiltonian)
    states = jax.vmap(lambda x: rollout(field, x, times, **ACCURATE))(start)
    energy = jax.vmap(jax.vmap(hamiltonian))(states)
    return states, energy - energy[:, :1]
