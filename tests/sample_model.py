"""A model that is not fitted: its Hamiltonian is given."""

import jax.numpy as jnp

from noether_razor.data.trajectories import transitions
from noether_razor.inference.fitted import Fitted
from noether_razor.inference.learn import Learned
from noether_razor.inference.model import Razor
from noether_razor.inference.problem import Problem


def knowing(hamiltonian, paths, scaling) -> Learned:
    """A "fitted" model whose Hamiltonian is this one, whatever its posterior."""
    m = 2 * paths.degrees_of_freedom
    razor = Razor(
        parameters={"hidden.0.bias": jnp.zeros(1)}, quantities=None, family=None,
        noise_variance=jnp.ones(m),
        network=lambda parameters, x: hamiltonian(x), count=0, learn_quantities=False,
        learn_noise=False, batch=4, elements=2, pool=2, antithetic=True,
        solver="Tsit5", weight_scale=0.1,
    )  # fmt: skip
    train = transitions(paths)
    return Learned(Problem(razor, scaling, jnp.ones(m), train), Fitted(razor, razor.parameters))
