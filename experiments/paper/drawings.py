"""Figures 2, 3 and 4 of the paper, read from records: pictures, and the numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from experiments.paper import figures
from experiments.paper.exhibits import Exhibit
from experiments.paper.record import NEARLY, Record, Records
from experiments.paper.tables import write_texts
from experiments.text import comma_separated, markdown
from noether_razor.conserved import Quadratic
from noether_razor.describe.canvas import save
from noether_razor.systems import System, make_system, stack
from noether_razor.variational.plots import matrices
from noether_razor.variational.truth import phase_square

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write a figure as PNG, its numbers as CSV and a summary as Markdown; return the paths."""
    return (hamiltonians if exhibit.name == "figure2" else spectra)(exhibit, records, out)


def spectra(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write singular values and parallelness of the learned generators, for each seed and row.

    For Figure 4, the generators of the first seed are drawn as matrices too, if the records hold
    them.
    """
    picture = out / f"{exhibit.name}.png"
    save(figures.of_spectra(exhibit.title, records), picture)
    each = [
        {"system": label, "seed": one.config["seed"], "number": k + 1}
        | {"value": value, "parallelness": true}
        for label, some in records.items()
        for one in some
        for k, (value, true) in enumerate(
            zip(one.truth.values, one.truth.parallelness, strict=True)
        )
    ]
    rows = [{"system": label} | said(one) for label, some in records.items() for one in some]
    paths = [picture, *_texts(exhibit, out, each, rows)]
    for label, some in records.items():
        if exhibit.name == "figure4" and some[0].truth.directions:
            name = f"{exhibit.name}_{label.replace(' ', '_')}.png"
            save(_generators(some[0]), out / name)
            paths.append(out / name)
    return paths


def said(one: Record) -> dict[str, object]:
    """The row of one seed: what is conserved, what was found, how parallel it is."""
    r, values = one.truth.rank, one.truth.values
    true = np.asarray(one.truth.parallelness[:r])
    return {
        "seed": one.config["seed"],
        "conserved": r,
        f"of the first, parallel to {NEARLY:g}": int(np.sum(true >= NEARLY)),
        "least parallel": f"{true.min():.3f}",
        "last of them / next": f"{values[r - 1] / values[r]:.3g}" if r < len(values) else "-",
        "seconds": f"{one.columns['seconds']:.0f}",
    }


def _generators(one: Record) -> Figure:
    """Draw, for each true quantity, the nearest one in the span of the first r singular vectors.

    The title of its matrix names the true quantity, and gives the cosine of the angle between the
    two.
    """
    system = _system(one)
    n = system.degrees_of_freedom
    span = np.asarray(one.truth.directions)[: one.truth.rank]
    true = np.asarray(stack(system.conserved, n).coefficients(), float)
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    nearest = true @ np.linalg.pinv(span) @ span
    titles = [
        f"{quantity.name} ({np.linalg.norm(row):.2f})"
        for quantity, row in zip(system.conserved, nearest, strict=True)
    ]
    learned = Quadratic.from_coefficients(jnp.asarray(nearest), 2 * n)
    return matrices(learned, titles, system.coordinate_names)


def hamiltonians(exhibit: Exhibit, records: Records, out: Path) -> list[Path]:
    """Write learned Hamiltonians over phase space beside the truth, and their errors."""
    axis, states = phase_square()
    system = _system(next(iter(records.values()))[0])
    true = np.asarray(jax.vmap(jax.vmap(system.hamiltonian))(jnp.asarray(states)), float)
    inside = np.linalg.norm(states, axis=-1) < 1.5
    drawn, each = {"truth": true}, []
    for label, some in records.items():
        for one in some:
            # A constant in H does not change the motion.
            values = np.asarray(one.truth.energy)
            values = values - values[inside].mean() + true[inside].mean()
            drawn.setdefault(label, values)
            each.append(
                {
                    "model": label,
                    "seed": one.config["seed"],
                    "rms error, |x| < 1.5": float(np.std((values - true)[inside])),
                    "rms error, all drawn": float(np.std(values - true)),
                }
            )
    picture = out / f"{exhibit.name}.png"
    save(figures.of_hamiltonians(exhibit.title, axis, drawn), picture)
    rows = [{k: f"{v:.2g}" if isinstance(v, float) else v for k, v in row.items()} for row in each]
    return [picture, *_texts(exhibit, out, each, rows)]


def _system(one: Record) -> System:
    data = one.config["data"]
    return make_system(data["system"], **data["options"])


def _texts(
    exhibit: Exhibit,
    out: Path,
    each: Sequence[dict[str, object]],
    rows: Sequence[dict[str, object]],
) -> list[Path]:
    texts = {"csv": comma_separated(each), "md": f"## {exhibit.title}\n\n{markdown(rows)}\n"}
    return write_texts(out / exhibit.name, texts)
