"""Trajectories: simulate, load, save, check, split, and cut into transitions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor import _trajectory_checks as check
from noether_razor import _trajectory_files
from noether_razor._files import write_atomically
from noether_razor._types import Key, State, States
from noether_razor.errors import InputError
from noether_razor.phase_space import hamiltonian_vector_field

if TYPE_CHECKING:
    from noether_razor.systems import System


@dataclass(frozen=True, eq=False)
class Trajectories:
    """R recordings of one system, sampled T times each at one uniform step.

    Anything array-like is accepted and becomes float64; it is checked when built.

    Attributes:
        q: positions [R, T, n].
        p: momenta [R, T, n].
        dt: time between two samples.
        names: of the 2n coordinates, positions first; q1 .. qn, p1 .. pn unless told.
        source: where they come from, for messages.

    Raises:
        InputError: shapes that disagree, fewer than two samples, a value that is not finite.
    """

    q: np.ndarray
    p: np.ndarray
    dt: float
    names: tuple[str, ...] = ()
    source: str = "trajectories"

    def __post_init__(self) -> None:
        for name in ("q", "p"):
            values = check.coordinates(getattr(self, name), name, self.source)
            object.__setattr__(self, name, values)
        if self.q.shape != self.p.shape:
            raise InputError(
                f"{self.source}: q has shape {self.q.shape} and p {self.p.shape}, expected the "
                "same: one momentum for every position"
            )
        names = tuple(self.names) or default_names(self.degrees_of_freedom)
        if len(names) != 2 * self.degrees_of_freedom or len(set(names)) != len(names):
            raise InputError(
                f"{self.source}: names are {', '.join(names)}, expected "
                f"{2 * self.degrees_of_freedom} different ones: the positions', then the momenta's"
            )
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "dt", check.time_step(self.dt, self.source))
        check.finite(self.states, names, self.source)

    @property
    def states(self) -> np.ndarray:
        """x = (q, p), [R, T, 2n]."""
        return np.concatenate([self.q, self.p], axis=-1)

    @property
    def degrees_of_freedom(self) -> int:
        """n."""
        return self.q.shape[-1]

    def __len__(self) -> int:
        return len(self.q)


class Transitions(NamedTuple):
    """Pairs of states one time step apart: start [N, 2n], end [N, 2n], and dt."""

    start: States
    end: States
    dt: float


def simulate(
    system: System,
    *,
    key: Key,
    trajectories: int = 200,
    steps: int = 50,
    dt: float | None = None,
    noise: float = 0.0,
    initial_state: Callable[[Key], State] | None = None,
) -> Trajectories:
    """Integrate a system accurately from random initial states.

    Always in float64, whatever the precision of the process: the same key gives the same data.

    Args:
        system: what moves; see `noether_razor.systems`.
        key: for the initial states and, independently of them, the noise.
        trajectories: R, how many.
        steps: transitions in each, so T = steps + 1.
        dt: time between samples; the system's own recommendation by default.
        noise: standard deviation of Gaussian noise on every stored coordinate.
        initial_state: from a key to one random state [2n]; the system's own law by default.

    Raises:
        InputError: a number out of its range, or a motion that leaves the finite numbers.
    """
    for name, value in (("trajectories", trajectories), ("steps", steps)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise InputError(f"{name} is {value!r}, expected a whole number of 1 or more")
    dt = check.time_step(system.dt if dt is None else dt, "simulate")
    if isinstance(noise, bool) or not isinstance(noise, int | float) or not 0 <= noise < np.inf:
        raise InputError(f"noise is {noise!r}, expected a standard deviation of 0 or more")
    state_key, noise_key = jax.random.split(key)
    initial_state = initial_state or system.initial_state
    with jax.enable_x64(True):
        times = dt * jnp.arange(steps + 1, dtype=jnp.float64)
        start = jax.vmap(initial_state)(jax.random.split(state_key, trajectories))
        states = _compiled_motion(system)(start, times)
        states = states + noise * jax.random.normal(noise_key, states.shape, states.dtype)
    q, p = np.split(np.asarray(states), 2, axis=-1)
    return Trajectories(q, p, dt, system.coordinate_names, f"simulated {system.name}")


def _motion(system: System, start: States, times: jax.Array) -> jax.Array:
    """States [R, T, 2n] at the times [T] from every start [R, 2n]."""
    field = hamiltonian_vector_field(system.hamiltonian)
    # Late, so that files are read without waiting for diffrax.
    from noether_razor.integrate import solve

    return jax.vmap(lambda x: solve(field, x, times))(start)


_motion_of_equal_systems = jax.jit(_motion, static_argnames="system")


def _compiled_motion(system: System) -> Callable[[States, jax.Array], jax.Array]:
    """`_motion` of one system; equal systems share what is compiled, where they can be hashed."""
    try:
        hash(system)
    except TypeError:
        return jax.jit(partial(_motion, system))
    return partial(_motion_of_equal_systems, system)


def load_trajectories(
    path: str | os.PathLike | Sequence[str | os.PathLike],
    masses: Sequence[float] | None = None,
    pieces: int | None = None,
) -> Trajectories:
    """Read and check the trajectories of a file, or of several that belong to one system.

    `.npz`: arrays `q`, `p` [trajectory, time, n], and `t` ([time] or [trajectory, time]) or `dt`.
    `.csv`, `.parquet`: a row a sample, columns `trajectory`, `t`, `q1`..`qn`, `p1`..`pn`.
    Velocities `v` may stand for the momenta; then the masses have to be told.

    Args:
        path: of the file, whose extension says what it is; or several, put one after the other.
        masses: one for all, one a coordinate, or one a body, whose coordinates stand together.
        pieces: samples in a piece, if trajectories are to be cut into pieces of one length, at
            gaps in time and at values that are not finite; each piece counts as a trajectory.

    Raises:
        InputError: one line with the file, what was found, what was expected and the mend.
    """
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    places = [os.path.realpath(each) for each in paths]
    for number, each in enumerate(paths):
        if places[number] in places[:number]:
            raise InputError(f"{each}: is given twice, expected every file once: leave one out")
    loaded = concatenate([_load(Path(each), masses, pieces) for each in paths])
    check_variation(loaded)
    return loaded


def _load(path: Path, masses: Sequence[float] | None, pieces: int | None) -> Trajectories:
    q, p, v, t, dt, names = _trajectory_files.read(path, pieces)
    p = check.momenta(p, v, masses, str(path))
    if t is not None:
        dt = check.uniform_step(t, check.coordinates(q, "q", str(path)).shape[:2], str(path))
    return Trajectories(q, p, dt, names or (), str(path))  # type: ignore[arg-type]


def concatenate(parts: Sequence[Trajectories]) -> Trajectories:
    """Recordings of one system, one after the other.

    Args:
        parts: with the same names, samples and step; that of the first is kept.

    Raises:
        InputError: none, or one that differs from the first.
    """
    if not parts:
        raise InputError("there are no trajectories, expected some: name one file or more")
    first = parts[0]
    for part in parts[1:]:
        check.alike(part, first)
    if len(parts) == 1:
        return first
    q, p = (np.concatenate([getattr(part, letter) for part in parts]) for letter in "qp")
    return Trajectories(q, p, first.dt, first.names, _listed([part.source for part in parts]))


def save_trajectories(path: str | os.PathLike, trajectories: Trajectories) -> None:
    """Write trajectories for `load_trajectories`, whole or not at all.

    Values come back bit for bit. A table does not hold `names`, and the step it gives back may
    differ from `dt` in the last bit.

    Raises:
        InputError: an unknown extension, or a file that cannot be written.
    """
    path = Path(path)
    recording = _trajectory_files.Recording(
        trajectories.q, trajectories.p, dt=np.asarray(trajectories.dt), names=trajectories.names
    )
    write_atomically(path, _trajectory_files.encode(path, recording))


def split(
    trajectories: Trajectories, *, key: Key, held_out: float = 0.2
) -> tuple[Trajectories, Trajectories]:
    """Training and held-out trajectories: whole ones, drawn at random, at least one of each.

    Args:
        held_out: share of the trajectories that is held out, in (0, 1).

    Raises:
        InputError: fewer than two trajectories.
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
        noise_variance: of Gaussian noise added to the end states only, as in the paper's data.
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
    constant = np.flatnonzero(spread <= 1e-12 * np.abs(x).max(axis=(0, 1)))
    if len(constant):
        which = ", ".join(trajectories.names[i] for i in constant)
        raise InputError(
            f"{trajectories.source}: {which} never changes and is the same in every trajectory, "
            "expected coordinates that move: remove each with its partner (q or p)"
        )


def default_names(degrees_of_freedom: int) -> tuple[str, ...]:
    """("q1", ..., "qn", "p1", ..., "pn")."""
    return tuple(f"{letter}{i + 1}" for letter in "qp" for i in range(degrees_of_freedom))


def _take(trajectories: Trajectories, index: np.ndarray) -> Trajectories:
    t = trajectories
    return Trajectories(t.q[index], t.p[index], t.dt, t.names, t.source)


def _listed(sources: list[str]) -> str:
    shown = sources if len(sources) <= 4 else [*sources[:3], f"{len(sources) - 3} more"]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
