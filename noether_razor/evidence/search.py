"""What is searched: monomials to a degree, a user's own functions, and functions of angles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import jax
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.conserved.expressions import Expressions
from noether_razor.conserved.features import Features, Joined, Monomials, Rescaled
from noether_razor.evidence.functions import some_states
from noether_razor.evidence.only_quadratics import only_quadratics
from noether_razor.evidence.recording import ROUNDING, Recording
from noether_razor.evidence.settle import LEAST_NOISE

STATES = 200
"""States at which functions are examined: their noise here, their gradients in `combinations`."""
DRAWS = 32
"""Random draws of the noise of a state. The relative error of the mean square of so many draws is a
quarter. The mean square is compared within a factor of two, which is four times this error."""
SAME = 1e-6
"""A function is a combination of others if at most this share of it lies outside their span."""
LEAST_SIZE = 1e-100
"""The largest value of a function is at least this, so that a computer can hold its square."""
MOST = 500
"""Most functions that are searched; this many take some gigabytes of memory."""


class Search(NamedTuple):
    """What is searched.

    Attributes:
        features: the functions, of a state in units of the spread about the centre.
        degree: highest degree of the polynomials.
        functions: the other functions, as texts.
    """

    features: Features
    degree: int
    functions: tuple[str, ...]

    @property
    def quadratic(self) -> bool:
        """Whether all quadratics are searched, and nothing else."""
        return only_quadratics(self.degree, self.functions)


def searched(
    data: Recording,
    names: tuple[str, ...],
    degree: int,
    functions: Sequence[str],
    angles: Sequence[str] = (),
) -> Search:
    """All monomials to a degree, a user's own functions, and functions on the circle of each angle.

    Args:
        data: the recording, in units of its spread.
        names: names of the coordinates.
        degree: highest degree of the monomials, 1 or more.
        functions: texts in the user's coordinates; see `Expressions`.
        angles: coordinates that are angles. Their functions `on_the_circle` are searched as well,
            except those that are combinations of other functions or cannot be judged on these data.
            Names that are not in `names` are skipped: reading leaves out angles that are constant.

    Raises:
        InputError: a function cannot be read, is not finite on the data, or has one value in all
            of the data.
    """
    if isinstance(degree, bool) or not isinstance(degree, int):
        raise InputError(f"degree is {degree!r}, expected a whole number")
    asked = (functions,) if isinstance(functions, str) else tuple(functions)
    monomials = Monomials(data.dimension, degree)
    present = [name for name in angles if name in names]
    of_angles = [text for text in on_the_circle(present) if text not in asked]
    room = max(MOST - len(monomials.factors) - len(asked), 0)
    texts = asked + tuple(of_angles[:room])  # those of differences come last
    count = len(monomials.factors) + len(texts)
    if (degree != 2 or texts) and count > MOST:
        raise InputError(f"{count} functions to search, expected at most {MOST}")
    with jax.enable_x64(True):
        while texts:
            own, faults = _with_faults(texts, monomials, data, names)
            if not any(faults):
                return Search(Joined((monomials, own)), degree, texts)
            for text, fault in zip(texts, faults, strict=True):
                if fault and text in asked:
                    raise InputError(f"function {text!r}: {fault}")
            texts = tuple(text for text, fault in zip(texts, faults, strict=True) if not fault)
    return Search(monomials, degree, ())


def on_the_circle(angles: Sequence[str]) -> list[str]:
    """Functions of angles that no full turn changes: cos and sin of each, and of differences."""
    arguments = [*angles, *(f"{one} - {other}" for one, other in combinations(angles, 2))]
    return [f"{function}({argument})" for argument in arguments for function in ("cos", "sin")]


def _with_faults(
    texts: tuple[str, ...], monomials: Monomials, data: Recording, names: tuple[str, ...]
) -> tuple[Rescaled, list[str]]:
    """Functions in units of the spread, and why each cannot be searched; "" if it can."""
    own = Expressions(texts, names)
    values = values_of(own, data).reshape(-1, len(texts))
    faults = [
        "has one value in all of the data" * bool(alike)
        for alike in np.atleast_1d(one_value(values))
    ]
    if any(faults):
        return in_units(own, data, np.ones(len(texts))), faults
    rescaled = in_units(own, data, values.std(0))
    bends = (
        "bends within the noise of the coordinates, so that its own noise cannot be told: expected "
        "a smoother function"
    )
    faults = [bends * bool(one) for one in bend_within_noise(rescaled, data)]
    spanned = "is a combination of the polynomials and of the functions before it: leave it out"
    return rescaled, [
        fault or spanned * inside
        for fault, inside in zip(faults, _in_span(monomials, rescaled, data), strict=True)
    ]


def values_of(own: Expressions, data: Recording) -> np.ndarray:
    """Values of functions of the user's coordinates on the data, [R, T, D], in the user's units.

    Raises:
        InputError: a function is not finite, or is too large or small for a computer's numbers.
    """
    states = data.centre + data.spread * data.z
    values = np.asarray(jax.vmap(own)(states.reshape(-1, data.dimension)))
    for text, column in zip(own.texts, values.T, strict=True):
        if wrong := int((~np.isfinite(column)).sum()):
            raise InputError(
                f"function {text!r}: is not finite on {wrong} of {len(column)} samples, expected a "
                "function that is finite on all of the data"
            )
        largest = np.abs(column).max()
        if not one_value(column) and not LEAST_SIZE < largest < 1 / LEAST_SIZE:
            raise InputError(
                f"function {text!r}: its values reach {largest:.1g}, expected between "
                f"{LEAST_SIZE:g} and {1 / LEAST_SIZE:g}: shift its argument, or divide it"
            )
    return values.reshape(*data.z.shape[:2], -1)


def one_value(values: np.ndarray) -> np.ndarray | np.bool_:
    """Whether values [N, ...] differ by no more than rounding, [...]."""
    largest = np.abs(values).max(0)
    return (values / np.where(largest == 0, 1.0, largest)).std(0) <= ROUNDING


def in_units(own: Expressions, data: Recording, sizes: np.ndarray) -> Rescaled:
    """Functions of a state in units of the spread about the centre, divided by their sizes [D]."""
    centre, spread, divisors = (tuple(r.tolist()) for r in (data.centre, data.spread, sizes))
    return Rescaled(own, centre, spread, divisors)


def bend_within_noise(own: Rescaled, data: Recording) -> np.ndarray:
    """Whether the noise of each function differs from what slope and curvature predict, [D].

    The noise of a function is computed to second order. This is compared with the mean square of
    its change by random noise at some states. The two have to agree within a factor of two at half
    of these states.
    """
    states = some_states(data.z, STATES)
    noise = np.sqrt(data.noise)
    draws = np.random.default_rng(0).normal(size=(DRAWS, 1, data.dimension)) * noise
    of = jax.vmap(own)
    exact = (np.asarray(jax.vmap(of)(states + draws) - of(states)) ** 2).mean(0)
    slopes = np.asarray(jax.vmap(jax.jacfwd(own))(states)) * noise
    bends = np.asarray(jax.vmap(jax.jacfwd(jax.jacfwd(own)))(states)) * noise[:, None] * noise
    trace = np.einsum("ndii->nd", bends)
    second = (slopes**2).sum(-1) + (bends**2).sum((-1, -2)) / 2 + trace**2 / 4
    agree = (exact <= 2 * second) & (second <= 2 * exact)
    # Noise of less than this does not show beside the function's own spread.
    small = np.maximum(exact, second).mean(0) < LEAST_NOISE
    return np.where(small, 1.0, agree.mean(0)) < 0.5


def _in_span(monomials: Monomials, own: Rescaled, data: Recording) -> list[bool]:
    """Whether each function is a combination of the monomials and the functions before it."""
    states = some_states(data.z, 4 * MOST)
    values = np.asarray(jax.vmap(Joined((monomials, own)))(states))
    values = (values - values.mean(0)) / values.std(0)
    first = len(monomials.factors)
    basis = np.linalg.qr(values[:, :first])[0]
    inside = []
    for column in values.T[first:]:
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)  # once more, against rounding
        inside.append(bool(np.linalg.norm(left) <= SAME * np.linalg.norm(column)))
        if not inside[-1]:
            basis = np.column_stack([basis, left / np.linalg.norm(left)])
    return inside
