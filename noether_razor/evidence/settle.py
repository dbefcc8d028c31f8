"""The best weights of a law of motion for trajectories that are cut, by damped steps.

Around the present weights w and starts x0, the motion changes by S(t) (dx0, dw), so the misfit is
quadratic. Its minimum is the next guess. Where the misfit would grow, the step is damped (Levenberg
and Marquardt). At the minimum the posterior is Gaussian, with Laplace's evidence. The starts are
integrated out. The widths of the prior and the variances of the noise maximise the evidence.

Source: Marquardt, SIAM Journal 11 (1963), 431; MacKay, Neural Computation 4 (1992), 415, for the
evidence and its maximisation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from noether_razor.evidence.fields import Field
from noether_razor.evidence.linearised import Linearised, Moments, Pieces, linearised
from noether_razor.evidence.motion import Law, steps_needed

LEAST_NOISE = 1e-4
"""Laws are compared at a resolution of a hundredth of the spread: this is the least variance of the
noise, in squared spreads. A law that errs by less is as good as an exact one."""
SWEEPS = 25
"""Most steps for each length of the pieces."""
SETTLED = 1e-3
"""A fit has settled when a step improves the misfit by less than this per sample and coordinate."""
DAMPING = 10.0 ** np.arange(-4, 4)
"""Damping that is tried, one after the other, where a step would raise the misfit: in units of the
diagonal of the second derivatives."""
JITTER = 1e-10
"""Number that is added to the diagonal of a matrix of unit diagonal before it is factored."""


class Cut(NamedTuple):
    """Trajectories of T samples that are cut into pieces of at most L samples.

    Attributes:
        samples: T.
        lengths: samples of the pieces of each trajectory, [R]; its last piece may have fewer.
    """

    samples: int
    lengths: np.ndarray

    @property
    def _pieces(self) -> tuple[np.ndarray, np.ndarray]:
        """The trajectory of each piece and its first sample, [P]."""
        number = -(-self.samples // self.lengths)
        trajectory = np.repeat(np.arange(len(self.lengths)), number)
        return trajectory, np.concatenate([np.arange(n) for n in number]) * self.lengths[trajectory]

    @property
    def _places(self) -> np.ndarray:
        """Indices of the samples of every piece in its trajectory, [P, L], also beyond its end."""
        return self._pieces[1][:, None] + np.arange(self.lengths.max())

    @property
    def there(self) -> np.ndarray:
        """1 where a piece has a sample, and 0 elsewhere, [P, L]."""
        trajectory, first = self._pieces
        end = np.minimum(first + self.lengths[trajectory], self.samples)
        return (self._places < end[:, None]).astype(float)

    def pieces(self, x: np.ndarray) -> np.ndarray:
        """Samples [R, T, ...] in pieces [P, L, ...], filled up with the last of the trajectory."""
        return x[self._pieces[0][:, None], np.minimum(self._places, self.samples - 1)]

    def joined(self, x: np.ndarray) -> np.ndarray:
        """Samples of pieces, [P, L, m], as trajectories [R, T, m]."""
        return x[self.there > 0].reshape(len(self.lengths), self.samples, -1)

    def by_trajectory(self, x: np.ndarray) -> np.ndarray:
        """The sum over the pieces of each trajectory, [R], of one number for each piece, [P]."""
        return np.bincount(self._pieces[0], x, minlength=len(self.lengths))


class State(NamedTuple):
    """The current state of a fit.

    Attributes:
        weights: the weights in units of `Law.scale`, [M].
        widths: prior variance of each group of weights, [G].
        noise: variance of every coordinate's noise, [m].
        smooth: states [R, T, m].
    """

    weights: np.ndarray
    widths: np.ndarray
    noise: np.ndarray
    smooth: np.ndarray


class Settled(NamedTuple):
    """The posterior for one way to cut the trajectories.

    Attributes:
        state: the state at the maximum of the posterior.
        precision: precision of the weights, [M, M].
        evidence: log marginal likelihood, nats.
        of_trajectory: log evidence of each trajectory if the weights are known, [R].
        cost_of_starts: how much the unknown starts have lowered the evidence, nats.
        determined: how far the data determine each weight, from 0 to 1, [M].
    """

    state: State
    precision: np.ndarray
    evidence: float
    of_trajectory: np.ndarray
    cost_of_starts: float
    determined: np.ndarray

    @property
    def freedom(self) -> float:
        """How many weights the data determine."""
        return float(self.determined.sum())

    @property
    def reached(self) -> float:
        """The evidence without the cost of the starts."""
        return self.evidence + self.cost_of_starts


def settle(
    field: Field,
    law: Law,
    z: np.ndarray,
    state: State,
    cut: Cut,
    least: float,
    given: np.ndarray,
) -> Settled | None:
    """Step until the fit settles; None where the first guess diverges.

    Args:
        field: the law of motion.
        law: the symplectic form and the units of the weights.
        z: observed states [R, T, m].
        state: first guess.
        cut: how the trajectories are cut.
        least: evidence, without the cost of the starts, that the fit has to reach. The fit is given
            up if it would not reach it even if every step that is left gained as much as the last
            one.
        given: which variances of the noise stay as they are, [m].
    """
    group = field.group_of_weight

    def guess(weights: np.ndarray, start: np.ndarray, noise: np.ndarray) -> _Guess:
        return _Guess(weights, start, linearised(field, law, weights, start, pieces, noise))

    weights, widths, noise, smooth = state
    steps = steps_needed(field, law, weights, smooth.reshape(-1, z.shape[-1]))
    steps = steps.reshape(z.shape[:2])
    pieces = Pieces(cut.pieces(z), cut.there, cut.pieces(steps))
    here = guess(weights, cut.pieces(smooth)[:, 0], noise)
    dampings = (0.0, *DAMPING)
    result, reached, lightest = None, -np.inf, 0
    for left in reversed(range(SWEEPS)):
        prior = 1 / widths[group]
        exact = here.motion.moments()
        settled = _settled(here, exact, prior, widths, noise, cut)
        if settled is None:
            return result
        result = settled
        before, reached = reached, result.reached
        if reached + left * max(reached - before, 0.0) < least:
            return result
        misfit = here.misfit(prior, noise)
        for lightest in range(lightest, len(dampings)):  # noqa: B020
            damping = dampings[lightest]
            moments = here.motion.moments(damping) if damping else exact
            trial = guess(*here.step(moments, prior, damping), noise)
            after = trial.misfit(prior, noise)
            if after <= misfit:
                break
        else:
            return result
        here, lightest = trial, max(lightest - 1, 0)
        sizes = np.bincount(group, here.weights**2, minlength=len(widths))
        widths = sizes / np.maximum(np.bincount(group, result.determined, len(widths)), 1e-3)
        widths = np.clip(widths, 1e-10, 1e6)
        if misfit - after < SETTLED * z.size:
            free = max(z.size - result.freedom - here.start.size, 1.0)
            fitted = here.motion.squares.sum(0) * z.shape[-1] / free
            fitted = np.where(given, noise, np.maximum(fitted, LEAST_NOISE))
            if np.abs(np.log(fitted / noise)).max() < 0.05:
                return result._replace(state=result.state._replace(weights=here.weights))
            noise = fitted
            here = guess(here.weights, here.start, noise)
    return result


class _Guess(NamedTuple):
    """Weights [M], starts [P, m], and the motion to first order about them."""

    weights: np.ndarray
    start: np.ndarray
    motion: Linearised

    def misfit(self, prior: np.ndarray, noise: np.ndarray) -> float:
        """The sum of squared residuals and weights over their variances, and of squared starts."""
        own = (self.start**2).sum() + self.weights**2 @ prior
        return float((self.motion.squares / noise).sum() + own)

    def step(
        self, damped: Moments, prior: np.ndarray, damping: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Weights and starts after a step, for moments with this damping."""
        factored = _factored(damped.hessian + (1 + damping) * np.diag(prior))
        if factored is None:
            return self.weights, self.start
        step = factored.solve(damped.slope - self.weights * prior)
        return self.weights + step, self.start + self.motion.start_step(step, damping)


