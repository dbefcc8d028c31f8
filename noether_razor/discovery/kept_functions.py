"""Functions that networks have learned: stored in a discovery, and restored from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.conserved.features import Monomials, Rescaled
from noether_razor.discovery.result import (
    Discovery,
    LearnedFunction,
    Quantity,
    numbers_of,
)
from noether_razor.evidence.functions import some_states
from noether_razor.evidence.independence import independent, least_share
from noether_razor.evidence.judged import CONSERVED
from noether_razor.evidence.learned import STATES as COMPARED
from noether_razor.evidence.learned import Learned
from noether_razor.evidence.networks import Networks
from noether_razor.evidence.recording import Recording

DEGREES = (2, 3, 4)
"""Degrees of the polynomials that a learned function is compared with."""
STATES = 4000
"""States at which learned functions and polynomials are compared."""
TRACKS = 8
"""Trajectories along which values are kept."""


def with_learned(
    discovery: Discovery, found: Learned | None, data: Recording, seconds: float
) -> Discovery:
    """Add what networks have learned to a discovery by quadratics.

    Args:
        discovery: a discovery by quadratics.
        found: what the networks have learned; None if the quadratics leave nothing to be learned.
        data: the recording.
        seconds: wall-clock time of the whole discovery.
    """
    discovery = replace(discovery, quantities=_told(discovery, data), seconds=seconds)
    if found is None:
        return discovery
    judged = found.judged
    networks = found.networks.mixed(judged.coefficients)
    with jax.enable_x64(True):
        states = jnp.asarray(some_states(found.held.z, STATES))
        values = np.asarray(jax.vmap(networks)(states))
        explained = _explained(np.asarray(states), values)
        tracks = np.asarray(jax.vmap(jax.vmap(networks))(jnp.asarray(found.held.z[:TRACKS])))
    tracks = (tracks - values.mean(0)) / values.std(0)
    functions = [
        LearnedFunction(
            verdict=verdict,
            **numbers_of(judged, k),
            beyond=float(found.beyond[k]),
            counted=bool(found.counted[k]),
            explained={str(degree): float(share[k]) for degree, share in explained.items()},
            tracks=tracks[..., k],
        )
        for k, verdict in enumerate(judged.verdicts())
    ]
    weights = {
        "hidden": [[matrix.tolist(), bias.tolist()] for matrix, bias in networks.hidden],
        "linear": networks.linear.tolist(),
        "quadratic": networks.quadratic.tolist(),
        "centre": data.centre.tolist(),
        "spread": data.spread.tolist(),
    }
    return replace(discovery, learned=functions, networks=weights)


def _told(discovery: Discovery, data: Recording) -> list[Quantity]:
    """The quadratics, with `independent` False for a function of the quadratics before it."""
    quantities = discovery.quantities
    if not quantities:
        return []
    x = data.centre + data.spread * some_states(data.z, COMPARED)
    x = x - np.array(list(discovery.origin.values()))
    slopes = np.stack([x @ np.asarray(q.A) + np.asarray(q.b) for q in quantities], axis=1)
    high = [one.high for one in discovery.directions if one.verdict == CONSERVED]
    least = least_share(np.array(high), discovery.tolerance)
    flags = independent(slopes * data.spread, least)
    pairs = zip(quantities, flags, strict=True)
    return [replace(quantity, independent=flag) for quantity, flag in pairs]


def functions_of(networks: Mapping[str, Any]) -> Rescaled:
    """The learned functions of a discovery, as functions of a state in the user's coordinates.

    Args:
        networks: the member `networks` of the discovery.

    Example:
        >>> found = discover(data, networks=True)
        >>> functions_of(found.networks)(data.states[0, 0])
    """
    hidden = [(np.array(matrix), np.array(bias)) for matrix, bias in networks["hidden"]]
    found = Networks(hidden, np.array(networks["linear"]), np.array(networks["quadratic"]))
    # The networks are functions of (x - centre) / spread.
    slope = 1 / np.array(networks["spread"])
    shift = -slope * np.array(networks["centre"])
    sizes = (1.0,) * found.linear.shape[1]
    return Rescaled(found, tuple(shift.tolist()), tuple(slope.tolist()), sizes)


def _explained(states: np.ndarray, values: np.ndarray) -> dict[int, np.ndarray]:
    """R^2 [K] of polynomials of states [N, m] fitted to values [N, K], by degree.

    It is computed on states that are left out of the fit.
    """
    found: dict[int, np.ndarray] = {}
    for degree in DEGREES:
        of = Monomials(states.shape[1], degree)
        if 4 * len(of.factors) > len(states):  # too many coefficients for so few states
            break
        design = np.column_stack([np.ones(len(states)), jax.vmap(of)(jnp.asarray(states))])
        apart = np.arange(len(states)) % 4 == 0
        solved = np.linalg.lstsq(design[~apart], values[~apart], rcond=None)[0]
        left = values[apart] - design[apart] @ solved
        found[degree] = 1 - (left**2).mean(0) / values[apart].var(0)
    return found
