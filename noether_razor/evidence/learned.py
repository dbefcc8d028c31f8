"""What networks find to be conserved beyond what is known, judged by the rule of the verdict.

A network is fitted to the trajectories that it learns from, so these cannot be used to judge it.
Networks therefore learn from three quarters of the trajectories and are judged on the others. The
number of functions that are learned is the number that can be independent: one less than the
dimension of the space of states, minus the number of known functions. Most of them need not be
conserved; the verdict decides. A network is never exact, so a small but certain change says nothing
about the system. A function counts if its change is within the tolerance, whether the verdict is
conserved or slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.conserved.quadratic import Quadratic
from noether_razor.evidence.fields import symplectic_form_in
from noether_razor.evidence.functions import on_tracks, some_states
from noether_razor.evidence.independence import independent, least_share, share_beyond
from noether_razor.evidence.investigate import investigate
from noether_razor.evidence.judged import CONSERVED, SLOW, Judged
from noether_razor.evidence.networks import Networks, learn
from noether_razor.evidence.recording import MOST_TRAJECTORIES, Recording
from noether_razor.evidence.search import Search
from noether_razor.evidence.symmetries import moves_of

JUDGED = 4
"""One in this many trajectories is judged, and not learned from."""
STATES = 400
"""States that gradients are compared at."""


class Learned(NamedTuple):
    """What was learned, and the verdict on it.

    Attributes:
        networks: K functions of states in units of the spread about the centre.
        judged: directions in their span, on trajectories that were not learned from.
        by: label of the law of motion that the verdict is based on; "" without a law.
        beyond: share of each direction's gradient that the gradients of what is known, and of
            the independent directions before it, do not span, [K].
        counted: which directions are conserved within the tolerance and independent, [K].
        known: which of the known functions are independent of those before them.
        held: recording of the trajectories that were judged.
    """

    networks: Networks
    judged: Judged
    by: str
    beyond: np.ndarray
    counted: np.ndarray
    known: Sequence[bool]
    held: Recording

    @property
    def count(self) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """How many functions are conserved and independent, known ones and learned ones."""
        return sum(self.known) + int(self.counted.sum())


def check(search: Search, trajectories: int) -> None:
    """Refuse a search that networks cannot be added to, and too few trajectories.

    Raises:
        InputError: other functions than all quadratics are searched, or there are too few
            trajectories to keep some for the judgement.
    """
    if not search.quadratic:
        raise InputError(
            "networks are learned beside all quadratics: leave out a degree and functions, or the "
            "networks"
        )
    if trajectories < 2 * JUDGED:
        raise InputError(
            f"{trajectories} trajectories, expected {2 * JUDGED} or more for networks: one in "
            f"{JUDGED} is not learned from, to be judged"
        )


def learned(
    states: np.ndarray,
    data: Recording,
    known: Quadratic,
    high: np.ndarray,
    tolerance: float,
    *,
    hamiltonian: bool = True,
    seed: int = 0,
    steps: int | None = None,
) -> Learned | None:
    """Learn networks and judge them; None if the known quantities leave nothing to be found.

    Args:
        states: states of all trajectories, [R, T, m], in the user's units.
        data: the recording of them.
        known: quadratics of states in units of the spread that are conserved.
        high: upper ends of the intervals of their changes.
        tolerance: size of a change, in units of the spread, that counts as none.
        hamiltonian: whether known quadratics generate symmetries.
        seed: seed of the networks' first weights and of the batches.
        steps: number of steps of the optimiser; `networks.STEPS` by default.
    """
    z = (states - data.centre) / data.spread
    known_independent = independent(
        _gradients(known, some_states(z, STATES)), least_share(high, tolerance)
    )
    count = data.dimension - 1 - sum(known_independent)
    if count < 1:
        return None
    apart = _apart(z)
    nothing = Quadratic(*(leaf[:0] for leaf in known))
    moves = moves_of(
        known if hamiltonian else nothing, symplectic_form_in(data.spread, data.paired), z
    )
    networks = learn(jax.random.key(seed), z[~apart], count, known, moves, steps)
    held = replace(data, z=_thinned(z[apart], data.z.shape[1]))
    findings = investigate(held, tolerance, networks, always=False)
    beyond, counted = _counted(networks, findings.judged, known, held, tolerance)
    return Learned(networks, findings.judged, findings.by, beyond, counted, known_independent, held)


def _apart(z: np.ndarray) -> np.ndarray:
    """Which trajectories are judged, [R]: one in `JUDGED`, in the order of how far they reach.

    A network says nothing about states far outside those that it has learned from. So it learns
    from the trajectories that reach farthest. The others are spread evenly over both parts.
    """
    farthest = np.argsort(-np.linalg.norm(z, axis=-1).max(1), kind="stable")
    apart = np.zeros(len(z), bool)
    apart[farthest[JUDGED // 2 :: JUDGED]] = True
    return apart


def _counted(
    networks: Networks, judged: Judged, known: Quadratic, held: Recording, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """The share of each direction's gradient beyond those before it, and which directions count.

    A direction counts if it is conserved within the tolerance, and if this share is larger than an
    error of the direction would make it; see `least_share`.
    """
    states = some_states(held.z, STATES)
    with jax.enable_x64(True):
        slopes = np.asarray(on_tracks(networks, jnp.asarray(states[None])).gradients[0])
    slopes = np.einsum("kd,ndm->nkm", judged.coefficients, slopes)
    within = np.isin(judged.verdicts(), [CONSERVED, SLOW])
    before = _gradients(known, states)
    beyond, counted = np.zeros(len(within)), np.zeros(len(within), bool)
    for k in range(len(within)):
        beyond[k] = share_beyond(slopes[:, k], before)
        counted[k] = within[k] and beyond[k] > least_share(judged.high[k], tolerance)
        if counted[k]:
            before = np.concatenate([before, slopes[:, k : k + 1]], axis=1)
    return beyond, counted


def _gradients(known: Quadratic, states: np.ndarray) -> np.ndarray:
    """Gradients [N, k, m] of quadratics at states [N, m]."""
    A, b = np.asarray(known.A), np.asarray(known.b)
    return np.einsum("kij,nj->nki", A, states) + b


def _thinned(z: np.ndarray, samples: int) -> np.ndarray:
    """At most as many trajectories and samples as a recording has."""
    z = z[:: -(-len(z) // MOST_TRAJECTORIES)]
    return z[:, :: -(-z.shape[1] // samples)]