def _settled(
    here: _Guess,
    exact: Moments,
    prior: np.ndarray,
    widths: np.ndarray,
    noise: np.ndarray,
    cut: Cut,
) -> Settled | None:
    """The posterior about a guess, with Laplace's evidence.

    None where the motion has gone far from the data, so that its derivatives are not finite, or so
    large that the precision cannot be factored.
    """
    if not (np.isfinite(exact.hessian).all() and np.isfinite(here.motion.squares).all()):
        return None
    precision = exact.hessian + np.diag(prior)
    factored = _factored(precision)
    if factored is None:
        return None
    starts = cut.by_trajectory((here.start**2).sum(1) + exact.log_determinants)
    residuals = cut.by_trajectory((here.motion.squares / noise).sum(1))
    constant = cut.samples * np.log(2 * np.pi * noise).sum()
    of_trajectory = -0.5 * (residuals + starts + constant)
    of_weights = here.weights**2 @ prior + factored.log_determinant() - np.log(prior).sum()
    return Settled(
        State(here.weights, widths, noise, cut.joined(here.motion.states)),
        precision,
        float(of_trajectory.sum() - 0.5 * of_weights),
        of_trajectory,
        0.5 * float(starts.sum()),
        1 - factored.variances() * prior,
    )


class _Factored(NamedTuple):
    """A positive definite matrix A, as L L^T = U A U with a diagonal matrix U.

    Attributes:
        unit: the diagonal of U, [M].
        lower: L, [M, M].
    """

    unit: np.ndarray
    lower: np.ndarray

    def solve(self, right: np.ndarray) -> np.ndarray:
        """A^-1 times [M] or [M, K]."""
        return self.unit * cho_solve((self.lower, True), self.unit * right)

    def variances(self) -> np.ndarray:
        """The diagonal of A^-1, [M]."""
        inverse = cho_solve((self.lower, True), np.eye(len(self.unit)))
        return self.unit**2 * np.diag(inverse)

    def log_determinant(self) -> float:
        """The log determinant of A."""
        return float(2 * (np.log(np.diag(self.lower)) - np.log(self.unit)).sum())


def _factored(matrix: np.ndarray) -> _Factored | None:
    """A positive matrix in factors; None where rounding is too large."""
    # Scaled to a unit diagonal, as its entries differ by many powers of ten.
    # A diagonal below zero gives NaN, and so None.
    with np.errstate(invalid="ignore"):
        unit = 1 / np.sqrt(np.diag(matrix))
    scaled = matrix * np.outer(unit, unit) + JITTER * np.eye(len(unit))
    if not np.isfinite(scaled).all():
        return None
    try:
        return _Factored(unit, cho_factor(scaled, lower=True)[0])
    except np.linalg.LinAlgError:
        return None
