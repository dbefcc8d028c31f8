"""Rows 4 and 8: the Euler-Lagrange equations against explicit formulas, and a uniform density."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from experiments.embedding.outcome import Options, Outcome
from experiments.embedding.study import keys
from noether_razor.base.types import Key
from noether_razor.describe.canvas import BLUE, COLUMN, ORANGE, new_figure
from noether_razor.embedding.densities import Box, Mixture, score
from noether_razor.embedding.fit import maximise
from noether_razor.embedding.functional import Problem, energy, images, lagrangian, residual, value
from noether_razor.embedding.maps import Affine, Bounded, Series, perturbed, raised, series
from noether_razor.embedding.priors import Normal, quadrature
from noether_razor.mechanics.noether import (
    PointTransformation,
    characteristic,
    divergence,
    euler_lagrange_residual,
    invariance_defect,
    noether_current,
)


def random_case(key: Key, d: int, D: int) -> tuple[Mixture, Series]:
    """A mixture of five Gaussians in R^D, and a random nonlinear map of R^d into R^D."""
    centre_key, width_key, map_key = jax.random.split(key, 3)
    centres = jax.random.normal(centre_key, (5, D))
    widths = jax.random.uniform(width_key, (5,), minval=0.5, maxval=1.0)
    mixture = Mixture(centres, widths, jnp.full(5, -jnp.log(5.0)))
    straight = series("hermite", 3, Affine(jnp.zeros(D), jnp.eye(D)[:, :d]))
    return mixture, perturbed(map_key, straight, 0.2)


def written_out(density, prior, embedding, z: jax.Array) -> jax.Array:
    """sum_j d_j J+_ji + J+_ji d_j log q - s_i, [D]: the residual from its explicit formula."""
    inverse = lambda z: jnp.linalg.pinv(jax.jacfwd(embedding)(z))  # noqa: E731
    slopes = jnp.trace(jax.jacfwd(inverse)(z), axis1=0, axis2=2)
    return slopes + jax.grad(prior.log_prob)(z) @ inverse(z) - score(density)(embedding(z))


def splits(density, prior, embedding, z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Errors of the two parts of the Euler-Lagrange residual EL.

    The tangential part is J^T EL = grad E. The normal part of EL is the normal part of b - s, where
    b is the trace of the embedding's second derivative in the metric J^T J.
    """
    full = residual(density, prior, embedding)(z)
    J = jax.jacfwd(embedding)(z)
    second = jax.jacfwd(jax.jacfwd(embedding))(z)
    bend = jnp.einsum("iab,ab->i", second, jnp.linalg.inv(J.T @ J))
    across = jnp.eye(len(full)) - J @ jnp.linalg.pinv(J)
    along_error = J.T @ full - jax.grad(energy(density, prior, embedding))(z)
    return along_error, across @ (full - bend + score(density)(embedding(z)))


def ward(density, prior, embedding, z: jax.Array) -> jax.Array:
    """Errors of div J = defect + Q . EL for a rotation, a nonlinear field, a latent shift."""
    full = lagrangian(density, prior)
    changes = (
        PointTransformation(lambda z, phi: jnp.roll(phi, 1) - jnp.roll(phi, -1)),
        PointTransformation(lambda z, phi: jnp.sin(phi[::-1]) + phi**2),
        PointTransformation(lambda z, phi: 0 * phi, lambda z, phi: jnp.eye(len(z))[0]),
    )
    return jnp.stack(
        [
            divergence(noether_current(full, change, embedding))(z)
            - invariance_defect(full, change, embedding)(z)
            - characteristic(change, embedding)(z) @ euler_lagrange_residual(full, embedding)(z)
            for change in changes
        ]
    )


def euler_lagrange(settings: Options, accept: Options) -> Outcome:
    """Row 4: two latents in space, a random mixture and a random map, at random points."""
    outcome, prior = Outcome(), Normal()
    checks = outcome.checks

    def errors(key: Key) -> jax.Array:
        case_key, point_key = jax.random.split(key)
        density, embedding = random_case(case_key, settings.d, settings.D)

        def at(z: jax.Array) -> jax.Array:
            full = residual(density, prior, embedding)(z)
            equation = full - written_out(density, prior, embedding, z)
            along_error, across_error = splits(density, prior, embedding, z)
            parts = (equation, along_error, across_error, ward(density, prior, embedding, z))
            scale = 1 + jnp.max(jnp.abs(full))
            return jnp.stack([jnp.max(jnp.abs(part)) / scale for part in parts])

        points = jax.random.normal(point_key, (settings.points, settings.d))
        return jnp.max(jax.vmap(at)(points), axis=0)

    found = np.asarray(jax.jit(jax.vmap(errors))(jnp.stack(keys(settings.seeds))))
    names = (
        "residual by `noether` less the formula",
        "tangential part less the gradient of E",
        "normal part less the trace of the second fundamental form",
        "Ward identities, off shell",
    )
    for name, values in zip(names, found.T, strict=True):
        checks.below(f"{name}, relative", values, accept.error)
    outcome.figure, ax = new_figure(COLUMN, 2.6)
    for i, values in enumerate(found.T):
        ax.plot(np.full(len(values), i), np.maximum(values, 1e-17), "o", color=BLUE, alpha=0.6)
    ax.axhline(accept.error, color=ORANGE)
    ax.set(yscale="log", ylabel="largest relative error", xticks=range(4))
    ax.set_xticklabels(["equation", "tangential", "normal", "Ward"])
    return outcome


def uniform_box(settings: Options, accept: Options) -> Outcome:
    """Row 8: from a Gaussian latent into the unit interval, the optimum is the latent's CDF."""
    outcome, prior = Outcome(), Normal()
    checks = outcome.checks
    nodes = quadrature(prior, 1, settings.nodes)
    box = Box(jnp.zeros(1), jnp.ones(1))
    problem = Problem(box, prior, nodes)
    z = jnp.linspace(-4, 4, 801)[:, None]
    wanted = jax.scipy.stats.norm.cdf(z[:, 0])
    errors, values, found = [], [], None
    for key in keys(settings.seeds):
        shift, slope = 0.3 * jax.random.normal(key, (2,))
        affine = Affine(shift[None], jnp.exp(slope)[None, None])
        inner = series("hermite", 1, affine)
        # The degree rises step by step: directly from the affine map the line search may end early.
        for degree in range(1, settings.degree + 1, 2):
            start = Bounded(raised(inner, degree), box.low, box.high)
            found = maximise(value, start, problem, 500, 1e-9)
            inner = found.embedding.inner
        assert found is not None
        reached = images(found.embedding, z)[:, 0]
        errors.append(jnp.max(jnp.abs(reached - wanted)))
        values.append(abs(found.value))
    checks.below("largest |φ - CDF| on -4 to 4", errors, accept.error)
    checks.below("|J|, zero for a transport", values, accept.objective)
    assert found is not None
    outcome.figure, ax = new_figure(COLUMN, 2.6)
    ax.plot(z, wanted, color=ORANGE, lw=4, alpha=0.5, label="CDF of the prior")
    ax.plot(z, images(found.embedding, z)[:, 0], color=BLUE, label="embedding")
    ax.set(xlabel="latent", ylabel="data")
    ax.legend(frameon=False)
    return outcome
