"""Systems that conserve other functions than quadratics: their data, and how many they conserve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A system with its data.

    Attributes:
        system, options: see `make_system`.
        count: number of independent conserved functions, with the energy;
            tests/laws/test_invariants.py confirms each.
        steps, dt: number and length of the steps of the data, which are long enough to show slow
            drifts.
    """

    system: str
    count: int
    options: dict[str, Any] = field(default_factory=dict)
    steps: int = 50
    dt: float | None = None


KEPLER = {"potential": "kepler", "softening": 0.0}

SYSTEMS = {
    "quartic potential in the plane": Entry("central", 2),
    "Kepler in the plane": Entry("central", 3, KEPLER),
    "Kepler in space": Entry("central", 5, {**KEPLER, "dimensions": 3}),
    "oscillators 1 : 2": Entry("oscillator", 3, {"frequencies": [1.0, 2.0]}),
    "oscillators 2 : 3": Entry("oscillator", 3, {"frequencies": [2.0, 3.0]}),
    "Toda ring of three": Entry("chain", 3, {"spring": "toda"}, steps=100),
    "Calogero and Moser": Entry("calogero_moser", 5),
    "Henon-Heiles, integrable": Entry("henon_heiles", 2, {"variant": "integrable"}, dt=0.5),
    "Henon-Heiles, high energy": Entry(
        "henon_heiles", 1, {"least_energy": 0.15}, steps=200, dt=1.0
    ),
    "double pendulum": Entry("double_pendulum", 1, steps=200, dt=0.2),
    "three bodies in the plane": Entry("n_body", 5),
    "uniform magnetic field": Entry("magnetic", 3),
    "spherical pendulum": Entry("spherical_pendulum", 2),
}
