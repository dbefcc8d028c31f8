"""The posterior of a law of motion from noisy trajectories: Gaussian in its weights.

Observed are y = x(t) + noise, where x follows x' = F(x; w) from an unknown start. F is linear in w;
x is not. A poor first law cannot follow long trajectories. So they are cut into pieces with starts
of their own: of two samples at first, of twice as many each time, and in the end not at all. They
stay cut where that has the higher evidence. The first lengths are fitted to a few trajectories.

Source: Bock, "Recent Advances in Parameter Identification Techniques for ODE" (1983), for multiple
shooting.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.evidence.fields import Field
from noether_razor.evidence.motion import Law, designs
from noether_razor.evidence.settle import LEAST_NOISE, Settled, State, settle
from noether_razor.evidence.weak_form import weak_form

SHORT = 8
"""Samples of a piece that is long enough to tell whether a law explains the data at all."""
FEW = 50
"""Trajectories that pieces of up to `SHORT` samples are taken from."""


class Dynamics(NamedTuple):
    """The posterior of a law of motion.

    Attributes:
        field: the law, in units of the spread and of one sample.
        J: symplectic form in units of the spread.
        weights: posterior mean, [M].
        factor: a square root of the posterior covariance, [M, M'], covariance = factor factor^T.
        prior: prior variance of every weight, [M].
        noise: variance of the noise of every coordinate, [m], in squared spreads.
        smooth: states under the posterior mean, [R, T, m].
        evidence: log marginal likelihood of all samples, nats.
        freedom: how many weights the data determine, of M.
        piece: samples between two starts.
    """

    field: Field
    J: np.ndarray
    weights: np.ndarray
    factor: np.ndarray
    prior: np.ndarray
    noise: np.ndarray
    smooth: np.ndarray
    evidence: float
    freedom: float
    piece: int


def fit_dynamics(
    field: Field,
    J: np.ndarray,
    z: np.ndarray,
    noise: np.ndarray,
    smooth: np.ndarray,
    least: np.ndarray | float = -np.inf,
    *,
    whole: bool = True,
    given: np.ndarray | None = None,
) -> Dynamics | None:
    """Fit a law of motion.

    Args:
        field: the law.
        J: symplectic form in units of the spread, see `symplectic_form_in`.
        z: observed states [R, T, m], in units of the spread.
        noise: estimated variance of the noise, [m].
        smooth: first guess of the states, [R, T, m].
        least: evidence that a law has to reach on each trajectory, [R]; one whose pieces, without
            the cost of their starts, do not reach it is given up.
        whole: whether whole trajectories, and all of them, are fitted after short pieces of a few.
        given: which variances of the noise are known and stay as they are, [m]; none by default.

    Returns:
        The posterior, or None where the law cannot follow even short pieces, or is given up.
    """
    law = Law(J, _column_scale(field, J, smooth))
    weights, width = weak_form(field, law, smooth, noise)
    given = np.zeros(len(noise), bool) if given is None else given
    least = np.broadcast_to(least, len(z))
    widths = np.full(max(field.group_of_weight) + 1, width)
    few = some_trajectories(len(z))
    lengths = _lengths(z.shape[1])
    state = State(weights, widths, np.maximum(noise, LEAST_NOISE), smooth[few])
    short = [length for length in lengths if length <= SHORT or length == lengths[0]]
    found = _longer_and_longer(field, law, z[few], state, short, least[few].sum(), given)
    if found is not None and whole:
        state = found.state._replace(noise=state.noise, smooth=smooth)
        found = _longer_and_longer(field, law, z, state, lengths, least.sum(), given)
    return None if found is None else _dynamics(field, law, found)


def some_trajectories(count: int) -> slice:
    """At most `FEW` of `count` trajectories, evenly spaced."""
    return slice(None, None, -(-count // FEW))


def _dynamics(field: Field, law: Law, found: Settled) -> Dynamics:
    values, axes = np.linalg.eigh(found.precision)
    factor = axes / np.sqrt(np.maximum(values, 1e-12 * values[-1]))
    weights, widths, noise, smooth = found.state
    prior = widths[field.group_of_weight] * law.scale**2
    return Dynamics(
        field, law.J, weights * law.scale, factor * law.scale[:, None], prior, noise, smooth,
        found.evidence, found.freedom, found.length,
    )  # fmt: skip


def _lengths(samples: int) -> list[int]:
    """Samples of a piece: two, then twice as many each time, then all."""
    return [2**k for k in range(1, samples.bit_length()) if 2**k < 0.75 * samples] + [samples]


def _longer_and_longer(
    field: Field,
    law: Law,
    z: np.ndarray,
    state: State,
    lengths: list[int],
    least: float,
    given: np.ndarray,
) -> Settled | None:
    """Fit pieces of each length in turn, as long as that raises the evidence."""
    best = None
    for length in lengths:
        # Pieces of few samples are followed by almost any law, and tell little of the noise.
        known = given | (length < min(SHORT, z.shape[1]))
        found = settle(field, law, z, state, length, least, known)
        if found is None or (best is not None and found.evidence < best.evidence):
            return None if best is None or best.evidence < least else best
        best = found
        if found.reached < least:
            return None
        state = found.state
    return best


def _column_scale(field: Field, J: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """One over the root mean square of every g_i over the data, [M]."""
    flat = smooth.reshape(-1, smooth.shape[-1])
    design = designs(field, J, flat[:: max(1, len(flat) // 1000)])
    return 1 / np.sqrt((design**2).sum(1).mean(0) + 1e-12)
