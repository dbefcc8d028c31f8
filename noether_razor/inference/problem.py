"""From data and settings to a `Razor`: canonical units, the network, the first candidates."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from noether_razor._types import Key, State
from noether_razor.conserved import Quadratic
from noether_razor.hamiltonian import HamiltonianNetwork, split_network
from noether_razor.inference.model import Razor
from noether_razor.inference.settings import Settings, Start, Symmetry
from noether_razor.phase_space import Scaling
from noether_razor.trajectories import Transitions


class Problem(NamedTuple):
    """A razor together with the coordinates it works in.

    Attributes:
        razor: of the model's coordinates.
        scaling: from the user's coordinates to the model's.
        spread: of each coordinate, in the model's units, [2n]: the unit of the candidates.
        train: transitions in the model's coordinates.
    """

    razor: Razor
    scaling: Scaling
    spread: State
    train: Transitions

    def scale(self, data: Transitions) -> Transitions:
        """Any transitions, in the model's coordinates."""
        return scale_transitions(self.scaling, data)


def pose(
    key: Key, train: Transitions, settings: Settings, candidates: Quadratic | None = None
) -> Problem:
    """Build the problem.

    Args:
        key: of the network's and the random candidates' initial values.
        train: transitions in the user's coordinates.
        settings: every choice.
        candidates: the built-in quantities, or the proposals to start from, in the user's
            coordinates and with their initial amplitude; None for neither.
    """
    network_key, candidate_key = jax.random.split(key)
    scaling = dynamical_scaling(train) if settings.canonical_scaling else Scaling()
    scaled = scale_transitions(scaling, train)
    dimension = scaled.start.shape[1]
    network, parameters = split_network(
        HamiltonianNetwork(
            dimension, settings.width, settings.depth, settings.activation, nnx.Rngs(network_key)
        )
    )
    # The paper's random start is in the coordinates themselves, proposals are in the data's spread.
    proposed = settings.start is Start.proposals
    spread = spread_of(scaled.start) if proposed else jnp.ones_like(scaled.start[0])
    units = scaling.units(dimension // 2).astype(spread.dtype)
    given = _coefficients(candidates, units * spread, dimension)
    learned = settings.symmetry is Symmetry.learned
    free: Any = None
    if learned:
        count = max(settings.candidates - len(given), 0)
        shape = (count, given.shape[1])
        free = {
            "log_amplitude": jnp.log(jnp.linalg.norm(given, axis=1)),
            "coefficients": settings.random_amplitude * jax.random.normal(candidate_key, shape),
        }
    elif settings.symmetry is Symmetry.built_in:
        free = given
    razor = Razor(
        network=network,
        parameters=parameters,
        quantities=free,
        family=_family(given, spread, dimension) if learned else _fixed(spread, dimension),
        count=0 if free is None else settings.candidates if learned else len(given),
        learn_quantities=learned,
        noise_variance=_initial_noise(settings, units, scaled),
        learn_noise=settings.noise_variance is None,
        batch=settings.batch // settings.particles,
        elements=settings.elements,
        pool=settings.pool,
        solver=settings.solver,
        weight_scale=settings.weight_scale,
    )
    return Problem(razor, scaling, spread, scaled)


def dynamical_scaling(data: Transitions) -> Scaling:
    """The units in which the dynamics has scale one, from transitions alone.

    Position: the distance over which forces change, rms(dp) rms(dq) / rms(d dp), at most the
    spread of q; momentum alike; time: the step over the typical motion in one step. Distances
    between bodies, not the size of the box, are what a network has to resolve.
    """
    start, end = np.asarray(data.start, float), np.asarray(data.end, float)
    step = end - start
    n = start.shape[1] // 2
    # Neighbouring rows are neighbouring in time, but for the joins, where the median does not look.
    change = np.diff(step, axis=0)
    joined = np.all(np.isclose(start[1:], end[:-1], rtol=1e-6, atol=1e-12), axis=1)
    change = change[joined] if joined.any() else change
    dq, dp, ddq, ddp = (_rms(a) for a in (step[:, :n], step[:, n:], change[:, :n], change[:, n:]))
    q_spread, p_spread = (_rms(a - a.mean(0)) for a in (start[:, :n], start[:, n:]))
    position = min(q_spread, dp * dq / ddp) if ddp > 0 else q_spread
    momentum = min(p_spread, dq * dp / ddq) if ddq > 0 else p_spread
    motion = np.hypot(dq / position, dp / momentum) / np.sqrt(2)
    return Scaling(float(position), float(momentum), float(data.dt / motion))


def spread_of(states: jax.Array) -> State:
    """Root mean square of all positions, and of all momenta, repeated: [2n]."""
    n = states.shape[1] // 2
    return jnp.repeat(jnp.asarray([_rms(states[:, :n]), _rms(states[:, n:])], states.dtype), n)


def scale_transitions(scaling: Scaling, data: Transitions) -> Transitions:
    """Transitions of the user's coordinates and time, in canonical units."""
    return Transitions(scaling.scale(data.start), scaling.scale(data.end), data.dt / scaling.time)


def _family(given: jax.Array, spread: State, dimension: int) -> Any:
    """Proposed directions keep their direction and learn their size; random ones learn both."""
    directions = given / jnp.linalg.norm(given, axis=1, keepdims=True)
    fixed = _fixed(spread, dimension)

    def family(free: dict[str, jax.Array]) -> Quadratic:
        proposed = jnp.exp(free["log_amplitude"])[:, None] * directions
        return fixed(jnp.concatenate([proposed, free["coefficients"]]))

    return family


def _fixed(spread: State, dimension: int) -> Any:
    return lambda c: Quadratic.from_coefficients(c, dimension).rescale(1 / spread)


def _coefficients(candidates: Quadratic | None, units: State, dimension: int) -> jax.Array:
    if candidates is None:
        return jnp.zeros((0, dimension * (dimension + 3) // 2))
    return candidates.rescale(units).coefficients().astype(units.dtype)


def _initial_noise(settings: Settings, units: State, data: Transitions) -> State:
    if settings.noise_variance is not None:
        return settings.noise_variance / units**2
    return jnp.full_like(units, 0.01 * _rms(data.end - data.start) ** 2)


def _rms(values: Any) -> Any:
    return np.sqrt(np.mean(np.square(np.asarray(values, float))))
