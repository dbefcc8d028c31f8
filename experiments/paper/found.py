"""What runs found beside what is true: a row a run, and a row a system."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.paper.record import Record, Records
from noether_razor.discovery.algebra import algebra
from noether_razor.systems import make_system, stack

FALSE = 0.95
"""Parallelness with the true span below which a direction that is kept is a false discovery."""

SIGNS = ("gap", "evidence", "certificate")
"""Each gives a rank by itself; see `discovery.signs.ranks`."""

NOTE = (
    "True: independent quadratics that the system conserves. Found: what the verdict keeps, seed "
    f"by seed. False: of these, in all seeds, those whose parallelness with the true span is below "
    f"{FALSE:g}. Printed: of the readable quantities in all seeds, those that lie in the true span "
    "to three digits. Algebra: of the true quantities, and in how many seeds the same was found. "
    "Gap, evidence, certificate: seeds in which that sign by itself gives the true rank (the "
    "widest gap of the baseline's eigenvalues; the largest rank that the bound does not speak "
    "against; the candidates that do not surely drift). Seconds: mean wall-clock of one run on "
    "one core."
)


def each_run(records: Records) -> list[dict[str, object]]:
    """One row a run."""
    return [_run(label, one) for label, some in records.items() for one in some]


def each_system(records: Records) -> list[dict[str, object]]:
    """One row a label."""
    every = [one for some in records.values() for one in some]
    asked = [name for name in SIGNS if any(one.signs.get(name) is not None for one in every)]
    return [_system(label, some, asked) for label, some in records.items()]


def precision(records: Records) -> str:
    """How much of what was called conserved is, and how many runs are right throughout."""
    every = [one for some in records.values() for one in some]
    kept = np.array([parallel for one in every for parallel in one.truth.kept])
    right = sum(one.columns["rank"] == one.truth.rank for one in every)
    false = sum(bool(np.any(np.array(one.truth.kept) < FALSE)) for one in every)
    return (
        f"Called conserved: {len(kept)} directions in {len(every)} runs; "
        f"{np.sum(kept >= FALSE)} of them are, {np.sum(kept < FALSE)} are not. "
        f"The rank is right in {right} runs, and {false} hold a false discovery."
    )


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
        **{name: "-" if (rank := one.signs.get(name)) is None else rank for name in SIGNS},
        "seconds": f"{one.columns['seconds']:.0f}",
    }


def _system(label: str, some: Sequence[Record], asked: Sequence[str]) -> dict[str, object]:
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
        # No gap says nothing, as does a rank of zero.
        **{n: f"{sum((o.signs[n] or 0) == len(true) for o in some)} of {len(some)}" for n in asked},
        "seconds": f"{np.mean([one.columns['seconds'] for one in some]):.0f}",
    }
