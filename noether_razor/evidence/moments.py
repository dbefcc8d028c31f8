"""Second moments of functions along trajectories, with those that noise alone would give.

If a function is conserved, its cosine transform along a trajectory, without the mean, is zero apart
from noise. The covariance of that noise follows from the noise of the coordinates, to second order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.fft import dct

from noether_razor.conserved.features import Features
from noether_razor.evidence.functions import curvature_noise, on_tracks, some_states
from noether_razor.evidence.recording import Recording

ONE_VALUE = 1e-3
"""A function that varies by less than this share of a typical function's variation has one value in
all of the data: nothing can be said of it."""
STATES = 500
"""States that the second-order effect of noise is averaged over."""
TINY = 1e-14
"""Variance of rounding, in units of the spread squared."""


class Observed(NamedTuple):
    """Second moments of D functions on R trajectories of T samples.

    Attributes:
        contrasts: coefficients of the cosine transform along each trajectory, without that of the
            mean, [R, T - 1, D].
        noise: covariance of the noise of one sample, averaged along a trajectory, [R, D, D].
        second: second-order part of the covariance of the noise, on average, [D, D].
        motion: covariance that the functions would have if the coordinates were independent, each
            with its variance along the trajectory, to first order, [R, D, D].
        total: covariance over all samples, minus that of the noise, and made positive, [D, D].
        seen: the covariance that is in the data, [D, D]. Where its eigenvalues are too small,
            `total` has a least value in their place.
    """

    contrasts: np.ndarray
    noise: np.ndarray
    second: np.ndarray
    motion: np.ndarray
    total: np.ndarray
    seen: np.ndarray

    def along(self, axes: np.ndarray) -> Observed:
        """The moments of combinations of the functions, columns [D, K]."""
        of = lambda form: axes.T @ form @ axes  # noqa: E731
        return Observed(self.contrasts @ axes, *(of(form) for form in self[1:]))

    def but_first(self, count: int) -> Observed:
        """The moments without those of the first functions."""
        forms = (form[..., count:, count:] for form in self[1:])
        return Observed(self.contrasts[..., count:], *forms)


class Typical(NamedTuple):
    """What a typical function of variance 1 in a span does.

    Each number is a mean over a basis of the span, of uncorrelated functions of variance 1.

    Attributes:
        noise: variance of its noise on each trajectory, [R].
        motion: how much it moves on each trajectory, of mean 1, [R].
        spectra: spectra of a change, each with sum T, [2, T - 1]: that of a typical function, and
            that of a slow drift, which falls as 1 / frequency^2.
    """

    noise: np.ndarray
    motion: np.ndarray
    spectra: np.ndarray


def observe(functions: Features, recording: Recording) -> Observed:
    """The moments of functions on a recording.

    Args:
        functions: D functions of a state in units of the spread about the centre.
        recording: the data.
    """
    z, noise = recording.z, recording.noise
    trajectories, samples, _ = z.shape
    second = np.asarray(curvature_noise(functions, some_states(z, STATES), noise))
    values, gradients = (np.asarray(leaf) for leaf in on_tracks(functions, z))
    # At noisy states the first-order term is too large, by twice the second-order term.
    by_noise = np.stack([_propagated(g, noise) for g in gradients]) - second
    own_motion = np.maximum(z.var(1) - noise, 0.0) + noise
    by_motion = np.stack([_propagated(*pair) for pair in zip(gradients, own_motion, strict=True)])
    centred = (values - values.mean((0, 1))).reshape(trajectories * samples, -1)
    seen = centred.T @ centred / len(centred) - by_noise.mean(0)
    sizes, axes = np.linalg.eigh(seen)
    error = np.trace(by_noise.mean(0)) / len(seen) * np.sqrt(2 / len(centred))
    floor = ONE_VALUE**2 * sizes.mean() + error
    total = (axes * np.maximum(sizes, floor)) @ axes.T
    contrasts = dct(values, axis=1, norm="ortho")[:, 1:]
    return Observed(contrasts, by_noise, second, by_motion, total, seen)


def _propagated(gradients: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Covariance [D, D] of functions with gradients [T, D, m], on average over the T samples.

    To first order, for independent coordinates of these variances, [m].
    """
    scaled = np.swapaxes(gradients * np.sqrt(variance), 0, 1).reshape(gradients.shape[1], -1)
    return scaled @ scaled.T / len(gradients)


def typical_function(observed: Observed, whiten: np.ndarray) -> Typical:
    """What a typical function does, among those that `whiten` [D, D] makes uncorrelated."""
    contrasts = observed.contrasts
    trajectories, frequencies, count = contrasts.shape
    samples = frequencies + 1
    inverse = whiten.T @ whiten
    typical = lambda form: np.tensordot(form, inverse, 2) / count  # noqa: E731
    noise = np.maximum(typical(observed.noise), typical(observed.second)) + TINY
    motion = typical(observed.motion)
    motion = motion / motion.mean()
    power = ((contrasts @ whiten.T) ** 2).sum((0, 2)) / (trajectories * count)
    power = np.maximum(power - typical(observed.noise.mean(0)), 0.0)
    slow = 1.0 / np.arange(1.0, samples) ** 2
    spectra = np.stack([power, slow])
    spectra = samples * spectra / np.maximum(spectra.sum(1, keepdims=True), TINY)
    return Typical(noise, motion, spectra)
