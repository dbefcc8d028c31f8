"""Stochastic variational inference: SVI with optimiser groups, in compiled chunks of steps.

One chunk is one compiled loop; Python sees the state only between chunks, where progress is
reported and a checkpoint can be taken. A state that comes back from a checkpoint continues
bit-identically, because everything random is drawn from the key inside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpyro.optim
import optax
from jax.sharding import Mesh
from numpyro.infer import SVI, TraceMeanField_ELBO
from numpyro.infer.svi import SVIState

from noether_razor.base.errors import RunError
from noether_razor.base.types import Key
from noether_razor.data.trajectories import Transitions
from noether_razor.inference.devices import (
    AXIS,
    device_mesh,
    map_own_share,
    on_every_device,
    to_every_device,
    to_one_device,
    with_mean_gradients,
)
from noether_razor.inference.model import Razor, guide, model
from noether_razor.inference.settings import Settings

Parameters = dict[str, Any]


class Progress(NamedTuple):
    """What a chunk reports.

    Attributes:
        step: steps done.
        steps: steps in all.
        elbo: mean bound per transition over the chunk, in nats; while the divergence is annealed,
            it has its present weight in this bound.
        state: the state to save in a checkpoint; `restore` gives it back to `fit` to continue.
        parameters: parameters of model and guide, by name.
    """

    step: int
    steps: int
    elbo: float
    state: SVIState
    parameters: Parameters


def fit(
    key: Key,
    razor: Razor,
    data: Transitions,
    settings: Settings,
    *,
    steps: int,
    initial: Parameters | None = None,
    restore: Callable[[SVIState], tuple[int, SVIState]] = lambda state: (0, state),
    on_chunk: Callable[[Progress], None] = lambda progress: None,
) -> Parameters:
    """Maximise the bound and return the parameters of model and guide by name.

    Args:
        key: for everything random in the fit.
        razor: the problem.
        data: transitions, in the model's coordinates.
        settings: learning rates, particles, annealing, chunk.
        steps: number of steps.
        initial: parameters to start from, by name, as those of a warm-up; the other parameters
            have their usual initial values.
        restore: a function from the initial state to the steps already done and the state after
            them.
        on_chunk: called after each chunk with finite losses.

    Raises:
        RunError: at the first step whose loss is not finite.
    """
    svi = make_svi(razor, settings, steps)
    mesh = device_mesh(settings.particles)
    done, state = restore(start_fit(razor, settings, steps, key, data, initial))
    razor, state, data = to_every_device(mesh, (razor, state, data))
    while done < steps:
        length = min(settings.chunk, steps - done)
        state, taken, total = run_chunk(razor, settings, steps, mesh, length, state, data)
        elbo = -float(total) / (length * len(data.start))
        if not jnp.isfinite(elbo):
            raise RunError(
                f"the loss stopped being finite at step {done + int(taken)}; lower learning_rate "
                "or quantities_learning_rate, or look at the data's scale"
            )
        done += length
        here = to_one_device(mesh, state)
        on_chunk(Progress(done, steps, elbo, here, svi.get_params(here)))
    return svi.get_params(to_one_device(mesh, state))


def make_svi(razor: Razor, settings: Settings, steps: int) -> SVI:
    """NumPyro's SVI for the razor: mean-field bound, Adam in groups, cosine decay."""

    def adam(learning_rate: float) -> optax.GradientTransformation:
        return optax.adam(optax.cosine_decay_schedule(learning_rate, steps, alpha=0.01))

    optimiser = optax.multi_transform(
        {
            "weights": adam(settings.learning_rate),
            "quantities": adam(settings.quantities_learning_rate),
            # One number on a logarithmic scale, which may have to change by much.
            "hyper": adam(10 * settings.learning_rate),
        },
        lambda parameters: {name: group(name) for name in parameters},
    )
    svi = SVI(
        partial(model, razor),
        partial(guide, razor),
        numpyro.optim.optax_to_numpyro(with_mean_gradients(optimiser)),
        TraceMeanField_ELBO(settings.particles, map_own_share),
    )
    svi.constrain_fn = lambda values: values  # every parameter is any real number
    return svi


def group(name: str) -> str:
    """The optimiser group of a parameter: quantities, hyper-parameters, or weights."""
    return name if name == "quantities" else "hyper" if name.startswith("hyper.") else "weights"


def _divergence(settings: Settings, state: SVIState) -> jax.Array | float:
    """The weight that the bound gives to the divergence in the next step."""
    if not settings.annealing:
        return 1.0
    done, _ = state.optim_state
    return jnp.minimum((done + 1) / settings.annealing, 1.0)


@partial(jax.jit, static_argnames=("settings", "steps"))
def start_fit(
    razor: Razor,
    settings: Settings,
    steps: int,
    key: Key,
    data: Transitions,
    initial: Parameters | None = None,
) -> SVIState:
    """The state before the first step. It is compiled: its shapes need one run of the model."""
    return make_svi(razor, settings, steps).init(key, data, init_params=initial)


@partial(jax.jit, static_argnames=("settings", "steps", "mesh", "length"))
def run_chunk(
    razor: Razor,
    settings: Settings,
    steps: int,
    mesh: Mesh,
    length: int,
    state: SVIState,
    data: Transitions,
) -> tuple[SVIState, jax.Array, jax.Array]:
    """Up to `length` steps of a fit of `steps`, ended by the first loss that is not finite.

    Returns:
        The state, the steps taken, and the sum of their losses.
    """

    def proceed(carry: tuple) -> jax.Array:
        _, step, total = carry
        return (step < length) & jnp.isfinite(total)

    def run(razor: Razor, state: SVIState, data: Transitions) -> tuple:
        svi = make_svi(razor, settings, steps)

        def advance(carry: tuple) -> tuple:
            state, step, total = carry
            state, loss = svi.update(state, data, _divergence(settings, state))
            return state, step + 1, total + jax.lax.pmean(loss, AXIS)

        return jax.lax.while_loop(proceed, advance, (state, 0, jnp.zeros_like(data.start[0, 0])))

    return on_every_device(mesh, run)(razor, state, data)
