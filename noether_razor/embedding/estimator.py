"""Variational manifold embedding as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from noether_razor.base.errors import InputError
from noether_razor.embedding._rows import padded
from noether_razor.embedding._search import SEARCHED, Candidate, Data, best, search
from noether_razor.embedding._starts import STARTS
from noether_razor.embedding.densities import Gaussian, InUnits, as_density
from noether_razor.embedding.encode import Encoded, encode, log_likelihood
from noether_razor.embedding.functional import images
from noether_razor.embedding.kernel_density import kernel_density
from noether_razor.embedding.priors import Nodes, Normal, Uniform, quadrature, sample

LATENTS = {"gaussian": Normal, "uniform": Uniform}
NODES = {1: 128, 2: 28, 3: 14}
"""Points of the quadrature in each dimension; for more dimensions there are `SAMPLES` samples."""
SAMPLES = 2000
GRID = {1: 512, 2: 40, 3: 14}
"""Quantiles in each dimension among which encoding starts."""


class VariationalManifoldEmbedding(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """A smooth embedding of Gaussian latents into data, by variational inference.

    phi: R^d -> R^D, a series of polynomials or cosines, maximises

        E_q[1/2 log det G + log p(phi) - log q] - bending / (2 lambda_d) E_q |d2 phi|^2

    for a density p of the data, with lambda_d the d-th eigenvalue of their covariance. For Gaussian
    p and `bending` of 1 or more the maximum is principal component analysis, whatever the degree.

    Args:
        n_components: d, the dimension of the latents.
        density: "kernel", a kernel density whose width held-out data choose; "gaussian"; or an
            object with a `log_prob` of one point, as NumPyro's distributions have.
        prior: "gaussian", with Hermite polynomials, or "uniform", with cosines and a straight line;
            PCA is exact under the first.
        degree: degree of the series.
        bending: weight of the second derivatives. "held-out" tries several weights and keeps the
            one under which held-out data are likeliest. "pca" uses the one that keeps PCA a
            maximum. A weight of 0 gives a warning, because the objective then has no maximum.
        start: "pca", "isomap", or "held-out" to try both and choose as above.
        held_out: share of the data that is held out for these choices.
        max_iter: most steps of L-BFGS for each weight.
        random_state: random state of the split, and of the samples that are drawn for more than
            three components.

    Attributes:
        embedding_: phi as a `maps.Series`, in units of `mean_` and `unit_`.
        density_: p in the same units.
        mean_, unit_: mean of the data, [D], and their root mean square deviation.
        bending_: the weight that was used.
        start_: the start that was used.
        noise_: variance of the data about the manifold in each direction across it, in units of
            `unit_` squared.
        objective_: value of the objective at the maximum, in nats.
        searched_: every weight and start that was tried, as `Candidate`s.
        n_iter_: steps of L-BFGS in all.

    Example:
        >>> vme = VariationalManifoldEmbedding(n_components=1).fit(X)
        >>> vme.inverse_transform(vme.transform(X))  # the nearest points of the curve
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        density: Any = "kernel",
        prior: str = "gaussian",
        degree: int = 5,
        bending: str | float = "held-out",
        start: str = "held-out",
        held_out: float = 0.2,
        max_iter: int = 200,
        random_state: Any = None,
    ):
        self.n_components = n_components
        self.density = density
        self.prior = prior
        self.degree = degree
        self.bending = bending
        self.start = start
        self.held_out = held_out
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> VariationalManifoldEmbedding:
        """Find the embedding of data X [N, D].

        Raises:
            InputError: a parameter is out of its range.
        """
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        weights, starts = self._check(X)
        state = check_random_state(self.random_state)
        order = state.permutation(len(X))
        self.mean_ = X.mean(0)
        self.unit_ = float(np.sqrt(np.mean((X - self.mean_) ** 2))) or 1.0
        scaled = (X - self.mean_) / self.unit_
        count = min(max(1, round(self.held_out * len(X))), len(X) - 1)
        train, held_out = scaled[order[count:]], scaled[order[:count]]
        with jax.enable_x64(True):
            self._prior = LATENTS[self.prior]()
            self._start_grid(int(state.randint(2**31)))
            self.density_ = self._density(train, held_out, scaled)
            parts = padded(train), padded(held_out)
            data = Data(*parts, self.density_, self._prior, self._nodes, self._grid)
            self.searched_ = search(scaled, data, starts, weights, self.degree, self.max_iter)
            chosen = best(self.searched_)
        self._keep(chosen)
        # As numpy, which keeps float64 whatever the process's precision when copied or read back.
        for name in ("embedding_", "density_", "searched_", "_grid", "_nodes"):
            setattr(self, name, jax.tree.map(_plain, getattr(self, name)))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """The latents of the nearest points of the manifold, [N, d]."""
        return np.asarray(self._encode(X).z)

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """The points of the manifold at latents Z [N, d], [N, D] in the data's units."""
        check_is_fitted(self)
        with jax.enable_x64(True):
            found = images(self.embedding_, jnp.asarray(np.asarray(Z, float)))
        return self.mean_ + self.unit_ * np.asarray(found)

    def sample(self, n_samples: int = 1, random_state: Any = None) -> np.ndarray:
        """Points of the manifold [n_samples, D], whose latents are drawn from the prior."""
        check_is_fitted(self)
        shape = (n_samples, self.n_components)
        uniform = check_random_state(random_state).uniform(size=shape)
        with jax.enable_x64(True):
            latents = np.asarray(self._prior.quantile(jnp.asarray(uniform)))
        return self.inverse_transform(latents)

    def score_samples(self, X: Any) -> np.ndarray:
        """Log density of each of X [N, D] under the manifold with noise, in nats; see `encode`."""
        encoded = self._encode(X)
        D = self.n_features_in_
        with jax.enable_x64(True):
            latents = jax.tree.map(jnp.asarray, encoded)
            found = log_likelihood(self.embedding_, self._prior, latents, self.noise_, D)
        return np.asarray(found) - D * np.log(self.unit_)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean of `score_samples`, as scikit-learn's PCA has it."""
        return float(np.mean(self.score_samples(X)))

    @property
    def _n_features_out(self) -> int:
        return self.n_components

    def _check(self, X: np.ndarray) -> tuple[tuple[float, ...], tuple[str, ...]]:
        """The weights and starts to try."""
        most = min(X.shape[1], len(X) - 1)
        if (
            not isinstance(self.n_components, int | np.integer)
            or not 1 <= self.n_components <= most
        ):
            raise InputError(
                f"n_components is {self.n_components!r}, expected a whole number from 1 to {most} "
                f"for data of {len(X)} samples and {X.shape[1]} features"
            )
        if not isinstance(self.degree, int | np.integer) or self.degree < 1:
            raise InputError(f"degree is {self.degree!r}, expected a whole number of 1 or more")
        if self.prior not in LATENTS:
            raise InputError(f"prior is {self.prior!r}, expected {' or '.join(LATENTS)}")
        if not 0 < self.held_out < 1:
            raise InputError(f"held_out is {self.held_out!r}, expected a share between 0 and 1")
        if self.start not in (*STARTS, "held-out"):
            raise InputError(f"start is {self.start!r}, expected {', '.join(STARTS)} or held-out")
        starts = tuple(STARTS) if self.start == "held-out" else (self.start,)
        named = {"held-out": SEARCHED, "pca": (1.0,)}
        if isinstance(self.bending, str) and self.bending in named:
            return named[self.bending], starts
        if isinstance(self.bending, str) or not 0 <= self.bending < np.inf:
            raise InputError(
                f"bending is {self.bending!r}, expected 'held-out', 'pca', or a weight of 0 or more"
            )
        return (float(self.bending),), starts

    def _start_grid(self, seed: int) -> None:
        d = self.n_components
        if d in NODES:
            self._nodes: Nodes = quadrature(self._prior, d, NODES[d])
            quantiles = (np.arange(GRID[d]) + 0.5) / GRID[d]
            axis = np.asarray(self._prior.quantile(jnp.asarray(quantiles)))
            self._grid = jnp.asarray(np.stack(np.meshgrid(*[axis] * d), -1).reshape(-1, d))
        else:
            self._nodes = sample(jax.random.key(seed), self._prior, d, SAMPLES)
            self._grid = self._nodes.points

    def _density(self, train: np.ndarray, held_out: np.ndarray, scaled: np.ndarray) -> Any:
        if isinstance(self.density, str):
            if self.density == "kernel":
                return kernel_density(train, held_out)
            if self.density == "gaussian":
                return Gaussian.of(_covariance(scaled), scaled.mean(0))
        units = jnp.full(scaled.shape[1], self.unit_)
        return InUnits(as_density(self.density), jnp.asarray(self.mean_), units)

    def _keep(self, chosen: Candidate) -> None:
        self.embedding_ = chosen.embedding
        self.bending_, self.start_ = chosen.weight, chosen.start
        self.noise_, self.objective_ = chosen.noise, chosen.objective
        self.n_iter_ = max(1, sum(one.steps for one in self.searched_))

    def _encode(self, X: Any) -> Encoded:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scaled = (X - self.mean_) / self.unit_
        with jax.enable_x64(True):
            found = _encode(self.embedding_, padded(scaled).points, self._grid)
        return Encoded(*(part[: len(X)] for part in found))


_encode = jax.jit(encode)


def _plain(leaf: Any) -> Any:
    return np.asarray(leaf) if isinstance(leaf, jax.Array) else leaf


def _covariance(x: np.ndarray) -> jax.Array:
    """Covariance [D, D] of a sample, with enough on the diagonal to keep a flat one invertible."""
    covariance = np.atleast_2d(np.cov(x.T))
    floor = 1e-12 * max(np.trace(covariance), 1e-300)
    return jnp.asarray(covariance + floor * np.eye(len(covariance)))
