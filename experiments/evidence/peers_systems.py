"""The seven ordinary differential equations of a published benchmark, and what it prints of them.

Sources: R. D. Ray, "From Data to Laws: Neural Discovery of Conservation Laws Without False
Positives", arXiv:2603.20474 (2026), of which the abstract was read; and its author's repository,
github.com/Reckonchamp12/NGCG: equations, ranges and durations from `data/generate_data.py`, figures
and expressions from `docs/RESULTS.md` (seed 0, data without noise).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Range = tuple[float, float]


class Printed(NamedTuple):
    """What the repository prints of one system.

    Attributes:
        law: whether it counts the system among those with a law.
        discovery, false: its DR and FDR.
        constancy: std_t C / |mean_t C|, mean over trajectories, of the best expression.
        expression: the text of that expression.
        function: the same expression as a function of states [..., m].
    """

    law: bool
    discovery: float
    false: float
    constancy: float | None = None
    expression: str = ""
    function: Callable[[np.ndarray], np.ndarray] | None = None


class Peer(NamedTuple):
    """A system of the benchmark.

    Attributes:
        field: rate of change [m] of a state [m] with parameters [k].
        ranges: ranges of the parameters; each trajectory has its own parameters.
        start: ranges of the initial state.
        duration: duration of a trajectory.
        printed: what the repository prints of it.
        accept: tells which initial states [N, m] are used.
        logarithms: whether the source searches x, y, log x, log y; else all monomials to degree 3.
    """

    field: Callable[[jax.Array, jax.Array], jax.Array]
    ranges: tuple[Range, ...]
    start: tuple[Range, ...]
    duration: float
    printed: Printed
    accept: Callable[[np.ndarray], np.ndarray] = lambda x: np.ones(len(x), bool)
    logarithms: bool = False


def _mass_spring(x: jax.Array, p: jax.Array) -> jax.Array:
    k, m = p
    return jnp.stack([x[1] / m, -k * x[0]])


def _lotka_volterra(x: jax.Array, p: jax.Array) -> jax.Array:
    alpha, beta, gamma, delta = p
    both = x[0] * x[1]
    return jnp.stack([alpha * x[0] - beta * both, delta * both - gamma * x[1]])


def _double_pendulum(x: jax.Array, p: jax.Array) -> jax.Array:
    """The field of the source, whose forces are not those of the textbook."""
    first, second, p1, p2 = x
    s, c = jnp.sin(first - second), jnp.cos(first - second)
    w1, w2 = (p1 - c * p2) / (2 - c**2), (2 * p2 - c * p1) / (2 - c**2)
    return jnp.stack(
        [w1, w2, -19.6 * jnp.sin(first) - s * w2**2, -9.8 * jnp.sin(second) + s * w1**2]
    )


def _henon_heiles(x: jax.Array, p: jax.Array) -> jax.Array:
    return jnp.stack([x[2], x[3], -x[0] - 2 * x[0] * x[1], -x[1] - x[0] ** 2 + x[1] ** 2])


def _energy(x: np.ndarray) -> np.ndarray:
    a, b = x[..., 0], x[..., 1]
    return (x**2).sum(-1) / 2 + a**2 * b - b**3 / 3


def _lorenz(x: jax.Array, p: jax.Array) -> jax.Array:
    return jnp.stack([10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]])


def _coupled_springs(x: jax.Array, p: jax.Array) -> jax.Array:
    k1, k2, k3 = p
    stretch = k2 * (x[0] - x[1])
    return jnp.stack([x[2], x[3], -k1 * x[0] - stretch, -k3 * x[1] + stretch])


def _three_body(x: jax.Array, p: jax.Array) -> jax.Array:
    mu = p[0]
    a, b, v, w = x
    near = jnp.sqrt((a + mu) ** 2 + b**2) + 1e-6
    far = jnp.sqrt((a - 1 + mu) ** 2 + b**2) + 1e-6
    pull = lambda offset: (1 - mu) * offset[0] / near**3 + mu * offset[1] / far**3  # noqa: E731
    along, across = pull((a + mu, a - 1 + mu)), pull((b, b))
    return jnp.stack([v, w, a + 2 * w - along, b - 2 * v - across])


def _printed_mass_spring(x: np.ndarray) -> np.ndarray:
    return 0.047 * np.cos(np.cos(x[..., 1] ** 2 + np.sin(x[..., 0] ** 2))) - 0.295


def _printed_lotka_volterra(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.log(x)], axis=-1) @ [-0.308, -0.242, 0.558, 0.739]


def _printed_henon_heiles(x: np.ndarray) -> np.ndarray:
    a, b = x[..., 0], x[..., 1]
    return 0.344 * (x**2).sum(-1) + 0.688 * a**2 * b - 0.229 * b**3


def _printed_coupled_springs(x: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # not a number where the cosine is negative
        return np.log(np.cos(x[..., 2] + x[..., 3])) ** 3 + 0.376


PEERS = {
    "mass and spring": Peer(
        _mass_spring, ((0.5, 1.5), (0.5, 1.5)), ((0.1, 0.2), (0.15, 0.25)), 50.0,
        Printed(True, 1.0, 0.0, 0.0001, "cos(cos(p^2 + sin(q^2))) 0.047 - 0.295",
                _printed_mass_spring),
    ),
    "Lotka-Volterra": Peer(
        _lotka_volterra, ((0.15, 0.35), (0.065, 0.085), (0.14, 0.16), (0.06, 0.08)),
        ((3.5, 5.5), (6.5, 8.5)), 30.0,
        Printed(True, 1.0, 0.0, 0.0004, "-0.308 x - 0.242 y + 0.558 log x + 0.739 log y",
                _printed_lotka_volterra),
        logarithms=True,
    ),
    "Henon-Heiles": Peer(
        _henon_heiles, (), ((-0.5, 0.5),) * 4, 50.0,
        Printed(True, 1.0, 0.0, 0.0,
                "0.344 (x^2 + y^2 + px^2 + py^2) + 0.688 x^2 y - 0.229 y^3", _printed_henon_heiles),
        accept=lambda x: (_energy(x) > 0) & (_energy(x) < 0.1),
    ),
    "coupled springs": Peer(
        _coupled_springs, ((0.4, 1.0),) * 3, ((-1.0, 1.0),) * 4, 50.0,
        Printed(True, 1.0, 0.0, 0.0001, "log(cos(p1 + p2))^3 + 0.376", _printed_coupled_springs),
    ),
    "double pendulum": Peer(
        _double_pendulum, (), ((-np.pi / 2, np.pi / 2),) * 2 + ((0.0, 0.0),) * 2, 20.0,
        Printed(False, 0.0, 0.0),
    ),
    "Lorenz": Peer(
        _lorenz, (), ((-10.0, 10.0), (-10.0, 10.0), (10.0, 40.0)), 10.0, Printed(False, 0.0, 0.0),
    ),
    "restricted three bodies": Peer(
        _three_body, ((0.01, 0.1),), ((0.2, 0.8), (-0.3, 0.3), (-0.5, 0.5), (-0.5, 0.5)), 10.0,
        Printed(False, 0.0, 0.0),
    ),
}  # fmt: skip
