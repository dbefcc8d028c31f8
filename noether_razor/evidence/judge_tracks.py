"""The change of functions along trajectories, judged without any model of the dynamics.

A function C = c . f is observed at every sample, C(y) with y = x + noise. Its cosine transform
along a trajectory, without the mean, is zero but for noise if C is conserved. The noise's variance
follows from that of the coordinates. If C changes, by a size h of its spread, the transform has
variance

    V(r, j) = nu N(r) + h^2 lambda(j) kappa(r)

on trajectory r at frequency j: N(r) is the variance of the noise of C there; lambda is the spectrum
of the change, that of a typical function of the state or that of a slow drift; kappa is how much
motion on this trajectory changes C, or a typical function, as it may be mixed into C; nu is an
unknown factor on the noise. The evidence of each size h is a product of normal densities, summed
over nu, lambda and kappa.

Directions c are found by minimising the same power of the change, noise taken off, against the
total variance. That flatters them. So each trajectory is also judged by a direction that was found
without it (leave one out, in closed form): this is the cautious probability.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.fft import dct

from noether_razor.conserved.features import Features
from noether_razor.evidence.functions import (
    curvature_noise,
    independent,
    on_tracks,
    some_states,
)
from noether_razor.evidence.judged import SURE, Judged, quantiles, varies
from noether_razor.evidence.prior import LEAST, SIZES, below, posterior
from noether_razor.evidence.recording import Recording

ONE_VALUE = 1e-3
"""A function that varies by less than this share of a typical function's variation has one value in
all of the data: nothing can be said of it."""
NOISE_ERROR = 2.0
"""Factor by which the estimated variance of the noise may be wrong, either way."""
NOISE_FACTORS = np.geomspace(1 / NOISE_ERROR, NOISE_ERROR, 15)
"""Factors nu on the variance of the noise, all equally likely."""
CONTRASTS = 2
"""How many times as many contrasts as functions the other trajectories must hold. With fewer, some
combination of the functions fits them whatever the motion, and nothing is said to be conserved."""
STATES = 500
"""States that the second-order effect of noise is averaged over."""
BATCH = 4
"""Directions that are judged at once. After a batch that surely changes, no more are judged."""


def judge_tracks(
    recording: Recording, tolerance: float, functions: Features, known: np.ndarray
) -> Judged:
    """Find the directions in the span of functions that change least, and judge each.

    Args:
        recording: the data.
        tolerance: size of a change, in units of the spread, that counts as none.
        functions: of a state in units of the spread about the centre, D of them.
        known: directions that are conserved already, rows [k, D]; only what is independent of them
            is judged.
    """
    second = np.asarray(
        curvature_noise(functions, some_states(recording.z, STATES), recording.noise)
    )
    observed = observe(functions, recording.z, recording.noise, second)
    found = _directions(observed, second, tolerance, known)
    count = found.axes.shape[1]
    parts: list[Judged] = []
    for start in range(0, count, BATCH):
        # The last batch overlaps the one before it, so that all have one shape.
        first = max(0, min(start, count - BATCH))
        part = judge_found(found, slice(first, first + BATCH), tolerance)
        parts.append(Judged(*(leaf[start - first :] for leaf in part)))
        if (parts[-1].hopeful < 1 - SURE).all():
            break
    judged = Judged(*(np.concatenate(leaves) for leaves in zip(*parts, strict=True)))
    trajectories, frequencies, functions_given = observed.contrasts.shape
    if (trajectories - 1) * frequencies < CONTRASTS * functions_given:
        judged = judged._replace(cautious=np.zeros_like(judged.cautious))
    return judged


class Observed(NamedTuple):
    """Second moments of D functions on R trajectories of T samples.

    Attributes:
        contrasts: cosine transforms without the mean, [R, T - 1, D].
        noise: covariance of the noise of one sample, averaged along a trajectory, [R, D, D].
        motion: covariance of changes by the trajectory's own motion in independent directions,
            [R, D, D].
        total: covariance over all samples, noise taken off and positive, [D, D].
        seen: the part of `total` that is in the data, [D, D]; the rest is the least it is taken as.
    """

    contrasts: np.ndarray
    noise: np.ndarray
    motion: np.ndarray
    total: np.ndarray
    seen: np.ndarray


class Typical(NamedTuple):
    """What a typical function in a span does, of variance 1.

    Attributes:
        noise: variance of its noise on each trajectory, [R].
        motion: how much it moves on each trajectory, of mean 1, [R].
        spectra: of a change, each with sum T, [2, T - 1]: its own, and that of a slow drift.
    """

    noise: np.ndarray
    motion: np.ndarray
    spectra: np.ndarray


class Found(NamedTuple):
    """Directions, ascending in the change, with what their evidence needs.

    Attributes:
        axes: coefficients, columns [D, D].
        contrasts: of each direction, [R, T - 1, D].
        left_out: the same for directions found without the trajectory, [R, T - 1, D].
        noise, motion: variances of each direction on each trajectory, [R, D].
        typical: the motion of a typical function on each trajectory, of mean 1, [R].
        spectra: of a change, each with sum T, [2, T - 1].
        seen: share of the total variance that is in the data, [D].
    """

    axes: np.ndarray
    contrasts: np.ndarray
    left_out: np.ndarray
    noise: np.ndarray
    motion: np.ndarray
    typical: np.ndarray
    spectra: np.ndarray
    seen: np.ndarray

    def of(self, some: slice) -> Found:
        """Some of the directions."""
        of_directions = ("axes", "contrasts", "left_out", "noise", "motion", "seen")
        return self._replace(**{name: getattr(self, name)[..., some] for name in of_directions})


def observe(functions: Features, z: np.ndarray, noise: np.ndarray, second: np.ndarray) -> Observed:
    trajectories, samples, _ = z.shape
    values, gradients = (np.asarray(leaf) for leaf in on_tracks(functions, z))
    # The gradient at a noisy state is itself too large by twice the second-order term.
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
    return Observed(contrasts, by_noise, by_motion, total, seen)


def _propagated(gradients: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Mean covariance [D, D] of functions with gradients [T, D, m] of independent x_k, [m]."""
    scaled = np.swapaxes(gradients * np.sqrt(variance), 0, 1).reshape(gradients.shape[1], -1)
    return scaled @ scaled.T / len(gradients)


