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

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import cho_factor, cho_solve

from noether_razor._types import VectorField
from noether_razor.evidence.fields import Field

LEAST_NOISE = 1e-4
"""Laws are compared at a resolution of a hundredth of the spread: this is the least variance of the
noise, in squared spreads. A law that errs by less is as good as an exact one."""
SHORT = 10
"""Samples of a piece at first."""
SWEEPS = 10
"""Iterations at most, for each length of the pieces."""
PATIENCE = 3
"""Sweeps after which a law that cannot reach the evidence of smooth curves is given up."""
SETTLED = 1e-3
"""A fit has settled when a step improves the misfit by less than this a sample."""
JITTER = 1e-10
"""Added to the diagonal of a matrix of unit diagonal before it is factored."""
BATCH = 50
"""Pieces that are worked on at once. It does not depend on the data, so that less is compiled."""


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
) -> Dynamics | None:
    """Fit a law of motion.

    Args:
        field: the law.
        J: symplectic form in units of the spread, see `symplectic_form_in`.
        z: observed states [R, T, m], in units of the spread.
        noise: estimated variance of the noise, [m].
        smooth: first guess of the states, [R, T, m].
        least: evidence that a law has to reach; one that surely cannot is given up early.
        whole: whether whole trajectories are fitted after short pieces.

    Returns:
        The posterior, or None where the law cannot follow even short pieces, or is given up.
    """
    samples = z.shape[1]
    law = _Law(J, np.ones(field.count))
    law = _Law(J, _column_scale(field, law, smooth))
    weights, width = _weak_form(field, law, smooth, noise)
    widths = np.full(max(field.group_of_weight) + 1, width)
    best = None
    noise = np.maximum(noise, LEAST_NOISE)
    for length in _lengths(samples) if whole else _lengths(samples)[:1]:
        state = _State(weights, widths, noise, smooth)
        found = _settle(field, law, z, state, length, least)
        if found is None or (best is not None and found.evidence < best.evidence):
            break
        best = found
        if found.evidence + found.cost_of_starts < least:
            return None
        weights, widths, noise, smooth = found.state
    return None if best is None else best.dynamics(field, law)


