"""The zoo: one protocol on many systems, some of which conserve nothing quadratic at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from noether_razor.discovery.algebra import algebra
from noether_razor.paper.plan import Exhibit
from noether_razor.paper.record import Record, Records
from noether_razor.paper.tables import write_texts
from noether_razor.paper.text import comma_separated, markdown
from noether_razor.systems import make_system, stack

FALSE = 0.95
"""Parallelness with the true span below which a direction that is kept is a false discovery."""

NOTE = (
    "True: independent quadratics that the system conserves. Found: what the verdict keeps, seed "
    f"by seed. False: of these, in all seeds, those whose parallelness with the true span is below "
    f"{FALSE:g}. Printed: of the readable quantities in all seeds, those that lie in the true span "
    "to three digits. Algebra: of the true quantities, and in how many seeds the same was found. "
    "Seconds: mean wall-clock of one run on one core."
)


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
    each = [_run(label, one) for label, some in records.items() for one in some]
    rows = [_system(label, some) for label, some in records.items()]
    texts = {
        "csv": comma_separated(each),
        "md": f"# {exhibit.title}\n\n{markdown(rows)}\n\n{NOTE}\n",
    }
    return write_texts(out / exhibit.name, texts)


def _run(label: str, one: Record) -> dict[str, object]:
    return {
        "system": label,
        "seed": one.config["seed"],
        "true": one.truth.rank,
        "found": int(one.columns["rank"]),
        "brackets": int(one.columns["derived"]),
        "false": sum(true < FALSE for true in one.truth.kept),
        "undetermined": one.verdicts.get("undetermined", 0),
        "least parallelness": f"{min(one.truth.kept):.5f}" if one.truth.kept else "-",
        "printed": one.truth.exact,
        "algebra": one.algebra or "-",
        "seconds": f"{one.columns['seconds']:.0f}",
    }


def _system(label: str, some: Sequence[Record]) -> dict[str, object]:
    data = some[0].config["data"]
    system = make_system(data["system"], **data["options"])
    true = system.conserved
    name = algebra(stack(true), np.ones(2 * system.degrees_of_freedom)).name() if true else ""
    found = [int(one.columns["rank"]) for one in some]
    kept = [parallel for one in some for parallel in one.truth.kept]
    return {
        "system": label,
        "true": len(true),
        "found": " ".join(map(str, found)),
        "false": sum(parallel < FALSE for parallel in kept),
        "least parallelness": f"{min(kept):.4f}" if kept else "-",
        "printed": f"{sum(one.truth.exact for one in some)} of {sum(found)}",
        "algebra": name or "-",
        "named": f"{sum(one.algebra == name for one in some)} of {len(some)}",
        "seconds": f"{np.mean([one.columns['seconds'] for one in some]):.0f}",
    }
