"""The paper's figure 1b: a line, a circle and a sine, each a mixture of a hundred Gaussians.

Source: data and settings of the public code of arXiv:2511.22128, read for its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.embedding.outcome import Options, Outcome
from experiments.embedding.study import keys
from noether_razor.base.types import Key
from noether_razor.describe.canvas import BLUE, GREY, ORANGE, PAGE, RED, SMALL, new_figure
from noether_razor.embedding.densities import Mixture
from noether_razor.embedding.fit import climb, fit_series
from noether_razor.embedding.functional import Problem, images, lagrangian, log_volume
from noether_razor.embedding.maps import Affine, Series, fitted_series, network, perturbed, series
from noether_razor.embedding.priors import Uniform, quadrature
from noether_razor.mechanics.noether import PointTransformation, noether_current

STRETCH = 0.01
SMOOTH, ROUGH = 0.02, 0.05
"""Standard deviations of the noise on a start's coefficients. From rough starts some fits cross the
sine's crest again and again. They reach a higher maximum, which a stretch penalty alone allows. The
harmonics do not resolve such a fit, so the energy varies along it."""
CURVES: dict[str, tuple[Callable, float]] = {
    "line": (lambda t: jnp.stack([t, t], -1), 1.0),
    "circle": (lambda t: jnp.stack([jnp.cos(t), jnp.sin(t)], -1), 2 * np.pi),
    "sine": (lambda t: jnp.stack([t, jnp.sin(t)], -1), 2 * np.pi),
}
TIME = PointTransformation(lambda z, phi: 0 * phi, lambda z, phi: jnp.ones(1))


def mixture(name: str) -> Mixture:
    """A hundred Gaussians of deviation 0.1 along a curve."""
    curve, end = CURVES[name]
    return Mixture.equal(curve(jnp.linspace(0, end, 100)), 0.1)


def problem_of(name: str, nodes: int, stretch: float = STRETCH) -> Problem:
    """A curve's mixture, the uniform prior, and the authors' penalty."""
    return Problem(mixture(name), Uniform(), quadrature(Uniform(), 1, nodes), 0.0, stretch)


@jax.jit
def two_parts(embedding: Any, problem: Problem) -> tuple[jax.Array, jax.Array]:
    """E_q[1/2 log det G] and E_q[log p(phi)], which the authors log separately."""
    volume = problem.nodes.mean(lambda z: log_volume(jax.jacfwd(embedding)(z)))
    return volume, problem.nodes.mean(lambda z: problem.density.log_prob(embedding(z)))


@cache
def sine_fit(harmonics: int, seed: int, noise: float = SMOOTH) -> Series:
    """Cosines fitted to the sine, from a straight line with noise on its coefficients."""
    line = Affine(jnp.asarray([np.pi, 0.0]), jnp.asarray([[np.pi], [0.0]]))
    start = perturbed(jax.random.key(seed), series("cosine", harmonics + 1, line), noise)
    return fit_series(start, problem_of("sine", 20 * harmonics), 1500, 1e-8).embedding


@jax.jit
def shift_current(embedding: Series, density: Mixture, z: jax.Array) -> jax.Array:
    """The Noether current of latent translation at latents [N, 1]: [N]."""
    full = lagrangian(density, Uniform(), STRETCH)
    return jax.vmap(noether_current(full, TIME, embedding))(z)[:, 0]


def sine_energy(
    harmonics: int, seeds: int, noise: float = SMOOTH
) -> tuple[list[float], np.ndarray]:
    """Standard deviations of the energy along fits to the sine, and the profile of one fit.

    The standard deviations are under the prior q. The energy is minus the current of latent
    translation, divided by q. For this prior it is -log v - log p - stretch v^2 up to a constant.
    """
    z = jnp.linspace(-1, 1, 401)[:, None]
    spread, profile = [], np.zeros(0)
    for seed in range(seeds):
        profile = np.asarray(
            -2 * shift_current(sine_fit(harmonics, seed, noise), mixture("sine"), z)
        )
        spread.append(float(profile.std()))
    return spread, profile - profile.mean()


def ridge(name: str, count: int = 801) -> np.ndarray:
    """The crest of the mixture, [count, 2]: maxima of p across the curve, by Newton's method."""
    curve, end = CURVES[name]
    log_p = mixture(name).log_prob
    inside = jnp.linspace(0.02 * end, 0.98 * end, count)

    def crest(t: jax.Array) -> jax.Array:
        slope = jax.jacfwd(curve)(t)
        normal = jnp.stack([-slope[1], slope[0]]) / jnp.linalg.norm(slope)
        height = lambda h: log_p(curve(t) + h * normal)  # noqa: E731

        def step(h: jax.Array, _: None) -> tuple[jax.Array, None]:
            return h - jax.grad(height)(h) / jax.grad(jax.grad(height))(h), None

        h, _ = jax.lax.scan(step, jnp.zeros(()), None, 8)
        return curve(t) + h * normal

    return np.asarray(jax.jit(jax.vmap(crest))(inside))


def from_ridge(name: str, embedding: Callable) -> float:
    """Root mean square distance of an embedding from the crest, without points beyond its ends."""
    crest = ridge(name)
    z = jnp.linspace(-1, 1, 600)[:, None]
    points = np.asarray(images(embedding, z))
    apart = np.linalg.norm(points[:, None] - crest[None], axis=-1)
    nearest = apart.argmin(1)
    beside = (nearest > 0) & (nearest < len(crest) - 1)
    return float(np.sqrt(np.mean(apart.min(1)[beside] ** 2)))


