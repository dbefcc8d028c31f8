"""Checks of a quantity that ask no one what is true: on held-out trajectories, and under H."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._batches import map_in_batches
from noether_razor._types import Hamiltonian, States
from noether_razor.conserved import Family, Quadratic
from noether_razor.errors import InputError
from noether_razor.measurement_noise import noise_products
from noether_razor.phase_space import apply_symplectic_form

ROUNDING = 1e-6
"""Differences below this share of a quantity's terms may be rounding or integration error."""

RESOLUTION = 0.05
"""A change along trajectories below this share of a quantity's terms may be measurement noise."""

RESAMPLES = 1000
CONFIDENCE = 0.95


class Certificate(NamedTuple):
    """How much K quantities vary along trajectories, compared with how much they vary at all.

    Attributes:
        drift: variance within trajectories over total variance, [K]; 0 conserved, 1 not at all.
            The variance of independent measurement noise is taken off, so what only noise moves
            has drifts around 0, of either sign. Where the quantity never varies it is NaN.
        low, high: 95 % interval of the drift, [K], from resampling whole trajectories.
        determined: whether the data can speak about the quantity, [K]. It cannot where values
            neither differ between trajectories nor visibly change along them, as when every
            trajectory was started with the same value.
    """

    drift: np.ndarray
    low: np.ndarray
    high: np.ndarray
    determined: np.ndarray


def drift_certificate(quantities: Quadratic, states: np.ndarray) -> Certificate:
    """Certify quantities on measured trajectories, without any model of the dynamics.

    The resampling plan is fixed, so the same data gives the same interval.

    Args:
        quantities: K of them, in the coordinates of `states`.
        states: held-out trajectories [R, T, 2n], not used to find the quantities.

    Raises:
        InputError: states of another shape, or not finite.
    """
    states = np.asarray(states, float)
    A, b = np.asarray(quantities.A, float), np.asarray(quantities.b, float)
    if states.ndim != 3 or states.shape[-1] != b.shape[1] or not np.isfinite(states).all():
        raise InputError(
            f"states have shape {states.shape}, expected finite values of shape "
            f"[trajectories, samples, {b.shape[1]}]"
        )
    return certify(*_values_and_size(A, b, states))


def function_certificate(family: Family, states: np.ndarray, spread: np.ndarray) -> Certificate:
    """The same of any K functions; the size of their terms is that of gradient times spread.

    Args:
        family: of K quantities, in the coordinates of `states`.
        states: held-out trajectories [R, T, 2n], finite.
        spread: unit of every coordinate, [2n].
    """
    flat = jnp.asarray(states.reshape(-1, states.shape[-1]), jnp.result_type(float))
    values, slopes = (np.asarray(part, float) for part in _values_and_slopes(family, flat))
    size = np.sqrt(np.mean(np.sum((slopes * spread) ** 2, -1), 0))
    return certify((values - values.mean(0)).T.reshape(-1, *states.shape[:2]), size)


def certify(values: np.ndarray, size: np.ndarray) -> Certificate:
    """The certificate from values of K quantities, [K, R, T], and the size of their terms, [K]."""
    mean = values.mean(-1)  # [K, R]
    within = values.var(-1)
    noise = _noise_within(values)  # [interpolations, K, R]
    trajectories = values.shape[1]
    draws = np.random.default_rng(0).integers(trajectories, size=(RESAMPLES, trajectories))
    drawn = [np.arange(trajectories)[None], draws]
    drift, resampled = (
        _share(within[:, some].mean(-1), mean[:, some].var(-1), noise[..., some].mean(-1).min(0))
        for some in drawn
    )  # [K, 1], [K, RESAMPLES]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(
        np.where(np.isnan(resampled), drift, resampled), [tail, 1 - tail], axis=-1
    )
    drift = drift[:, 0]
    within_size, between_size = np.sqrt(within.mean(-1)), mean.std(-1)
    differs = (between_size > within_size) & (between_size > ROUNDING * size)
    changes = within_size > RESOLUTION * size
    return Certificate(drift, low, high, differs | changes)


def normalised_bracket(quantities: Family, hamiltonian: Hamiltonian, states: States) -> jax.Array:
    """rms {C, H} / rms (|grad C| |grad H|) over states: 0 where H and C commute, at most 1.

    Args:
        quantities: K of them.
        hamiltonian: the learned or the true one, a scalar function of one state.
        states: where to evaluate, [N, 2n], in coordinates of comparable size.

    Returns:
        One number a quantity, [K]; 0 for a quantity without gradient.
    """

    states = jnp.asarray(states)
    slopes = _slopes(_as_tree(hamiltonian), states)
    brackets, sizes = (s.mean(0) for s in _brackets(quantities, slopes, states))
    return jnp.sqrt(brackets / jnp.where(sizes > 0, sizes, 1))


@jax.jit
def _values_and_slopes(family: Family, states: States) -> tuple[jax.Array, jax.Array]:
    return map_in_batches(lambda x: (family.value(x), family.gradient(x)), states, 1024)


@jax.jit
def _slopes(hamiltonian: Hamiltonian, states: States) -> jax.Array:
    return map_in_batches(jax.grad(hamiltonian), states, 256)


@jax.jit
@partial(jax.vmap, in_axes=(None, 0, 0))
def _brackets(quantities: Family, slope: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Squares of the brackets, and of what they are at most, [K] each."""
    gradients = quantities.gradient(x)
    brackets = gradients @ apply_symplectic_form(slope)
    return brackets**2, jnp.sum(gradients**2, axis=-1) * jnp.vdot(slope, slope)


def _values_and_size(
    A: np.ndarray, b: np.ndarray, states: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values [K, R, T] up to a constant, and the rms sum of absolute terms [K].

    Both are taken about the centre of the data, so that its place in phase space plays no part.
    """
    centre = states.mean((0, 1))
    d = (states - centre).reshape(-1, states.shape[-1])
    slope = A @ centre + b
    values, size = np.empty((len(A), len(d))), np.empty(len(A))
    for k in range(len(A)):
        values[k] = 0.5 * np.sum((d @ A[k]) * d, axis=-1) + d @ slope[k]
        terms = 0.5 * np.sum((np.abs(d) @ np.abs(A[k])) * np.abs(d), axis=-1)
        size[k] = np.sqrt(np.mean((terms + np.abs(d) @ np.abs(slope[k])) ** 2))
    return values.reshape(len(A), *states.shape[:2]), size


def _noise_within(values: np.ndarray) -> np.ndarray:
    """What noise adds to the variance of values [K, R, T] within each trajectory.

    One row an interpolation that the trajectories are long enough for, at least one of zeros.
    """
    centred = np.moveaxis(values - values.mean(-1, keepdims=True), 0, -1)  # [R, T, K]
    none = np.zeros(values.shape[:2])
    each = [np.mean(centred * product, axis=1).T for product in noise_products(centred)]
    return (1 - 1 / values.shape[-1]) * np.array(each or [none])


def _share(within: np.ndarray, between: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """(within - noise) / (within + between), NaN where nothing varies."""
    total = within + between
    return np.divide(within - noise, total, out=np.full_like(total, np.nan), where=total > 0)


def _as_tree(function: Hamiltonian) -> Hamiltonian:
    """The function as a tree of arrays, which a compiled function can be given.

    Draws from a posterior are one already, and then the next fit's compile nothing.
    """
    leaf = jax.tree_util.all_leaves([function])
    return jax.tree_util.Partial(function) if leaf else function
