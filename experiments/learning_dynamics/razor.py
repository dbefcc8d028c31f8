"""Discovery on paths of weights in training, by `discover_by_fit`, which is given no symmetry.

Heavy ball is not a Hamiltonian system: friction shrinks phase space at a constant rate (it is
conformally symplectic). The same paths are given in two forms. Both have unit mass in the time
tau = t / sqrt(m), where the friction is mu / sqrt(m):

raw: (q, dq/dtau). No Hamiltonian generates this motion, and no charge is conserved.
extended: (q, p) with p = e^{friction tau} dq/dtau, the momentum of the Lagrangian of training
    (Eq 4). The charge of a symmetry is conserved, but the Hamiltonian depends on time. So tau, the
    clock, is one more coordinate. Its momentum is -H, which is known from the loss.

The clock's momentum is an adiabatic invariant. Friction takes energy at the rate of the friction
times twice the kinetic energy. Where the loss is quadratic, the kinetic energy is half of the
energy on average. So e^{friction tau} times the energy only oscillates. The size of this
oscillation is reported, because a model that is fitted badly takes the momentum for conserved.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.checks import check
from experiments.learning_dynamics.finding import Curve, Finding, Panel
from experiments.learning_dynamics.plan import Plan
from noether_razor.conserved import Quadratic
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.directions import parallelness
from noether_razor.discovery.result import Discovery
from noether_razor.inference.settings import Settings
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.variational.discover import discover_by_fit

TARGET = np.array([[1.0, 0.3], [0.3, 0.6]])
SAMPLES = 31
STRIDE = 3
"""Training steps from one sample to the next."""
ASKED = {"raw": (0, 0), "extended": (1, 1)}
"""How many quantities should be found, at least and at most."""
NAMES = ("w1x", "w1y", "w2x", "w2y")


class Paths(NamedTuple):
    """Weights [R, T, 4], their momenta of unit mass [R, T, 4], the loss [R, T], and tau [T]."""

    q: np.ndarray
    v: np.ndarray
    loss: np.ndarray
    tau: np.ndarray


def factorisation(q: jax.Array) -> jax.Array:
    """|W W' - M|^2 / 4 of a linear network W = (w1, w2); a rotation of W does not change it."""
    W = q.reshape(2, 2)
    return jnp.sum((W @ W.T - TARGET) ** 2) / 4


def razor(plan: Plan, seeds: int) -> Finding:
    """Whether `discover_by_fit` finds the charge of the rotation in paths of heavy ball."""
    (descent, *_) = plan.descents()
    friction = float(descent.friction / descent.mass**0.5)
    settings = Settings(
        candidates=6, random_candidates=1, width=64, warmup=plan.steps, steps=plan.steps
    )
    checks, forms = [], {"raw": raw, "extended": extended}
    found: dict[str, list[Discovery]] = {name: [] for name in forms}
    drifts: dict[str, list[float]] = {"the charge": [], "the clock's momentum": []}
    for seed in range(seeds):
        paths = train(jax.random.key(seed), descent, plan.samples)
        for name, form in forms.items():
            with jax.enable_x64(False):
                one = discover_by_fit(
                    form(paths, friction), key=jax.random.key(seed), settings=settings
                )
            found[name].append(one)
        charge = turning(paths) * np.exp(friction * paths.tau)
        both = np.stack([charge, extended(paths, friction).p[..., -1]], axis=-1)
        shares = both.var(1).mean(0) / both.var((0, 1))
        for each, share in zip(drifts.values(), shares, strict=True):
            each.append(float(share))
    remarks = []
    for name, some in found.items():
        ranks, cosines = [one.rank for one in some], [overlap(one) for one in some]
        low, high = ASKED[name]
        checks += [
            check(f"{name}: quantities kept", ranks, low=low, high=high, control=name == "raw"),
            check(
                f"{name}: cosine of the charge with their span",
                cosines,
                low=0.99 if name == "extended" else -np.inf,
            ),
            check(
                f"{name}: root of the held-out squared error",
                [_test_error(one) for one in some],
            ),
        ]
        printed = ["; ".join(q.expression for q in one.quantities) or "nothing" for one in some]
        remarks.append(f"{name}, seed by seed: {', '.join(f'`{text}`' for text in printed)}")
    checks += [check(f"extended: drift of {name}", values) for name, values in drifts.items()]
    paths = train(jax.random.key(0), descent, plan.samples)
    return Finding(
        "razor",
        "The razor meets training",
        f"{plan.samples} paths of heavy ball from first velocities, {SAMPLES} samples of {STRIDE} "
        f"steps, eta = {descent.learning_rate:g}, beta = {descent.momentum:g} (friction "
        f"{friction:.2g} in units of unit mass); loss |W W' - M|^2 / 4 with W 2 x 2. From rest the "
        "charge would be zero on every path, so they start with a velocity. Drift: variance within "
        "paths over that of all.",
        checks,
        [_panel(paths, friction)],
        remarks,
    )


