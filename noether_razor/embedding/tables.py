"""Fast objectives of series, which are linear in their coefficients: a table holds the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp

from noether_razor.base.types import Scalar
from noether_razor.embedding.functional import Problem, log_ratio
from noether_razor.embedding.maps import Series
from noether_razor.embedding.priors import Nodes


class Table(NamedTuple):
    """The basis functions at the nodes.

    Attributes:
        values: [N, M].
        slopes: derivatives along each latent direction, [N, d, M].
        bends: E_q of the sum over a, b of d_ab f_m d_ab f_n, [M, M].
    """

    values: jax.Array
    slopes: jax.Array
    bends: jax.Array


@jax.jit
def tabulate(series: Series, nodes: Nodes) -> Table:
    """The basis of a series at the nodes."""
    one = replace(series, coefficients=jnp.zeros_like(series.coefficients))

    def at(z: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        slope = jax.jacfwd(one.features)
        return one.features(z), slope(z), jax.jacfwd(slope)(z)

    values, slopes, second = jax.vmap(at)(nodes.points)
    bends = jnp.einsum("n,nmab,nkab->mk", nodes.weights, second, second)
    return Table(values, jnp.swapaxes(slopes, 1, 2), bends)


def tabulated_objective(coefficients: jax.Array, given: tuple[Table, Problem]) -> Scalar:
    """`functional.objective` of the series with these coefficients [M, D]."""
    table, problem = given
    ratio = log_ratio(problem.density, problem.prior, problem.stretch)
    phi, dphi = table.values @ coefficients, table.slopes @ coefficients
    each = jax.vmap(ratio)(problem.nodes.points, phi, jnp.swapaxes(dphi, 1, 2))
    bent = jnp.vdot(coefficients, table.bends @ coefficients)
    return jnp.vdot(problem.nodes.weights, each) - problem.bending / 2 * bent
