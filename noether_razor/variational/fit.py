"""The fit of a discovery: where candidates start, what is fitted, and how good it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.types import Key
from noether_razor.conserved import Quadratic
from noether_razor.evidence.recording import Recording
from noether_razor.inference.evaluate import evaluate
from noether_razor.inference.fit import Progress
from noether_razor.inference.learn import Learned, Store, learn
from noether_razor.inference.problem import dynamical_scaling
from noether_razor.inference.settings import Settings, Start, Symmetry
from noether_razor.inference.spread import canonical_spread, spread_of
from noether_razor.mechanics.phase_space import Scaling
from noether_razor.variational.data import Data, some_transitions
from noether_razor.variational.proposals import propose

EVALUATED = 1000
"""Transitions that the bound and the errors are evaluated on."""


def fit_model(
    key: Key,
    data: Data,
    recorded: Recording,
    settings: Settings,
    built_in: Quadratic | None,
    tolerance: float,
    store: Store | None = None,
    on_chunk: Callable[[str, Progress], None] = lambda phase, progress: None,
) -> Learned:
    """The model that the settings describe, fitted to the data.

    Args:
        key: for everything random.
        data: data to learn from.
        recorded: the recording of `data.observed`, which proposals come from.
        settings: all settings of the fit.
        built_in: the quantities of a built-in model, in the user's coordinates, with the amplitude
            that they are to have.
        tolerance: size of a change, in units of the spread; proposals that surely change by more
            start at a negligible amplitude.
        store: where the fit keeps its state.
        on_chunk: called after each chunk of the fit with the phase and the progress.
    """
    paths = data.train_paths.states
    scaling = dynamical_scaling(paths, data.train.dt) if settings.canonical_scaling else Scaling()
    candidates = _candidates(settings, data, recorded, built_in, tolerance)
    return learn(key, data.train, settings, candidates, scaling, store=store, on_chunk=on_chunk)


def _candidates(
    settings: Settings,
    data: Data,
    recorded: Recording,
    built_in: Quadratic | None,
    tolerance: float,
) -> Quadratic | None:
    """The quantities a model starts with, in the user's coordinates."""
    if settings.symmetry is Symmetry.built_in:
        return built_in
    count = proposals(settings)
    if settings.symmetry is Symmetry.plain or not count:
        return None
    proposed = propose(recorded, canonical_spread(data.observed.states), count, tolerance)
    amplitudes = settings.amplitude * proposed.amplitudes
    return of_amplitude(proposed.quantities, amplitudes, data.train.start)


def proposals(settings: Settings) -> int:
    """How many candidates start from proposals; 0 if all of them start at random."""
    if settings.start is Start.random:
        return 0
    return max(settings.candidates - settings.random_candidates, 0)


def of_amplitude(quantities: Quadratic, amplitude: Any, start: jax.Array) -> Quadratic:
    """The same quantities, each resized to an amplitude in units of the data's spread.

    Args:
        quantities: K of them, in the coordinates of `start`.
        amplitude: one number, or one for each quantity [K].
        start: states [N, 2n].
    """
    quantities = jax.tree.map(lambda leaf: jnp.asarray(leaf, start.dtype), quantities)
    norms = jnp.linalg.norm(quantities.rescale(spread_of(start)).coefficients(), axis=1)
    scale = jnp.asarray(amplitude, start.dtype) / norms
    return Quadratic(quantities.A * scale[:, None, None], quantities.b * scale[:, None])


def measured(key: Key, learned: Learned, data: Data) -> dict[str, float]:
    """How good a fit is: bound, errors and noise, in the user's units.

    Args:
        key: for the choice of transitions, and for the random weights and group elements.
        learned: the model.
        data: training and held-out data.
    """
    problem, fitted = learned
    on_train, on_test = (
        evaluate(
            key, fitted, some_transitions(key, part, EVALUATED),
            training_size=len(data.train.start),
        )
        for part in (problem.train, problem.scale(data.test))
    )  # fmt: skip
    units = units_of(learned)
    jacobian = float(np.sum(np.log(units)))  # densities in the user's coordinates
    found = {
        "elbo": on_train.elbo - jacobian,
        "nll": on_train.nll + jacobian,
        "kl": on_train.kl,
        "train_mse": np.mean(on_train.mse * units**2),
        "test_mse": np.mean(on_test.mse * units**2),
        "noise_variance": np.mean(np.asarray(fitted.noise_variance, float) * units**2),
    }
    return {name: float(value) for name, value in found.items()}


def units_of(learned: Learned) -> np.ndarray:
    """The model's unit of every coordinate, in the user's units, [2n]."""
    problem = learned.problem
    return np.asarray(problem.scaling.units(problem.train.start.shape[1] // 2), float)


def learned_quantities(learned: Learned) -> Quadratic:
    """The quantities of the model, in the user's coordinates and in float64."""
    quantities = learned.fitted.quantities
    assert quantities is not None
    A, b = (np.asarray(leaf, float) for leaf in quantities)
    units = units_of(learned)
    return Quadratic(A / np.outer(units, units), b / units)  # type: ignore[arg-type]
