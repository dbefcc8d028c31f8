"""The planets' data as the page describes them, and what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from experiments import ephemeris
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe._words import table
from noether_razor.systems import KnownQuantity
from noether_razor.systems._system import angular_momentum, coordinate_forms

ACCURATE = 1e-3
"""Perturbations and errors may change a quantity along a piece by this share of its spread."""


def angular_momenta(degrees_of_freedom: int) -> tuple[KnownQuantity, ...]:
    """The quadratics that Kepler's law conserves: L, or in space Lx, Ly and Lz."""
    q, p = coordinate_forms(degrees_of_freedom)
    planes = {"L": (0, 1)}
    if degrees_of_freedom == 3:
        planes = {"Lx": (1, 2), "Ly": (2, 0), "Lz": (0, 1)}
    return tuple(angular_momentum(name, q[None], p[None], ij) for name, ij in planes.items())


def asked(degrees_of_freedom: int) -> tuple[KnownQuantity, ...]:
    """Quantities whose change is measured: the true ones, and those that only circles conserve."""
    one = np.eye(degrees_of_freedom)
    zero = np.zeros_like(one)
    forms = {
        "q.q": np.block([[one, zero], [zero, zero]]),
        "p.p": np.block([[zero, zero], [zero, one]]),
        "q.p": np.block([[zero, one], [one, zero]]),
    }
    others = (KnownQuantity(name, A, np.zeros(len(A))) for name, A in forms.items())
    return (*angular_momenta(degrees_of_freedom), *others)


def orbits(paths: Trajectories, planets: Sequence[str]) -> str:
    """A table with a row per planet: its orbit, and the change of Kepler's constants on a piece."""
    moment = np.cross(paths.q, paths.p)
    radius = np.linalg.norm(paths.q, axis=-1)
    energy = np.sum(paths.p**2, axis=-1) / 2 - ephemeris.GM / radius
    period = 2 * np.pi * ephemeris.GM / (-2 * energy) ** 1.5
    size = np.linalg.norm(moment, axis=-1)
    values = {
        "period (years)": (period, "mean", ".3f"),
        "radius (au)": (radius, "range", ".2f"),
        "eccentricity": (ephemeris.eccentricity(paths), "mean", ".3f"),
        "inclination (degrees)": (ephemeris.inclination(paths), "mean", ".2f"),
        "energy, change along a piece": (energy, "change", ".0e"),
        "angular momentum, change": (size, "change", ".0e"),
    }
    rows = []
    for number, planet in enumerate(planets):
        count = len(paths) // len(planets)
        own = slice(number * count, (number + 1) * count)
        rows.append((planet, *(_summary(v[own], how, form) for v, how, form in values.values())))
    return table(("planet", *values), rows)


def described() -> str:
    """What the data are, in words, with a table of the orbits."""
    some, planets = ephemeris.data_set("space", 0), ephemeris.SETS["space"].planets
    return "\n\n".join(
        [
            "Positions and velocities about the Sun are from the analytic theory of Simon et al., "
            f"Astronomy and Astrophysics 282 (1994), 663, as `plan94` of pyerfa "
            f"{version('pyerfa')}, at random epochs from 1000 to 3000 AD: {len(some)} pieces of "
            f"{some.q.shape[1]} samples, {some.dt:g} years apart. The theory is fitted to what was "
            "observed; it errs by at most 4 (Mercury), 5, 6 and 17 (Mars) arcseconds in longitude "
            "from 1800 to 2050, and by half as much again elsewhere. Ecliptic and equinox of "
            "J2000; momenta are velocities, in au a year.",
            orbits(some, planets),
            "Change: the largest standard deviation along a piece over the mean. Perturbations and "
            "the theory's own errors are in it: nothing here is exactly conserved.",
        ]
    )


def _summary(values: np.ndarray, how: str, form: str) -> str:
    if how == "range":
        return f"{values.min():{form}} to {values.max():{form}}"
    if how == "change":
        return f"{np.max(values.std(1) / np.abs(values.mean(1))):{form}}"
    return f"{values.mean():{form}}"
