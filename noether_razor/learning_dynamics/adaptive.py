"""How the norms of filters set the step: their fourth power, their equilibrium, and RMSProp.

A filter of norm r before a normalisation turns by steps of eta / r^2. Its norm accumulates past
gradients, as the mean square of RMSProp does. A prediction that is used outside its regime warns.

Source: Tanaka and Kunin, arXiv:2105.02716 ("NLD"), section 6. Where a result is not in this source,
its docstring says so.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.predict import relaxation
from noether_razor.learning_dynamics.regimes import AGREEMENT, SMALL_STEP, warn_outside


def persistent(
    start: jax.Array, unit_gradient_square: jax.Array, descent: Descent, velocity_ratio: float
) -> jax.Array:
    """Squared norms R [n + 1, G] by the closed form of NLD Eq 17, linear in R^2:

        (R^2)' = -(4 k / mu) R^2 + (4 m / mu^3) |ghat|^2 .

    Inertia is neglected, and |v| is replaced by |g| / mu. This holds without momentum, or where
    gradients persist for much longer than 1 / (1 - beta) steps. It does not hold for small batches.

    Args:
        start: R before the first step, [G].
        unit_gradient_square: |ghat|^2 = R |g|^2 at each step, [n, G].
        descent: the hyper-parameters.
        velocity_ratio: |v|^2 / |g|^2, as measured.
    """
    limit = 1 / descent.friction**2
    _check_ratio("persistent", velocity_ratio, limit, descent)
    return _fourth_power(start, unit_gradient_square, descent, limit)


def uncorrelated(
    start: jax.Array, unit_gradient_square: jax.Array, descent: Descent, velocity_ratio: float
) -> jax.Array:
    """Squared norms as `persistent` has them, for gradients that are uncorrelated between steps.

    Here |v|^2 = |g|^2 / (1 - beta^2). This is the opposite limit of `persistent` (not in the
    sources). Both limits are seldom reached.
    """
    limit = 1 / (1 - descent.momentum**2)
    _check_ratio("uncorrelated", velocity_ratio, limit, descent)
    return _fourth_power(start, unit_gradient_square, descent, limit)


def equilibrium_angle(descent: Descent) -> float:
    """sqrt(2 eta k / (1 + beta)), the root mean square turn of a filter in a step, radians.

    This holds where the norm is stationary (R = m |q'|^2 / k), whatever the gradients are. The norm
    becomes stationary after several times (1 - beta) / (4 eta k) steps.
    """
    return (2 * descent.learning_rate * descent.weight_decay / (1 + descent.momentum)) ** 0.5


class Equivalent(NamedTuple):
    """RMSProp on unit filters with the effect of decay and norms: rate, rho, and C = R^2 / G."""

    learning_rate: float
    decay: float
    constant: float


def equivalent_rmsprop(descent: Descent) -> Equivalent:
    """The RMSProp whose mean square G follows R^2 / C of gradient descent with weight decay.

    1 - rho = 4 eta k / (1 - beta), C = eta (1 + beta) / (2 k (1 - beta)^2), and the rate is that
    of the equilibrium. NLD claims this equivalence in section 6; the formulas themselves are not in
    the sources. They hold without momentum.
    """
    eta, beta, k = descent
    warn_outside(
        beta == 0, "equivalent_rmsprop", f"the momentum is {beta}, not 0", "charge_ode for the norm"
    )
    return Equivalent(
        learning_rate=equilibrium_angle(descent),
        decay=1 - 4 * eta * k / (1 - beta),
        constant=eta * (1 + beta) / (2 * k * (1 - beta) ** 2),
    )


def mean_square(
    start: jax.Array, gradient_square: jax.Array, decay: float, learning_rate: float
) -> jax.Array:
    """G [n + 1, G] of continuous RMSProp, G' = (1 - rho) / eta (|g|^2 - G) (NLD Eq 18).

    This holds where 1 - rho is small.
    """
    warn_outside(
        1 - decay <= SMALL_STEP,
        "mean_square",
        f"1 - rho is {1 - decay:.2g}, above {SMALL_STEP}",
        "G <- rho G + (1 - rho) |g|^2 itself",
    )
    rate = (1 - decay) / learning_rate
    return relaxation(start, gradient_square, rate, rate, learning_rate)


def _fourth_power(
    start: jax.Array, unit_gradient_square: jax.Array, descent: Descent, ratio: float
) -> jax.Array:
    rate = 4 * descent.weight_decay / descent.friction
    gain = 4 * descent.mass / descent.friction * ratio
    return jnp.sqrt(relaxation(start**2, unit_gradient_square, rate, gain, descent.learning_rate))


def _check_ratio(name: str, ratio: float, limit: float, descent: Descent) -> None:
    warn_outside(
        descent.momentum == 0 or abs(ratio / limit - 1) <= AGREEMENT,
        name,
        f"|v|^2 / |g|^2 is {ratio:.3g}, not near {limit:.3g}",
        "charge_ode with the measured |v|^2",
    )
