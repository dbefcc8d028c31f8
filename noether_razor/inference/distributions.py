"""Prior and posterior of a weight matrix, and the KL divergence between them in closed form."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro.distributions import constraints
from numpyro.distributions.kl import kl_divergence

from noether_razor.base.types import Scalar


class EmpiricalBayesNormal(dist.Distribution):
    """Independent Normal(0, v) entries of a weight matrix, with v chosen by the evidence.

    The KL divergence below maximises the bound over v in closed form, so v is not a parameter. The
    density and the samples use v = `variance`; only other guides and samplers need them.

    Args:
        shape: shape of the matrix.
        variance: v where there is no posterior to choose it.
    """

    support = constraints.real_matrix
    reparametrized_params = []

    def __init__(self, shape: tuple[int, int], variance: float = 1.0):
        self.prior_variance = variance
        super().__init__(event_shape=shape, validate_args=False)

    def sample(self, key: jax.Array, sample_shape: tuple[int, ...] = ()) -> jax.Array:
        return self.prior_variance**0.5 * jax.random.normal(key, sample_shape + self.event_shape)

    def log_prob(self, value: jax.Array) -> jax.Array:
        return dist.Normal(0.0, self.prior_variance**0.5).to_event(2).log_prob(value)


def optimal_prior_variance(posterior: dist.MatrixNormal) -> Scalar:
    """v = (tr S tr A + |M|^2) / d, the variance at which the KL divergence is least.

    M is the mean of the matrix, S the covariance between its rows, A that between its columns, and
    d the number of its entries.
    """
    trace = jnp.sum(posterior.scale_tril_row**2) * jnp.sum(posterior.scale_tril_column**2)
    return (trace + jnp.sum(posterior.loc**2)) / posterior.loc.size


@kl_divergence.register(dist.MatrixNormal, EmpiricalBayesNormal)
def _matrix_normal_kl(posterior: dist.MatrixNormal, prior: EmpiricalBayesNormal) -> Scalar:
    """KL = (d log v - log det q) / 2 at the optimal v; log det q = cols log|S| + rows log|A|.

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 3.4 and appendix.
    """
    del prior  # its variance is the optimal one
    rows, columns = posterior.loc.shape
    log_det_row = 2 * jnp.sum(jnp.log(jnp.diagonal(posterior.scale_tril_row)))
    log_det_column = 2 * jnp.sum(jnp.log(jnp.diagonal(posterior.scale_tril_column)))
    log_det = columns * log_det_row + rows * log_det_column
    return 0.5 * (posterior.loc.size * jnp.log(optimal_prior_variance(posterior)) - log_det)
