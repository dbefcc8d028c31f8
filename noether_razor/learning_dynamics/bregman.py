"""The Bregman Lagrangian of learning, and what Noether's theorem makes of it.

L(t, q, v) = e^{alpha + gamma} ( D_h(q + e^{-alpha} v, q) - e^{beta} (f(q) + k |q|^2 / 2) ), with
the Bregman divergence D_h(y, x) = h(y) - h(x) - grad h(x) . (y - x) of a mirror map h. If a change
q -> q + s eta(q) does not change the loss f, there is a charge. If it changes the kinetic energy,
the charge is not conserved, and its equation of motion says how the charge changes.

Everything is computed by `noether_razor.mechanics.noether`, by autodiff, with time as the base.

Source: Wibisono, Wilson and Jordan, PNAS 113 (2016), E7351; Tanaka and Kunin, "Noether's Learning
Dynamics", NeurIPS 2021, arXiv:2105.02716, equations 2 to 11 and table 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from noether_razor.base.types import Scalar
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.mechanics import noether

Weights = Float[Array, " D"]
"""All parameters q as one vector."""
Loss = Callable[[Weights], Scalar]
OfTime = Callable[[Scalar], Scalar]
Generator = Callable[[Weights], Weights]
"""eta(q) = dQ/ds at s = 0, of a change q -> Q(q, s)."""


def half_square(q: Weights) -> Scalar:
    """|q|^2 / 2, the Euclidean mirror map."""
    return q @ q / 2


def entropy(q: Weights) -> Scalar:
    """sum_i q_i log q_i - q_i for positive q, the mirror map of multiplicative updates."""
    return jnp.sum(q * jnp.log(q) - q)


class Bregman(NamedTuple):
    """A Bregman Lagrangian: a loss, three functions of time and a mirror map.

    Attributes:
        loss: f(q) of the weights [D].
        alpha, beta, gamma: the functions of time; their names are those of the source.
        mirror: the convex function h(q).
        weight_decay: k, in the potential k |q|^2 / 2 that is added to the loss.
    """

    loss: Loss
    alpha: OfTime
    beta: OfTime
    gamma: OfTime
    mirror: Loss = half_square
    weight_decay: float = 0.0

    def kinetic(self, t: Scalar, q: Weights, v: Weights) -> Scalar:
        """T_h = e^alpha D_h(q + e^{-alpha} v, q); m |v|^2 / 2 for gradient descent (Eq 5)."""
        ahead = q + jnp.exp(-self.alpha(t)) * v
        value, slope = jax.value_and_grad(self.mirror)(q)
        return jnp.exp(self.alpha(t)) * (self.mirror(ahead) - value - slope @ (ahead - q))

    def decay(self, t: Scalar, q: Weights) -> Scalar:
        """The potential of weight decay, e^{alpha + beta} k |q|^2 / 2."""
        return jnp.exp(self.alpha(t) + self.beta(t)) * self.weight_decay * half_square(q)

    def potential(self, t: Scalar, q: Weights) -> Scalar:
        """The loss as a potential, e^{alpha + beta} f(q)."""
        return jnp.exp(self.alpha(t) + self.beta(t)) * self.loss(q)

    def density(self, z: jax.Array, q: Weights, dq: jax.Array) -> Scalar:
        """L as a density for `noether`: z = (t) is the base [1], dq the velocity [D, 1]."""
        t, v = z[0], dq[:, 0]
        energy = self.kinetic(t, q, v) - self.potential(t, q) - self.decay(t, q)
        return jnp.exp(self.gamma(t)) * energy

    def normalised(self, t: Scalar) -> Bregman:
        """The same motion from L without the factor e^gamma at t, which overflows late in a run."""
        at = self.gamma(t)
        return self._replace(gamma=lambda later: self.gamma(later) - at)


def heavy_ball(loss: Loss, descent: Descent, mirror: Loss = half_square) -> Bregman:
    """Gradient descent of finite step, with momentum: m q'' + mu q' + grad f + k q = 0 (Eq 4)."""
    m, mu = descent.mass, descent.friction
    log_mass = jnp.log(m)
    return Bregman(
        loss,
        alpha=lambda t: -log_mass + 0 * t,
        beta=lambda t: log_mass + 0 * t,
        gamma=lambda t: mu / m * t,
        mirror=mirror,
        weight_decay=descent.weight_decay,
    )


