"""Gaussian data: the embedding recovers PCA, and a penalty keeps it there.

Without a penalty the embedding leaves PCA, and its objective J has no upper bound.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.decomposition import PCA

from experiments.embedding.outcome import Options, Outcome
from experiments.embedding.study import keys
from noether_razor.base.types import Key, Scalar
from noether_razor.describe.canvas import BLUE, COLUMN, ORANGE, PAGE, RED, new_figure
from noether_razor.embedding.densities import Gaussian
from noether_razor.embedding.fit import fit_series, maximise, polish
from noether_razor.embedding.functional import Problem, images, value
from noether_razor.embedding.maps import Affine, exponents, perturbed, series
from noether_razor.embedding.priors import Nodes, Normal, quadrature
from noether_razor.embedding.tables import tabulate, tabulated_objective


def affine_optimum(key: Key, covariance: jax.Array, scale: float, d: int) -> tuple[Affine, Scalar]:
    """The best affine map of N(0, scale^2 I_d) into N(0, covariance), from a random start."""
    D = len(covariance)
    start = Affine(jnp.ones(D), jax.random.normal(key, (D, d)))
    prior = Normal(scale)
    problem = Problem(Gaussian.of(covariance), prior, quadrature(prior, d, 8))
    found = maximise(value, start, problem, 400, 1e-9)
    found = polish(value, found.embedding, problem)
    return found.embedding, found.value


def projector(columns: jax.Array) -> jax.Array:
    """The projector onto the span of the columns of a matrix [D, d]."""
    basis, _ = jnp.linalg.qr(columns)
    return basis @ basis.T


def principal_components(settings: Options, accept: Options) -> Outcome:
    """Row 1: affine maps into random Gaussians, and into the Gaussian of a sample."""
    outcome, d, D = Outcome(), settings.d, settings.D
    checks = outcome.checks
    spaces, values, objectives, samples, pairs = [], [], [], [], []
    for key in keys(settings.seeds):
        mix_key, start_key, data_key = jax.random.split(key, 3)
        mix = jax.random.normal(mix_key, (D, D))
        covariance = mix @ mix.T + 0.1 * jnp.eye(D)
        size, axes = jnp.linalg.eigh(covariance)
        for scale in settings.scales:
            found, reached = affine_optimum(start_key, covariance, scale, d)
            wanted = projector(axes[:, -d:])
            spaces.append(jnp.linalg.norm(projector(found.matrix) - wanted))
            singular = jnp.linalg.svd(found.matrix, compute_uv=False)
            pairs.append((scale**2 * singular**2, size[::-1][:d]))
            values.append(jnp.max(jnp.abs(pairs[-1][0] - pairs[-1][1])))
            objectives.append(abs(reached + jnp.sum(jnp.log(2 * jnp.pi * size[:-d])) / 2))
        x = np.asarray(jax.random.normal(data_key, (settings.samples, D)) @ mix.T)
        found, _ = affine_optimum(start_key, jnp.asarray(np.cov(x.T)), 1.0, d)
        sklearn = jnp.asarray(PCA(d).fit(x).components_.T)
        samples.append(jnp.linalg.norm(projector(found.matrix) - projector(sklearn)))
    checks.below("error of the projector", spaces, accept.projector)
    checks.below("error of s² times squared singular values", values, accept.eigenvalue)
    checks.below("error of the objective", objectives, accept.objective)
    checks.below("distance from scikit-learn's PCA of a sample", samples, accept.sample)
    outcome.figure, ax = new_figure(COLUMN, 3.2)
    for reached, true in pairs:
        ax.plot(true, reached, "o", color=BLUE, alpha=0.5)
    ends = [min(float(t.min()) for _, t in pairs), max(float(t.max()) for _, t in pairs)]
    ax.plot(ends, ends, color=ORANGE, zorder=0)
    ax.set(xscale="log", yscale="log", xlabel="eigenvalue of the covariance")
    ax.set_ylabel("s² times squared singular value")
    return outcome


def survival(settings: Options, accept: Options) -> Outcome:
    """Row 2: polynomials on Gaussian data, with the bending penalty that keeps PCA, and without."""
    outcome = Outcome()
    checks = outcome.checks
    variances = jnp.asarray(settings.variances)
    gaussian, nodes = Gaussian.of(jnp.diag(variances)), quadrature(Normal(), 1, settings.nodes)
    pca = -float(jnp.sum(jnp.log(2 * jnp.pi * variances[1:]))) / 2
    straight = Affine(jnp.zeros(3), jnp.sqrt(variances[0]) * jnp.eye(3)[:, :1])
    outcome.figure, axes = new_figure(PAGE, 2.6, 1, 2, sharey=True)
    for degree in settings.degrees:
        fractions, gains, bent_gains = [], [], []
        for key in keys(settings.seeds):
            start = perturbed(key, series("hermite", degree, straight), settings.perturbation)
            for bending in (float(1 / variances[0]), 0.0):
                problem = Problem(gaussian, Normal(), nodes, bending)
                found = fit_series(start, problem, 2000, 1e-10)
                reached = found.embedding
                if bending:
                    fractions.append(reached.nonlinear_fraction())
                    bent_gains.append(abs(found.value - pca))
                else:
                    gains.append(found.value - pca)
                if degree == settings.degrees[0]:
                    _draw_curve(axes[0 if bending else 1], reached)
        checks.below(f"degree {degree}, bending: nonlinear share", fractions, accept.fraction)
        checks.below(f"degree {degree}, bending: |J - J of PCA|", bent_gains, accept.objective)
        checks.above(f"degree {degree}, no penalty: J - J of PCA", gains, accept.gain)
    for ax, title in zip(axes, ("bending 1/λ: PCA", "no penalty: it wiggles"), strict=True):
        ax.set(xlabel="first coordinate", title=title)
    axes[0].set_ylabel("second coordinate")
    return outcome


def _draw_curve(ax, embedding) -> None:
    z = jnp.linspace(-2.5, 2.5, 400)[:, None]
    points = np.asarray(images(embedding, z))
    ax.plot(points[:, 0], points[:, 1], color=BLUE, alpha=0.6)


def second_variation(settings: Options, accept: Options) -> Outcome:
    """Row 3: curvature of J about PCA along normal Hermite modes, for one and two latents."""
    outcome, step = Outcome(), settings.step
    checks = outcome.checks
    outcome.figure, axes = new_figure(PAGE, 2.6, 1, 2)
    variances = jnp.asarray(settings.variances)
    for ax, d in zip(axes, (1, 2), strict=True):
        across = variances[d]
        straight = Affine(jnp.zeros(3), jnp.diag(jnp.sqrt(variances))[:, :d])
        pca = series("hermite", settings.degree, straight)
        nodes = quadrature(Normal(), d, settings.nodes)
        given = tabulate(pca, nodes), Problem(Gaussian.of(jnp.diag(variances)), Normal(), nodes)
        objective = jax.jit(tabulated_objective)
        modes = exponents(d, settings.degree)
        theory, measured = [], []
        for m, mode in enumerate(modes):
            change = jnp.zeros_like(pca.coefficients).at[m, d].set(step)
            sides = [objective(pca.coefficients + sign * change, given) for sign in (1, 0, -1)]
            measured.append((sides[0] - 2 * sides[1] + sides[2]) / step**2)
            theory.append(jnp.sum(mode / variances[:d]) - 1 / across)
        theory, measured = jnp.asarray(theory), jnp.asarray(measured)
        error = jnp.abs(measured / theory - 1)
        checks.below(f"{d} latents: relative error, largest of modes", error.max(), accept.error)
        safe = modes.sum(1) < variances[d - 1] / across
        if d == 1:
            unsafe = measured[~safe].min()
            checks.below("safe degrees: largest curvature", measured[safe].max(), 0)
            checks.above("degrees above λ/λ⊥: least curvature", unsafe, 0)
        ax.axhline(0, color=ORANGE)
        ax.plot(modes.sum(1), theory, "s", color=ORANGE, fillstyle="none", label="theory")
        ax.plot(modes.sum(1), measured, ".", color=BLUE, label="measured")
        ax.set(xlabel="degree of the mode", title=f"{d} latent dimension{'s' * (d > 1)}")
    axes[0].set_ylabel("second variation of J")
    axes[0].legend(frameon=False)
    return outcome


def ill_posed(settings: Options, accept: Options) -> Outcome:
    """Row 11: J of oscillating maps without a penalty, against frequency and degree."""
    outcome = Outcome()
    checks = outcome.checks
    variances = jnp.asarray(settings.variances)
    gaussian, prior = Gaussian.of(jnp.diag(variances)), Normal()
    z = jnp.linspace(-6, 6, settings.nodes)[:, None]
    weights = jnp.exp(jax.vmap(prior.log_prob)(z))
    problem = Problem(gaussian, prior, Nodes(z, weights / weights.sum()))

    def gain(sizes: jax.Array, given: tuple[jax.Array, Problem]) -> Scalar:
        frequency, problem = given
        length, height = jnp.exp(sizes)
        wave = lambda z: jnp.stack([length * z[0], height * jnp.sin(frequency * z[0])])  # noqa: E731
        return value(wave, problem)

    lowest, highest = settings.frequencies
    frequencies = jnp.geomspace(lowest, highest, settings.count)
    reached = [
        float(maximise(gain, jnp.log(variances) / 2, (f, problem), 200, 1e-8).value)
        for f in frequencies
    ]
    slope = np.polyfit(np.log(frequencies), reached, 1)[0]
    checks.above("least step of J from one frequency to the next", np.diff(reached).min(), 0)
    checks.within("slope of J against log frequency", slope, 1.0, accept.slope)
    pca = -float(jnp.log(2 * jnp.pi * variances[1])) / 2
    checks.above("J - J of PCA, highest frequency", reached[-1] - pca, 0)
    by_degree, nodes = [], quadrature(prior, 1, 128)
    straight = Affine(jnp.zeros(2), jnp.sqrt(variances[0]) * jnp.eye(2)[:, :1])
    for degree in settings.degrees:
        start = perturbed(jax.random.key(0), series("hermite", degree, straight), 0.1)
        found = fit_series(start, Problem(gaussian, prior, nodes), 3000)
        by_degree.append(float(found.value))
    checks.above("least step of J from one degree to the next", np.diff(by_degree).min(), 0)
    outcome.figure, axes = new_figure(PAGE, 2.6, 1, 2, sharey=True)
    axes[0].plot(frequencies, reached, "o-", color=BLUE)
    axes[0].set(xscale="log", xlabel="frequency of the wiggle", ylabel="J, no penalty")
    axes[1].plot(settings.degrees, by_degree, "o-", color=BLUE)
    axes[1].set(xlabel="degree of the polynomial")
    for ax in axes:
        ax.axhline(pca, color=RED, label="PCA")
    axes[0].legend(frameon=False)
    return outcome
