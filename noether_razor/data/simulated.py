"""Trajectories of known systems, integrated accurately."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key, State, States
from noether_razor.data import checks as check
from noether_razor.data.trajectories import Trajectories

if TYPE_CHECKING:
    from noether_razor.systems import Motion


def simulate(
    system: Motion,
    *,
    key: Key,
    trajectories: int = 200,
    steps: int = 50,
    dt: float | None = None,
    noise: float = 0.0,
    initial_state: Callable[[Key], State] | None = None,
) -> Trajectories:
    """Integrate a system accurately from random initial states.

    The computation is in float64, whatever the precision of the process. So the same key gives the
    same data.

    Args:
        system: the system to integrate; see `noether_razor.systems`.
        key: for the initial states and, independently of them, the noise.
        trajectories: R, the number of trajectories.
        steps: transitions in each trajectory, so T = steps + 1.
        dt: time between samples; the system's own recommendation by default.
        noise: standard deviation of Gaussian noise on every stored coordinate.
        initial_state: function from a key to one random state [m]; the system's own by default.

    Raises:
        InputError: a number is out of its range, a motion does not stay finite, or an odd number
            of coordinates is said to hold pairs.
    """
    for name, value in (("trajectories", trajectories), ("steps", steps)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise InputError(f"{name} is {value!r}, expected a whole number of 1 or more")
    dt = check.time_step(system.dt if dt is None else dt, "simulate")
    if isinstance(noise, bool) or not isinstance(noise, int | float) or not 0 <= noise < np.inf:
        raise InputError(f"noise is {noise!r}, expected a standard deviation of 0 or more")
    if system.second_half and len(system.coordinate_names) % 2:
        raise InputError(
            f"{system.name}: has {len(system.coordinate_names)} coordinates, expected pairs of "
            f"positions and {system.second_half}"
        )
    state_key, noise_key = jax.random.split(key)
    initial_state = initial_state or system.initial_state
    with jax.enable_x64(True):
        times = dt * jnp.arange(steps + 1, dtype=jnp.float64)
        start = jax.vmap(initial_state)(jax.random.split(state_key, trajectories))
        states = _compiled_motion(system)(start, times)
        states = states + noise * jax.random.normal(noise_key, states.shape, states.dtype)
    x = np.asarray(states)
    q, p = np.split(x, 2, axis=-1) if system.second_half else (x, x[..., :0])
    return Trajectories(
        q,
        p,
        dt,
        system.coordinate_names,
        f"simulated {system.name}",
        velocities=system.second_half == "velocities",
    )


def _motion(system: Motion, start: States, times: jax.Array) -> jax.Array:
    """States [R, T, m] at the times [T] from every start [R, m]."""
    # Late, so that files are read without waiting for diffrax.
    from noether_razor.mechanics.integrate import solve
    from noether_razor.systems import System

    if isinstance(system, System):
        return jax.vmap(lambda x: solve(lambda x: system.velocity(x, 0.0), x, times))(start)

    def velocity_with_time(y: State) -> State:  # the time is one more coordinate
        return jnp.append(system.velocity(y[:-1], y[-1]), 1.0)

    return jax.vmap(lambda x: solve(velocity_with_time, jnp.append(x, 0.0), times)[:, :-1])(start)


_motion_of_equal_systems = jax.jit(_motion, static_argnames="system")


def _compiled_motion(system: Motion) -> Callable[[States, jax.Array], jax.Array]:
    """`_motion` of one system; equal systems that can be hashed share the compiled function."""
    try:
        hash(system)
    except TypeError:
        return jax.jit(partial(_motion, system))
    return partial(_motion_of_equal_systems, system)
