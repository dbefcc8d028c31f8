"""Choose the penalty and the start: fit with each of them, and compare the held-out data.

The objective is not used to choose, because it rewards wiggles across the manifold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.embedding._starts import STARTS, pca_map
from noether_razor.embedding.encode import encode, log_likelihood
from noether_razor.embedding.fit import fit
from noether_razor.embedding.functional import Problem
from noether_razor.embedding.maps import Series
from noether_razor.embedding.priors import Nodes

SEARCHED = (1.0, 0.1, 0.01, 0.001, 0.0001)
"""Weights of the bending that are tried, in units of the one that keeps PCA a maximum."""


class Data(NamedTuple):
    """What an embedding is fitted to, in units of its spread.

    Attributes:
        train, held_out: the two parts of it, as weighted points.
        density: p.
        prior: q.
        nodes: nodes of the prior.
        grid: latents among which encoding starts, [S, d].
    """

    train: Nodes
    held_out: Nodes
    density: Any
    prior: Any
    nodes: Nodes
    grid: jax.Array


class Candidate(NamedTuple):
    """A fitted embedding.

    Attributes:
        start: name of the start.
        weight: weight of the bending, in units of the one that keeps PCA a maximum.
        embedding: phi.
        objective: value that the objective reached, in nats.
        likelihood: mean log density of held-out data under it, in nats.
        noise: variance of the training data about it, in each direction across.
        steps: number of steps of L-BFGS.
    """

    start: str
    weight: float
    embedding: Series
    objective: float
    likelihood: float
    noise: float
    steps: int


def search(
    x: np.ndarray,
    data: Data,
    starts: Sequence[str],
    weights: Sequence[float],
    degree: int,
    steps: int,
) -> list[Candidate]:
    """Fit from every start with every weight; each fit begins where the last one ended.

    From PCA the weights decrease, because PCA is what the largest weight leads to. From a curved
    start they increase, because the largest weight would straighten it at once.

    Args:
        x: all data [N, D], from which the starts are computed.
        data: the data for the fits and for their comparison.
        starts: names of `STARTS`.
        weights: weights of the bending.
        degree: degree of the series.
        steps: most steps of L-BFGS in each fit.
    """
    d = data.grid.shape[1]
    found = []
    for start in starts:
        embedding = STARTS[start](x, d, degree, data.prior)
        smallest = pca_map(x, d, data.prior)[1]
        for weight in sorted(weights, reverse=start == "pca"):
            bending = weight * data.prior.variance**2 / smallest
            problem = Problem(data.density, data.prior, data.nodes, bending)
            fitted = fit(embedding, problem, steps, 1e-7)
            embedding = fitted.embedding
            likelihood, noise = (float(v) for v in _judge(embedding, data))
            found.append(
                Candidate(
                    start,
                    weight,
                    embedding,
                    float(fitted.value),
                    likelihood,
                    noise,
                    int(fitted.steps),
                )
            )
    return found


def best(candidates: Sequence[Candidate]) -> Candidate:
    """The candidate under which held-out data are likeliest; the first of equals."""
    likelihoods = [one.likelihood for one in candidates]
    return candidates[int(np.argmax(np.nan_to_num(likelihoods, nan=-np.inf)))]


@jax.jit
def _judge(embedding: Series, data: Data) -> tuple[jax.Array, jax.Array]:
    """Mean log density of held-out data, and the noise about the manifold."""
    D, d = data.train.points.shape[1], data.grid.shape[1]
    squares = encode(embedding, data.train.points, data.grid).squares
    noise = jnp.maximum(jnp.vdot(data.train.weights, squares) / max(D - d, 1), 1e-12)
    encoded = encode(embedding, data.held_out.points, data.grid)
    each = log_likelihood(embedding, data.prior, encoded, noise, D)
    return jnp.vdot(data.held_out.weights, each), noise
