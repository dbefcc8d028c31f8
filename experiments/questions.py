"""Quantities that the posterior is asked about by name, and how far its test leaves the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial import cKDTree

from noether_razor.discovery.certificate import drift_certificate
from noether_razor.discovery.rank import verdicts
from noether_razor.inference.learn import Learned
from noether_razor.inference.price import displacements, price
from noether_razor.inference.problem import spread_of
from noether_razor.investigate import PRICED_TRANSITIONS
from noether_razor.measure import Data
from noether_razor.proposals import canonical_spread
from noether_razor.systems import KnownQuantity, stack
from noether_razor.systems._system import angular_momentum, coordinate_forms
from noether_razor.trajectories import Transitions


def angular_momenta(degrees_of_freedom: int) -> tuple[KnownQuantity, ...]:
    """The quadratics that Kepler's law conserves: L, or in space Lx, Ly and Lz."""
    q, p = coordinate_forms(degrees_of_freedom)
    planes = {"L": (0, 1)}
    if degrees_of_freedom == 3:
        planes = {"Lx": (1, 2), "Ly": (2, 0), "Lz": (0, 1)}
    return tuple(angular_momentum(name, q[None], p[None], ij) for name, ij in planes.items())


def asked(degrees_of_freedom: int) -> tuple[KnownQuantity, ...]:
    """What the posterior is asked about: the truth, and what circular motion conserves besides."""
    one = np.eye(degrees_of_freedom)
    zero = np.zeros_like(one)
    forms = {
        "q.q": np.block([[one, zero], [zero, zero]]),
        "p.p": np.block([[zero, zero], [zero, one]]),
        "q.p": np.block([[zero, one], [one, zero]]),
    }
    others = (KnownQuantity(name, A, np.zeros(len(A))) for name, A in forms.items())
    return (*angular_momenta(degrees_of_freedom), *others)


def ask(key: jax.Array, learned: Learned, data: Data) -> dict[str, dict[str, Any]]:
    """The verdict on each of `asked`, and its signs; see `inference.price` and the certificate.

    `turn` is the root mean square flow time of the moves that z is about, in the user's units: for
    an angular momentum an angle.
    """
    known = asked(data.train_paths.degrees_of_freedom)
    forms = stack(known)
    spread = spread_of(learned.problem.train.start)
    units = learned.problem.scaling.units(len(spread) // 2)
    scaled = jax.tree.map(lambda leaf: leaf.astype(spread.dtype), forms.rescale(units))
    rows = jax.random.permutation(key, len(data.test.start))[:PRICED_TRANSITIONS]
    test = Transitions(data.test.start[rows], data.test.end[rows], data.test.dt)
    found = price(
        key,
        learned.fitted,
        scaled,
        learned.problem.scale(test),
        spread,
        learned.problem.train.start,
    )
    certificate = drift_certificate(forms, data.test_paths.states)
    on_train = drift_certificate(forms, data.train_paths.states)
    judged = verdicts(found, certificate, on_train)
    train_spread = jnp.asarray(canonical_spread(data.train_paths.states))
    per_time = displacements(forms, test.start, train_spread)
    return {
        one.name: {
            "verdict": verdict,
            "z": float(found.z[i]),
            "vague": float(found.vague[i]),
            "price": float(found.nats[i]),
            "drift": float(certificate.drift[i]),
            "drift_high": float(certificate.high[i]),
            "baseline": float(on_train.drift[i]),
            "turn": float(1 / per_time[i]),
        }
        for i, (one, verdict) in enumerate(zip(known, judged, strict=True))
    }


def strays(answers: Mapping[str, Mapping[str, Any]], data: Data) -> dict[str, float]:
    """Distance to the nearest training state, in spreads, by the quantity that moved.

    That of the farthest tenth of the held-out states, at the least. Moves are those behind z, of
    root mean square length, either way; under "" there is none.
    """
    train = data.train_paths.states
    spread = canonical_spread(train)
    tree = cKDTree(train.reshape(-1, len(spread)) / spread)
    states = jnp.asarray(data.test_paths.states[:, ::3].reshape(-1, len(spread)))
    found = {"": _far(tree, states / spread)}
    for quantity in asked(data.train_paths.degrees_of_freedom):
        form = stack([quantity])
        turn = answers[quantity.name]["turn"]
        moved = [jax.vmap(form.flow(jnp.array([time])))(states) for time in (turn, -turn)]
        found[quantity.name] = _far(tree, np.concatenate(moved) / spread)
    return found


def _far(tree: cKDTree, states: np.ndarray) -> float:
    return float(np.quantile(tree.query(states)[0], 0.9))
