"""The stored result of the paper's fit, kept beside a discovery that comes from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """The bound of a model that is refitted with the first directions held fixed.

    The flow of each held direction moves states by about the spread of the data.

    Attributes:
        rank: how many directions are held.
        bound: ELBO in nats per training transition, densities in the user's coordinates.
        error: standard error over refits.
    """

    rank: int
    bound: float
    error: float


@dataclass(frozen=True, eq=False)
class VariationalFit:
    """The fit of the paper that the candidates were learned by; see `variational.discover`.

    Attributes:
        symmetry: "learned", or "plain" or "built_in" where no candidate was learned.
        start: "proposals" or "random", where the candidates began.
        candidates: how many quantities were learned.
        exhausted: whether as many are conserved as the candidates started from, so that there may
            be more.
        singular_values: singular values of all learned candidates, in units of the data's spread,
            descending.
        elbo, nll, kl: bound, expected negative log likelihood and divergence of the posterior from
            the prior, in nats per training transition, densities in the user's coordinates.
        train_mse, test_mse: one-step mean squared error, squared user's units.
        noise_variance: variance of the noise of an observed coordinate, squared user's units.
        train_trajectories, test_trajectories: how many trajectories the fit learned from, and how
            many were held out.
        seed: seed of everything random; None if the caller's own key was used.
        curve: the bound against the number of directions held; empty if it was not asked for.
    """

    symmetry: str
    start: str
    candidates: int
    exhausted: bool
    singular_values: Sequence[float]
    elbo: float
    nll: float
    kl: float
    train_mse: float
    test_mse: float
    noise_variance: float
    train_trajectories: int
    test_trajectories: int
    seed: int | None
    curve: Sequence[Bound] = ()
