"""The text of `results/planets.md`: every number and sentence from data and kept answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from experiments import ephemeris
from experiments.questions import angular_momenta
from experiments.text import markdown
from noether_razor.conserved import Quadratic
from noether_razor.discovery.directions import orthonormal_span
from noether_razor.discovery.result import Discovery
from noether_razor.discovery.signs import CLEARLY_CONSERVED
from noether_razor.systems import KnownQuantity, stack
from noether_razor.trajectories import Trajectories

ACCURATE = 1e-3
"""Share of its spread that a quantity may change along a piece by perturbations and errors."""
FAR = 5.0
"""Times as far from the training data as held-out states are: there a model extrapolates."""


class Answers(NamedTuple):
    """A finished run.

    Attributes:
        seed: of everything in it.
        discovery: what it found.
        asked: by name of a quantity, the verdict on it and its signs; see `questions.ask`.
        away: how far its moves lead from the training data; see `questions.strays`.
        misfit: of Kepler's law itself to its data; see `ephemeris.misfit`.
    """

    seed: int
    discovery: Discovery
    asked: Mapping[str, Mapping[str, Any]]
    away: Mapping[str, float]
    misfit: float


def page(
    paths: Trajectories, planets: Sequence[str], found: Mapping[str, Sequence[Answers]]
) -> str:
    """The whole text.

    Args:
        paths: pieces in space, to describe the orbits by.
        planets: whose they are.
        found: by the title of a data set, what is kept of its runs.
    """
    parts = [introduction(paths, planets)]
    for title, some in found.items():
        lines = "\n".join(f"- {line}" for line in sentences(some))
        parts += [f"## {title}", markdown(runs(some)), markdown(questions(some)), lines]
    return "\n\n".join(parts) + "\n"


def introduction(paths: Trajectories, planets: Sequence[str]) -> str:
    """What the data is, and how the tables read."""
    return "\n\n".join(
        [
            "# Planets: what real orbits let one identify",
            "Written by `python -m experiments.planets`. Positions and velocities about the Sun "
            "from the analytic theory of Simon et al., Astronomy and Astrophysics 282 (1994), 663, "
            f"as `plan94` of pyerfa {version('pyerfa')}, at random epochs from 1000 to 3000 AD: "
            f"{len(paths)} pieces of {paths.q.shape[1]} samples, {paths.dt:g} years apart, a fifth "
            "of them held out. The theory is fitted to what was observed; it errs by at most 4 "
            "(Mercury), 5, 6 and 17 (Mars) arcseconds in longitude from 1800 to 2050, and by half "
            "as much again elsewhere. Ecliptic and equinox of J2000; momenta are velocities, in au "
            "a year.",
            markdown(orbits(paths, planets)),
            "Change: the largest standard deviation along a piece over the mean. Perturbations and "
            "the theory's own errors are in it: nothing here is exactly conserved.",
            "*Cosines*: of the principal angles between the angular momenta and the span of what "
            "was kept, or of all candidates, in units of the data's spread. *Baseline*, at first: "
            "eigenvalues, as many as there are angular momenta, and the next. *Kepler's misfit*: "
            "root mean square error of one step of Kepler's law itself, in spreads.",
            "The posterior is also asked about quantities by name. *z*: as in a report; rejected "
            "from 2 on. *Drift*, *baseline*: share of the variance within held-out and within "
            "training pieces. *Moved by*: root mean square of the moves behind z, where they are "
            "turns. *Moved to*: how far they lead from the nearest training state, in spreads "
            "(what all but the farthest tenth keep to); in parentheses the same for held-out "
            f"states as they are. At {FAR:g} times that, moves are said to leave the data: the "
            "model extrapolates there, and a verdict, also in a report, is no evidence. A quantity "
            f"that changes along pieces by less than {ACCURATE:g} of its spread (the root of the "
            "drift) passes for conserved.",
        ]
    )


def orbits(paths: Trajectories, planets: Sequence[str]) -> list[dict[str, object]]:
    """A row a planet: its orbit, and what is left of Kepler's constants along a piece."""
    moment = np.cross(paths.q, paths.p)
    radius = np.linalg.norm(paths.q, axis=-1)
    energy = np.sum(paths.p**2, axis=-1) / 2 - ephemeris.GM / radius
    period = 2 * np.pi * ephemeris.GM / (-2 * energy) ** 1.5
    size = np.linalg.norm(moment, axis=-1)
    values = {
        "period (years)": (period, "mean", ".3f"),
        "radius (au)": (radius, "range", ".2f"),
        "eccentricity": (ephemeris.eccentricity(paths), "mean", ".3f"),
        "inclination (degrees)": (ephemeris.inclination(paths), "mean", ".2f"),
        "energy, change along a piece": (energy, "change", ".0e"),
        "angular momentum, change": (size, "change", ".0e"),
    }
    rows = []
    for number, planet in enumerate(planets):
        count = len(paths) // len(planets)
        own = slice(number * count, (number + 1) * count)
        cells = {
            name: _summary(value[own], how, form) for name, (value, how, form) in values.items()
        }
        rows.append({"planet": planet, **cells})
    return rows


