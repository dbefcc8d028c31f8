"""The twelve systems of `networks`: their data, and how many functions they conserve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A system with its data.

    Attributes:
        system, options: see `make_system`.
        count: independent conserved functions, the energy among them; tests/laws/test_invariants.py
            confirms each.
        trajectories, steps, dt: of the data; long enough that what only drifts slowly shows it.
        functions: how many networks are proposed, more than are expected.
        width: of their hidden layers.
    """

    system: str
    count: int
    options: dict[str, Any] = field(default_factory=dict)
    trajectories: int = 600
    steps: int = 50
    dt: float | None = None
    functions: int = 6
    width: int = 32


KEPLER = {"potential": "kepler", "softening": 0.0}

SYSTEMS = {
    "quartic potential in the plane": Entry("central", 2),
    "Kepler in the plane": Entry("central", 3, KEPLER),
    "Kepler in space": Entry("central", 5, {**KEPLER, "dimensions": 3}, 8000, width=64),
    "oscillators 1 : 2": Entry("oscillator", 3, {"frequencies": [1.0, 2.0]}),
    "oscillators 2 : 3": Entry("oscillator", 3, {"frequencies": [2.0, 3.0]}),
    "Toda ring of three": Entry("chain", 3, {"spring": "toda"}, steps=100),
    "Calogero and Moser": Entry("calogero_moser", 5, trajectories=8000, width=64),
    "Henon-Heiles, integrable": Entry("henon_heiles", 2, {"variant": "integrable"}, dt=0.5),
    "Henon-Heiles, high energy": Entry(
        "henon_heiles", 1, {"least_energy": 0.15}, steps=200, dt=1.0
    ),
    "double pendulum": Entry("double_pendulum", 1, steps=200, dt=0.2),
    "three bodies in the plane": Entry("n_body", 5, trajectories=4000),
    "uniform magnetic field": Entry("magnetic", 3),
    "spherical pendulum": Entry("spherical_pendulum", 2),
}

COMPARED = ("quartic potential in the plane", "Kepler in the plane")
"""Systems where the symmetrised model is held against a plain network."""
