"""The systems that were known while the rule was made, by the name that a page gives them."""

from __future__ import annotations


def with_options(name: str, **options: object) -> tuple[str, dict[str, object]]:
    """A system's name and its options."""
    return name, options


SYSTEMS = {
    "three equal oscillators": with_options("oscillator", frequencies=[1, 1, 1]),
    "oscillators 1 : 2": with_options("oscillator", frequencies=[1, 2]),
    "oscillators 1 : 1.414": with_options("oscillator", frequencies=[1, 1.414]),
    "two equal oscillators and another": with_options("oscillator", frequencies=[1, 1, 1.6]),
    "four equal oscillators": with_options("oscillator", frequencies=[1, 1, 1, 1]),
    "three coupled oscillators": with_options("chain", ends="fixed"),
    "ring of four springs": with_options("chain", beads=4),
    "FPUT ring of four": with_options("chain", beads=4, spring="fput"),
    "FPUT ring of three, even": with_options("chain", spring="fput", alpha=0.0),
    "FPUT chain with fixed ends": with_options("chain", spring="fput", ends="fixed"),
    "Toda ring of three": with_options("chain", spring="toda"),
    "free particle in the plane": with_options("n_body", bodies=1),
    "quartic potential in the plane": with_options("central"),
    "quartic potential in space": with_options("central", dimensions=3),
    "harmonic potential in space": with_options("central", dimensions=3, potential="harmonic"),
    "softened Kepler in the plane": with_options("central", potential="kepler"),
    "softened Kepler in space": with_options("central", potential="kepler", dimensions=3),
    "Kepler in the plane": with_options("central", potential="kepler", softening=0.0),
    "rotating frame, quartic": with_options("rotating"),
    "rotating frame, harmonic": with_options("rotating", potential="harmonic"),
    "uniform magnetic field": with_options("magnetic"),
    "Penning trap": with_options("penning"),
    "spring pendulum in space": with_options("spring_pendulum"),
    "spring pendulum in the plane": with_options("spring_pendulum", dimensions=2),
    "double pendulum": with_options("double_pendulum"),
    "two bodies in the plane": with_options("n_body", bodies=2),
    "three bodies in the plane": with_options("n_body"),
    "three unequal bodies in the plane": with_options("n_body", masses=[1, 2, 3]),
    "three unequal bodies in space": with_options("n_body", masses=[1, 2, 3], dimensions=3),
    "Henon-Heiles": with_options("henon_heiles"),
    "quartic without a symmetry": with_options("anharmonic"),
    "Lotka-Volterra": with_options("lotka_volterra"),
}
"""The systems of the zoo, by the name that a page gives them: name and options of each."""
