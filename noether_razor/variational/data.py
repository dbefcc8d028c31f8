"""The data of a fit: transitions to learn from, and trajectories that are held out."""

from __future__ import annotations

from typing import NamedTuple

import jax

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key
from noether_razor.data.trajectories import Trajectories, Transitions, split, transitions


class Data(NamedTuple):
    """Training and held-out data, in the user's coordinates.

    Attributes:
        train: transitions to learn from, N = R (T - 1).
        train_paths: the trajectories they come from.
        test_paths: held-out trajectories.
        observed: trajectories with all of their noise. Candidates start from them, and the verdict
            is about them.
    """

    train: Transitions
    train_paths: Trajectories
    test_paths: Trajectories
    observed: Trajectories

    @property
    def test(self) -> Transitions:
        """Every held-out transition."""
        return transitions(self.test_paths)

    @staticmethod
    def of(trajectories: Trajectories, *, key: Key, held_out: float = 0.2) -> Data:
        """Hold out a share of the trajectories at random; see `trajectories.split`.

        Raises:
            InputError: if the coordinates are not positions and momenta.
        """
        if trajectories.velocities or not trajectories.paired:
            raise InputError(
                f"{trajectories.source}: holds no momenta, which the variational method needs: "
                "give the masses of velocities with --masses, or take --method evidence"
            )
        train, test = split(trajectories, key=key, held_out=held_out)
        return Data(transitions(train), train, test, trajectories)


def some_transitions(key: Key, data: Transitions, count: int) -> Transitions:
    """At most `count` transitions, drawn at random."""
    rows = jax.random.permutation(key, len(data.start))[:count]
    return Transitions(data.start[rows], data.end[rows], data.dt)
