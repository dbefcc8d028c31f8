"""From trajectories to a verdict: first without a law of motion, then with one where it is needed.

1. Directions are found and judged on the trajectories alone (`judge_tracks`). This takes seconds.
2. Laws of motion, Hamiltonian and general, are fitted to short pieces of a few trajectories. Their
   evidence is compared with each other's and with that of smooth curves, which obey no law.
3. Where the trajectories alone leave a direction undetermined, the best law is fitted to all
   trajectories. If the law explains them better than the curves do, its posterior judges the
   directions that the trajectories alone do not show to be conserved or slow (`judge_law`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import numpy as np

from noether_razor.conserved.features import Features, Monomials
from noether_razor.evidence.curves import Curves, fit_curves
from noether_razor.evidence.dynamics import (
    SHORT,
    Dynamics,
    Fit,
    fit_long,
    fit_short,
    some_trajectories,
)
from noether_razor.evidence.fields import fields, symplectic_form_in
from noether_razor.evidence.judge_law import judge_law
from noether_razor.evidence.judge_tracks import judge_tracks
from noether_razor.evidence.judged import CLEAR, CONSERVED, SLOW, UNDETERMINED, Judged
from noether_razor.evidence.nearest import cost_of_hamiltonian
from noether_razor.evidence.products import judge_with_products
from noether_razor.evidence.recording import Recording
from noether_razor.evidence.settle import LEAST_NOISE

FEWEST_SAMPLES = 4
"""A law of motion is fitted only to trajectories of at least this many samples."""
PER_TIME_SCALE = 4
"""Samples in the time scale of the smooth curves that laws are compared on, where the trajectories
alone decide. A piece of eight samples then spans two time scales, in which the curves are freer
than the start of a piece. With all samples of slow motion a piece is too short: its start costs
more than the freedom of the curves. With 2 samples, the first weights of a damped oscillator were
so wrong that no law could be fitted."""


class Law(NamedTuple):
    """How well a law of motion explains the trajectories.

    Attributes:
        label: name of the law.
        hamiltonian: whether it is Hamiltonian.
        nats: log evidence minus that of smooth curves without a law, on `dynamics.FEW` trajectories
            in pieces of `dynamics.SHORT` samples. NaN where the law could not be fitted, or was
            given up because its evidence surely is lower.
        cost: nats that are lost if a general law is replaced by the nearest Hamiltonian, see
            `cost_of_hamiltonian`; 0 where it is not needed.
    """

    label: str
    hamiltonian: bool
    nats: float
    cost: float = 0.0


OnLaw = Callable[[Law, int, int], None]
"""Called after every law, with how many are done and how many there are."""


class Findings(NamedTuple):
    """What was found about the directions in the span of some functions.

    Attributes:
        tracks: directions judged on the trajectories alone.
        law: directions judged by the best law of motion; None where this was not needed or no law
            is adequate.
        by: label of that law; "" without a law.
        laws: all laws that were tried.
        noise: standard deviation of every coordinate's noise, [m], in the user's units.
    """

    tracks: Judged
    law: Judged | None
    by: str
    laws: Sequence[Law]
    noise: np.ndarray

    @property
    def judged(self) -> Judged:
        """The judgement that counts: by the law if there is one, else on the trajectories alone."""
        return self.tracks if self.law is None else self.law

    @property
    def hamiltonian(self) -> float:
        """Log evidence of the best Hamiltonian law minus that of the best general one, in nats.

        If a general law is better, its advantage counts only up to the cost of the nearest
        Hamiltonian (`Law.cost`), which may not be one of the laws that were compared. The result is
        NaN if no law explains the trajectories better than smooth curves do.
        """
        if not any(law.nats > 0 for law in self.laws):
            return float("nan")
        best = _best(self.laws, hamiltonian=True)
        margin = _best(self.laws, hamiltonian=False) - best
        if margin <= 0:
            return -margin
        return -min(margin, max(law.cost for law in self.laws))


def _best(laws: Sequence[Law], hamiltonian: bool) -> float:
    """Nats of the best law of a kind; smooth curves, which obey no law, have 0."""
    return max([law.nats for law in laws if law.hamiltonian == hamiltonian and law.nats > 0] + [0])


def investigate(
    recording: Recording,
    tolerance: float,
    functions: Features | None = None,
    *,
    always: bool = True,
    on_table: Callable[[Judged], None] = lambda judged: None,
    on_law: OnLaw = lambda law, done, total: None,
) -> Findings:
    """Find what is conserved.

    Args:
        recording: the data.
        tolerance: size of a change, in units of the spread, that counts as none.
        functions: functions whose span is searched, of a state in units of the spread about the
            centre; all monomials of degree 1 and 2 by default.
        always: whether laws are compared also where the trajectories alone decide everything.
        on_table: called with the first table, on the trajectories alone.
        on_law: called after every law, with how many are done and how many there are.
    """
    functions = functions or Monomials(recording.dimension, 2)
    with jax.enable_x64(True):
        tracks = judge_with_products(partial(judge_tracks, recording, tolerance), functions)
        on_table(tracks)
        # What has one value in all of the data stays undetermined under any law.
        undetermined = np.array(tracks.verdicts()) == UNDETERMINED
        needed = bool((undetermined & tracks.varies).any())
        judged, by, laws = None, "", []
        if needed or always:
            laws, best = laws_of_motion(recording, needed, on_law)
            if best is not None:
                by = best.field.label
                kept = tracks.of([CONSERVED, SLOW])
                judged = judge_with_products(partial(judge_law, best, tolerance), functions, kept)
    return Findings(tracks, judged, by, laws, np.sqrt(recording.noise) * recording.spread)


def laws_of_motion(
    recording: Recording,
    needed: bool,
    on_law: OnLaw = lambda law, done, total: None,
) -> tuple[list[Law], Dynamics | None]:
    """Compare laws of motion, and fit the best one to all trajectories if it is needed.

    Args:
        recording: the data. No law is fitted to fewer than `FEWEST_SAMPLES` samples.
        needed: whether the best law is to judge. If not, fewer laws are compared, and on fewer
            samples if the motion is slow; see `_step`.
        on_law: called after every law, with how many are done and how many there are.

    Returns:
        The laws that were compared, and the posterior of the best one. None where it is not needed,
        or no law explains the trajectories better than smooth curves do.
    """
    if recording.z.shape[1] < FEWEST_SAMPLES:
        return [], None
    curves = fit_curves(recording.z, recording.noise, LEAST_NOISE)
    step = 1 if needed else _step(recording, curves)
    if step > 1:
        thin = replace(recording, z=recording.z[:, ::step], dt=step * recording.dt)
        fitted = _fitted(thin, fit_curves(thin.z, thin.noise, LEAST_NOISE), needed, on_law)
    else:
        fitted = _fitted(recording, curves, needed, on_law)
    fine = curves.smooth[some_trajectories(len(recording.z))] if step > 1 else None
    fitted = _with_costs(fitted, recording.paired, fine, step)
    best = _best_of_all(recording, curves, fitted) if needed else None
    return [law for law, _ in fitted], best


def _step(recording: Recording, curves: Curves) -> int:
    """The step in samples with which the time scale of the curves is `PER_TIME_SCALE` samples.

    Laws are compared on short pieces of trajectories. Where samples are much closer than the motion
    needs, a piece spans so little time that smooth curves always explain it better than a law does.
    Trajectories of more than `SHORT` samples are left.
    """
    most = (recording.z.shape[1] - 1) // SHORT
    return max(min(int(curves.time_scale / PER_TIME_SCALE), most), 1)


def _fitted(
    recording: Recording, curves: Curves, all_laws: bool, on_law: OnLaw
) -> list[tuple[Law, Fit | None]]:
    """Every law with its fit to a few trajectories.

    If not all laws are asked for, the comparison ends with the first Hamiltonian law that is better
    than the general one. This already shows that the motion is Hamiltonian.
    """
    few = some_trajectories(len(recording.z))
    least = float(curves.evidence[few].sum())
    J = symplectic_form_in(recording.spread, recording.paired)
    smooth, most = curves.smooth.copy(), 0.0
    every = fields(recording.centre, recording.spread, recording.paired)
    found: list[tuple[Law, Fit | None]] = []
    for place, field in enumerate(every):
        laws = [law for law, _ in found]
        if place > 1 and not all_laws and _best(laws, True) > _best(laws, False):
            break
        # Another Hamiltonian law only counts if it is better than the best one so far.
        reach = least + (_best(laws, True) if field.hamiltonian else 0.0)
        fit = fit_short(field, J, recording.z, recording.noise, smooth, reach, recording.given)
        nats = float("nan") if fit is None else fit.evidence - least
        if fit is not None and nats > most:
            smooth[few], most = fit.smooth, nats  # the next law starts from the best states so far
        found.append((Law(field.label, field.hamiltonian, nats), fit))
        on_law(found[-1][0], len(found), len(every))
    return found


def _with_costs(
    found: Sequence[tuple[Law, Fit | None]], paired: bool, fine: np.ndarray | None, step: int
) -> list[tuple[Law, Fit | None]]:
    """The laws, with the cost of a Hamiltonian where a general law is better than all Hamiltonians.

    Args:
        found: laws with their fits.
        paired: whether there are pairs of coordinates, so that a law may be Hamiltonian.
        fine: states that the changes are integrated along, [R, T, m]; those of each fit by default.
        step: number of these samples in one of the fits' samples.
    """
    best = _best([law for law, _ in found], hamiltonian=True)

    def cost(fit: Fit) -> float:
        along = fit.smooth if fine is None else fine
        return max(cost_of_hamiltonian(fit.posterior(), along, step), 0.0)

    return [
        (law._replace(cost=cost(fit)), fit)
        if fit is not None and paired and not law.hamiltonian and law.nats > best
        else (law, fit)
        for law, fit in found
    ]


def _best_of_all(
    recording: Recording, curves: Curves, fitted: Sequence[tuple[Law, Fit | None]]
) -> Dynamics | None:
    """The posterior of the law with the highest evidence of all trajectories.

    None if no law has a higher evidence than the curves. A law is fitted to all trajectories only
    if the few trajectories do not show that another law is better.
    """
    few, least = some_trajectories(len(recording.z)), float(curves.evidence.sum())
    order = sorted((pair for pair in fitted if pair[1] is not None), key=lambda pair: -pair[0].nats)
    best: Fit | None = None
    for law, fit in order:
        if law.nats < order[0][0].nats - CLEAR:
            break
        smooth = curves.smooth.copy()
        smooth[few] = fit.smooth  # pyright: ignore[reportOptionalMemberAccess]
        found = fit_long(fit, recording.z, smooth, least, recording.given)
        reached = least if best is None else best.evidence
        if found is not None and found.evidence > reached:
            best = found
    return None if best is None else best.posterior()