def nesterov(loss: Loss) -> Bregman:
    """Nesterov's accelerated gradient: q'' + (3 / t) q' + grad f = 0, t > 0 (table 1)."""
    return Bregman(
        loss,
        alpha=lambda t: jnp.log(2.0) - jnp.log(t),
        beta=lambda t: 2 * jnp.log(t) - jnp.log(4.0),
        gamma=lambda t: 2 * jnp.log(t),
    )


def acceleration(lagrangian: Bregman, t: Scalar, q: Weights, v: Weights) -> Weights:
    """q'' [D] by the Euler-Lagrange equation: d/dt dL/dv = dL/dq solved for q''."""
    own = lagrangian.normalised(t)

    def momentum(t: Scalar, q: Weights, v: Weights) -> Weights:
        return jax.grad(lambda v: own.density(t[None], q, v[:, None]))(v)

    force = jax.grad(lambda q: own.density(t[None], q, v[:, None]))(q)
    _, drift = jax.jvp(lambda t, q: momentum(t, q, v), (t, q), (jnp.ones_like(t), v))
    return jnp.linalg.solve(jax.jacobian(momentum, argnums=2)(t, q, v), force - drift)


def kinetic_symmetry_breaking(
    lagrangian: Bregman, generator: Generator, t: Scalar, q: Weights, v: Weights
) -> Scalar:
    """dT_h/ds at s = 0 along q -> q + s eta(q): zero where learning itself is symmetric (Eq 6)."""
    eta, rate = jax.jvp(generator, (q,), (v,))
    return jax.jvp(lambda q, v: lagrangian.kinetic(t, q, v), (q, v), (eta, rate))[1]


def from_action(action: Callable[[Weights, Scalar], Weights]) -> Generator:
    """The generator of a finite change Q(q, s) with Q(q, 0) = q."""
    return lambda q: jax.jvp(lambda s: action(q, s), (jnp.zeros(()),), (jnp.ones(()),))[1]


class Balance(NamedTuple):
    """The equation of motion of a charge, term by term, each a scalar at one time (Eqs 10, 11).

    With D = grad h(q + e^{-alpha} q') - grad h(q),

        rate + dissipation = kinetic + metric + loss + weight_decay

    on solutions. `loss` is zero for a symmetry of the loss.

    Attributes:
        charge: D . eta.
        rate: time derivative of the charge.
        dissipation: gamma' times the charge.
        kinetic: D . d eta/dt, the broken symmetry of the kinetic energy.
        metric: e^alpha (D - e^{-alpha} hess h q') . eta, zero for the Euclidean mirror map.
        loss: -e^{alpha + beta} df/ds.
        weight_decay: -e^{alpha + beta} k q . eta.
    """

    charge: Scalar
    rate: Scalar
    dissipation: Scalar
    kinetic: Scalar
    metric: Scalar
    loss: Scalar
    weight_decay: Scalar

    @property
    def sources(self) -> Scalar:
        """Everything that changes the charge but its dissipation."""
        return self.kinetic + self.metric + self.loss + self.weight_decay

    @property
    def residual(self) -> Scalar:
        """rate + dissipation - sources: on any path, eta . (Euler-Lagrange) / e^gamma."""
        return self.rate + self.dissipation - self.sources


def balance(
    lagrangian: Bregman, generator: Generator, path: noether.Field
) -> Callable[[Scalar], Balance]:
    """The terms of the equation of motion of a charge along a path.

    Args:
        lagrangian: the Lagrangian of the learning.
        generator: eta(q), any function.
        path: z = (t) -> q [D], differentiable; it need not be a solution.

    Returns:
        The balance as a function of t.
    """
    change = noether.PointTransformation(eta=lambda z, q: generator(q))

    def at(t: Scalar) -> Balance:
        z, own = t[None], lagrangian.normalised(t)
        q = path(z)
        eta, d_eta = generator(q), jax.jacobian(lambda z: generator(path(z)))(z)[:, 0]
        current = noether.noether_current(own.density, change, path)
        charge, change_rate = current(z)[0], noether.divergence(current)(z)
        dissipation = jax.grad(lagrangian.gamma)(t) * charge
        kinetic = noether.momentum(own.density, path)(z)[:, 0] @ d_eta
        loss = -jax.jvp(lambda q: own.potential(t, q), (q,), (eta,))[1]
        decay = -jax.jvp(lambda q: own.decay(t, q), (q,), (eta,))[1]
        defect = noether.invariance_defect(own.density, change, path)(z)
        return Balance(
            charge=charge,
            rate=change_rate - dissipation,
            dissipation=dissipation,
            kinetic=kinetic,
            metric=defect - kinetic - loss - decay,
            loss=loss,
            weight_decay=decay,
        )

    return at
