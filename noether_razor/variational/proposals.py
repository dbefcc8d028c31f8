"""Where candidates start: at the directions that change least along the trajectories.

They are found and judged by the evidence, without a law of motion. A direction that surely changes
starts with a negligible amplitude, and the fit may increase it.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.conserved import Quadratic
from noether_razor.conserved.features import Monomials
from noether_razor.describe._sparse import sparse_basis
from noether_razor.describe.directions import orthonormal_in_order
from noether_razor.discovery.quadratics import quadratic
from noether_razor.evidence.judge_tracks import judge_tracks
from noether_razor.evidence.judged import CHANGES, CONSERVED, SLOW, TOLERANCE
from noether_razor.evidence.products import judge_with_products
from noether_razor.evidence.recording import Recording

NEGLIGIBLE = 0.03
"""Amplitude of a proposal that surely changes, relative to the others. The average over its flow
then moves states by a hundredth of their spread, too little to affect the fit's first steps."""


class Proposals(NamedTuple):
    """Quadratics to start from.

    Attributes:
        quantities: K of them, in the user's coordinates; orthonormal in units of the data's spread,
            what is conserved first.
        amplitudes: initial amplitudes, relative to each other, [K].
    """

    quantities: Quadratic
    amplitudes: np.ndarray


def propose(
    data: Recording, spread: np.ndarray, count: int, tolerance: float = TOLERANCE
) -> Proposals:
    """The least changing quadratics of trajectories.

    Args:
        data: the recording of the trajectories, with the noise that the user gave.
        spread: unit of every coordinate that amplitudes are in, [2n]; see `canonical_spread`.
        count: how many are asked for. There are fewer if the others surely change.
        tolerance: size of a change, in units of the spread, that counts as none.
    """
    with jax.enable_x64(True):
        judge = partial(judge_tracks, data, tolerance)
        judged = judge_with_products(judge, Monomials(data.dimension, 2))
        found = quadratic(judged, data, np.zeros(data.dimension))
        unit = jnp.asarray(spread)
        rows = np.asarray(Quadratic(*map(jnp.asarray, found)).rescale(unit).coefficients())
        verdicts = np.array(judged.verdicts(), object)
        kept, changes = np.isin(verdicts, [CONSERVED, SLOW]), verdicts == CHANGES
        order = np.lexsort([changes, ~kept])
        rows, changes = orthonormal_in_order(rows[order]), changes[order]
        if kept.any():
            rows[: kept.sum()] = _separated(rows[: kept.sum()])
        rows, changes = rows[:count], changes[:count]
        quantities = Quadratic.from_coefficients(jnp.asarray(rows), data.dimension)
        quantities = jax.tree.map(np.asarray, quantities.rescale(1 / unit))
    return Proposals(quantities, np.where(changes, NEGLIGIBLE, 1.0))


def _separated(rows: np.ndarray) -> np.ndarray:
    """The orthonormal basis of the span of orthonormal rows [K, D] that is nearest to a sparse one.

    All of the span may be conserved; then no basis of it changes least. The fit learns one size for
    each member of the basis, so a momentum and a square should not be mixed in one member.
    """
    left, _, right = np.linalg.svd(sparse_basis(rows).rows @ rows.T)
    return left @ right @ rows
