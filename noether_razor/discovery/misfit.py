"""How well a combination of functions is constant along noisy trajectories.

If the combination c . f is conserved, its cosine transforms q along a trajectory, without the mean,
hold only noise. Their variance is c . N c, where N is the covariance of the noise of the functions
on this trajectory. A change by the least size that the prior knows counts as noise too. So on clean
data the misfit does not show errors of integration. Let e be the variance of such a change, and
v = c . N c + e. The misfit is the sum of (q^2 + e) / v over all transforms. It does not depend on
the scale of c. For a conserved combination it is near the number of transforms. Without e in the
numerator, combinations whose noise is less than e would have a lower misfit, and would be
preferred. If e is zero, minus half of the misfit is the log likelihood of c if the true states are
free (total least squares).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from noether_razor.evidence.moments import Observed
from noether_razor.evidence.prior import LEAST
from noether_razor.evidence.recording import ROUNDING
from noether_razor.evidence.search import SAME

STEPS = 3
"""Steps of inverse iteration in a refinement. Each step computes the weights from the result of the
step before it. Only the last step scales the noise."""


class Refined(NamedTuple):
    """A combination, [S], and the inverse of half of the Hessian of its misfit, [S, S]."""

    c: np.ndarray
    inverse: np.ndarray


class Misfit(NamedTuple):
    """The misfit of combinations of S functions.

    Attributes:
        contrasts: cosine transforms along trajectories without the mean, [R, T - 1, S].
        noise: covariance of the functions' noise on each trajectory, [R, S, S].
        total: covariance of the functions over all data, without noise, [S, S].
        places: places of the S functions in the whole list.
    """

    contrasts: np.ndarray
    noise: np.ndarray
    total: np.ndarray
    places: np.ndarray

    @staticmethod
    def along(observed: Observed, axes: np.ndarray) -> Misfit:
        """The misfit for S combinations of observed functions, the columns of `axes` [D, S]."""
        trajectories, count = len(observed.noise), axes.shape[1]
        half = (observed.noise.reshape(-1, len(axes)) @ axes).reshape(trajectories, -1, count)
        noise = (np.swapaxes(half, 1, 2).reshape(-1, len(axes)) @ axes).reshape(
            trajectories, count, count
        )
        total = axes.T @ observed.total @ axes
        return Misfit(observed.contrasts @ axes, noise, total, np.arange(count))

    @property
    def transforms(self) -> int:
        """The number of transforms."""
        return self.contrasts.shape[0] * self.contrasts.shape[1]

    def of(self, some: np.ndarray) -> Misfit:
        """The misfit of combinations of some of the functions."""
        return Misfit(
            self.contrasts[..., some],
            self.noise[:, some][..., some],
            self.total[np.ix_(some, some)],
            self.places[some],
        )

    def value(self, c: np.ndarray) -> float:
        """The misfit of a combination [S]."""
        variance = self._variance(c)
        least = self.contrasts.shape[1] * (self._least(c, c) / variance).sum()
        return self._power(c, variance) + float(least)

    def above_least(self, c: np.ndarray) -> float:
        """The misfit of a combination [S], minus that of transforms that are all zero."""
        return self._power(c, self._variance(c))

    def noisiness(self, c: np.ndarray) -> float:
        """Variance of a combination's noise over that of the combination over the data."""
        return float(self._variance(c).mean() / (c @ self.total @ c))

    def error(self, c: np.ndarray, other: np.ndarray) -> float:
        """Standard deviation of the difference of the misfits of two conserved combinations.

        For two normal variables of variance 1 and correlation rho, the difference of the squares
        has the variance 4 (1 - rho^2).
        """
        square = self._covariance(c, other) ** 2
        square /= self._variance(c) * self._variance(other)
        return 2 * float(np.sqrt(self.contrasts.shape[1] * np.maximum(1 - square, 0.0).sum()))

    def least_noise(self, known: np.ndarray) -> np.ndarray:
        """Rows [k, S]; a combination is orthogonal to them if no known one can lower its noise.

        Args:
            known: combinations [k, S].
        """
        return known @ (self.noise.mean(0) + LEAST**2 * self.total)

    def refined(self, c: np.ndarray, known: np.ndarray) -> Refined | None:
        """Lower the misfit of a combination by inverse iteration.

        For fixed weights 1 / v, the power beyond the noise is a quadratic form. A step reduces the
        components along which this form is large, and leaves those along which it is zero within
        its error. In the last step the noise is scaled so that it explains the misfit. The sum of
        the result and of known combinations is conserved as well; the sum with the least noise is
        returned.

        Args:
            c: where to start, [S].
            known: known combinations of the same functions, [k, S].

        Returns:
            The combination, of variance 1 over the data. None if the known ones leave nothing.
        """
        rounding = ROUNDING * np.trace(self.total) / len(c) * np.eye(len(c))
        root = np.linalg.cholesky(self.total + rounding)
        white = np.linalg.inv(root).T  # takes z of unit covariance to c
        fixed = np.linalg.qr(white.T @ self.least_noise(known).T)[0]
        z = root.T @ c
        size = np.linalg.norm(z)
        z = z - fixed @ (fixed.T @ z)
        if len(known) >= len(c) or np.linalg.norm(z) < SAME * size:
            return None
        best, least, inverse = c, np.inf, np.eye(len(c))
        for step in range(STEPS + 1):
            c = white @ (z / np.linalg.norm(z))
            weights = 1 / self._variance(c)
            if (value := self.value(c)) < least:
                best, least = c, value
            if step == STEPS:
                break
            factor = 1.0 if step + 1 < STEPS else value / self.transforms
            scaled = (self.contrasts * np.sqrt(weights)[:, None, None]).reshape(-1, len(c))
            power = scaled.T @ scaled
            power -= factor * self.contrasts.shape[1] * np.tensordot(weights, self.noise, 1)
            values, vectors = np.linalg.eigh(white.T @ power @ white)
            # The misfit of a conserved combination is uncertain by this number.
            values = np.maximum(values, 0.0) + np.sqrt(2 * self.transforms)
            inverse = (vectors / values) @ vectors.T
            z = inverse @ z
            if len(known):
                lowered = inverse @ fixed
                z = z - lowered @ np.linalg.solve(fixed.T @ lowered, fixed.T @ z)
        return Refined(best, white @ inverse @ white.T)

    def _power(self, c: np.ndarray, variance: np.ndarray) -> float:
        """Squares of the transforms of a combination over its variances [R], summed."""
        return float((((self.contrasts @ c) ** 2).sum(1) / variance).sum())

    def _covariance(self, c: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Covariance of the noise of two combinations on each trajectory, [R]."""
        return (self.noise @ c) @ other + self._least(c, other)

    def _variance(self, c: np.ndarray) -> np.ndarray:
        """Variance of a combination's noise on each trajectory, [R]; estimates may be negative."""
        return np.maximum(self._covariance(c, c), self._least(c, c))

    def _least(self, c: np.ndarray, other: np.ndarray) -> float:
        """Covariance of two combinations' changes by the least size that the prior knows."""
        return float(LEAST**2 * (c @ self.total @ other))