class _Law(NamedTuple):
    """What a field is computed with: the symplectic form, and a unit of every weight, [M]."""

    J: np.ndarray
    scale: np.ndarray


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

    def dynamics(self, field: Field, law: _Law) -> Dynamics:
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
    field: Field, law: _Law, z: np.ndarray, state: _State, length: int, least: float
) -> _Settled | None:
    """Iterate Gauss and Newton's step until the fit settles; None where it diverges."""
    trajectories, samples, m = z.shape
    weights, widths, noise, smooth = state
    group, count = field.group_of_weight, field.count
    pieces = -(-samples // length)
    padded = pieces * length - samples
    cut = lambda x: np.pad(x, ((0, 0), (0, padded), (0, 0))).reshape(  # noqa: E731
        -1, length, x.shape[-1]
    )
    y = cut(z)
    weight = cut(np.ones((trajectories, samples, 1)))[..., 0]
    start = cut(smooth)[:, 0]
    observed = trajectories * samples * m
    result = None
    for sweep in range(SWEEPS):
        precision = 1 / widths[group]
        misfit = _misfit(field, law, weights, start, y, weight, noise)
        before = misfit + weights**2 @ precision
        if not np.isfinite(before):
            return None
        moments = _moments(field, law, weights, start, y, weight, noise)
        if not np.isfinite(moments.hessian).all():
            return None
        hessian = moments.hessian + np.diag(precision)
        # Scaled to a unit diagonal, as its entries differ by many powers of ten.
        unit = 1 / np.sqrt(np.diag(hessian))
        try:
            factor = cho_factor(hessian * np.outer(unit, unit) + JITTER * np.eye(count), lower=True)
        except (
            np.linalg.LinAlgError
        ):  # the law has left the data: sensitivities are beyond rounding
            return result
        step = unit * cho_solve(factor, unit * (moments.slope - weights * precision))
        inverse = np.outer(unit, unit) * cho_solve(factor, np.eye(count))
        start_step = moments.starts[:, :, -1] - moments.starts[:, :, :-1] @ step
        determined = 1 - np.diag(inverse) * precision
        log_determinant = 2 * (np.log(np.diag(factor[0])) - np.log(unit)).sum()
        evidence = -0.5 * (
            moments.misfit
            + observed * np.log(2 * np.pi)
            + trajectories * samples * np.log(noise).sum()
            + moments.log_determinant
            + weights**2 @ precision
            + log_determinant
            + np.log(widths[group]).sum()
        )
        freedom = float(determined.sum())
        result = _Settled(
            _State(weights, widths, noise, _joined(moments.states, trajectories, samples)),
            hessian, float(evidence), 0.5 * (moments.log_determinant + float((start**2).sum())),
            freedom, length,
        )  # fmt: skip
        if sweep >= PATIENCE and result.evidence + result.cost_of_starts < least:
            return result
        size, after = 1.0, np.inf
        while size > 0.01:
            trial = weights + size * step
            after = _misfit(field, law, trial, start + size * start_step, y, weight, noise)
            after += trial**2 @ precision
            if np.isfinite(after) and after <= before:
                break
            size /= 2
        if not np.isfinite(after) or after > before:
            return result
        weights, start = weights + size * step, start + size * start_step
        squares = np.bincount(group, weights**2, minlength=len(widths))
        widths = squares / np.maximum(np.bincount(group, determined, len(widths)), 1e-3)
        widths = np.clip(widths, 1e-10, 1e6)
        if before - after < SETTLED * observed:
            free = max(observed - freedom - start.size, 1.0)
            fitted = moments.squares / (trajectories * samples) * observed / free
            fitted = np.maximum(fitted, LEAST_NOISE)
            if np.abs(np.log(fitted / noise)).max() < 0.05:
                return result
            noise = fitted
    return result


class _Moments(NamedTuple):
    """What the pieces say of the weights, their starts integrated out.

    Attributes:
        hessian: second derivatives of half the misfit by the weights, [M, M].
        slope: minus its first derivatives, [M].
        starts: how the best starts depend on the weights, and their step, [P, m, M + 1].
        states: [P, L, m].
        misfit: sum of squared residuals in units of the noise, and of the starts' prior.
        log_determinant: of all starts' precisions.
        squares: sum of squared residuals of every coordinate, [m].
    """

    hessian: np.ndarray
    slope: np.ndarray
    starts: np.ndarray
    states: np.ndarray
    misfit: float
    log_determinant: float
    squares: np.ndarray


def _moments(
    field: Field,
    law: _Law,
    weights: np.ndarray,
    start: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    noise: np.ndarray,
) -> _Moments:
    parts = [
        [np.asarray(leaf) for leaf in _batch_moments(field, law, weights, s, p, w, noise)]
        for s, p, w in _batches(start, y, weight)
    ]
    hessian, slope, misfit, log, starts, states, squares = zip(*parts, strict=True)
    each = lambda leaves: np.concatenate(leaves)[: len(y)]  # noqa: E731
    return _Moments(
        sum(hessian), sum(slope), each(starts), each(states),
        float(each(misfit).sum()), float(each(log).sum()), sum(squares),
    )  # fmt: skip


def _batches(
    start: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pieces, `BATCH` at a time; the last batch is filled up with pieces of no weight."""
    missing = -len(y) % BATCH
    filled = lambda x: np.concatenate([x, np.repeat(x[:1], missing, 0)])  # noqa: E731
    weighted = np.concatenate([weight, np.zeros((missing, weight.shape[1]))])
    parts = (np.split(x, len(x) // BATCH) for x in (filled(start), filled(y), weighted))
    return zip(*parts, strict=True)


@partial(jax.jit, static_argnames="field")
def _batch_moments(
    field: Field,
    law: _Law,
    weights: jax.Array,
    start: jax.Array,
    y: jax.Array,
    weight: jax.Array,
    noise: jax.Array,
) -> tuple[jax.Array, ...]:
    pieces, length, m = y.shape
    states, sensitivity = jax.vmap(partial(_sensitivity, field, law, weights, length))(start)
    root = (jnp.sqrt(weight)[..., None] / jnp.sqrt(noise)).reshape(pieces, -1)
    error = (y - states).reshape(pieces, -1) * root
    S = sensitivity.reshape(pieces, length * m, -1) * root[..., None]
    by_start, by_weight = S[..., :m], S[..., m:]
    counted = jnp.any(weight > 0, axis=1)
    own = jnp.einsum("pka,pkb->pab", by_start, by_start) + jnp.eye(m)
    cross = jnp.einsum("pka,pkb->pab", by_start, by_weight)
    pull = jnp.einsum("pka,pk->pa", by_start, error) - start * counted[:, None]
    starts = jnp.linalg.solve(own, jnp.concatenate([cross, pull[..., None]], -1))
    flat = by_weight.reshape(-1, by_weight.shape[-1])
    hessian = flat.T @ flat - jnp.einsum("pma,pmb->ab", cross, starts[..., :-1])
    slope = flat.T @ error.ravel() - jnp.einsum("pma,pm->a", cross, starts[..., -1])
    misfit = (error**2).sum(1) + (start**2).sum(1) * counted
    squares = ((y - states) ** 2 * weight[..., None]).sum((0, 1))
    return hessian, slope, misfit, jnp.linalg.slogdet(own)[1], starts, states, squares


def _misfit(
    field: Field,
    law: _Law,
    weights: np.ndarray,
    start: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    noise: np.ndarray,
) -> float:
    """Sum of squared residuals in units of the noise, and of the starts' prior."""
    parts = _batches(start, y, weight)
    squares = sum(float(_squares(field, law, weights, s, p, w, noise)) for s, p, w in parts)
    return squares + float((start**2).sum())


@partial(jax.jit, static_argnames="field")
def _squares(
    field: Field,
    law: _Law,
    weights: jax.Array,
    start: jax.Array,
    y: jax.Array,
    weight: jax.Array,
    noise: jax.Array,
) -> jax.Array:
    path = partial(_path, field, law, weights, y.shape[1])
    states = jax.vmap(lambda x: path(x)[::2])(start)
    # What has no weight may be infinite.
    squares = jnp.where(weight[..., None] > 0, (y - states) ** 2 / noise, 0.0)
    return squares.sum()


def _path(field: Field, law: _Law, weights: jax.Array, length: int, start: jax.Array) -> jax.Array:
    """States at samples and half way between them, [2 L - 1, m]."""

    velocity = partial(field.velocity, weights * law.scale, law.J)

    def advance(x: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        x = _half_step(velocity, x)
        return x, x

    _, later = jax.lax.scan(advance, start, None, length=2 * (length - 1))
    return jnp.concatenate([start[None], later])


def _half_step(f: VectorField, x: jax.Array) -> jax.Array:
    """Half a sample by the classical Runge-Kutta method."""
    h = 0.5
    a = f(x)
    b = f(x + h / 2 * a)
    c = f(x + h / 2 * b)
    d = f(x + h * c)
    return x + h / 6 * (a + 2 * b + 2 * c + d)


def _sensitivity(
    field: Field, law: _Law, weights: jax.Array, length: int, start: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """States [L, m], and their derivatives by the start and the weights, [L, m, m + M].

    The derivatives obey S' = DF S + (0, design), solved by the classical Runge-Kutta method in
    steps of one sample.
    """
    path = _path(field, law, weights, length, start)
    velocity = partial(field.velocity, weights * law.scale, law.J)
    slopes = jax.vmap(jax.jacfwd(velocity))(path)
    designs = jax.vmap(partial(field.design, law.J))(path) * law.scale
    pushes = jnp.concatenate([jnp.zeros_like(slopes), designs], -1)
    first = jnp.eye(len(start), pushes.shape[-1])

    def advance(S: jax.Array, part: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        (d0, d1, d2), (g0, g1, g2) = part
        a = d0 @ S + g0
        b = d1 @ (S + a / 2) + g1
        c = d1 @ (S + b / 2) + g1
        d = d2 @ (S + c) + g2
        S = S + (a + 2 * b + 2 * c + d) / 6
        return S, S

    thirds = lambda x: (x[:-1:2], x[1::2], x[2::2])  # noqa: E731
    _, later = jax.lax.scan(advance, first, (thirds(slopes), thirds(pushes)))
    return path[::2], jnp.concatenate([first[None], later])


def _joined(states: np.ndarray, trajectories: int, samples: int) -> np.ndarray:
    """Pieces [P, L, m] as trajectories [R, T, m]."""
    return states.reshape(trajectories, -1, states.shape[-1])[:, :samples]


def _column_scale(field: Field, law: _Law, smooth: np.ndarray) -> np.ndarray:
    """One over the root mean square of every g_i over the data, [M]."""
    flat = smooth.reshape(-1, smooth.shape[-1])
    design = _designs(field, law, flat[:: max(1, len(flat) // 1000)])
    return 1 / np.sqrt((design**2).sum(1).mean(0) + 1e-12)


def _designs(field: Field, law: _Law, states: np.ndarray) -> np.ndarray:
    """[N, m, M] at states [N, m], in the weights' units."""
    return np.asarray(designs(field, law.J, states)) * law.scale


@partial(jax.jit, static_argnames="field")
def designs(field: Field, J: jax.Array, states: jax.Array) -> jax.Array:
    """The matrices [N, m, M] that take weights to velocities at states [N, m]."""
    return jax.vmap(partial(field.design, J))(states)


FREQUENCIES = 12
"""Sine functions that the weak form is tested with."""


def _weak_form(
    field: Field, law: _Law, smooth: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, float]:
    """First weights [M] and prior width, by linear regression.

    For psi that vanishes at both ends, - int psi' x dt = int psi design(x) dt w: no derivative of
    the data is taken. Prior width and noise maximise the evidence, on a grid.

    Source: Messenger and Bortz, "Weak SINDy", Multiscale Modeling and Simulation 19 (2021), 1474.
    """
    trajectories, samples, m = smooth.shape
    t = np.linspace(0, 1, samples)
    number = np.arange(1, min(samples - 2, FREQUENCIES) + 1)[:, None]
    trapezoid = np.ones(samples)
    trapezoid[[0, -1]] = 0.5
    test = np.sin(np.pi * number * t) * trapezoid
    slope = np.pi * number / (samples - 1) * np.cos(np.pi * number * t) * trapezoid
    left = -np.einsum("jt,rtk->rjk", slope, smooth)
    # Smoothing and quadrature leave an error as well.
    variance = noise * (slope**2).sum(1)[:, None] + 1e-3 * (left**2).mean(0)
    root = 1 / np.sqrt(variance)
    gram, moment, square = np.zeros((field.count,) * 2), np.zeros(field.count), 0.0
    for some in np.split(np.arange(trajectories), range(20, trajectories, 20)):
        design = _designs(field, law, smooth[some].reshape(-1, m))
        design = design.reshape(len(some), samples, m, -1)
        right = np.einsum("jt,rtkw->rjkw", test, design, optimize=True) * root[..., None]
        right, target = right.reshape(-1, field.count), (left[some] * root).ravel()
        gram += right.T @ right
        moment += right.T @ target
        square += target @ target
    values, axes = np.linalg.eigh(gram)
    values, along = np.maximum(values, 0), axes.T @ moment
    best = (-np.inf, 1.0, 1.0)
    for width in np.exp(np.linspace(-12, 8, 41)):
        for error in np.exp(np.linspace(-3, 8, 45)):
            gain = values * width / error
            misfit = square - (along**2 * width / error / (1 + gain)).sum()
            log = -0.5 * (np.log1p(gain).sum() + left.size * np.log(error) + misfit / error)
            if log > best[0]:
                best = (log, width, error)
    _, width, error = best
    return axes @ (along / (values + error / width)), width
