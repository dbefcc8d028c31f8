"""Noether charges of a training run, logged by the optimiser as it goes.

Let v be the step divided by minus the learning rate. Then a symmetry eta has the charge
N = eta(q) . v. (This is the charge of the Lagrangian over the mass, with the sign of v.) Whatever
the loss is, gradient descent with momentum changes the charge by exactly

    N' - N = -(1 - beta) N + (eta(q') - eta(q)) . v' + k q . eta(q) ,

where primes mark values after the step. The terms are dissipation, kinetic symmetry breaking and
weight decay. Any other optimiser adds one more term, `metric`.

Source: the discrete counterpart of Tanaka and Kunin, arXiv:2105.02716, equation 11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from noether_razor.base.errors import InputError
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.symmetries import Symmetry


class ChargeLog(NamedTuple):
    """One step of one symmetry; each field is [G], one number for each of its charges.

    On every step, rate = dissipation + kinetic + weight_decay + force + metric.

    Attributes:
        quantity: X = q . eta after the step: a sum, a squared norm, or a difference of these.
        charge: N after the step.
        exact: N after the step by the exact update of the charge before; it leaves out force and
            metric.
        rate: the change of the charge, N' - N.
        dissipation: -(1 - beta) N.
        kinetic: (eta(q') - eta(q)) . v', from the broken symmetry of the kinetic energy.
        weight_decay: k q . eta(q).
        force: g . eta(q), zero for a symmetry of the loss.
        metric: the rest of the change: zero for gradient descent, but not for Adam.
        gradient_square: g . D eta g, the source of the charges without momentum.
        velocity_square: v' . D eta v', the source of the charges in general.
    """

    quantity: jax.Array
    charge: jax.Array
    exact: jax.Array
    rate: jax.Array
    dissipation: jax.Array
    kinetic: jax.Array
    weight_decay: jax.Array
    force: jax.Array
    metric: jax.Array
    gradient_square: jax.Array
    velocity_square: jax.Array


class ChargeState(NamedTuple):
    """State of `with_charges`: that of the optimiser inside, the step, and the last logs."""

    inner: Any
    step: jax.Array
    logs: tuple[ChargeLog, ...]


def with_charges(
    inner: optax.GradientTransformation,
    symmetries: Sequence[Symmetry],
    descent: Descent,
    learning_rate: Callable[[jax.Array], Any] | None = None,
) -> optax.GradientTransformation:
    """An optimiser that logs charges: after `update`, `state.logs` has a log for each symmetry.

        optimiser = with_charges(descent.transformation, [scale(("hidden.kernel", -1))], descent)
        state = optimiser.init(parameters)
        updates, state = optimiser.update(gradients, state, parameters)
        state.logs[0].charge

    Args:
        inner: any optimiser, with all its parts.
        symmetries: symmetries of the loss; see `check_symmetry`.
        descent: hyper-parameters of the optimiser, from which the terms are computed.
        learning_rate: the rate of each step, where a schedule changes it.

    Raises:
        InputError: a symmetry names a parameter that is not there, or `update` has no parameters.
    """

    def rate_at(step: jax.Array) -> Any:
        return descent.learning_rate if learning_rate is None else learning_rate(step)

    def init(params: Any) -> ChargeState:
        return ChargeState(
            inner.init(params),
            jnp.zeros((), jnp.int32),
            tuple(_at_rest(symmetry, params) for symmetry in symmetries),
        )

    def update(updates: Any, state: ChargeState, params: Any = None) -> tuple[Any, ChargeState]:
        if params is None:
            raise InputError("charges need the parameters: call update(gradients, state, params)")
        steps, inside = inner.update(updates, state.inner, params)
        logs = tuple(
            _log(symmetry, descent, rate_at(state.step), log.charge, params, updates, steps)
            for symmetry, log in zip(symmetries, state.logs, strict=True)
        )
        return steps, ChargeState(inside, state.step + 1, logs)

    return optax.GradientTransformation(init, update)


def _at_rest(symmetry: Symmetry, params: Any) -> ChargeLog:
    """The log before the first step."""
    q = symmetry.chosen(params)
    quantity = symmetry.inner(q, symmetry.direction(q))
    zero = jnp.zeros_like(quantity)
    return ChargeLog(quantity, *[zero] * (len(ChargeLog._fields) - 1))


def _log(
    symmetry: Symmetry,
    descent: Descent,
    learning_rate: Any,
    before: jax.Array,
    params: Any,
    gradients: Any,
    steps: Any,
) -> ChargeLog:
    q, g, step = (symmetry.chosen(tree) for tree in (params, gradients, steps))
    after = tuple(one + change for one, change in zip(q, step, strict=True))
    v = tuple(-change / learning_rate for change in step)
    eta, eta_after = symmetry.direction(q), symmetry.direction(after)
    bent = tuple(new - old for new, old in zip(eta_after, eta, strict=True))
    dissipation = -descent.friction * before
    kinetic = symmetry.inner(bent, v)
    decay = descent.weight_decay * symmetry.inner(eta, q)
    force = symmetry.inner(eta, g)
    exact = before + dissipation + kinetic + decay
    charge = symmetry.inner(eta_after, v)
    return ChargeLog(
        quantity=symmetry.inner(after, eta_after),
        charge=charge,
        exact=exact,
        rate=charge - before,
        dissipation=dissipation,
        kinetic=kinetic,
        weight_decay=decay,
        force=force,
        metric=charge - exact - force,
        gradient_square=symmetry.inner(symmetry.bend(q, g), g),
        velocity_square=symmetry.inner(symmetry.bend(q, v), v),
    )
