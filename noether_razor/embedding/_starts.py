"""Where an embedding of data starts: at their principal components, or at a graph's coordinates."""

from __future__ import annotations

import warnings

import jax.numpy as jnp
import numpy as np
from scipy.stats import rankdata
from sklearn.decomposition import PCA
from sklearn.manifold import Isomap

from noether_razor.embedding.maps import Affine, Series, fitted_series, series
from noether_razor.embedding.priors import Normal, Prior

NEIGHBOURS = 10
MOST = 1000
"""Points of which the graph is made, at most."""


def pca_map(x: np.ndarray, d: int, prior: Prior) -> tuple[Affine, float]:
    """Principal components as phi(z) = mean + U sqrt(lambda) z / s, and the d-th eigenvalue.

    Args:
        x: data [N, D].
        d: how many components.
        prior: prior with standard deviation s.
    """
    pca = PCA(d, svd_solver="full").fit(x)
    values = np.maximum(pca.explained_variance_, 1e-12 * max(pca.explained_variance_.max(), 1e-12))
    matrix = pca.components_.T * np.sqrt(values / prior.variance)
    return Affine(jnp.asarray(pca.mean_), jnp.asarray(matrix)), float(values[-1])


def pca_start(x: np.ndarray, d: int, degree: int, prior: Prior) -> Series:
    """The series that equals PCA, in the basis that suits the prior."""
    basis = "hermite" if isinstance(prior, Normal) else "cosine"
    return series(basis, degree, pca_map(x, d, prior)[0])


def isomap_start(x: np.ndarray, d: int, degree: int, prior: Prior) -> Series:
    """The least-squares series whose latents have the ranks of Isomap's coordinates.

    The latents follow the prior.
    """
    straight = pca_start(x, d, degree, prior)
    if len(x) <= NEIGHBOURS + 1:
        return straight
    some = x[:: -(-len(x) // MOST)]
    with warnings.catch_warnings():
        # Two pieces of a graph are joined by their nearest points; this is good enough for a start.
        warnings.filterwarnings("ignore", module="sklearn|scipy")
        found = Isomap(n_neighbors=NEIGHBOURS, n_components=d).fit_transform(some)
    ranks = (rankdata(found, axis=0) - 0.5) / len(found)
    z = prior.quantile(jnp.asarray(ranks))
    return fitted_series(straight, z, jnp.asarray(some), ridge=1e-4)


STARTS = {"pca": pca_start, "isomap": isomap_start}
