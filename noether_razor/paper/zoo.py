"""The zoo: one protocol on many systems, some of which conserve nothing quadratic at all."""

from __future__ import annotations

from pathlib import Path

from noether_razor.paper.exhibits import Exhibit
from noether_razor.paper.found import NOTE, each_run, each_system, precision
from noether_razor.paper.record import Records
from noether_razor.paper.tables import write_texts
from noether_razor.paper.text import comma_separated, markdown


def _entry(system: str, candidates: int = 12, **options: object) -> tuple[str, ...]:
    """The words of a row."""
    words = [f"data.options.{name}={value}" for name, value in options.items()]
    if candidates != 12:
        words.append(f"settings.candidates={candidates}")
    return ("experiment=zoo", f"system={system}", *words)


ZOO = Exhibit(
    "zoo",
    "The zoo: what is conserved, on many systems",
    {
        "three equal oscillators": _entry("oscillator", 16, frequencies="[1,1,1]"),
        "oscillators 1 : 2": _entry("oscillator", frequencies="[1,2]"),
        "oscillators 1 : 1.414": _entry("oscillator", frequencies="[1,1.414]"),
        "two equal oscillators and another": _entry("oscillator", frequencies="[1,1,1.6]"),
        "four equal oscillators": _entry("oscillator", 24, frequencies="[1,1,1,1]"),
        "three coupled oscillators": _entry("chain", ends="fixed"),
        "ring of four springs": _entry("chain", beads=4),
        "FPUT ring of four": _entry("chain", beads=4, spring="fput"),
        "FPUT ring of three, even": _entry("chain", spring="fput", alpha=0.0),
        "FPUT chain with fixed ends": _entry("chain", spring="fput", ends="fixed"),
        "Toda ring of three": _entry("chain", spring="toda"),
        "free particle in the plane": _entry("n_body", bodies=1),
        "quartic potential in the plane": _entry("central"),
        "quartic potential in space": _entry("central", dimensions=3),
        "harmonic potential in space": _entry("central", 16, dimensions=3, potential="harmonic"),
        "softened Kepler in the plane": _entry("central", potential="kepler"),
        "softened Kepler in space": _entry("central", potential="kepler", dimensions=3),
        "Kepler in the plane": _entry("central", potential="kepler", softening=0.0),
        "rotating frame, quartic": _entry("rotating"),
        "rotating frame, harmonic": _entry("rotating", potential="harmonic"),
        "uniform magnetic field": _entry("magnetic"),
        "Penning trap": _entry("penning"),
        "spring pendulum in space": _entry("spring_pendulum"),
        "spring pendulum in the plane": _entry("spring_pendulum", dimensions=2),
        "double pendulum": _entry("double_pendulum"),
        "two bodies in the plane": _entry("n_body", bodies=2),
        "three bodies in the plane": _entry("n_body"),
        "three unequal bodies in the plane": _entry("n_body", masses="[1,2,3]"),
        "three unequal bodies in space": _entry("n_body", 20, masses="[1,2,3]", dimensions=3),
        "Henon-Heiles": _entry("henon_heiles"),
        "quartic without a symmetry": _entry("anharmonic"),
        "Lotka-Volterra": _entry("lotka_volterra", 5),
    },
)


def write(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write the zoo as CSV, a row a run, and as Markdown, a row a system; the paths written."""
    parts = [f"# {exhibit.title}", markdown(each_system(records)), precision(records), NOTE]
    texts = {"csv": comma_separated(each_run(records)), "md": "\n\n".join(parts) + "\n"}
    return write_texts(out / exhibit.name, texts)