def typical_function(observed: Observed, second: np.ndarray, whiten: np.ndarray) -> Typical:
    contrasts, by_noise, by_motion, _, _ = observed
    trajectories, frequencies, count = contrasts.shape
    samples = frequencies + 1
    inverse = whiten.T @ whiten
    typical = lambda form: np.tensordot(form, inverse, 2) / count  # noqa: E731
    noise = np.maximum(typical(by_noise), typical(second)) + TINY
    motion = typical(by_motion)
    motion = motion / motion.mean()
    power = ((contrasts @ whiten.T) ** 2).sum((0, 2)) / (trajectories * count)
    power = np.maximum(power - typical(by_noise.mean(0)), 0.0)
    slow = 1.0 / np.arange(1.0, samples) ** 2
    spectra = np.stack([power, slow])
    spectra = samples * spectra / np.maximum(spectra.sum(1, keepdims=True), TINY)
    return Typical(noise, motion, spectra)


def _directions(
    observed: Observed, second: np.ndarray, tolerance: float, known: np.ndarray
) -> Found:
    contrasts, by_noise, by_motion, total, seen = observed
    trajectories, frequencies, count = contrasts.shape
    samples = frequencies + 1
    whiten = np.linalg.inv(np.linalg.cholesky(total))
    noise, motion, spectra = typical_function(observed, second, whiten)
    # Weights of the change's power: by its information, where it is not lost in noise.
    signal = spectra.mean(0) * motion[:, None]
    weights = signal / (signal + noise[:, None]) / (noise[:, None] + tolerance**2 * signal)
    weights = weights / weights.mean()
    per_track = weights.sum(1)
    scale = trajectories * samples
    weighted = (contrasts * np.sqrt(weights)[..., None]).reshape(-1, count)
    change = (weighted.T @ weighted - np.tensordot(per_track, by_noise, 1)) / scale
    free = independent(whiten, total, known)
    values, vectors = np.linalg.eigh(free.T @ change @ free)
    axes = free @ vectors
    contrasts, by_noise = contrasts @ axes, axes.T @ by_noise @ axes
    by_motion = np.einsum("ai,rai->ri", axes, by_motion @ axes)
    # Without trajectory r its own power is missing. Directions within the tolerance of each other
    # may be mixed freely, so the tolerance is added to the power.
    stiffness = np.diag(np.maximum(values, 0.0) + tolerance**2)
    own = np.swapaxes(contrasts * weights[..., None], 1, 2) @ contrasts
    own = own - by_noise * per_track[:, None, None]
    left_out = contrasts @ np.linalg.solve(stiffness - own / scale, stiffness[None])
    least = np.einsum("ai,ab,bi->i", axes, second, axes) + TINY
    own_noise = np.maximum(np.diagonal(by_noise, axis1=1, axis2=2), least)
    share = np.einsum("ai,ab,bi->i", axes, seen, axes)
    return Found(axes, contrasts, left_out, own_noise, by_motion, motion, spectra, share)


