"""Whether the moves behind a verdict stay where there is data: beyond it the model extrapolates."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial import cKDTree

from noether_razor.conserved import Quadratic
from noether_razor.phase_space import apply_symplectic_form

FARTHEST = 0.1
"""Share of the states, those that lead the farthest, which is measured by the nearest of them."""


def strays(
    quantities: Quadratic, states: np.ndarray, train: np.ndarray, spread: np.ndarray
) -> np.ndarray:
    """How much farther from the training states moved states lie than those not moved, [K].

    Moves are those that price a direction: along its flow, either way, by a root mean square
    displacement of one spread. Distances are to the nearest training state, of the farthest tenth.
    True symmetries of well-spread data have about 1. Trajectories on a few curves only, as the
    orbits of a few planets, have no data where a rotation leads: 9 to 70 (docs/findings.md).

    Args:
        quantities: K of them, in the coordinates of the states.
        states: held-out ones, [N, 2n].
        train: [M, 2n].
        spread: of every coordinate, [2n].
    """
    tree = cKDTree(np.asarray(train, float) / spread)

    def far(some: np.ndarray) -> float:
        return float(np.quantile(tree.query(some / spread)[0], 1 - FARTHEST))

    at_home = far(np.asarray(states, float))
    points = jnp.asarray(states)
    found = []
    for A, b in zip(quantities.A, quantities.b, strict=True):
        one = Quadratic(jnp.asarray(A)[None], jnp.asarray(b)[None])
        shifts = apply_symplectic_form(jax.vmap(one.gradient)(points))[:, 0] / spread
        time = 1 / np.sqrt(np.mean(np.sum(np.asarray(shifts) ** 2, axis=-1)))
        moved = [jax.vmap(one.flow(jnp.array([sign * time])))(points) for sign in (1, -1)]
        found.append(far(np.concatenate(moved)))
    return np.array(found) / max(at_home, np.finfo(float).tiny)
