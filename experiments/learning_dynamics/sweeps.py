"""Digits: norms free and held fixed over learning rates, momenta and decays (NLD figure 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.checks import check
from experiments.learning_dynamics.data import digits
from experiments.learning_dynamics.finding import Curve, Finding, Panel
from experiments.learning_dynamics.networks import FILTERS
from experiments.learning_dynamics.plan import Plan
from experiments.learning_dynamics.runs import keys_of, parted, quantity, start
from experiments.learning_dynamics.training import accuracy, cross_entropy, train
from noether_razor.learning_dynamics.descent import Descent, fixed_norm

DROPS = {0.5: 0.1, 0.75: 0.1}
"""Factors of the learning rate after these shares of a run, if the rate is dropped."""
KINDS = ("free", "held fixed")


def sweeps(plan: Plan, seeds: int) -> Finding:
    """Test accuracy and training loss of free and of held norms, in three sweeps."""
    rate, momentum = plan.learning_rates[len(plan.learning_rates) // 2], 0.9
    cases = {
        "A": [Descent(each, momentum) for each in plan.learning_rates],
        "B": [Descent(rate, each) for each in plan.momenta],
        "C": [Descent(rate, momentum, each) for each in plan.weight_decays],
    }
    with jax.enable_x64(False):  # no identity is tested here
        found = {
            name: _sweep(plan, sweep, seeds, drops=name == "B") for name, sweep in cases.items()
        }
    values = {"A": plan.learning_rates, "B": plan.momenta, "C": plan.weight_decays}
    names = {"A": "eta", "B": "beta", "C": "k"}
    checks = []
    for sweep, (loss, score, grown) in found.items():
        for i, value in enumerate(values[sweep]):
            at = f"{sweep}, {names[sweep]} = {value:g}"
            checks.append(check(f"{at}: test accuracy, free less held", score[0, i] - score[1, i]))
            checks.append(check(f"{at}: training loss, held over free", loss[1, i] / loss[0, i]))
            checks.append(check(f"{at}: free, |q|^2 after over before", grown[0, i]))
    _, score, _ = found["C"]
    checks += [
        check(
            "C, free: accuracy with the largest decay less with none", score[0, -1] - score[0, 0]
        ),
        check(
            "C, free: best accuracy with decay less with none", score[0, 1:].max(0) - score[0, 0]
        ),
    ]
    return Finding(
        "digits",
        "Digits: norms free and held fixed",
        f"{plan.width[0]} filters before a normalisation, batch {plan.batch}, {plan.steps} steps, "
        f"readout at {plan.readout_rate:g}. A: beta = {momentum:g}, k = 0. B: eta = {rate:g}, k = "
        f"0, the rate a tenth after half and after three quarters. C: eta = {rate:g}, beta = "
        f"{momentum:g}. Nothing is asked of these numbers.",
        checks,
        [
            panel
            for name, (loss, score, _) in found.items()
            for panel in _panels(name, values[name], loss, score)
        ],
        [_why(plan.momenta, *found["B"])],
    )


def _sweep(plan: Plan, sweep: Sequence[Descent], seeds: int, drops: bool) -> tuple[np.ndarray, ...]:
    """Training loss, test accuracy and growth of the norms, each [2, N, S].

    The first axis is free and held norms. The loss is the mean over the last tenth of the steps.
    The growth is the factor by which the mean squared norm of the filters grows.
    """
    descents = jax.tree.map(lambda *each: jnp.array(each, float), *sweep)
    schedule = _dropping(plan.steps) if drops else lambda step: 1.0
    both = [_train(plan, descents, seeds, schedule, fixed) for fixed in (False, True)]
    return tuple(np.stack(each) for each in zip(*both, strict=True))


def _train(
    plan: Plan, descents: Descent, seeds: int, schedule: Callable, fixed: bool
) -> tuple[np.ndarray, ...]:
    data, test = digits()
    apply, _ = start(plan, jax.random.key(0))
    begin = [start(plan, key)[1] for key in keys_of(seeds)]
    parameters = jax.tree.map(lambda *leaves: jnp.stack(leaves), *begin)

    def one(descent: Descent, parameters: Any, key: jax.Array) -> tuple[jax.Array, ...]:
        own = optax.chain(
            optax.add_decayed_weights(descent.weight_decay),
            optax.trace(descent.momentum),
            optax.scale_by_schedule(lambda step: -descent.learning_rate * schedule(step)),
        )
        own = fixed_norm(own, FILTERS) if fixed else own
        optimiser = parted(FILTERS, own, optax.sgd(plan.readout_rate))
        last, losses = train(
            key,
            cross_entropy(apply),
            parameters,
            data,
            optimiser,
            plan.steps,
            plan.batch,
            lambda p, state, loss: loss,
        )
        before, after = (jnp.mean(quantity(FILTERS, some)) for some in (parameters, last))
        late = losses[-max(1, plan.steps // 10) :]
        return jnp.mean(late), accuracy(apply, last, test), after / before

    seeded = jax.vmap(one, (None, 0, 0))
    found = jax.jit(jax.vmap(seeded, (0, None, None)))(descents, parameters, keys_of(seeds))
    return tuple(np.asarray(each) for each in found)


def _why(momenta: Sequence[float], loss: np.ndarray, score: np.ndarray, grown: np.ndarray) -> str:
    """What became of the free norms in sweep B, in a sentence."""
    return (
        f"In B free norms grow, at beta = {momenta[-1]:g} to {grown[0, -1].mean():.2g} times their "
        "first square, and the rate that filters turn at shrinks by as much, beside the drops. The "
        f"held ones go on learning: their training loss there is {loss[1, -1].mean():.2g} for "
        f"{loss[0, -1].mean():.2g}, at a test accuracy of {score[1, -1].mean():.3f} for "
        f"{score[0, -1].mean():.3f}."
    )


def _dropping(steps: int) -> Callable[[jax.Array], jax.Array]:
    return optax.piecewise_constant_schedule(
        1.0, {round(share * steps): factor for share, factor in DROPS.items()}
    )


def _panels(name: str, x: Sequence[float], loss: np.ndarray, score: np.ndarray) -> list[Panel]:
    label = {"A": "learning rate", "B": "momentum", "C": "weight decay"}[name]
    values = np.asarray(x)
    if name == "C":  # zero also needs a place on a logarithmic axis
        values = np.where(values > 0, values, values[values > 0].min() / 10)
    log = "" if name == "B" else "x"

    def curves(both: np.ndarray) -> list[Curve]:
        return [
            Curve(kind, values, one.mean(1), error=one.std(1), colour=i, marks=True)
            for i, (kind, one) in enumerate(zip(KINDS, both, strict=True))
        ]

    return [
        Panel(f"{name}: {label}", label, "test accuracy", curves(score), log),
        Panel(f"{name}: {label}", label, "training loss (nats)", curves(loss), log + "y"),
    ]