TINY = 1e-14
"""Variance of rounding, in units of the spread squared."""


class Sized(NamedTuple):
    """Every hypothesis about the size of a change.

    Attributes:
        evidence: its log, [count, S].
        realised: mean square of the change in these data, if the hypothesis is true, [count, S].
    """

    evidence: jax.Array
    realised: jax.Array


@jax.jit
def _evidences(found: Found) -> tuple[Sized, Sized]:
    """Log evidence and realised change of every size, for directions as found and left out.

    If the change has variance c and the noise n, the change in a transform q has mean g q and
    variance g n, with g = c / (c + n). So its size in the data does not rest on the spectrum that
    was assumed where noise is small.
    """
    motion = found.motion / found.motion.mean(0)
    trajectories, frequencies, _ = found.contrasts.shape
    samples = trajectories * (frequencies + 1)

    def of_direction(part: tuple[jax.Array, ...]) -> tuple[Sized, Sized]:
        q, left, n, k = part  # [R, T - 1], the same, [R], [R]

        def of_size(size: jax.Array) -> tuple[Sized, Sized]:
            def of_variance(
                factor: jax.Array, spectrum: jax.Array, kappa: jax.Array
            ) -> tuple[Sized, Sized]:
                change = size**2 * spectrum * kappa[:, None]
                v = factor * n[:, None] + change
                gain, logs = change / v, jnp.log(v).sum()
                known = (gain * factor * n[:, None]).sum()
                of = lambda q: Sized(  # noqa: E731
                    -0.5 * (logs + (q**2 / v).sum()), (((gain * q) ** 2).sum() + known) / samples
                )
                return of(q), of(left)

            over_noise = jax.vmap(of_variance, in_axes=(0, None, None))
            over_spectra = jax.vmap(over_noise, in_axes=(None, 0, None))
            both = jax.vmap(over_spectra, in_axes=(None, None, 0))(
                jnp.asarray(NOISE_FACTORS), found.spectra, jnp.stack([k, found.typical])
            )
            as_found, left_out = (_averaged(one) for one in both)
            return as_found, left_out

        return jax.lax.map(of_size, jnp.asarray(SIZES))

    return jax.lax.map(
        of_direction,
        (
            jnp.moveaxis(found.contrasts, -1, 0),
            jnp.moveaxis(found.left_out, -1, 0),
            found.noise.T,
            motion.T,
        ),
    )


def _averaged(every: Sized) -> Sized:
    """The average over noise factors, spectra and kappa, weighted by their evidence."""
    weights = jax.nn.softmax(every.evidence.ravel())
    return Sized(
        jax.scipy.special.logsumexp(every.evidence), (weights * every.realised.ravel()).sum()
    )


def judge_found(found: Found, some: slice, tolerance: float) -> Judged:
    found = found.of(some)
    as_found, left_out = (
        (posterior(np.asarray(sized.evidence)), np.sqrt(np.asarray(sized.realised)))
        for sized in _evidences(found)
    )
    low, size, high = quantiles(*left_out)
    # A slow change is only told from none where single samples show it, above their noise.
    visible = np.maximum(LEAST, np.sqrt(found.noise.mean(0)))
    return Judged(
        coefficients=found.axes.T,
        size=size,
        low=low,
        high=high,
        cautious=below(*left_out, tolerance),
        hopeful=below(*as_found, tolerance),
        none=below(*as_found, visible[:, None]),
        varies=varies(found.seen),
    )