def _test_error(found: Discovery) -> float:
    """Root of the squared one-step error on held-out paths."""
    assert found.fit is not None
    return found.fit.test_mse**0.5


def train(key: jax.Array, descent: Descent, count: int) -> Paths:
    """Paths of gradient descent with momentum, by its own updates."""
    keys = jax.random.split(key, 2)
    start, velocity = (jax.random.normal(each, (count, 4)) for each in keys)
    slope, root = jax.vmap(jax.grad(factorisation)), descent.mass**0.5
    steps = STRIDE * (SAMPLES - 1) + 2

    def step(carry: tuple, _: None) -> tuple:
        q, v = carry
        v = descent.momentum * v + slope(q)
        return (q - descent.learning_rate * v, v), q

    # A velocity of about one in units of unit mass, so that kinetic energy and loss compare.
    _, q = jax.lax.scan(step, (start, 0.7 * velocity / root), None, steps + 1)
    rate = (q[2:] - q[:-2]) / (2 * descent.learning_rate)
    q, v = q[1:-1][::STRIDE][:SAMPLES], root * rate[::STRIDE][:SAMPLES]
    tau = descent.learning_rate / root * STRIDE * np.arange(SAMPLES)
    loss = jax.vmap(jax.vmap(factorisation))(q)
    q, v, loss = (np.asarray(jnp.moveaxis(each, 0, 1)) for each in (q, v, loss))
    return Paths(q, v, loss, tau)


def raw(paths: Paths, friction: float) -> Trajectories:
    """Weights and velocities as they are."""
    return _trajectories(paths, paths.q, paths.v, NAMES)


def extended(paths: Paths, friction: float) -> Trajectories:
    """Canonical momenta, the clock, and minus H = e^{-c tau} |p|^2 / 2 + e^{c tau} f."""
    growth = np.exp(friction * paths.tau)
    energy = growth * (np.sum(paths.v**2, axis=-1) / 2 + paths.loss)
    clock = np.broadcast_to(paths.tau, energy.shape)
    q = np.concatenate([paths.q, clock[..., None]], axis=-1)
    p = np.concatenate([growth[:, None] * paths.v, -energy[..., None]], axis=-1)
    return _trajectories(paths, q, p, (*NAMES, "clock"))


def turning(paths: Paths) -> np.ndarray:
    """The charge of the rotation of (q, v), q . turn v, [R, T]."""
    q, v = (each.reshape(*each.shape[:2], 2, 2) for each in (paths.q, paths.v))
    return np.sum(q[..., 0] * v[..., 1] - q[..., 1] * v[..., 0], axis=-1)


def overlap(found: Discovery) -> float:
    """Cosine of the rotation's charge with the span of what was found, in units of the spread."""
    kept = [one for one in found.directions if one.verdict == "conserved"]
    if not kept:
        return 0.0
    n = found.data["degrees_of_freedom"]
    spread = np.asarray(found.data["spread"], float)
    turn = np.zeros((n, n))  # q . turn p = sum of w x p, over w1 and w2
    turn[:4, :4] = np.kron(np.eye(2), [[0, 1], [-1, 0]])
    charge = np.block([[np.zeros((n, n)), turn], [turn.T, np.zeros((n, n))]])
    A, b = (np.stack([getattr(one, name) for one in kept]) for name in ("A", "b"))
    some = _coefficients(A, b, spread)
    true = _coefficients(charge[None], np.zeros((1, 2 * n)), spread)
    return float(parallelness(true / np.linalg.norm(true), some)[0])


def _coefficients(A: np.ndarray, b: np.ndarray, spread: np.ndarray) -> np.ndarray:
    quantity = Quadratic(jnp.asarray(A), jnp.asarray(b)).rescale(jnp.asarray(spread))
    return np.asarray(quantity.coefficients(), float)


def _trajectories(
    paths: Paths, q: np.ndarray, p: np.ndarray, names: tuple[str, ...]
) -> Trajectories:
    both = (*names, *(f"p_{name}" for name in names))
    return Trajectories(q, p, float(paths.tau[1]), both, source="paths of heavy ball")


def _panel(paths: Paths, friction: float) -> Panel:
    charge = turning(paths)
    curves = [
        Curve("", paths.tau, charge[i], charge[i, 0] * np.exp(-friction * paths.tau), colour=i)
        for i in range(min(5, len(charge)))
    ]
    return Panel("The charge of the rotation on five paths", "tau", "charge", curves)
