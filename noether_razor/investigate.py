"""One call from trajectories to a discovery: fit, price every direction, read off the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Key
from noether_razor.conserved import Quadratic
from noether_razor.discovery.certificate import drift_certificate, normalised_bracket
from noether_razor.discovery.directions import directions
from noether_razor.discovery.rank import CONSERVED, verdicts
from noether_razor.discovery.readable import expression, readable_basis
from noether_razor.discovery.result import Direction, Discovery, Quantity
from noether_razor.inference.evaluate import Fitted, evaluate
from noether_razor.inference.fit import Progress
from noether_razor.inference.learn import Learned, Store, learn
from noether_razor.inference.price import price
from noether_razor.inference.problem import dynamical_scaling, spread_of
from noether_razor.inference.settings import Settings, Start, Symmetry
from noether_razor.phase_space import Scaling
from noether_razor.proposals import Proposals, canonical_spread, propose_quadratics
from noether_razor.trajectories import Trajectories, Transitions, split, transitions

PACKAGES = ("noether_razor", "jax", "flax", "numpyro", "diffrax", "optax", "numpy")
EVALUATED_TRANSITIONS = 1000
PRICED_TRANSITIONS = 256
"""Held-out transitions that a direction is priced on."""


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


def discover(
    trajectories: Trajectories,
    *,
    key: Key,
    settings: Settings | None = None,
    held_out: float = 0.2,
    report: Callable[[str, int, int, str], None] = lambda stage, done, total, note: None,
) -> Discovery:
    """Find the conserved quantities of a system from its trajectories.

    Args:
        trajectories: of one system, in any units.
        key: of everything random.
        settings: how to look; the defaults suit up to about a dozen coordinates.
        held_out: share of the trajectories that is only tested on.
        report: called with a stage, steps done, steps in all, and a remark.

    Example:
        >>> data = simulate(make_system("oscillator"), key=jax.random.key(0))
        >>> print(discover(data, key=jax.random.key(1)))
    """
    split_key, key = jax.random.split(key)
    train, test = split(trajectories, key=split_key, held_out=held_out)
    data = Data(transitions(train), train, test)
    settings = settings or Settings()
    return investigate(key, data, settings, on_chunk=reporter(report, settings)).discovery


class Investigation(NamedTuple):
    """A discovery, and the model behind it."""

    discovery: Discovery
    learned: Learned


def investigate(
    key: Key,
    data: Data,
    settings: Settings,
    built_in: Quadratic | None = None,
    *,
    seed: int | None = None,
    store: Store | None = None,
    on_chunk: Callable[[str, Progress], None] = lambda phase, progress: None,
) -> Investigation:
    """Fit a model to the data and say what it has found; the whole pipeline on one page.

    Args:
        key: of everything random.
        data: training and held-out data.
        settings: every choice; `settings.symmetry` picks the plain, learned or built-in model.
        built_in: the quantities of a built-in model, in the user's coordinates, with the amplitude
            they are to have.
        seed: to be reported.
        store: where the fit keeps its state.
        on_chunk: called as the fit goes.
    """
    began = time.perf_counter()
    learn_key, discover_key, evaluate_key = jax.random.split(key, 3)
    paths = data.train_paths.states
    scaling = dynamical_scaling(paths, data.train.dt) if settings.canonical_scaling else Scaling()
    proposals = propose_quadratics(paths, proposal_count(settings, paths.shape[-1]))
    learned = learn(
        learn_key,
        data.train,
        settings,
        _candidates(settings, proposals, built_in, data.train),
        scaling,
        store=store,
        on_chunk=on_chunk,
    )
    problem, fitted = learned
    test = problem.scale(data.test)
    size = len(data.train.start)
    on_train = evaluate(
        evaluate_key, fitted, _some(evaluate_key, problem.train), training_size=size
    )
    on_test = evaluate(evaluate_key, fitted, _some(evaluate_key, test), training_size=size)
    found, rank, values = [], 0, np.zeros(0)
    quantities: list[Quantity] = []
    if settings.symmetry is Symmetry.learned:
        found, values = _judge(
            discover_key, learned, data, _some(discover_key, test, PRICED_TRANSITIONS)
        )
        quantities = _quantities(discover_key, learned, data, found)
        rank = len(quantities)
    units = np.asarray(scaling.units(paths.shape[-1] // 2), float)
    jacobian = float(np.sum(np.log(units)))  # densities in the user's coordinates
    discovery = Discovery(
        rank=rank,
        singular_values=[float(value) for value in values],
        quantities=quantities,
        candidates=found,
        start=settings.start.value,
        baseline=[float(value) for value in proposals.eigenvalues],
        elbo=on_train.elbo - jacobian,
        nll=on_train.nll + jacobian,
        kl=on_train.kl,
        train_mse=float(np.mean(on_train.mse * units**2)),
        test_mse=float(np.mean(on_test.mse * units**2)),
        noise_variance=float(np.mean(np.asarray(fitted.noise_variance, float) * units**2)),
        seed=seed,
        seconds=time.perf_counter() - began + (store.seconds_before if store else 0.0),
        versions={package: version(package) for package in PACKAGES},
        data=_summary(data),
    )
    return Investigation(discovery, learned)


def proposal_count(settings: Settings, dimension: int) -> int:
    """How many candidates start as proposals; there are only so many quadratics to propose."""
    if settings.start is Start.random:
        return min(settings.candidates, dimension * (dimension + 3) // 2)
    return min(settings.candidates - settings.random_candidates, dimension * (dimension + 3) // 2)


def reporter(
    report: Callable[[str, int, int, str], None], settings: Settings
) -> Callable[[str, Progress], None]:
    """Progress of the fit as the command shows it."""
    del settings

    def on_chunk(phase: str, progress: Progress) -> None:
        report(phase, progress.step, progress.steps, f"bound {progress.elbo:.2f} nats a transition")

    return on_chunk


def of_amplitude(quantities: Quadratic, amplitude: Any, start: jax.Array) -> Quadratic:
    """The same quantities, each resized to an amplitude in units of the data's spread.

    Args:
        quantities: K of them, in the coordinates of `start`.
        amplitude: one number, or one a quantity [K].
        start: states [N, 2n].
    """
    quantities = jax.tree.map(lambda leaf: jnp.asarray(leaf, start.dtype), quantities)
    norms = jnp.linalg.norm(quantities.rescale(spread_of(start)).coefficients(), axis=1)
    scale = jnp.asarray(amplitude, start.dtype) / norms
    return Quadratic(quantities.A * scale[:, None, None], quantities.b * scale[:, None])


def _candidates(
    settings: Settings, proposals: Proposals, built_in: Quadratic | None, train: Transitions
) -> Quadratic | None:
    """The quantities a model starts with, in the user's coordinates."""
    if settings.symmetry is Symmetry.built_in:
        return built_in
    if settings.symmetry is Symmetry.plain or settings.start is Start.random:
        return None
    proposed = proposals.quantities.rescale(1 / proposals.spread)
    return of_amplitude(proposed, settings.amplitude, train.start)


