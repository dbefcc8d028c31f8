"""The change of functions along trajectories, judged by the posterior of a law of motion.

Along the smoothed trajectories C(x(t)) - C(x(0)) = int_0^t grad C . F(x(s); w) ds is linear in the
weights w of the law F, and the weights are Gaussian. So the change has a Gaussian posterior in
closed form. For a Hamiltonian law grad C . F is the Poisson bracket {C, H}.

Directions c of C = c . f are found by minimising the posterior mean of the squared change relative
to the total variance, which is an eigenproblem. The uncertainty of the law is part of that mean. So
a change that the data do not exclude counts as a change.

For a direction let d be the change under the mean weights and S its posterior covariance. The
posterior mean of the squared size is |d|^2 + tr S. The cautious probability is that of a gamma
distribution with the mean and variance that the squared size has over draws from the posterior. The
mean weights differ from the true ones by an error, and S is the covariance that this error gives to
the change. So on average over data sets |d|^2 = (true size)^2 + tr S, and |d|^2 - tr S is an
unbiased estimate of the squared size. The hopeful probability is that of a normal distribution with
this mean and the same variance as the gamma distribution. A law is known only to the resolution at
which laws are compared (`LEAST_NOISE`), so a smaller change counts as none.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import gammainc, ndtr

from noether_razor.conserved.features import Features
from noether_razor.evidence.dynamics import Dynamics
from noether_razor.evidence.functions import independent, on_tracks
from noether_razor.evidence.judged import Judged, varies
from noether_razor.evidence.moments import ONE_VALUE
from noether_razor.evidence.motion import STATES, designs
from noether_razor.evidence.settle import LEAST_NOISE

SAMPLES = 128
"""Draws of the weights from their posterior."""


def judge_law(law: Dynamics, tolerance: float, functions: Features, known: np.ndarray) -> Judged:
    """Find the directions in the span of functions that change least under a law, and judge each.

    Args:
        law: the posterior of the law of motion.
        tolerance: size of a change, in units of the spread, that counts as none.
        functions: D functions of a state in units of the spread about the centre.
        known: directions that are conserved already, rows [k, D]; only what is independent of them
            is judged.
    """
    values, gradients = on_tracks(functions, jnp.asarray(law.smooth))
    flat = np.asarray(values).reshape(-1, values.shape[-1])
    seen = np.atleast_2d(np.cov(flat.T, bias=True))
    sizes, axes = np.linalg.eigh(seen)
    total = (axes * np.maximum(sizes, ONE_VALUE**2 * sizes.mean())) @ axes.T
    velocities = _velocities(law)
    squares = np.asarray(_squares(gradients, velocities))  # [1 + S, D, D]
    whiten = np.linalg.inv(np.linalg.cholesky(total))
    free = independent(whiten, total, known)
    _, vectors = np.linalg.eigh(free.T @ squares[1:].mean(0) @ free)
    directions = (free @ vectors).T
    size = np.maximum(np.einsum("ka,sab,kb->ks", directions, squares, directions), 0)
    at_mean, sampled = size[:, 0], size[:, 1:]
    mean, spread = sampled.mean(1), sampled.std(1) + 1e-300
    unbiased = 2 * at_mean - mean
    root = lambda square: np.sqrt(np.maximum(square, 0))  # noqa: E731
    return Judged(
        coefficients=directions,
        size=root(unbiased),
        low=root(np.minimum(unbiased - 2 * spread, np.quantile(sampled, 0.025, axis=1))),
        high=root(np.quantile(sampled, 0.975, axis=1)),
        cautious=gammainc((mean / spread) ** 2, tolerance**2 * mean / spread**2),
        hopeful=ndtr((tolerance**2 - unbiased) / spread),
        none=ndtr((LEAST_NOISE - unbiased) / spread),
        varies=varies(np.einsum("ka,ab,kb->k", directions, seen, directions)),
    )


def _velocities(law: Dynamics) -> jax.Array:
    """F(x; w) at the smoothed states, for the mean of w and for samples, [1 + S, R, T, m]."""
    trajectories, samples, m = law.smooth.shape
    normal = np.random.default_rng(0).normal(size=(law.factor.shape[1], SAMPLES))
    normal = np.concatenate([np.zeros((len(normal), 1)), normal], axis=1)
    weights = law.weights[:, None] + law.factor @ normal
    flat = law.smooth.reshape(-1, m)
    parts = [
        designs(law.field, law.J, flat[i : i + STATES]) @ weights
        for i in range(0, len(flat), STATES)
    ]
    velocities = np.concatenate(parts).reshape(trajectories, samples, m, 1 + SAMPLES)
    return jnp.moveaxis(jnp.asarray(velocities), -1, 0)


@jax.jit
def _squares(gradients: jax.Array, velocities: jax.Array) -> jax.Array:
    """Second moments of the changes of D functions for every sample of the weights, [1 + S, D, D].

    Each change is taken about its mean on the trajectory.
    """

    def of_sample(velocity: jax.Array) -> jax.Array:
        change = _integral(jnp.einsum("rtak,rtk->rta", gradients, velocity))
        flat = change.reshape(-1, change.shape[-1])
        return flat.T @ flat / len(flat)

    return jax.lax.map(of_sample, velocities)


def _integral(rate: jax.Array) -> jax.Array:
    """The integral of rates [R, T, ...] by the trapezoidal rule, minus its mean over samples."""
    steps = (rate[:, 1:] + rate[:, :-1]) / 2
    change = jnp.concatenate([jnp.zeros_like(rate[:, :1]), jnp.cumsum(steps, axis=1)], axis=1)
    return change - change.mean(1, keepdims=True)
