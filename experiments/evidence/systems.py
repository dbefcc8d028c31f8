"""The systems of the studies, by the name that a page gives them."""

from __future__ import annotations

from experiments.evidence.known_systems import SYSTEMS, with_options
from experiments.evidence.later_systems import LATER
from experiments.evidence.new_systems import NEW
from noether_razor.systems import System, make_system

GRID = {
    "two equal oscillators": with_options("oscillator", frequencies=[1, 1]),
    "oscillators 1 : 1.62": with_options("oscillator", frequencies=[1, 1.62]),
    "two bodies in space": with_options("n_body", bodies=2, dimensions=3),
} | {
    name: SYSTEMS[name]
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
    if name in (added := NEW | LATER):
        return added[name]()
    kind, options = (SYSTEMS | GRID)[name]
    return make_system(kind, **options)
