"""Trajectories of the planets, from the analytic theory that pyerfa carries (extra `experiments`).

The theory is fitted to what was observed: mean elements and their largest perturbations, from 1000
to 3000 AD. Its error in the longitude of the inner planets is at most 17 arcseconds from 1800 to
2050, and 1.5 times as large elsewhere. Nothing in it is exactly conserved.

Source: Simon et al., Astronomy and Astrophysics 282 (1994), 663; ERFA's function `plan94`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data.trajectories import Trajectories
from noether_razor.inference.spread import canonical_spread
from noether_razor.mechanics.integrate import one_step

PLANETS = ("Mercury", "Venus", "Earth and Moon", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune")
YEAR = 365.25
"""Days of a year."""
J2000 = 2451545.0
"""Julian date from which times are counted."""
SPAN = 1000.0
"""Years before and after J2000 for which the theory holds."""
GM = 0.01720209895**2 * YEAR**2
"""GM of the Sun, au^3 per year squared: the Gaussian constant squared; 4 pi^2 to five digits."""


def pieces(
    planets: Sequence[str],
    *,
    count: int,
    samples: int,
    dt: float,
    generator: np.random.Generator,
) -> Trajectories:
    """Pieces of the orbits about the Sun, from random epochs; per unit of mass, so p = dq/dt.

    Args:
        planets: some of `PLANETS`.
        count: number of pieces of each planet.
        samples: number T of samples in each piece.
        dt: years between two samples.
        generator: generator of the epochs, which are uniform where the theory holds.

    Returns:
        q in au and p in au per year, [len(planets) * count, samples, 3], planet by planet, in the
        ecliptic and equinox of J2000: the third axis is normal to the ecliptic.

    Raises:
        InputError: if pyerfa is not installed, or if a piece is longer than the theory holds.
    """
    try:
        import erfa
    except ImportError:
        raise InputError(
            "pyerfa is not installed, and planets need it: pip install 'noether-razor[experiments]'"
        ) from None
    length = (samples - 1) * dt
    if length > 2 * SPAN:
        raise InputError(f"pieces are {length:g} years long, expected at most {2 * SPAN:g}")
    numbers = np.array([PLANETS.index(planet) + 1 for planet in planets])
    start = generator.uniform(-SPAN, SPAN - length, (len(planets), count))
    years = start[..., None] + dt * np.arange(samples)
    orbit = erfa.plan94(J2000, YEAR * years, numbers[:, None, None])
    to_ecliptic = erfa.rx(erfa.obl06(J2000, 0.0), np.eye(3))
    q, p = (
        (orbit[name] @ to_ecliptic.T).reshape(-1, samples, 3) * unit
        for name, unit in (("p", 1.0), ("v", YEAR))
    )
    return Trajectories(q, p, dt, source=f"plan94: {', '.join(planets)}")


def in_the_ecliptic(trajectories: Trajectories) -> Trajectories:
    """The trajectories projected on the ecliptic: their first two axes."""
    return _flat(trajectories, "projected on the ecliptic")


def in_its_own_plane(trajectories: Trajectories) -> Trajectories:
    """Project every piece on its own mean plane.

    Each piece is rotated about the line of its nodes, by its mean inclination. The component normal
    to the plane is left out.
    """
    normals = np.cross(trajectories.q, trajectories.p).mean(1)
    tilted = _turned(trajectories, np.stack([_tilt(normal) for normal in normals]))
    return _flat(tilted, "each in its own plane")


def turned_at_random(trajectories: Trajectories, generator: np.random.Generator) -> Trajectories:
    """Rotate every piece as a whole at random: real motion, with orbits in all orientations."""
    n = trajectories.degrees_of_freedom
    frames, upper = np.linalg.qr(generator.normal(size=(len(trajectories), n, n)))
    frames *= np.sign(np.diagonal(upper, axis1=1, axis2=2))[:, None, :]
    frames[..., 0] *= np.linalg.det(frames)[:, None]
    turned = _turned(trajectories, frames)
    return replace(turned, source=f"{trajectories.source}, turned at random")


def eccentricity(trajectories: Trajectories) -> np.ndarray:
    """Eccentricity |p x (q x p) / GM - q / |q|| of orbits about the Sun at every sample, [R, T]."""
    q, p = trajectories.q, trajectories.p
    vector = np.cross(p, np.cross(q, p)) / GM - q / np.linalg.norm(q, axis=-1, keepdims=True)
    return np.linalg.norm(vector, axis=-1)


def inclination(trajectories: Trajectories) -> np.ndarray:
    """Degrees between the orbit and the ecliptic at every sample, [R, T]."""
    moment = np.cross(trajectories.q, trajectories.p)
    cosine = moment[..., 2] / np.linalg.norm(moment, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def misfit(trajectories: Trajectories) -> float:
    """Root mean square error of Kepler's law in one step, in units of the spreads of q and p."""
    x = trajectories.states
    with jax.enable_x64(True):
        start = jnp.asarray(x[:, :-1].reshape(-1, x.shape[-1]))
        end = jax.vmap(lambda s: one_step(_kepler, s, trajectories.dt, "Dopri8"))(start)
    error = np.asarray(end).reshape(x[:, 1:].shape) - x[:, 1:]
    return float(np.sqrt(np.mean((error / canonical_spread(x)) ** 2)))


