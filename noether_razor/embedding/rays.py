"""One latent dimension: embeddings are light rays, trajectories of a separable Hamiltonian.

With u = F_q(z), the prior's own distribution function, as time and pi = phi' / |phi'|^2,

    H(phi, pi) = log |pi| - log p(phi),   phi' = pi / |pi|^2,   pi' = s(phi) = grad log p,

whatever q is; H is the embedding energy E. The path of a ray is that of light in a medium of
refractive index p, t' = (I - t t^T) s per unit of length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from noether_razor.base.types import Hamiltonian, Scalar, State, States, VectorField
from noether_razor.embedding.densities import DataDensity, score
from noether_razor.mechanics.integrate import rollout, solve, symplectic_rollout
from noether_razor.mechanics.phase_space import hamiltonian_vector_field


def ray_hamiltonian(density: DataDensity) -> Hamiltonian:
    """H(phi, pi) = log |pi| - log p(phi), of one state x = (phi, pi) [2D]."""

    def hamiltonian(x: State) -> Scalar:
        phi, pi = jnp.split(x, 2)
        return jnp.log(jnp.vdot(pi, pi)) / 2 - density.log_prob(phi)

    return hamiltonian


def ray(density: DataDensity, x: State, times: jax.Array) -> States:
    """States [T, 2D] at the times u [T], to 1e-10 a step (diffrax, adaptive)."""
    return solve(hamiltonian_vector_field(ray_hamiltonian(density)), x, times)


def symplectic_ray(density: DataDensity, x: State, times: jax.Array, steps: int = 10) -> States:
    """The states of `ray` by the method of Stoermer and Verlet, with `steps` steps for each sample.

    The energy has an error, but it does not drift.
    """
    return symplectic_rollout(velocity, score(density), x, times, steps)


def velocity(pi: jax.Array) -> jax.Array:
    """phi' = pi / |pi|^2: slow where the momentum is large."""
    return pi / jnp.vdot(pi, pi)


def path_field(density: DataDensity) -> VectorField:
    """The ray's path by its own length: x = (phi, t), phi' = t, t' = (I - t t^T) s(phi)."""

    def field(x: State) -> State:
        phi, t = jnp.split(x, 2)
        s = score(density)(phi)
        return jnp.concatenate([t, s - t * jnp.vdot(t, s)])

    return field


class Shot(NamedTuple):
    """A ray that meets its conditions.

    Attributes:
        unknowns: the numbers that were adjusted.
        miss: what is left of the conditions; zero for a ray that meets them.
    """

    unknowns: jax.Array
    miss: jax.Array


def closed_ray(density: DataDensity, x: State, time: float, steps: int = 400) -> Shot:
    """The closed ray near x = (phi, pi) that comes back after this time, by Newton's method.

    The unknowns are the components of the state, so the size of the momentum is one of them. The
    period is given, because the ray passes all of q once. Steps that change nothing (along the ray,
    and along symmetries of p) are left out by least squares.
    """
    field = hamiltonian_vector_field(ray_hamiltonian(density))
    times = jnp.asarray([0.0, time])

    def miss(x: State) -> State:
        return rollout(field, x, times, "Dopri8", steps)[-1] - x

    return _newton(miss, x)


def free_ended_ray(
    density: DataDensity, start: Callable[[Scalar], State], low: float, high: float, length: float
) -> Shot:
    """The ray from x = start(a), low < a < high, that goes out to where p vanishes, by bisection.

    At a free end the momentum vanishes. Because |pi| = p e^H, the ray has to escape. An escaping
    ray follows -s. All other rays are driven away from this direction and turn back. They turn to
    the left if their parameter is on one side of the wanted one, and to the right if it is on the
    other side. The side is determined where the ray is farthest out.

    Args:
        density: p, of the plane.
        start: function from the parameter to a state (phi, t), with t of unit length.
        low, high: parameters whose rays turn back to different sides.
        length: length of the path that is followed. It has to end when the rays are far out, before
            they come back.

    Returns:
        The parameter; the miss is infinite if the rays of `low` and `high` turn to the same side.
    """
    times = jnp.linspace(0.0, length, 65)

    def side(a: Scalar) -> Scalar:
        path = rollout(path_field(density), start(a), times, "Dopri8", 8)
        phi, t = jnp.split(path[jnp.argmin(jax.vmap(density.log_prob)(path[:, :2]))], 2)
        s = score(density)(phi)
        return s[0] * t[1] - s[1] * t[0]

    lower, upper = side(jnp.asarray(low)), side(jnp.asarray(high))

    def halve(bracket: tuple[Scalar, Scalar], _: None) -> tuple[tuple[Scalar, Scalar], None]:
        a, b = bracket
        middle = (a + b) / 2
        same = jnp.sign(side(middle)) == jnp.sign(lower)
        return (jnp.where(same, middle, a), jnp.where(same, b, middle)), None

    (a, b), _ = jax.lax.scan(halve, (jnp.asarray(low), jnp.asarray(high)), None, 60)
    bracketed = jnp.sign(lower) != jnp.sign(upper)
    return Shot((a + b) / 2, jnp.where(bracketed, b - a, jnp.inf))


def _newton(miss: Callable[[State], State], x: State, steps: int = 20) -> Shot:
    def step(x: State, _: None) -> tuple[State, None]:
        change = jnp.linalg.lstsq(jax.jacfwd(miss)(x), -miss(x), rcond=1e-6)[0]
        size = jnp.linalg.norm(change)
        return x + change * jnp.minimum(1.0, 0.3 / (size + 1e-12)), None

    found, _ = jax.lax.scan(step, x, None, steps)
    return Shot(found, miss(found))