def _judge(
    key: Key, learned: Learned, data: Data, test: Transitions
) -> tuple[list[Direction], np.ndarray]:
    """Every direction of the candidates' span with its three signs, and the singular values."""
    fitted, problem = learned.fitted, learned.problem
    direction_key, price_key = jax.random.split(key)
    spread = spread_of(problem.train.start)
    dimension = len(spread)
    asked = directions(direction_key, fitted, test, spread)
    rows = jnp.asarray(asked.coefficients, spread.dtype)
    scaled = Quadratic.from_coefficients(rows, dimension).rescale(1 / spread)
    priced = jax.tree.map(np.asarray, price(price_key, fitted, scaled, test, spread))
    in_users = scaled.rescale(1 / _units(learned, dimension))
    held_out = drift_certificate(in_users, data.test_paths.states)
    on_train = drift_certificate(in_users, data.train_paths.states)
    brackets = normalised_bracket(scaled, _mean_hamiltonian(price_key, fitted), test.start)
    learned_rows = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    values = np.linalg.svd(learned_rows, compute_uv=False)
    found = [
        Direction(
            expression=expression(in_users.A[k], in_users.b[k], data.train_paths.names),
            A=np.asarray(in_users.A[k], float),
            b=np.asarray(in_users.b[k], float),
            singular_value=float(asked.size[k]),
            price=float(priced.nats[k]),
            price_error=float(priced.error[k]),
            drift=float(held_out.drift[k]),
            drift_low=float(held_out.low[k]),
            drift_high=float(held_out.high[k]),
            bracket=float(brackets[k]),
            bracket_z=float(priced.z[k]),
            baseline_eigenvalue=float(on_train.drift[k]),
            verdict=verdict,
        )
        for k, verdict in enumerate(verdicts(priced, held_out.determined))
    ]
    return found, values


def _quantities(key: Key, learned: Learned, data: Data, found: list[Direction]) -> list[Quantity]:
    """A readable basis of what is conserved, with the signs of each member."""
    conserved = [direction for direction in found if direction.verdict == CONSERVED]
    if not conserved:
        return []
    fitted, problem = learned.fitted, learned.problem
    spread = spread_of(problem.train.start)
    dimension = len(spread)
    span = Quadratic(
        jnp.stack([jnp.asarray(d.A) for d in conserved]),
        jnp.stack([jnp.asarray(d.b) for d in conserved]),
    )
    in_users = readable_basis(span, np.asarray(spread * _units(learned, dimension)))
    in_users = jax.tree.map(lambda leaf: jnp.asarray(leaf, spread.dtype), in_users)
    scaled = in_users.rescale(_units(learned, dimension))
    brackets = normalised_bracket(scaled, _mean_hamiltonian(key, fitted), problem.train.start[:256])
    certificate = drift_certificate(in_users, data.test_paths.states)
    rows = np.asarray(scaled.rescale(spread).coefficients(), float)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    learned_rows = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    sizes = np.linalg.norm(learned_rows @ rows.T, axis=0)
    return [
        Quantity(
            expression=expression(in_users.A[k], in_users.b[k], data.train_paths.names),
            A=np.asarray(in_users.A[k], float),
            b=np.asarray(in_users.b[k], float),
            singular_value=float(sizes[k]),
            drift=float(certificate.drift[k]),
            bracket=float(brackets[k]),
        )
        for k in range(len(rows))
    ]


def _mean_hamiltonian(key: Key, fitted: Fitted) -> Callable:
    return fitted.hamiltonian(fitted.weights(), fitted.elements(key, 32))


def _units(learned: Learned, dimension: int) -> jax.Array:
    units = learned.problem.scaling.units(dimension // 2)
    return units.astype(learned.problem.train.start.dtype)


def _some(key: Key, data: Transitions, count: int = EVALUATED_TRANSITIONS) -> Transitions:
    """At most `count` transitions, drawn at random."""
    rows = jax.random.permutation(key, len(data.start))[:count]
    return Transitions(data.start[rows], data.end[rows], data.dt)


def _summary(data: Data) -> dict[str, Any]:
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
