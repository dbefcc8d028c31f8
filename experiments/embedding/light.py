"""Rows 5 and 9: embeddings of one latent dimension as rays of light, and the score as a limit."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from experiments.embedding.curves import ROUGH, sine_energy
from experiments.embedding.outcome import Options, Outcome
from experiments.embedding.study import keys
from noether_razor.base.types import Key
from noether_razor.describe.canvas import BLUE, ORANGE, PAGE, RED, new_figure
from noether_razor.embedding.densities import Gaussian, Mixture, Ring, Tempered, score
from noether_razor.embedding.rays import (
    closed_ray,
    free_ended_ray,
    path_field,
    ray,
    ray_hamiltonian,
    symplectic_ray,
)
from noether_razor.mechanics.integrate import rollout, solve


def random_mixture(key: Key) -> Mixture:
    """Six Gaussians in the plane."""
    centre_key, width_key = jax.random.split(key)
    centres = jax.random.normal(centre_key, (6, 2))
    return Mixture(
        centres,
        jax.random.uniform(width_key, (6,), minval=0.6, maxval=1.0),
        jnp.full(6, -jnp.log(6.0)),
    )


def random_ray(key: Key) -> jax.Array:
    """A state (phi, pi) near the middle, in a random direction, |pi| = 1."""
    place_key, angle_key = jax.random.split(key)
    angle = jax.random.uniform(angle_key, maxval=2 * jnp.pi)
    place = 0.5 * jax.random.normal(place_key, (2,))
    return jnp.concatenate([place, jnp.stack([jnp.cos(angle), jnp.sin(angle)])])


def energy_law(settings: Options, accept: Options) -> Outcome:
    """Row 5: the energy along rays and along a fit; closed rays, and rays with free ends."""
    outcome = Outcome()
    checks = outcome.checks
    times = jnp.linspace(0, settings.time, 41)
    outcome.figure, axes = new_figure(PAGE, 2.8, 1, 3)

    def drifts(key: Key) -> tuple[jax.Array, ...]:
        density_key, ray_key = jax.random.split(key)
        density, x = random_mixture(density_key), random_ray(ray_key)
        hamiltonian = jax.vmap(ray_hamiltonian(density))
        exact = ray(density, x, times)
        coarse, fine = (symplectic_ray(density, x, times, n) for n in (8, 16))
        errors = [jnp.max(jnp.abs(hamiltonian(p) - hamiltonian(x[None]))) for p in (coarse, fine)]
        drift = jnp.max(jnp.abs(hamiltonian(exact) - hamiltonian(x[None])))
        return exact, drift, jnp.log2(errors[0] / errors[1])

    every = jnp.stack(keys(settings.seeds))
    paths, drift, order = jax.jit(lambda keys: jax.lax.map(drifts, keys))(every)
    checks.below("drift of E along adaptive rays", drift, accept.drift)
    checks.within("order of the symplectic rays' error in E", order, 2.0, accept.order)
    for path in paths:
        axes[0].plot(path[:, 0], path[:, 1], color=BLUE)
    axes[0].set(title="rays in random mixtures", aspect="equal")

    spread, profile = sine_energy(settings.harmonics, settings.fits)
    checks.below("standard deviation of E along fits to the sine", spread, accept.fit)
    rough, _ = sine_energy(settings.harmonics, settings.fits, ROUGH)
    checks.report("the same from rough starts, of which some end in fits that wiggle", rough)
    axes[1].plot(np.linspace(-1, 1, len(profile)), profile, color=BLUE)
    axes[1].set(title="E along a fit to the sine", xlabel="latent")

    ring = Ring(1.0, 0.4)
    start = jnp.asarray([1.0, 0.0, 0.1, 0.17])
    closed = jax.jit(lambda: closed_ray(ring, start, 1.0))()
    checks.below("a closed ray's miss", jnp.max(jnp.abs(closed.miss)), accept.miss)
    loop = ray(ring, closed.unknowns, jnp.linspace(0, 1, 101))
    back = jnp.max(jnp.abs(loop[-1] - loop[0]))
    checks.below("the same, integrated to 1e-10", back, accept.closing)
    axes[2].plot(loop[:, 0], loop[:, 1], color=ORANGE, label="closed, in a ring")

    above = lambda h: jnp.stack([0 * h, h, 1 + 0 * h, 0 * h])  # noqa: E731
    shoot = jax.jit(
        lambda ratio: free_ended_ray(
            Gaussian.of(jnp.diag(jnp.stack([ratio, 1.0]))), above, 0.1, 1.5, 6.0
        )
    )
    bent = shoot(jnp.asarray(2.5))
    checks.within(
        "height of the curved free ray, variances 2.5 : 1", bent.unknowns, 0.45045, accept.height
    )
    checks.report(
        "its miss at 1.5 : 1, infinite where no ray is found", shoot(jnp.asarray(1.5)).miss
    )
    density = Gaussian.of(jnp.diag(jnp.asarray([2.5, 1.0])))
    path = rollout(path_field(density), above(bent.unknowns), jnp.linspace(0, 3, 61), "Dopri8", 4)
    for sign in (-1, 1):
        axes[2].plot(sign * path[:, 0], path[:, 1], color=RED)
    axes[2].plot([], [], color=RED, label="free, in a Gaussian")
    axes[2].set(aspect="equal")
    axes[2].legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return outcome


def score_limit(settings: Options, accept: Options) -> Outcome:
    """Row 9: the angle between a ray of p^power and the score falls as 1 / power.

    The rate of the prior does not change the image of an embedding.
    """
    outcome = Outcome()
    checks = outcome.checks
    lengths = jnp.linspace(0, settings.length, 33)
    powers = jnp.asarray(settings.powers)

    def gap(density: Mixture, start: jax.Array, power: jax.Array) -> jax.Array:
        """Largest angle between ray and score, along a ray that starts parallel to the score."""
        s = score(density)
        x = jnp.concatenate([start, s(start) / jnp.linalg.norm(s(start))])
        field = path_field(Tempered(density, power))
        path = rollout(field, x, lengths, "Dopri8", settings.steps)
        slopes = jax.vmap(s)(path[:, :2])
        across = path[:, 2] * slopes[:, 1] - path[:, 3] * slopes[:, 0]
        return jnp.max(jnp.abs(jnp.arctan2(across, jnp.sum(path[:, 2:] * slopes, 1))))

    def one(key: Key) -> tuple[jax.Array, jax.Array]:
        density_key, place_key = jax.random.split(key)
        density = random_mixture(density_key)
        angle = jax.random.uniform(place_key, maxval=2 * jnp.pi)
        start = settings.distance * jnp.stack([jnp.cos(angle), jnp.sin(angle)])
        gaps = jax.lax.map(lambda power: gap(density, start, power), powers)
        return gaps, images(density, random_ray(place_key), jnp.asarray(settings.rates))

    def images(density: Mixture, x: jax.Array, rates: jax.Array) -> jax.Array:
        """Largest difference of the ODEs' end points over priors q = rate exp(rate z)."""
        phi, pi = jnp.split(x, 2)

        def end(rate: jax.Array) -> jax.Array:
            u, last = 0.1, 0.6  # the distribution function at the ends
            first = jnp.concatenate([phi, rate * u * pi / jnp.vdot(pi, pi)])
            span = jnp.stack([0 * rate, jnp.log(last / u) / rate])
            return solve(embedding_field(density, rate), first, span, 1e-11, 1e-11)[-1, :2]

        ends = jax.lax.map(end, rates)
        return jnp.max(jnp.abs(ends - ends[0]))

    every = jnp.stack(keys(settings.seeds))
    gaps, apart = jax.jit(lambda keys: jax.lax.map(one, keys))(every)
    slopes = [np.polyfit(np.log(settings.powers), np.log(row), 1)[0] for row in gaps]
    checks.within("slope of log gap against log power", slopes, -1.0, accept.slope)
    checks.below("difference of images over the prior's rates", apart, accept.apart)
    outcome.figure, ax = new_figure(PAGE / 2, 2.8)
    ax.plot(powers, gaps.T, "o-", color=BLUE, alpha=0.6)
    ax.set(xscale="log", yscale="log", xlabel="power of the density")
    ax.set_ylabel("largest angle to the score")
    return outcome


def embedding_field(density: Mixture, rate: jax.Array):
    """phi'' = (log q)' phi' + |phi'|^2 (I - 2 t t^T) s, for log q = rate z + constant."""

    def field(x: jax.Array) -> jax.Array:
        phi, speed = jnp.split(x, 2)
        s = score(density)(phi)
        bent = jnp.vdot(speed, speed) * s - 2 * speed * jnp.vdot(speed, s)
        return jnp.concatenate([speed, rate * speed + bent])

    return field
