"""The posterior of a law of motion from noisy trajectories: Gaussian in its weights.

The observations are y = x(t) + noise, where x follows x' = F(x; w) from an unknown initial state,
the *start*. F is linear in w; x is not. With poor first weights, a law cannot follow a long
trajectory. So trajectories are cut into pieces, and each piece has a start of its own. The pieces
have two samples at first, and then twice as many each time. In the end the trajectories are not
cut. A trajectory that the law explains better in shorter pieces stays cut. This happens, for
instance, if two bodies pass close to each other: the end of the trajectory then depends too
strongly on its start.

Source: Bock, "Recent Advances in Parameter Identification Techniques for ODE" (1983), for multiple
shooting.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.evidence.fields import Field
from noether_razor.evidence.judged import CLEAR
from noether_razor.evidence.motion import Law, designs
from noether_razor.evidence.settle import LEAST_NOISE, Cut, Settled, State, settle
from noether_razor.evidence.weak_form import weak_form

SHORT = 8
"""Samples of a piece that is long enough to tell whether a law explains the data at all."""
FEW = 50
"""Laws of motion are compared on at most this many trajectories."""


class Dynamics(NamedTuple):
    """The posterior of a law of motion.

    Attributes:
        field: the law, for states in units of the spread and time in samples.
        J: symplectic form in units of the spread.
        weights: posterior mean, [M].
        factor: a square root of the posterior covariance, [M, M'], covariance = factor factor^T.
        prior: prior variance of every weight, [M].
        noise: variance of the noise of every coordinate, [m], in squared spreads.
        smooth: states under the posterior mean, [R, T, m].
    """

    field: Field
    J: np.ndarray
    weights: np.ndarray
    factor: np.ndarray
    prior: np.ndarray
    noise: np.ndarray
    smooth: np.ndarray


class Fit(NamedTuple):
    """A law of motion that is fitted to pieces of some trajectories.

    Attributes:
        field: the law, for states in units of the spread and time in samples.
        law: the symplectic form and the units of the weights.
        settled: the posterior, with weights in units of `law.scale`.
        lengths: samples of the pieces of each trajectory, [R].
    """

    field: Field
    law: Law
    settled: Settled
    lengths: np.ndarray

    @property
    def evidence(self) -> float:
        """Log marginal likelihood of the samples, nats."""
        return self.settled.evidence

    @property
    def smooth(self) -> np.ndarray:
        """States under the posterior mean, [R, T, m]."""
        return self.settled.state.smooth

    def posterior(self) -> Dynamics:
        """The posterior, in units of the spread."""
        values, axes = np.linalg.eigh(self.settled.precision)
        factor = axes / np.sqrt(np.maximum(values, 1e-12 * values[-1]))
        weights, widths, noise, smooth = self.settled.state
        scale = self.law.scale
        return Dynamics(
            self.field, self.law.J, weights * scale, factor * scale[:, None],
            widths[self.field.group_of_weight] * scale**2, noise, smooth,
        )  # fmt: skip


def some_trajectories(count: int) -> slice:
    """At most `FEW` of `count` trajectories, evenly spaced."""
    return slice(None, None, -(-count // FEW))


def fit_short(
    field: Field,
    J: np.ndarray,
    z: np.ndarray,
    noise: np.ndarray,
    smooth: np.ndarray,
    least: float = -np.inf,
    given: np.ndarray | None = None,
) -> Fit | None:
    """Fit a law of motion to pieces of up to `SHORT` samples of at most `FEW` trajectories.

    Args:
        field: the law.
        J: symplectic form in units of the spread, see `symplectic_form_in`.
        z: observed states [R, T, m], in units of the spread.
        noise: estimated variance of the noise, [m].
        smooth: first guess of the states, [R, T, m].
        least: evidence that a law has to reach on the same trajectories. A law is given up if its
            evidence, without the cost of the pieces' starts, does not reach it.
        given: which variances of the noise are known and stay as they are, [m]; none by default.

    Returns:
        The fit, or None where the law cannot follow even the shortest pieces, or is given up.
    """
    law = Law(J, _column_scale(field, J, smooth))
    weights, width = weak_form(field, law, smooth, noise)
    widths = np.full(max(field.group_of_weight) + 1, width)
    few = some_trajectories(len(z))
    state = State(weights, widths, np.maximum(noise, LEAST_NOISE), smooth[few])
    short, _ = _lengths(z.shape[1])
    return _longer_and_longer(field, law, z[few], state, short, least, given)


def fit_long(
    fit: Fit,
    z: np.ndarray,
    smooth: np.ndarray,
    least: float = -np.inf,
    given: np.ndarray | None = None,
) -> Fit | None:
    """Fit a law of motion to longer pieces of all trajectories.

    Args:
        fit: a fit by `fit_short`.
        z, smooth, least, given: as for `fit_short`, but `least` is for all trajectories.
    """
    short, long = _lengths(z.shape[1])
    state = fit.settled.state
    if len(z) == len(fit.smooth):
        return _longer_and_longer(fit.field, fit.law, z, state, long, least, given, fit)
    # The starts of the other trajectories are still to be found.
    state = state._replace(smooth=smooth)
    return _longer_and_longer(fit.field, fit.law, z, state, [*short, *long], least, given)


def _lengths(samples: int) -> tuple[list[int], list[int]]:
    """Lengths of the pieces, in samples: two, then twice as many each time, then all.

    Returns:
        The lengths of the short pieces, up to `SHORT`, and the other lengths.
    """
    lengths = [2**k for k in range(1, samples.bit_length()) if 2**k < 0.75 * samples] + [samples]
    short = max(sum(length <= SHORT for length in lengths), 1)
    return lengths[:short], lengths[short:]


def _longer_and_longer(
    field: Field,
    law: Law,
    z: np.ndarray,
    state: State,
    lengths: list[int],
    least: float,
    given: np.ndarray | None,
    before: Fit | None = None,
) -> Fit | None:
    """Fit pieces of each length in turn, as long as that raises the evidence.

    Args:
        before: a fit of the same trajectories to start from, if there is one.
    """
    given = np.zeros(z.shape[-1], bool) if given is None else given
    best = before
    stay = np.zeros(len(z), bool)
    for length in lengths:
        # Almost any law can follow pieces of few samples, so these say little about the noise.
        known = given | (length < min(SHORT, z.shape[1]))
        reach = least if best is None else max(least, best.evidence)
        fits, stay = _longer(field, law, z, state, length, stay, best, reach, known)
        better = [fit for fit in fits if best is None or fit.evidence >= best.evidence]
        if not better:
            break
        best = max(better, key=lambda fit: fit.evidence)
        if best.settled.reached < least:
            return None
        state = best.settled.state
    return best


def _longer(
    field: Field,
    law: Law,
    z: np.ndarray,
    state: State,
    length: int,
    stay: np.ndarray,
    best: Fit | None,
    reach: float,
    known: np.ndarray,
) -> tuple[list[Fit], np.ndarray]:
    """Fit longer pieces, then again with the old cuts of the trajectories that get clearly worse.

    A trajectory gets clearly worse if its evidence is lower than in `best` by more than `CLEAR`. It
    then goes back to the cuts of `best`, and the law is fitted again. After the second fit this is
    repeated only as long as no new fit is better than `best`.

    Args:
        length: samples of a longer piece.
        stay: which trajectories keep the cuts of `best`, [R].
        best: the best fit so far, with shorter pieces; None if there is none.
        reach, known: as `least` and `given` of `settle`.

    Returns:
        The fits, and the trajectories that are not to be cut into longer pieces any more.
    """
    fits: list[Fit] = []
    while not stay.all():
        lengths = np.full(len(z), length) if best is None else np.where(stay, best.lengths, length)
        found = settle(field, law, z, state, Cut(z.shape[1], lengths), reach, known)
        if found is None:
            break
        fits.append(Fit(field, law, found, lengths))
        if best is None:
            break
        worse = ~stay & (found.of_trajectory < best.settled.of_trajectory - CLEAR)
        stay = stay | worse
        again = len(fits) == 1 or max(fit.evidence for fit in fits) < best.evidence
        if not (worse.any() and again):
            break
    return fits, stay


def _column_scale(field: Field, J: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """1 / (root mean square of g_i(x) over the data) for every g_i of the law, [M]."""
    flat = smooth.reshape(-1, smooth.shape[-1])
    design = designs(field, J, flat[:: max(1, len(flat) // 1000)])
    return 1 / np.sqrt((design**2).sum(1).mean(0) + 1e-12)
