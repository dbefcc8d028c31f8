"""Learned generators of finished runs: their singular values, and how true their directions are."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from noether_razor.config import ExperimentConfig
from noether_razor.conserved import Quadratic
from noether_razor.discovery.directions import parallelness
from noether_razor.runner import restore
from noether_razor.systems import stack


class Spectrum(NamedTuple):
    """Of one run's K learned candidates, in the user's coordinates, as the paper has it.

    Attributes:
        seed: of the run.
        values: singular values of the stacked candidates, descending, [K'].
        parallelness: norm of the projection of each right singular vector on the true span, [K'].
        directions: the quantities that the right singular vectors stand for, K'.
        names: of the coordinates.
        true_rank: how many quantities the system conserves.
    """

    seed: int
    values: np.ndarray
    parallelness: np.ndarray
    directions: Quadratic
    names: tuple[str, ...]
    true_rank: int


def spectrum(config: ExperimentConfig) -> Spectrum:
    """Read the learned candidates of a finished run.

    Source: van der Ouderaa et al., "Noether's Razor", NeurIPS 2024, section 5 and figures 3, 4.
    """
    made, (problem, fitted) = restore(config)
    n = made.system.degrees_of_freedom
    learned = fitted.quantities.rescale(1 / problem.scaling.units(n))
    _, values, right = np.linalg.svd(np.asarray(learned.coefficients(), float), full_matrices=False)
    truth = np.asarray(stack(made.system.conserved, n).coefficients(), float)
    return Spectrum(
        seed=config.seed,
        values=values,
        parallelness=parallelness(right, truth),
        directions=Quadratic.from_coefficients(jnp.asarray(right), 2 * n),
        names=made.system.coordinate_names,
        true_rank=len(truth),
    )
