"""The change of functions along trajectories, judged without any model of the dynamics.

A function C = c . f is observed at every sample, C(y) with y = x + noise. If C is conserved, its
cosine transform along a trajectory, without the mean, is zero apart from noise. The variance of
this noise follows from that of the coordinates. If C changes, by a size h of its spread, the
transform has variance

    V(r, j) = nu N(r) + h^2 lambda(j) kappa(r)

on trajectory r at frequency j. N(r) is the variance of the noise of C on this trajectory. lambda is
the spectrum of the change: that of a typical function of the state, or that of a slow drift. kappa
says how much the motion on this trajectory changes C, or how much it changes a typical function,
because a typical function may be mixed into C. nu is an unknown factor on the noise. The evidence
of each size h is a product of normal densities, summed over nu, lambda and kappa.

The hopeful probability is that of the directions that change least. The cautious one is that of
directions that were found without the trajectory that they are judged on; see `least_changing`.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.conserved.features import Features
from noether_razor.evidence.judged import SURE, Judged, quantiles, varies
from noether_razor.evidence.least_changing import Found, order, refine
from noether_razor.evidence.moments import observe
from noether_razor.evidence.prior import LEAST, SIZES, below, posterior
from noether_razor.evidence.recording import Recording

NOISE_ERROR = 2.0
"""Factor by which the estimated variance of the noise may be wrong, either way."""
NOISE_FACTORS = np.geomspace(1 / NOISE_ERROR, NOISE_ERROR, 15)
"""Factors nu on the variance of the noise, all equally likely."""
CONTRASTS = 2
"""All trajectories but one must give at least this many cosine coefficients (contrasts) for each
function. With fewer, some combination of the functions fits them whatever the motion is. So nothing
is then called conserved."""
BATCH = 4
"""Directions that are judged at once. If all of them surely change, no further ones are judged."""


def judge_tracks(
    recording: Recording, tolerance: float, functions: Features, known: np.ndarray
) -> Judged:
    """Find the directions in the span of functions that change least, and judge each.

    Args:
        recording: the data.
        tolerance: size of a change, in units of the spread, that counts as none.
        functions: D functions of a state in units of the spread about the centre.
        known: directions that are conserved already, rows [k, D]; only what is independent of them
            is judged.
    """
    observed = observe(functions, recording)
    ordered = order(observed, tolerance, known)
    count = ordered.axes.shape[1]
    parts: list[Judged] = []
    for start in range(0, count, BATCH):
        # The last batch overlaps the one before it, so that all have one shape.
        first = max(0, min(start, count - BATCH))
        found = refine(ordered, range(first, min(first + BATCH, count)), tolerance)
        part = judge_found(found, tolerance)
        parts.append(Judged(*(leaf[start - first :] for leaf in part)))
        if (parts[-1].hopeful < 1 - SURE).all():
            break
    judged = Judged(*(np.concatenate(leaves) for leaves in zip(*parts, strict=True)))
    trajectories, frequencies, functions_given = observed.contrasts.shape
    if (trajectories - 1) * frequencies < CONTRASTS * functions_given:
        judged = judged._replace(cautious=np.zeros_like(judged.cautious))
    return judged


FACTORS = 8
"""Variances that are multiplied before a logarithm is taken. None is below `TINY` / 2, so that the
product stays far above the smallest number that a computer can hold."""


class Sized(NamedTuple):
    """The S hypotheses about the size of the change of each of `count` directions.

    Attributes:
        evidence: log evidence, [count, S].
        realised: mean square of the change in these data, if the hypothesis is true, [count, S].
    """

    evidence: jax.Array
    realised: jax.Array


@jax.jit
def _evidences(found: Found) -> tuple[Sized, Sized]:
    """Log evidence and realised change of every size.

    The first result is for directions that were found from all trajectories, the second for those
    that were found without the trajectory that they are judged on.

    Let c be the variance of the change in a cosine coefficient q, and n that of the noise. Given q,
    the change has mean g q and variance g n, with g = c / (c + n). So where the noise is small, the
    size of the change in the data does not depend on the assumed spectrum.
    """
    motion = found.motion / found.motion.mean(0)
    trajectories, frequencies, _ = found.contrasts.shape
    samples = trajectories * (frequencies + 1)

    def of_direction(part: tuple[jax.Array, ...]) -> tuple[Sized, Sized]:
        q, n, left, left_n, k = part  # [R, T - 1], [R], the same, [R]

        def of_size(size: jax.Array) -> tuple[Sized, Sized]:
            def of_variance(
                factor: jax.Array, spectrum: jax.Array, kappa: jax.Array
            ) -> tuple[Sized, Sized]:
                change = size**2 * spectrum * kappa[:, None]

                def of(q: jax.Array, n: jax.Array) -> Sized:
                    v = factor * n[:, None] + change
                    inverse = 1 / v
                    gain = change * inverse
                    uncertain = (gain * factor * n[:, None]).sum()
                    evidence = -0.5 * (_sum_of_logs(v) + (q**2 * inverse).sum())
                    return Sized(evidence, (((gain * q) ** 2).sum() + uncertain) / samples)

                return of(q, n), of(left, left_n)

            over_noise = jax.vmap(of_variance, in_axes=(0, None, None))
            over_spectra = jax.vmap(over_noise, in_axes=(None, 0, None))
            both = jax.vmap(over_spectra, in_axes=(None, None, 0))(
                jnp.asarray(NOISE_FACTORS), found.spectra, jnp.stack([k, found.typical])
            )
            as_found, left_out = (_averaged(one) for one in both)
            return as_found, left_out

        return jax.lax.map(of_size, jnp.asarray(SIZES))

    contrasts, left_out = (jnp.moveaxis(c, -1, 0) for c in (found.contrasts, found.left_out))
    return jax.lax.map(
        of_direction, (contrasts, found.noise.T, left_out, found.left_noise.T, motion.T)
    )


def _sum_of_logs(v: jax.Array) -> jax.Array:
    """The sum of log v over [R, J]; one logarithm for several factors, as logarithms are slow."""
    padding = -v.shape[1] % FACTORS
    factors = jnp.pad(v, ((0, 0), (0, padding)), constant_values=1.0)
    return jnp.log(factors.reshape(len(v), -1, FACTORS).prod(-1)).sum()


def _averaged(every: Sized) -> Sized:
    """The average over noise factors, spectra and kappa, weighted by their evidence."""
    weights = jax.nn.softmax(every.evidence.ravel())
    return Sized(
        jax.scipy.special.logsumexp(every.evidence), (weights * every.realised.ravel()).sum()
    )


def judge_found(found: Found, tolerance: float) -> Judged:
    """Judge directions by the posterior of the size of their change.

    The size, its interval and the cautious probability are those of the directions that were found
    without the trajectory that they are judged on. The hopeful probability, and that of no visible
    change, are those of the directions that were found from all trajectories.

    Args:
        found: K directions, with what their evidence needs.
        tolerance: size of a change, in units of the spread, that counts as none.
    """
    as_found, left_out = (
        (posterior(np.asarray(sized.evidence)), np.sqrt(np.asarray(sized.realised)))
        for sized in _evidences(found)
    )
    low, size, high = quantiles(*left_out)
    # A slow change can be told from no change only where single samples show it above their noise.
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