def runs(some: Sequence[Answers]) -> list[dict[str, object]]:
    """A row a seed: the verdict, and how what is kept lies to the truth, in units of the spread."""
    rows = []
    for one in some:
        found = one.discovery
        truth = angular_momenta(found.data["degrees_of_freedom"])
        kept = [each for each in found.candidates if each.verdict == "conserved"]
        drifts = [each.drift for each in found.quantities]
        rows.append(
            {
                "seed": one.seed,
                "kept": found.rank,
                "rejected": found.count("rejected"),
                "undetermined": found.count("undetermined"),
                "cosines with the truth": _cosines(kept, truth, found),
                "the same, all candidates": _cosines(found.candidates, truth, found),
                "baseline": " ".join(f"{value:.1g}" for value in found.baseline[: len(truth) + 1]),
                "largest drift": f"{max(drifts):.1g}" if drifts else "-",
                "printed": "; ".join(f"`{_short(q.expression)}`" for q in found.quantities) or "-",
                "Kepler's misfit": f"{one.misfit:.0e}",
                "bound": f"{found.elbo:.2f}",
                "seconds": f"{found.seconds:.0f}",
            }
        )
    return rows


def questions(some: Sequence[Answers]) -> list[dict[str, object]]:
    """A row a quantity by name: the verdict on it and its signs, over the seeds."""
    true = {one.name for one in angular_momenta(some[0].discovery.data["degrees_of_freedom"])}
    rows = []
    for name in some[0].asked:
        each = [one.asked[name] for one in some]
        rows.append(
            {
                "": f"`{name}`",
                "Kepler conserves it": "yes" if name in true else "no",
                "verdict": _verdicts(each),
                "z": " ".join(f"{one['z']:.1f}" for one in each),
                "drift": " ".join(f"{one['drift']:.1g}" for one in each),
                "baseline": " ".join(f"{one['baseline']:.1g}" for one in each),
                "moved by": _turn(each) if name in true else "-",
                "moved to": f"{_mean(some, name):.2g} ({_mean(some):.1g})",
            }
        )
    return rows


def sentences(some: Sequence[Answers]) -> list[str]:
    """What data and model say of every quantity asked about; each line follows from the numbers."""
    true = {one.name for one in angular_momenta(some[0].discovery.data["degrees_of_freedom"])}
    lines = []
    for name in some[0].asked:
        each = [one.asked[name] for one in some]
        drift, high = (max(one[sign] for one in each) for sign in ("drift", "drift_high"))
        change = drift**0.5
        constant = change < ACCURATE
        certified = "" if constant or high > CLEARLY_CONSERVED else ", yet a certificate passes it"
        kept = sum(one["verdict"] == "conserved" for one in each)
        seen = _mean(some, name) < FAR * _mean(some)
        lines.append(
            f"`{name}` changes by {change:.1g} of its spread along held-out pieces{certified}. The "
            f"model has it {_verdicts(each)}, by moves that {'stay in' if seen else 'leave'} the "
            f"data. So: {meaning(name in true, constant, seen, kept, len(each))}."
        )
    return lines


def meaning(true: bool, constant: bool, seen: bool, kept: int, count: int) -> str:
    """What follows for a quantity.

    Args:
        true: Kepler's law conserves it.
        constant: along the pieces, to the accuracy of the data.
        seen: the moves behind the verdict stay in the data.
        kept: in how many seeds.
        count: of how many.
    """
    if kept and not true:
        return f"a false find in {kept} of {count}"
    if kept:
        how = "identified" if seen else "right, by extrapolation"
        return how if kept == count else f"{how} in {kept} of {count}, a miss in the others"
    if not constant:
        return "excluded by the data"
    if not seen:
        return "the data cannot tell whether it is a symmetry, and cannot exclude that it is"
    return "a miss of the model" if true else "excluded by the model"


def _mean(some: Sequence[Answers], name: str = "") -> float:
    """Distance to the training data, over seeds; see `questions.strays`."""
    return float(np.mean([one.away[name] for one in some]))


def _turn(each: Sequence[Mapping[str, Any]]) -> str:
    return f"{np.degrees(np.mean([one['turn'] for one in each])):.0f} degrees"


def _verdicts(each: Sequence[Mapping[str, Any]]) -> str:
    counts = Counter(one["verdict"] for one in each)
    if len(counts) == 1:
        every = "in every seed" if len(each) > 1 else "in the one seed"
        return f"{each[0]['verdict']} {every}"
    return ", ".join(f"{verdict} in {count}" for verdict, count in counts.most_common())


def _cosines(items: Sequence[Any], truth: Sequence[KnownQuantity], found: Discovery) -> str:
    """Cosines of the principal angles of the truth and a span; 0 where the span is too small."""
    if not items:
        return "-"
    spread = np.asarray(found.data["spread"], float)
    span = Quadratic(*(jnp.stack([jnp.asarray(getattr(i, n)) for i in items]) for n in "Ab"))
    rows, true = (
        orthonormal_span(np.asarray(forms.rescale(spread).coefficients(), float))
        for forms in (span, stack(truth))
    )
    values = np.linalg.svd(true @ rows.T, compute_uv=False)
    return " ".join(f"{v:.3f}" for v in np.pad(values, (0, len(true) - len(values))))


def _summary(values: np.ndarray, how: str, form: str) -> str:
    if how == "range":
        return f"{values.min():{form}} to {values.max():{form}}"
    if how == "change":
        return f"{np.max(values.std(1) / np.abs(values.mean(1))):{form}}"
    return f"{values.mean():{form}}"


def _short(expression: str, longest: int = 60) -> str:
    return expression if len(expression) <= longest else f"{expression[:longest].rstrip()} ..."
