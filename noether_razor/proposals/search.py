"""The search for slow functions, stage by stage: what of a stage is new, and when to end.

What a stage brings is not asked function by function: a combination of several may tell something
new where each is nearly a function of what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np

from noether_razor._eigen import generalised_eigen
from noether_razor.conserved import Combined
from noether_razor.proposals.functions import FunctionProposals, values_along
from noether_razor.proposals.independence import gradients, independent_gradients, motion_of
from noether_razor.proposals.known import polynomials, unexplained

STAGES = 5
"""Most stages of a search."""

PATIENCE = 2
"""Stages in a row that may find nothing; networks do not always find what there is."""

SLOW = 0.03
"""Share of the variance of held-out trajectories below which a function counts as found."""

ROUNDING = 1e-10
"""Share of the largest variance below which a combination of functions has none."""


def search(
    stage: Callable[[int, Sequence[Combined]], FunctionProposals],
    known: Combined | None,
    states: np.ndarray,
    held_out: np.ndarray,
    spread: np.ndarray,
) -> tuple[list[Combined], list[Combined], FunctionProposals | None]:
    """Slow functions that are independent of each other: known, and found; and the last stage.

    Args:
        stage: proposes, given its number and the functions that are known by then.
        known: before the first.
        states: trajectories that the stages learn from, [R, T, 2n].
        held_out: others, that tell what is slow and what depends, [R', T', 2n].
        spread: unit of every coordinate, [2n].
    """
    inner, motion = motion_of(held_out, spread)

    def joined(before: list[Combined], slow: Combined) -> list[Combined]:
        """The functions before, and what of slow ones is independent of them."""
        if not len(slow.weights):
            return before
        values, slopes = values_along(slow, states), gradients(slow, inner, spread)
        none = np.zeros((len(inner), 0, len(spread)))
        others = np.concatenate([none, *(gradients(one, inner, spread) for one in before)], 1)
        for _ in range(len(spread) - 1 - len(before)):
            for row in _slowest_beyond(polynomials(before, states), values):
                parts = row[:, None] * slopes
                more = np.concatenate([others, parts.sum(1, keepdims=True)], 1)
                errors = np.append(np.zeros(len(before)), _summed_error(parts, motion))
                if independent_gradients(more, motion, errors).rank > len(before):
                    break
            else:
                break
            weights = jnp.asarray(row, slow.weights.dtype) @ slow.weights
            before, others = [*before, Combined(slow.family, weights[None])], more
        return before

    given = found = joined([], known) if known else []
    last, number, idle = None, 0, 0
    while len(found) < len(spread) - 1 and number < STAGES and idle < PATIENCE:
        last = stage(number, found)
        before, number = len(found), number + 1
        found = joined(found, last.quantities.only(last.held_out < SLOW))
        idle = 0 if len(found) > before else idle + 1
    return given, found[len(given) :], last


def _summed_error(parts: np.ndarray, motion: np.ndarray) -> float:
    """Relative error of a sum of gradients [N, K, 2n] of which each has the error that it shows.

    Where they nearly cancel, hardly more than their errors is left; and of these the sum may show
    none along the motion, since the networks were trained not to.
    """
    shown = np.linalg.norm(np.einsum("nki,ni->nk", parts, motion), axis=1)
    size = np.linalg.norm(parts.sum(1), axis=1)
    return float(np.median(shown / np.maximum(size, np.finfo(float).tiny)))


def _slowest_beyond(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Combinations of K functions that move little for what is left of them, rows, slowest first.

    Args:
        known: orthonormal columns [R, M] that explain, by trajectory.
        values: along the trajectories, [R, T, K].
    """
    mean = values.mean(1)
    within = (values - mean[:, None]).reshape(-1, values.shape[-1])
    moved = within.T @ within / len(within)
    left = unexplained(known, mean)
    shares, vectors = generalised_eigen(moved, left.T @ left / len(left) + moved, ROUNDING)
    return vectors.T[shares < SLOW]
