"""What published tools report of the same systems, each from its paper or its own repository."""

from __future__ import annotations

from typing import NamedTuple


class Report(NamedTuple):
    """What one source says of one system.

    Attributes:
        system: our name of a system with the same law of motion; the data are not the same.
        tool: the tool that made the report.
        counted: the number of quantities, in the words of the source.
        how: what the tool was given, and who counted.
        source: where the source states it.
    """

    system: str
    tool: str
    counted: str
    how: str
    source: str


POINCARE = "AI Poincaré 2.0"
MANIFOLD = "optimal transport"
COMET = "COMET"
CONSERVNET = "ConservNet"

FORM = "the equations of motion, not trajectories; counted by differential rank"
SCORE = "trajectories; embedding components whose score passes a cutoff of 0.6"
JUMP = "trajectories with exact derivatives; where the loss jumps, by eye, over a fit a number"

REPORTS = (
    Report("Kepler in the plane", POINCARE, "3", FORM, "repository, kepler_2d"),
    Report("Kepler in the plane", MANIFOLD, "3", SCORE, "figure 3"),
    Report("Kepler in the plane", CONSERVNET, "-", "one network, so one quantity", "README"),
    Report("oscillators 1 : 2", POINCARE, "3", FORM, "repository, harmonic_2d_aniso"),
    Report(
        "three bodies in the plane",
        POINCARE,
        "4",
        f"{FORM}, of a sum of terms a body and terms a pair",
        "repository, threebody_2d",
    ),
    Report(
        "quartic potential in the plane",
        COMET,
        "2; 1 with networks of 50 units",
        JUMP,
        "sections 6 and 6.1",
    ),
    Report(
        "double pendulum",
        MANIFOLD,
        "1; 2 at low energy, picked by hand",
        SCORE,
        "figure 5 and the project's page",
    ),
)

SOURCES = (
    f"{POINCARE}: Liu, Madhavan and Tegmark, Physical Review E 106 (2022), 045307, and "
    "github.com/KindXiaoming/aipoincare_2.0 (`saved_checkpoints`). "
    f"{MANIFOLD[0].upper()}{MANIFOLD[1:]}: Lu, Dangovski and Soljačić, Nature Communications 14 "
    f"(2023), 4744. {COMET}: Kasim and Lim, NeurIPS 2022, arXiv:2208.10387. {CONSERVNET}: Ha and "
    "Jeong, Physical Review Research 3 (2021), L042035, and github.com/nokpil/ConservNet. None of "
    "these was run here, and none was found to report a Toda lattice, Calogero and Moser, Henon "
    "and Heiles, a spherical pendulum, a magnetic field, or Kepler in space; the first AI Poincaré "
    "(Liu and Tegmark, Physical Review Letters 126 (2021), 180604) treats Kepler, the double "
    "pendulum and three bodies in the plane, but its text was not at hand. Of three bodies our "
    "data conserve five: the angular momentum of the centre of mass is one of them."
)
