"""The directions that change least along trajectories, in the span of a list of functions.

They are found by an eigenproblem: the power of the change, minus that of the noise, relative to the
total variance. The samples are weighted to suit the noise of a typical function. The noise of a
direction that changes little may be large where that of a typical function is small. So each
direction is then refined with weights that suit its own noise. Both steps are optimistic: on the
trajectories that a direction was found from, it changes less than on others. So for each trajectory
a direction is also found from the other trajectories alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from noether_razor.evidence.functions import independent
from noether_razor.evidence.moments import TINY, Observed, Typical, typical_function


class Ordered(NamedTuple):
    """Uncorrelated directions of variance 1, ascending in the change.

    Attributes:
        axes: coefficients of D functions, columns [D, K], with K = D if no direction is known.
        observed: moments of the directions.
        typical: what a typical function does.
    """

    axes: np.ndarray
    observed: Observed
    typical: Typical


class Found(NamedTuple):
    """K directions, with what their evidence needs.

    Attributes:
        axes: coefficients, columns [D, K].
        contrasts: contrasts of each direction, [R, T - 1, K].
        noise: variance of the noise of each direction on each trajectory, [R, K].
        left_out: contrasts of directions that are found without the trajectory, [R, T - 1, K].
        left_noise: variance of their noise, [R, K].
        motion: variance that the trajectory's own motion gives each direction, [R, K].
        seen: share of the total variance that is in the data, [K].
        typical: the motion of a typical function on each trajectory, of mean 1, [R].
        spectra: spectra of a change, each with sum T, [2, T - 1].
    """

    axes: np.ndarray
    contrasts: np.ndarray
    noise: np.ndarray
    left_out: np.ndarray
    left_noise: np.ndarray
    motion: np.ndarray
    seen: np.ndarray
    typical: np.ndarray
    spectra: np.ndarray


def order(observed: Observed, tolerance: float, known: np.ndarray) -> Ordered:
    """Find directions and order them by the power of their change, weighted for a typical function.

    Args:
        observed: moments of D functions.
        tolerance: size of a change, in units of the spread, that counts as none.
        known: directions, rows [k, D], that the others are to be independent of.
    """
    whiten = np.linalg.inv(np.linalg.cholesky(observed.total))
    typical = typical_function(observed, whiten)
    weights = _weights(typical, typical.noise, tolerance)
    free = independent(whiten, observed.total, known)
    values = np.linalg.eigh(free.T @ _power(observed, weights).sum(0) @ free)
    axes = free @ values.eigenvectors
    return Ordered(axes, observed.along(axes), typical)


def refine(ordered: Ordered, which: Iterable[int], tolerance: float) -> Found:
    """Some of the directions, each refined with weights that suit its own noise."""
    each = [_refined(ordered, one, tolerance) for one in which]
    beside = {
        name: np.concatenate([getattr(one, name) for one in each], axis=-1)
        for name in Found._fields
        if name not in ("typical", "spectra")
    }
    return each[0]._replace(**beside)


def _refined(ordered: Ordered, which: int, tolerance: float) -> Found:
    """Refine one of the directions, in the span of itself and of those that change more.

    Before this, the direction is e, the first unit vector of the span. Let A be the power of the
    change with weights that suit the direction's own noise. The refined direction is
    (A + tolerance^2)^-1 e. So directions whose changes differ by less than the tolerance may be
    mixed freely. To find the direction without a trajectory, the part of that trajectory is left
    out of A.
    """
    observed = ordered.observed.but_first(which)
    contrasts, noise = observed.contrasts, observed.noise
    own_noise = np.maximum(noise[:, 0, 0], observed.second[0, 0]) + TINY
    power = _power(observed, _weights(ordered.typical, own_noise, tolerance))
    values, vectors = np.linalg.eigh(power.sum(0))
    stiffness = (vectors * (np.maximum(values, 0.0) + tolerance**2)) @ vectors.T
    first = np.eye(contrasts.shape[-1])[0]
    direction = _unit(np.linalg.solve(stiffness, first))
    without = _unit(np.linalg.solve(stiffness - power, first[:, None])[..., 0])
    along = observed.along(direction[:, None])
    least = along.second[0] + TINY
    left_noise = np.vecdot((noise @ without[..., None])[..., 0], without)[:, None]
    return Found(
        axes=ordered.axes[:, which:] @ direction[:, None],
        contrasts=along.contrasts,
        noise=np.maximum(along.noise[:, 0], least),
        left_out=contrasts @ without[..., None],
        left_noise=np.maximum(left_noise, least),
        motion=along.motion[:, 0],
        seen=along.seen[0],
        typical=ordered.typical.motion,
        spectra=ordered.typical.spectra,
    )


def _weights(typical: Typical, noise: np.ndarray, tolerance: float) -> np.ndarray:
    """Weights [R, T - 1] of the power of a change, for a direction with this noise [R].

    They are the weights in a score, which is the derivative of the log evidence with respect to the
    covariance of the changes of two functions. It is a sum of q_1 q_2 signal / (v_1 v_2) over the
    cosine coefficients q, with v = noise + h^2 signal. The first function is this direction, whose
    change h is the tolerance. The second is a typical function, with h = 1.
    """
    signal = typical.spectra.mean(0) * typical.motion[:, None]
    own = noise[:, None] + tolerance**2 * signal
    weights = signal / (own * (typical.noise[:, None] + signal))
    return weights / weights.mean()


def _power(observed: Observed, weights: np.ndarray) -> np.ndarray:
    """Weighted power of the change, minus that of the noise, [R, D, D].

    It is divided by the number of all samples. So the sum over trajectories is the mean power of a
    sample in all of the data.
    """
    contrasts = observed.contrasts
    power = np.swapaxes(contrasts * weights[..., None], 1, 2) @ contrasts
    trajectories, frequencies = weights.shape
    samples = trajectories * (frequencies + 1)
    return (power - observed.noise * weights.sum(1)[:, None, None]) / samples


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