def turns(embedding: Callable) -> float:
    """How often an embedding goes around the origin."""
    points = np.asarray(images(embedding, jnp.linspace(-1, 1, 2000)[:, None]))
    angle = np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
    return float(abs(angle[-1] - angle[0]) / (2 * np.pi))


def wound_start(count: float, harmonics: int) -> Series:
    """A cosine series fitted to a circle that is traversed `count` times."""
    z = jnp.linspace(-1, 1, 2000)[:, None]
    circle = CURVES["circle"][0](count * np.pi * (z[:, 0] + 1))
    flat = series("cosine", harmonics + 1, Affine(jnp.zeros(2), jnp.zeros((2, 1))))
    return fitted_series(flat, z, circle, 1e-9)


def fit_network(key: Key, name: str, settings: Options) -> Any:
    """A flax network on a curve's mixture, trained as the authors do."""
    init_key, climb_key = jax.random.split(key)
    points = mixture(name).centres
    first = Affine(points.mean(0), jnp.asarray([[1.0], [0.0]]) * points.std())
    start = network(init_key, first, settings.width, settings.depth, settings.activation, 0.1)
    start, problem = jax.tree.map(
        lambda leaf: jnp.asarray(leaf, jnp.float32), (start, problem_of(name, 400))
    )
    rate = settings.rates[name]
    return climb(
        climb_key,
        start,
        problem,
        dimension=1,
        steps=settings.steps,
        batch=settings.batch,
        rate=rate,
    ).embedding


def figure1b(settings: Options, accept: Options) -> Outcome:
    """Row 10: bases and networks on the three curves."""
    outcome, found = Outcome(), {}
    checks = outcome.checks
    straight = Affine(jnp.full(2, 0.5), jnp.asarray([[0.3], [0.2]]))
    line = problem_of("line", 200)
    found["line"] = fit_series(series("cosine", 1, straight), line).embedding
    volume, potential = two_parts(found["line"], line)
    checks.within("line, affine: E[½ log det G]", volume, -0.278, accept.log)
    checks.within("line, affine: E[log p]", potential, 0.913, accept.log)
    sines = [sine_fit(settings.harmonics, seed) for seed in range(settings.seeds)]
    found["sine"] = sines[0]
    z = jnp.linspace(-1, 1, 801)[:, None]
    x = np.asarray([images(one, z)[:, 0] for one in sines])
    apart = [from_ridge("sine", one) for one in sines]
    checks.below("sine, cosines: rms distance from the ridge", apart, accept.ridge)
    checks.below("sine, cosines: least abscissa", x.min(1), accept.reach)
    checks.above("sine, cosines: largest abscissa", x.max(1), 6.28 - accept.reach)
    circle = problem_of("circle", 20 * settings.circle_harmonics)
    wound = wound_start(settings.turns, settings.circle_harmonics)
    found["circle"] = fit_series(wound, circle, 1500, 1e-8).embedding
    reached = sum(two_parts(found["circle"], circle))
    checks.within("circle, cosines: J as the authors log it", reached, 1.504, accept.circle)
    checks.report("circle, cosines: turns", turns(found["circle"]))
    networks = {name: [] for name in CURVES}
    for key in keys(settings.network_seeds):
        for name, some in networks.items():
            some.append(fit_network(key, name, settings))
    for name, some in networks.items():
        values = [sum(two_parts(one, problem_of(name, 400))) for one in some]
        checks.report(f"{name}, network: J as the authors log it", values)
        checks.report(f"{name}, network: rms from the ridge", [from_ridge(name, n) for n in some])
    checks.report("circle, network: turns", [turns(one) for one in networks["circle"]])
    outcome.figure = draw(found, {name: some[0] for name, some in networks.items()})
    return outcome


def draw(bases: dict[str, Any], networks: dict[str, Any]) -> Any:
    """Draw figure 1b: the densities, and the embeddings in them."""
    figure, axes = new_figure(PAGE, 3.0, 1, 3)
    z = jnp.linspace(-1, 1, 2000)[:, None]
    for ax, name in zip(axes, CURVES, strict=True):
        centres = np.asarray(mixture(name).centres)
        low, high = centres.min(0) - 0.5, centres.max(0) + 0.5
        grid = np.meshgrid(*(np.linspace(a, b, 120) for a, b in zip(low, high, strict=True)))
        p = np.exp(
            jax.jit(jax.vmap(mixture(name).log_prob))(np.stack([g.ravel() for g in grid], 1))
        )
        ax.contourf(*grid, np.asarray(p).reshape(grid[0].shape), 12, cmap="Greys", alpha=0.7)
        for shown, colour, label in ((bases, BLUE, "basis"), (networks, RED, "network")):
            points = np.asarray(images(shown[name], z))
            ax.plot(points[:, 0], points[:, 1], color=colour, lw=1.2, label=label)
        crest = ridge(name)
        ax.plot(crest[:, 0], crest[:, 1], ":", color=ORANGE, lw=1, label="ridge")
        ax.set(title=name, xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        ax.title.set_color(GREY)
    axes[0].legend(frameon=False, fontsize=SMALL)
    return figure
