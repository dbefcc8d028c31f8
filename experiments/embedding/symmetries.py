"""Rings and tubes: what their symmetry conserves, and what is lost once it is broken."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.embedding.outcome import Options, Outcome
from experiments.embedding.study import keys, variation
from noether_razor.base.types import Key
from noether_razor.describe.canvas import BLUE, ORANGE, PAGE, SMALL, new_figure
from noether_razor.embedding.densities import Mixture, Ring, Tube, stretched
from noether_razor.embedding.fit import fit_series
from noether_razor.embedding.functional import Problem, images, lagrangian
from noether_razor.embedding.maps import Affine, Series, perturbed, series
from noether_razor.embedding.priors import Periodic, quadrature
from noether_razor.embedding.rays import ray
from noether_razor.mechanics.noether import PointTransformation, noether_current

ROTATION = PointTransformation(lambda z, phi: jnp.stack([-phi[1], phi[0]]))
SHIFT = PointTransformation(lambda z, phi: jnp.eye(len(phi))[0])


def loop_in(key: Key, density: Any, harmonics: int) -> Series:
    """A Fourier series fitted to a density of the plane, from a unit circle with noise."""
    prior = Periodic()
    circle = series("fourier", 2 * harmonics, Affine(jnp.zeros(2), jnp.zeros((2, 1))))
    first = circle.coefficients.at[1, 0].set(0.5**0.5).at[2, 1].set(0.5**0.5)
    start = perturbed(key, Series(first, "fourier", 2 * harmonics, 1), 0.02)
    problem = Problem(density, prior, quadrature(prior, 1, 24 * harmonics))
    return fit_series(start, problem, 800, 1e-10).embedding


@jax.jit
def current_along(density: Any, embedding: Series, z: jax.Array) -> jax.Array:
    """The Noether current of rotation at latents [N, 1]: [N]."""
    current = noether_current(lagrangian(density, Periodic()), ROTATION, embedding)
    return jax.vmap(current)(z)[:, 0]


def crests(density: Ring) -> tuple[float, float]:
    """argmax of r p(r), the radius of rays that may choose it; and argmax of p(r), the ridge."""
    log_p = lambda r: density.log_prob(jnp.stack([r, 0 * r]))  # noqa: E731

    def crest(of: Any) -> float:
        def step(r: jax.Array, _: None) -> tuple[jax.Array, None]:
            return r - jax.grad(of)(r) / jax.grad(jax.grad(of))(r), None

        return float(jax.lax.scan(step, jnp.asarray(1.0), None, 30)[0])

    return crest(lambda r: jnp.log(r) + log_p(r)), crest(log_p)


def rotation(settings: Options, accept: Options) -> Outcome:
    """Row 6: loops in rings of two widths, and in an ellipse."""
    outcome = Outcome()
    checks = outcome.checks
    z = jnp.linspace(0, 2 * jnp.pi, 200, endpoint=False)[:, None]
    outcome.figure, axes = new_figure(PAGE, 2.8, 1, 2)
    ends = {}
    for width in settings.widths:
        density = Ring(1.0, width)
        best, top = crests(density)
        found = [loop_in(key, density, settings.harmonics) for key in keys(settings.seeds)]
        points = [np.asarray(images(one, z)) for one in found]
        radii = np.linalg.norm(points, axis=-1)
        currents = [current_along(density, one, z) for one in found]
        name = f"ring of width {width:g}"
        checks.below(f"{name}: |r - argmax r p(r)|", abs(radii.mean(1) - best), accept.radius)
        checks.below(f"{name}: deviation of r", radii.std(1), accept.radius)
        checks.below(
            f"{name}: variation of the rotation current",
            [variation(one) for one in currents],
            accept.current,
        )
        checks.report(f"{name}: argmax r p(r), and the ridge argmax p(r)", [best, top])
        ends[width] = best, top, radii.mean(), currents[0]
    widest = ends[max(settings.widths)]
    checks.above("widest ring: distance of r from the ridge", widest[2] - widest[1], accept.apart)
    ellipse = stretched(Ring(1.0, 0.2), jnp.asarray([settings.stretch, 1.0]))
    broken = [loop_in(key, ellipse, settings.harmonics) for key in keys(settings.seeds)]
    currents = [current_along(ellipse, one, z) for one in broken]
    checks.above(
        "ellipse: variation of the rotation current",
        [variation(one) for one in currents],
        accept.broken,
    )
    points = np.asarray(images(broken[0], z))
    angle = np.linspace(0, 2 * np.pi, 200)
    for radius, colour, label in ((widest[2], BLUE, "loop"), (widest[1], ORANGE, "ridge")):
        axes[0].plot(radius * np.cos(angle), radius * np.sin(angle), color=colour, label=label)
    axes[0].plot(points[:, 0], points[:, 1], ":", color=BLUE, label="loop in the ellipse")
    axes[0].set(aspect="equal", title=f"ring of width {max(settings.widths):g}")
    axes[1].plot(z, widest[3] / widest[3].mean(), color=BLUE, label="ring")
    axes[1].plot(z, currents[0] / currents[0].mean(), ":", color=BLUE, label="ellipse")
    axes[1].set(xlabel="latent", title="rotation current over its mean")
    for ax, place in zip(axes, ("center", "upper center"), strict=True):
        ax.legend(frameon=False, fontsize=SMALL, loc=place)
    return outcome


def guide() -> Mixture:
    """The cross-section of a tube: two unequal humps, which deflect rays to both sides."""
    return Mixture(
        jnp.asarray([[-0.6], [0.5]]), jnp.asarray([0.4, 0.3]), jnp.log(jnp.asarray([0.6, 0.4]))
    )


def beads(count: int = 9) -> Mixture:
    """The tube broken into beads at distances of 1.5: no translation is a symmetry."""
    x = 1.5 * (jnp.arange(count) - count // 2)
    return Mixture.equal(jnp.stack([x, 0.3 * (-1.0) ** jnp.arange(count)], 1), 0.5)


def translation(settings: Options, accept: Options) -> Outcome:
    """Row 7: rays along an infinite tube, and along a string of beads."""
    outcome = Outcome()
    checks = outcome.checks
    times = jnp.linspace(0, settings.time, 400)
    outcome.figure, axes = new_figure(PAGE, 3.2, 2, 1, sharex=True)

    def one(key: Key, density: Any) -> jax.Array:
        place_key, angle_key = jax.random.split(key)
        place = jnp.stack([0.0, 0.3 * jax.random.normal(place_key)])
        angle = jax.random.uniform(angle_key, minval=-0.5, maxval=0.5)
        pi = jnp.stack([jnp.cos(angle), jnp.sin(angle)]) * jnp.exp(density.log_prob(place))
        return ray(density, jnp.concatenate([place, settings.momentum * pi]), times)

    every = jnp.stack(keys(settings.seeds))
    for ax, name, density in zip(axes, ("tube", "beads"), (Tube(guide()), beads()), strict=True):
        paths = np.asarray(jax.jit(lambda k, d=density: jax.lax.map(lambda x: one(x, d), k))(every))
        change = [variation(path[:, 2]) for path in paths]
        if name == "tube":
            checks.below("tube: variation of the momentum along it", change, accept.kept)
            swings = [np.ptp(path[:, 3]) / abs(path[:, 2]).mean() for path in paths]
            checks.above("tube: range of the momentum across, over it", swings, accept.swing)
        else:
            checks.above("beads: variation of the momentum along them", change, accept.broken)
        for path in paths:
            ax.plot(path[:, 0], path[:, 1], color=BLUE, alpha=0.6, lw=0.7)
        ax.set(title=name, ylabel="across")
    axes[1].set(xlabel="along")
    return outcome
