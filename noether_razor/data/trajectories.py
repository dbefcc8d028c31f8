"""Trajectories: check, join, split, and cut into transitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key, States
from noether_razor.data import checks as check

ONE_VALUE = 1e-12
"""A coordinate has one value if its range is at most this share of its largest value: rounding."""


class Slopes(NamedTuple):
    """Errors of velocities that are differences of the positions in time.

    Attributes:
        gain: standard deviation of a velocity for noise of standard deviation 1 of the positions.
        error: root mean square of what the differences miss, [n], in units of the velocities.
    """

    gain: float
    error: np.ndarray


@dataclass(frozen=True, eq=False)
class Trajectories:
    """R recordings of one system, sampled T times each at one uniform step.

    Anything array-like is accepted and becomes float64; it is checked when built.

    Attributes:
        q: positions [R, T, n], or any observed quantities.
        p: momenta [R, T, n]. Give None for observed quantities that are no pairs; then p is
            [R, T, 0].
        dt: time between two samples.
        names: names of all m coordinates, positions first; q1 .. qn, p1 .. pn, or x1 .. xm by
            default.
        source: where they come from, for messages.
        notes: what was done when they were read, as sentences for the user.
        taken: which columns were taken for what when they were read.
        velocities: whether `p` holds velocities, whose masses are not known.
        slopes: errors of these velocities, if they are differences of the positions.

    Raises:
        InputError: shapes disagree, there are fewer than two samples, or a value is not finite.
    """

    q: np.ndarray
    p: np.ndarray
    dt: float
    names: tuple[str, ...] = ()
    source: str = "trajectories"
    notes: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    velocities: bool = False
    slopes: Slopes | None = None

    def __post_init__(self) -> None:
        q = check.coordinates(self.q, "q", self.source)
        none = self.p is None or np.shape(self.p) == (*q.shape[:2], 0)
        p = np.zeros((*q.shape[:2], 0)) if none else check.coordinates(self.p, "p", self.source)
        object.__setattr__(self, "q", q)
        object.__setattr__(self, "p", p)
        if not none and q.shape != p.shape:
            raise InputError(
                f"{self.source}: q has shape {q.shape} and p {p.shape}, expected the same: one "
                "momentum for every position"
            )
        m = q.shape[-1] + p.shape[-1]
        names = tuple(self.names) or default_names(q.shape[-1], "x" if none else "p")
        if len(names) != m or len(set(names)) != m:
            order = "" if none else ": the positions', then the momenta's"
            raise InputError(
                f"{self.source}: names are {', '.join(names)}, expected {m} different ones{order}"
            )
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "dt", check.time_step(self.dt, self.source))
        check.finite(self.states, names, self.source)

    @property
    def states(self) -> np.ndarray:
        """x = (q, p), [R, T, m]."""
        return np.concatenate([self.q, self.p], axis=-1)

    @property
    def paired(self) -> bool:
        """Whether every position has a momentum or a velocity; observed quantities have none."""
        return bool(self.p.shape[-1])

    @property
    def degrees_of_freedom(self) -> int:
        """n, the number of positions; for observed quantities that are no pairs, their number."""
        return self.q.shape[-1]

    def __len__(self) -> int:
        return len(self.q)


class Transitions(NamedTuple):
    """Pairs of states one time step apart: start [N, 2n], end [N, 2n], and dt."""

    start: States
    end: States
    dt: float


def concatenate(parts: Sequence[Trajectories]) -> Trajectories:
    """Join recordings of one system, one after the other.

    Args:
        parts: recordings with the same names, samples and step; the step of the first is kept.

    Raises:
        InputError: there is no recording, or one differs from the first.
    """
    if not parts:
        raise InputError("there are no trajectories, expected some: name one file or more")
    first = parts[0]
    for part in parts[1:]:
        check.alike(part, first)
    if len(parts) == 1:
        return first
    q, p = (np.concatenate([getattr(part, letter) for part in parts]) for letter in "qp")
    sources = _listed([part.source for part in parts])
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return replace(first, q=q, p=p, source=sources, notes=notes)


def split(
    trajectories: Trajectories, *, key: Key, held_out: float = 0.2
) -> tuple[Trajectories, Trajectories]:
    """Training and held-out trajectories: whole ones, drawn at random, at least one of each.

    Args:
        held_out: share of the trajectories that is held out, in (0, 1).

    Raises:
        InputError: `held_out` is out of its range, or there are fewer than two trajectories.
    """
    if not 0 < held_out < 1:
        raise InputError(f"held_out is {held_out}, expected a share between 0 and 1")
    count = len(trajectories)
    if count < 2:
        raise InputError(
            f"{trajectories.source}: has {count} trajectory, expected 2 or more, to train on some "
            "and test on others: record more, or cut the one into pieces"
        )
    test = min(max(1, round(held_out * count)), count - 1)
    order = np.asarray(jax.random.permutation(key, count))
    return _take(trajectories, np.sort(order[test:])), _take(trajectories, np.sort(order[:test]))


def transitions(
    trajectories: Trajectories, *, noise_variance: float = 0.0, key: Key | None = None
) -> Transitions:
    """Every pair of neighbouring samples, N = R (T - 1), in the default precision.

    Args:
        noise_variance: variance of Gaussian noise that is added to the end states only, as in the
            paper's data.
        key: for that noise.
    """
    x = trajectories.states
    dimension = x.shape[-1]
    start = jnp.asarray(x[:, :-1].reshape(-1, dimension))
    end = jnp.asarray(x[:, 1:].reshape(-1, dimension))
    if noise_variance:
        if key is None or not noise_variance > 0:
            raise InputError(f"noise_variance is {noise_variance}, expected 0, or more and a key")
        end = end + noise_variance**0.5 * jax.random.normal(key, end.shape, end.dtype)
    return Transitions(start, end, trajectories.dt)


def check_variation(trajectories: Trajectories) -> None:
    """Raise InputError if a coordinate has one and the same value in all of the data."""
    x = trajectories.states
    spread = np.ptp(x, axis=(0, 1))
    constant = np.flatnonzero(spread <= ONE_VALUE * np.abs(x).max(axis=(0, 1)))
    if len(constant):
        which = ", ".join(trajectories.names[i] for i in constant)
        raise InputError(
            f"{trajectories.source}: {which} never changes and is the same in every trajectory, "
            "expected coordinates that move: leave it out"
            + (" with its partner, the position or momentum" if trajectories.paired else "")
        )


def default_names(count: int, kind: str = "p") -> tuple[str, ...]:
    """q1 .. qn with p1 .. or v1 .. for kind "p" or "v"; only q1 .. for "q", only x1 .. for "x"."""
    letters = f"q{kind}" if kind in "pv" else kind
    return tuple(f"{letter}{i + 1}" for letter in letters for i in range(count))


def _take(trajectories: Trajectories, index: np.ndarray) -> Trajectories:
    t = trajectories
    return replace(t, q=t.q[index], p=t.p[index])


def _listed(sources: list[str]) -> str:
    shown = sources if len(sources) <= 4 else [*sources[:3], f"{len(sources) - 3} more"]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
