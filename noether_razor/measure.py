"""The data of a discovery, and what every discovery says of its data and its fit."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np

from noether_razor._types import Key
from noether_razor._versions import versions
from noether_razor.inference.evaluate import Effort, evaluate
from noether_razor.inference.learn import Learned
from noether_razor.proposals import canonical_spread
from noether_razor.trajectories import Trajectories, Transitions, split, transitions

PACKAGES = ("noether_razor", "jax", "flax", "numpyro", "diffrax", "optax", "numpy")
EVALUATED_TRANSITIONS = 1000


class Data(NamedTuple):
    """Training and held-out data, in the user's coordinates.

    Attributes:
        train: transitions to learn from, N = R (T - 1).
        train_paths: the trajectories they come from.
        test_paths: held-out trajectories.
    """

    train: Transitions
    train_paths: Trajectories
    test_paths: Trajectories

    @property
    def test(self) -> Transitions:
        """Every held-out transition."""
        return transitions(self.test_paths)

    @staticmethod
    def of(trajectories: Trajectories, *, key: Key, held_out: float = 0.2) -> Data:
        """Trajectories, a share of which is held out at random; see `trajectories.split`."""
        train, test = split(trajectories, key=key, held_out=held_out)
        return Data(transitions(train), train, test)


def measure(
    key: Key,
    learned: Learned,
    data: Data,
    most: int = EVALUATED_TRANSITIONS,
    effort: Effort = Effort(),  # noqa: B008, an immutable constant
) -> dict[str, Any]:
    """What every kind of discovery says of its fit: bound, errors, data and versions.

    Args:
        key: of the transitions, the weights and the group elements.
        learned: the model.
        data: training and held-out data.
        most: transitions of each.
        effort: of the evaluation.
    """
    problem, fitted = learned
    size = len(data.train.start)
    on_train, on_test = (
        evaluate(
            key, fitted, some_transitions(key, part, most),
            training_size=size, effort=effort,
        )
        for part in (problem.train, problem.scale(data.test))
    )  # fmt: skip
    units = np.asarray(problem.scaling.units(data.train_paths.degrees_of_freedom), float)
    jacobian = float(np.sum(np.log(units)))  # densities in the user's coordinates
    return {
        "elbo": on_train.elbo - jacobian,
        "nll": on_train.nll + jacobian,
        "kl": on_train.kl,
        "train_mse": float(np.mean(on_train.mse * units**2)),
        "test_mse": float(np.mean(on_test.mse * units**2)),
        "versions": versions(PACKAGES),
        "data": summary(data),
    }


def some_transitions(
    key: Key, data: Transitions, count: int = EVALUATED_TRANSITIONS
) -> Transitions:
    """At most `count` transitions, drawn at random."""
    rows = jax.random.permutation(key, len(data.start))[:count]
    return Transitions(data.start[rows], data.end[rows], data.dt)


def summary(data: Data) -> dict[str, Any]:
    """What a report says of the data."""
    paths = data.train_paths
    return {
        "source": paths.source,
        "degrees_of_freedom": paths.degrees_of_freedom,
        "dt": paths.dt,
        "samples": paths.q.shape[1],
        "train_trajectories": len(paths),
        "test_trajectories": len(data.test_paths),
        "names": list(paths.names),
        "spread": [float(value) for value in canonical_spread(paths.states)],
    }
