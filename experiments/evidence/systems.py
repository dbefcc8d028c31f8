"""The systems of the studies, by the name that a page gives them."""

from __future__ import annotations

from experiments.evidence.new_systems import NEW
from noether_razor.systems import System, make_system


def _of(name: str, **options: object) -> tuple[str, dict[str, object]]:
    return name, options


ZOO = {
    "three equal oscillators": _of("oscillator", frequencies="1,1,1"),
    "oscillators 1 : 2": _of("oscillator", frequencies="1,2"),
    "oscillators 1 : 1.414": _of("oscillator", frequencies="1,1.414"),
    "two equal oscillators and another": _of("oscillator", frequencies="1,1,1.6"),
    "four equal oscillators": _of("oscillator", frequencies="1,1,1,1"),
    "three coupled oscillators": _of("chain", ends="fixed"),
    "ring of four springs": _of("chain", beads=4),
    "FPUT ring of four": _of("chain", beads=4, spring="fput"),
    "FPUT ring of three, even": _of("chain", spring="fput", alpha=0.0),
    "FPUT chain with fixed ends": _of("chain", spring="fput", ends="fixed"),
    "Toda ring of three": _of("chain", spring="toda"),
    "free particle in the plane": _of("n_body", bodies=1),
    "quartic potential in the plane": _of("central"),
    "quartic potential in space": _of("central", dimensions=3),
    "harmonic potential in space": _of("central", dimensions=3, potential="harmonic"),
    "softened Kepler in the plane": _of("central", potential="kepler"),
    "softened Kepler in space": _of("central", potential="kepler", dimensions=3),
    "Kepler in the plane": _of("central", potential="kepler", softening=0.0),
    "rotating frame, quartic": _of("rotating"),
    "rotating frame, harmonic": _of("rotating", potential="harmonic"),
    "uniform magnetic field": _of("magnetic"),
    "Penning trap": _of("penning"),
    "spring pendulum in space": _of("spring_pendulum"),
    "spring pendulum in the plane": _of("spring_pendulum", dimensions=2),
    "double pendulum": _of("double_pendulum"),
    "two bodies in the plane": _of("n_body", bodies=2),
    "three bodies in the plane": _of("n_body"),
    "three unequal bodies in the plane": _of("n_body", masses="1,2,3"),
    "three unequal bodies in space": _of("n_body", masses="1,2,3", dimensions=3),
    "Henon-Heiles": _of("henon_heiles"),
    "quartic without a symmetry": _of("anharmonic"),
    "Lotka-Volterra": _of("lotka_volterra"),
}
"""The systems that were known while the rule of the verdict was made."""

GRID = {
    "two equal oscillators": _of("oscillator", frequencies="1,1"),
    "oscillators 1 : 1.62": _of("oscillator", frequencies="1,1.62"),
    "two bodies in space": _of("n_body", bodies=2, dimensions=3),
} | {
    name: ZOO[name]
    for name in (
        "quartic without a symmetry",
        "quartic potential in the plane",
        "quartic potential in space",
        "uniform magnetic field",
        "FPUT chain with fixed ends",
        "FPUT ring of four",
        "Henon-Heiles",
        "two bodies in the plane",
        "three unequal bodies in the plane",
    )
}
"""The systems of the grid of noise and numbers of trajectories."""


def system(name: str) -> System:
    """A system by its name on a page."""
    if name in NEW:
        return NEW[name]()
    kind, options = (ZOO | GRID)[name]
    return make_system(kind, **options)
