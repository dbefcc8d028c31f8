"""The posterior of a law of motion from noisy trajectories: Gaussian in its weights.

Observed are y = x(t) + noise, where x follows x' = F(x; w) from an unknown start. F is linear in w;
x is not. Around the present w and starts, x(t) changes by S(t) (dw, dx0), where S obeys linear
equations, so the posterior is Gaussian. This step is repeated until it settles (Gauss and Newton,
with Laplace's evidence). It smooths every state by the law that all states support. The starts are
integrated out. The widths of the prior, one for each group of weights, and the variances of
the noise maximise the evidence.

Long trajectories are first cut into short pieces with starts of their own, because a poor first law
follows those. They stay cut if that has the higher evidence.

Source: MacKay, Neural Computation 4 (1992), 415, for the evidence and its maximisation; Bock,
"Recent Advances in Parameter Identification Techniques for ODE" (1983), for multiple shooting.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from noether_razor.evidence.fields import Field
from noether_razor.evidence.motion import STRETCH, Law, Pieces, designs, moments, squares
from noether_razor.evidence.weak_form import weak_form

LEAST_NOISE = 1e-4
"""Laws are compared at a resolution of a hundredth of the spread: this is the least variance of the
noise, in squared spreads. A law that errs by less is as good as an exact one."""
SHORT = STRETCH
"""Samples of a piece at first."""
SWEEPS = 10
"""Iterations at most, for each length of the pieces."""
SETTLED = 1e-3
"""A fit has settled when a step improves the misfit by less than this a sample."""
JITTER = 1e-10
"""Added to the diagonal of a matrix of unit diagonal before it is factored."""


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
    least: float = -np.inf,
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
        least: evidence that a law has to reach; one whose short pieces, without the cost of their
            starts, do not reach it is given up.
        whole: whether whole trajectories are fitted after short pieces.
        given: which variances of the noise are known and stay as they are, [m]; none by default.

    Returns:
        The posterior, or None where the law cannot follow even short pieces, or is given up.
    """
    samples = z.shape[1]
    law = Law(J, _column_scale(field, J, smooth))
    weights, width = weak_form(field, law, smooth, noise)
    widths = np.full(max(field.group_of_weight) + 1, width)
    best = None
    noise = np.maximum(noise, LEAST_NOISE)
    given = np.zeros(len(noise), bool) if given is None else given
    for length in _lengths(samples) if whole else _lengths(samples)[:1]:
        state = _State(weights, widths, noise, smooth)
        found = _settle(field, law, z, state, length, least, given)
        if found is None or (best is not None and found.evidence < best.evidence):
            break
        best = found
        if found.evidence + found.cost_of_starts < least:
            return None
        weights, widths, noise, smooth = found.state
    return None if best is None else best.dynamics(field, law)


class _State(NamedTuple):
    weights: np.ndarray
    widths: np.ndarray
    noise: np.ndarray
    smooth: np.ndarray


class _Settled(NamedTuple):
    state: _State
    precision: np.ndarray
    evidence: float
    cost_of_starts: float
    freedom: float
    length: int

    def dynamics(self, field: Field, law: Law) -> Dynamics:
        values, axes = np.linalg.eigh(self.precision)
        factor = axes / np.sqrt(np.maximum(values, 1e-12 * values[-1]))
        weights, widths, noise, smooth = self.state
        prior = widths[field.group_of_weight] * law.scale**2
        return Dynamics(
            field, law.J, weights * law.scale, factor * law.scale[:, None], prior, noise, smooth,
            self.evidence, self.freedom, self.length,
        )  # fmt: skip


def _lengths(samples: int) -> list[int]:
    """Samples of a piece: short, then all."""
    return [samples] if samples < 2 * SHORT else [SHORT, samples]


