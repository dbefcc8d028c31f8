"""From data and settings to a `Razor`: canonical units, the network, the first candidates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.tree_util import Partial
from jax.typing import ArrayLike

from noether_razor.base.types import Key, State
from noether_razor.conserved import Quadratic
from noether_razor.data.trajectories import Transitions
from noether_razor.inference.hamiltonian import HamiltonianNetwork
from noether_razor.inference.model import Razor
from noether_razor.inference.settings import Settings, Symmetry
from noether_razor.inference.spread import canonical_spread, spread_of
from noether_razor.mechanics.networks import split_network
from noether_razor.mechanics.phase_space import Scaling

ROUNDING = 1e-6
"""Changes of a coordinate below this share of its spread count as none: no force acts on it."""


class Problem(NamedTuple):
    """A razor together with the coordinates it works in.

    Attributes:
        razor: the razor in the model's coordinates.
        scaling: change of units from the user's coordinates to the model's.
        spread: spread of each coordinate, in the model's units, [2n]: the unit of the candidates.
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
    key: Key,
    train: Transitions,
    settings: Settings,
    candidates: Quadratic | None = None,
    scaling: Scaling = Scaling(),  # noqa: B008, an immutable constant
) -> Problem:
    """Build the problem.

    Args:
        key: for the initial values of the network and of the random candidates.
        train: transitions in the user's coordinates.
        settings: all settings of the fit.
        candidates: the built-in quantities, or the proposals to start from, in the user's
            coordinates and with their initial amplitude; None for neither.
        scaling: the model's canonical units; the user's own by default.
    """
    network_key, candidate_key = jax.random.split(key)
    scaled = scale_transitions(scaling, train)
    dimension = scaled.start.shape[1]
    network, parameters = split_network(
        HamiltonianNetwork(
            dimension, settings.width, settings.depth, settings.activation, nnx.Rngs(network_key)
        )
    )
    spread = spread_of(scaled.start)
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
        parameters=parameters,
        quantities=free,
        family=_family(free, given, spread),
        noise_variance=_initial_noise(settings, units, scaled),
        network=network,
        count=0
        if free is None
        else max(settings.candidates, len(given))
        if learned
        else len(given),
        learn_quantities=learned,
        learn_noise=settings.noise_variance is None,
        batch=settings.batch // settings.particles,
        elements=settings.elements,
        pool=settings.pool,
        antithetic=settings.antithetic,
        solver=settings.solver,
        weight_scale=settings.weight_scale,
    )
    return Problem(razor, scaling, spread, scaled)


def hold(razor: Razor, coefficients: ArrayLike, spread: State) -> Razor:
    """The same problem with given quantities held fixed.

    Args:
        razor: any razor.
        coefficients: coefficients of the quantities, in coordinates divided by `spread`, [K, D].
        spread: spread of every coordinate, [2n].
    """
    rows = jnp.asarray(coefficients, spread.dtype)
    family = _family(rows, rows, spread)
    return replace(razor, quantities=rows, family=family, count=len(rows), learn_quantities=False)


def dynamical_scaling(paths: np.ndarray, dt: float) -> Scaling:
    """The canonical units in which the dynamics has scale one, from trajectories [R, T, 2n].

    The unit of position is the distance over which forces change, but at most the spread of q. This
    distance is rms(dp) rms(dq) / rms(d dp), where d is the difference of neighbouring samples. The
    unit of momentum is found in the same way. The unit of time is the time step divided by the
    typical motion in one step. (A network has to resolve the distances at which bodies meet. The
    size of the region that they reach matters less.)
    """
    dq, dp = _units(np.diff(paths, axis=1))
    ddq, ddp = _units(np.diff(paths, n=2, axis=1)) if paths.shape[1] > 2 else (0.0, 0.0)
    position, momentum = _units(paths - paths.mean((0, 1)))
    if min(dp, ddp) > ROUNDING * momentum:
        position = min(position, dp * dq / ddp)
    if min(dq, ddq) > ROUNDING * position:
        momentum = min(momentum, dq * dp / ddq)
    motion = np.hypot(dq / position, dp / momentum) / np.sqrt(2)
    return Scaling(float(position), float(momentum), float(dt / motion))


def scale_transitions(scaling: Scaling, data: Transitions) -> Transitions:
    """Transitions of the user's coordinates and time, in canonical units."""
    return Transitions(scaling.scale(data.start), scaling.scale(data.end), data.dt / scaling.time)


def _family(free: Any | None, given: jax.Array, spread: State) -> Any | None:
    if not isinstance(free, dict):
        return None if free is None else Partial(_fixed, spread)
    return Partial(_learned, spread, given / jnp.linalg.norm(given, axis=1, keepdims=True))


def _fixed(spread: State, coefficients: jax.Array) -> Quadratic:
    return Quadratic.from_coefficients(coefficients, len(spread)).rescale(1 / spread)


def _learned(spread: State, directions: jax.Array, free: dict[str, jax.Array]) -> Quadratic:
    """Proposed quantities keep their direction and learn their size; random ones learn both."""
    proposed = jnp.exp(free["log_amplitude"])[:, None] * directions
    return _fixed(spread, jnp.concatenate([proposed, free["coefficients"]]))


def _coefficients(candidates: Quadratic | None, units: State, dimension: int) -> jax.Array:
    if candidates is None:
        return jnp.zeros((0, dimension * (dimension + 3) // 2))
    return candidates.rescale(units).coefficients().astype(units.dtype)


def _initial_noise(settings: Settings, units: State, data: Transitions) -> State:
    if settings.noise_variance is not None:
        return settings.noise_variance / units**2
    return jnp.full_like(units, 0.01 * float(jnp.mean((data.end - data.start) ** 2)))


def _units(states: np.ndarray) -> tuple[float, float]:
    """Root mean square of all positions, and of all momenta."""
    spread = canonical_spread(states)
    return float(spread[0]), float(spread[-1])