See = Callable[[Trajectories, np.random.Generator], Trajectories]
INNER = ("Mercury", "Venus", "Earth and Moon", "Mars")


class Set(NamedTuple):
    """A data set: what it is, its planets, and how their orbits are seen."""

    title: str
    planets: tuple[str, ...]
    seen: See


SETS = {
    "plane": Set(
        "Four planets, each in its own plane", INNER, lambda paths, _: in_its_own_plane(paths)
    ),
    "plane_turned": Set(
        "The same, every piece turned in the plane at random",
        INNER,
        lambda paths, generator: turned_at_random(in_its_own_plane(paths), generator),
    ),
    "circles": Set(
        "Venus and Earth, each in its own plane",
        INNER[1:3],
        lambda paths, _: in_its_own_plane(paths),
    ),
    "ecliptic": Set(
        "Four planets, projected on the ecliptic", INNER, lambda paths, _: in_the_ecliptic(paths)
    ),
    "space": Set("Four planets in space", INNER, lambda paths, _: paths),
    "space_turned": Set("The same, every piece turned in space at random", INNER, turned_at_random),
}


def data_set(name: str, seed: int, count: int = 160, samples: int = 31) -> Trajectories:
    """Pieces of 0.6 years at steps of 0.02: 2.5 orbits of Mercury, a third of one of Mars."""
    generator = np.random.default_rng(seed)
    planets = SETS[name].planets
    each = count // len(planets)
    orbits = pieces(planets, count=each, samples=samples, dt=0.02, generator=generator)
    return SETS[name].seen(orbits, generator)


def _kepler(x: jax.Array) -> jax.Array:
    """The rate of change of a state [2n] under the Sun's gravity."""
    q, p = jnp.split(x, 2)
    return jnp.concatenate([p, -GM * q / jnp.linalg.norm(q) ** 3])


def _tilt(normal: np.ndarray) -> np.ndarray:
    """The rotation [3, 3] by the smallest angle that takes a direction to the third axis."""
    x, y, z = normal / np.linalg.norm(normal)
    across = np.array([[0, 0, -x], [0, 0, -y], [x, y, 0]])
    return np.eye(3) + across + across @ across / (1 + z)


def _turned(trajectories: Trajectories, rotations: np.ndarray) -> Trajectories:
    """Rotate every piece by its own rotation, [R, n, n]."""
    t = trajectories
    q, p = (np.einsum("rij,rtj->rti", rotations, values) for values in (t.q, t.p))
    return replace(t, q=q, p=p)


def _flat(trajectories: Trajectories, how: str) -> Trajectories:
    """Keep the first two axes, and say in the source how they were obtained."""
    t = trajectories
    return Trajectories(t.q[..., :2], t.p[..., :2], t.dt, source=f"{t.source}, {how}")