def _settle(
    field: Field,
    law: Law,
    z: np.ndarray,
    state: _State,
    length: int,
    least: float,
    given: np.ndarray,
) -> _Settled | None:
    """Iterate Gauss and Newton's step until the fit settles; None where it diverges.

    A fit is given up that would not reach the evidence `least`, without the cost of its starts, if
    every sweep that is left gained as much as the last one.
    """
    trajectories, samples, m = z.shape
    weights, widths, noise, smooth = state
    group = field.group_of_weight
    pieces = Pieces(_cut(z, length), _cut(np.ones((trajectories, samples, 1)), length)[..., 0])
    start = _cut(smooth, length)[:, 0]
    observed = trajectories * samples * m
    result, reached = None, -np.inf
    for left in reversed(range(SWEEPS)):
        precision = 1 / widths[group]
        here = moments(field, law, weights, start, pieces, noise)
        if not (np.isfinite(here.hessian).all() and np.isfinite(here.squares).all()):
            return result
        misfit = (here.squares / noise).sum() + (start**2).sum() + weights**2 @ precision
        solved = _newton(here.hessian + np.diag(precision), here.slope - weights * precision)
        if solved is None:  # the law has left the data: sensitivities are beyond rounding
            return result
        step, variances, log_determinant = solved
        determined = 1 - variances * precision
        evidence = -0.5 * (
            misfit
            + observed * np.log(2 * np.pi)
            + trajectories * samples * np.log(noise).sum()
            + here.log_determinant
            + log_determinant
            + np.log(widths[group]).sum()
        )
        freedom = float(determined.sum())
        states = here.states.reshape(trajectories, -1, m)[:, :samples]
        result = _Settled(
            _State(weights, widths, noise, states), here.hessian + np.diag(precision),
            float(evidence), 0.5 * (here.log_determinant + float((start**2).sum())), freedom,
            length,
        )  # fmt: skip
        before, reached = reached, result.evidence + result.cost_of_starts
        if reached + left * max(reached - before, 0.0) < least:
            return result
        start_step = here.starts[:, :, -1] - here.starts[:, :, :-1] @ step
        size, after = 1.0, np.inf
        while size > 0.01:
            trial, trial_start = weights + size * step, start + size * start_step
            after = (squares(field, law, trial, trial_start, pieces) / noise).sum()
            after += (trial_start**2).sum() + trial**2 @ precision
            if after <= misfit:
                break
            size /= 2
        if not after <= misfit:
            return result
        weights, start = trial, trial_start
        sizes = np.bincount(group, weights**2, minlength=len(widths))
        widths = sizes / np.maximum(np.bincount(group, determined, len(widths)), 1e-3)
        widths = np.clip(widths, 1e-10, 1e6)
        if misfit - after < SETTLED * observed:
            free = max(observed - freedom - start.size, 1.0)
            fitted = here.squares / (trajectories * samples) * observed / free
            fitted = np.where(given, noise, np.maximum(fitted, LEAST_NOISE))
            if np.abs(np.log(fitted / noise)).max() < 0.05:
                return result._replace(state=result.state._replace(weights=weights))
            noise = fitted
    return result


def _newton(hessian: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray, float] | None:
    """The step, the variances [M] and the log determinant; None where rounding is too large."""
    # Scaled to a unit diagonal, as its entries differ by many powers of ten.
    unit = 1 / np.sqrt(np.diag(hessian))
    scaled = hessian * np.outer(unit, unit) + JITTER * np.eye(len(unit))
    if not np.isfinite(scaled).all():
        return None
    try:
        factor = cho_factor(scaled, lower=True)
    except np.linalg.LinAlgError:
        return None
    step = unit * cho_solve(factor, unit * slope)
    variances = unit**2 * np.diag(cho_solve(factor, np.eye(len(unit))))
    return step, variances, 2 * (np.log(np.diag(factor[0])) - np.log(unit)).sum()


def _cut(x: np.ndarray, length: int) -> np.ndarray:
    """Trajectories [R, T, k] as pieces [P, L, k], filled up with zeros."""
    missing = -x.shape[1] % length
    return np.pad(x, ((0, 0), (0, missing), (0, 0))).reshape(-1, length, x.shape[-1])


def _column_scale(field: Field, J: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """One over the root mean square of every g_i over the data, [M]."""
    flat = smooth.reshape(-1, smooth.shape[-1])
    design = designs(field, J, flat[:: max(1, len(flat) // 1000)])
    return 1 / np.sqrt((design**2).sum(1).mean(0) + 1e-12)
