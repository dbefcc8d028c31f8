"""Read the data of a finished run again, and compute its quantities along the trajectories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.runs import CONFIG
from noether_razor.conserved.expressions import Expressions
from noether_razor.data import Reading, load_trajectories
from noether_razor.discovery.check import asked_of
from noether_razor.discovery.check_plots import PANELS
from noether_razor.discovery.check_result import Check
from noether_razor.discovery.level_sets import Function, LevelSets, level_sets
from noether_razor.discovery.result import Discovery, Quantity
from noether_razor.evidence.recording import Recording, recording

SAME = 1e-6
"""Share by which spreads may differ in the same data: rounding is far below it."""


class Values(NamedTuple):
    """A quantity along trajectories.

    Attributes:
        expression: its text.
        verdict: the verdict on it.
        values: its values about their mean, in units of their spread, [R, T].
        levels: its level sets, if they can be drawn; see `level_sets`.
    """

    expression: str
    verdict: str
    values: np.ndarray
    levels: LevelSets | None


def read_again(directory: Path, found: Discovery | Check) -> Recording:
    """Read the data that a record is about, from the files that are named in the directory.

    Raises:
        InputError: if the files are not named, cannot be read, or hold other data now.
    """
    try:
        told = json.loads((directory / CONFIG).read_text())
        files = told["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{directory / CONFIG} names no files of data") from None
    said = {name: told[name] for name in Reading.__dataclass_fields__ if told.get(name) is not None}
    try:
        data = load_trajectories(files, reading=Reading(**said))
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"{directory / CONFIG} does not tell how to read the data") from error
    again = recording(data)
    kept = found.data["spread"]
    if data.names != found.names or not np.allclose(again.spread, kept, rtol=SAME, atol=0):
        raise InputError(f"{data.source}: holds other data than those of the record")
    return again


def values_along(found: Discovery | Check, data: Recording) -> tuple[list[Values], str]:
    """The first quantities of a record along all trajectories, and what could not be computed.

    Args:
        found: the record; if it is a discovery, its conserved quantities are taken.
        data: the data that the record is about.

    Returns:
        At most `PANELS` quantities, and why the others are left out; "" if none is left out.
    """
    if isinstance(found, Check):
        asked = [(one.expression, one.verdict, None) for one in found.expressions]
    else:
        asked = [(one.expression, "conserved", one) for one in found.quantities]
    given: list[Values] = []
    left_out = f"only the first {PANELS} are shown" if len(asked) > PANELS else ""
    for expression, verdict, one in asked[:PANELS]:
        try:
            values = _values(expression, one, found, data)
        except InputError as error:
            left_out = str(error)
            continue
        spread = values.std()
        scaled = (values - values.mean()) / (spread if spread > 0 else 1.0)
        levels = level_sets(_function(expression, one, found), data)
        given.append(Values(expression, verdict, scaled, levels))
    return given, left_out


def _values(
    expression: str, one: Quantity | None, found: Discovery | Check, data: Recording
) -> np.ndarray:
    """Values of a quantity, [R, T], in the user's units."""
    if one is None or one.A is None or one.b is None:
        return asked_of(data, found.names, [expression])[0].values
    return _function(expression, one, found)(data.z * data.spread + data.centre)


def _function(expression: str, one: Quantity | None, found: Discovery | Check) -> Function:
    """A quantity as a function of states [..., m] in the user's units; its values are [...]."""
    if one is None or one.A is None or one.b is None or isinstance(found, Check):
        own = jax.jit(jax.vmap(Expressions((expression,), found.names)))

        def of_text(states: np.ndarray) -> np.ndarray:
            with jax.enable_x64(True):
                values = np.asarray(own(states.reshape(-1, states.shape[-1])))
            return values.reshape(states.shape[:-1])

        return of_text
    A, b, origin = one.A, one.b, np.array([found.origin[name] for name in found.names])

    def quadratic(states: np.ndarray) -> np.ndarray:
        d = states - origin
        return ((d @ A) * d).sum(-1) / 2 + d @ b

    return quadratic
