"""The probabilistic model of transitions and its guide, in NumPyro.

Conserved quantities are parameters of the prior over Hamiltonians. The network's weights are
sampled, and the network is averaged over the symmetry that the quantities generate. One transition
is one step of the flow. The bound is maximised over all parameters, so that the evidence chooses
the quantities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from noether_razor.base.trees import tree
from noether_razor.base.types import Hamiltonian, Scalar, State
from noether_razor.conserved import Family
from noether_razor.data.trajectories import Transitions
from noether_razor.inference.distributions import EmpiricalBayesNormal
from noether_razor.inference.hamiltonian import symmetrised
from noether_razor.inference.symmetry import (
    group_elements,
    sample_coefficients,
    sample_opposite_coefficients,
    take_elements,
)
from noether_razor.mechanics.integrate import one_step
from noether_razor.mechanics.phase_space import hamiltonian_vector_field

LOG_NOISE = "hyper.log_noise"
"""Name of the learned logarithm of the factor on the noise variance."""


def _static() -> Any:
    return field(metadata={"static": True})


@tree
@dataclass(frozen=True, kw_only=True)
class Razor:
    """Everything that model and guide share; it is built once and never changes.

    It is a tree of arrays with static parts. So a function that is compiled for one razor serves
    every other razor of the same shape: another seed, a resumed run, the next data set.

    Attributes:
        parameters: initial parameters of F by name; those named `*.kernel` are random weights.
        quantities: initial free parameters of the candidates; None for a plain network.
        family: a function (`jax.tree_util.Partial`) that makes the family of K quantities of
            those free parameters; None for a plain network.
        noise_variance: initial variance of each observed coordinate, [2n].
        network: `apply(parameters, x)`, the function F.
        count: K, the number of quantities.
        learn_quantities: whether the quantities are learned; False for a built-in symmetry.
        learn_noise: whether the noise variance is learned, as one factor for all coordinates.
        batch: transitions in one particle's minibatch.
        elements: group elements S that a transition is averaged over (even).
        pool: group elements drawn for one minibatch, of which each transition takes S.
        antithetic: whether group elements are drawn in opposite pairs.
        solver: name of the explicit solver whose single step is one transition.
        weight_scale: initial posterior standard deviation, relative to that of the initial weights.
    """

    parameters: dict[str, jax.Array]
    quantities: Any | None
    family: Callable[[Any], Family] | None
    noise_variance: State
    network: Callable[[dict[str, jax.Array], jax.Array], jax.Array] = _static()
    count: int = _static()
    learn_quantities: bool = _static()
    learn_noise: bool = _static()
    batch: int = _static()
    elements: int = _static()
    pool: int = _static()
    antithetic: bool = _static()
    solver: str = _static()
    weight_scale: float = _static()


def model(razor: Razor, data: Transitions, divergence: Scalar | float = 1.0) -> None:
    """p(weights) and p(end | start, weights), with a random minibatch and random group elements.

    `divergence` is used by the guide alone.
    """
    function = _sample_function(razor)
    variance = razor.noise_variance
    if razor.learn_noise:
        variance = variance * jnp.exp(numpyro.param(LOG_NOISE, jnp.zeros_like(variance[0])))
    size, dimension = data.start.shape
    with numpyro.plate("transitions", size, subsample_size=min(razor.batch, size)) as index:
        elements = _elements_for_each(razor, len(index))
        predicted = jax.vmap(
            lambda x, g: one_step(
                hamiltonian_vector_field(symmetrised(function, g)), x, data.dt, razor.solver
            ),
            in_axes=(0, None if elements is None else elements.axes()),
        )(data.start[index], elements)
        observation = dist.Normal(predicted, jnp.sqrt(variance)).to_event(1)
        numpyro.sample("end", observation, obs=data.end[index])


def guide(razor: Razor, data: Transitions, divergence: Scalar | float = 1.0) -> None:
    """q(weights): a matrix normal for each weight matrix, with learned Cholesky factors.

    `divergence` is the weight that the bound gives to the divergence from the prior.

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 3.4.
    """
    for name, value in razor.parameters.items():
        if is_random(name):
            rows, columns = value.shape
            # Each factor starts at the root of the wanted deviation, which is their product.
            log_scale = 0.5 * jnp.log(razor.weight_scale * jnp.std(value))
            factors = {
                f"{name}.mean": numpyro.param(f"{name}.mean", value),
                f"{name}.row": numpyro.param(f"{name}.row", jnp.eye(rows) * log_scale),
                f"{name}.column": numpyro.param(f"{name}.column", jnp.eye(columns) * log_scale),
            }
            with numpyro.handlers.scale(scale=divergence):
                numpyro.sample(name, posterior(name, factors))


def is_random(name: str) -> bool:
    """Whether a network parameter of this name is a random weight, not a point estimate."""
    return name.endswith("kernel")


def posterior(name: str, parameters: dict[str, jax.Array]) -> dist.MatrixNormal:
    """q(W) of the weight matrix of this name, from the guide's parameters."""
    return dist.MatrixNormal(
        parameters[f"{name}.mean"],
        _cholesky(parameters[f"{name}.row"]),
        _cholesky(parameters[f"{name}.column"]),
    )


def _cholesky(free: jax.Array) -> jax.Array:
    """A lower-triangular matrix with positive diagonal from any square one."""
    return jnp.tril(free, -1) + jnp.diag(jnp.exp(jnp.diagonal(free)))


def _sample_function(razor: Razor) -> Hamiltonian:
    """F with weights from the prior (replayed from the guide) and learned biases."""
    parameters = {
        name: numpyro.sample(name, EmpiricalBayesNormal(value.shape))
        if is_random(name)
        else numpyro.param(name, value)
        for name, value in razor.parameters.items()
    }
    return lambda x: razor.network(parameters, x)


def _elements_for_each(razor: Razor, transitions: int) -> Any | None:
    """S group elements for every transition, out of one pool: leaves [transitions, S, ...].

    A transition takes S neighbours from a random place in the pool, or S / 2 neighbouring pairs.
    """
    if razor.family is None:
        return None
    free = razor.quantities
    if razor.learn_quantities:
        free = numpyro.param("quantities", free)
    pool_key, place_key = jax.random.split(numpyro.prng_key())
    draw = sample_opposite_coefficients if razor.antithetic else sample_coefficients
    pool = group_elements(razor.family(free), draw(pool_key, razor.pool, razor.count))
    blocks = 2 if razor.antithetic else 1  # a pair has one member in each block
    size = razor.pool // blocks
    place = jax.random.randint(place_key, (transitions, 1), 0, size)
    first = (place + jnp.arange(razor.elements // blocks)) % size
    chosen = jnp.concatenate([first + block * size for block in range(blocks)], axis=-1)
    return take_elements(pool, chosen)
