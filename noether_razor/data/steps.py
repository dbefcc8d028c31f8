"""The time between samples where there are no times: from a number or an attribute of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.data import clock
from noether_razor.data.names import COUNT_NAMES, RATE_NAMES, STEP_NAMES, plain
from noether_razor.data.table import Roles, Spare, Table, listed


def step_of_array(value: np.ndarray, name: str, source: str) -> float:
    """The step that an array of one number holds.

    Raises:
        InputError: there is more than one number, or the number is no time above 0.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or array.size != 1:
        raise InputError(
            f"{source}: {name} is {listed(list(map(str, array.ravel())), 4)}, expected one number, "
            "the time between samples"
        )
    step = float(array.reshape(()))
    if not (np.isfinite(step) and step > 0):
        raise InputError(f"{source}: {name} is {step}, expected a time above 0")
    return step


def spare_step(named: Iterable[tuple[str, Any]], what: str, place: str) -> Spare | None:
    """The step that numbers with usual names give, or None.

    Names are those of a step, such as dt, or of a rate in Hz, such as fs. Values that are not one
    number above 0 are ignored.

    Args:
        named: names with their values; a name may be there twice, as on two arrays.
        what: what the values are, "attribute" or "number", for messages.
        place: what holds the values, for messages.

    Raises:
        InputError: the values give different steps.
    """
    found: dict[str, float] = {}
    for name, value in named:
        number = _number(value)
        if number is None or plain(name) not in (*STEP_NAMES, *RATE_NAMES):
            continue
        step = number if plain(name) in STEP_NAMES else 1 / number
        for other, before in found.items():
            if not np.isclose(step, before, rtol=1e-6):
                raise InputError(
                    f"{place}: the {what} {name} gives a step of {step:.6g} and {other} one of "
                    f"{before:.6g}, expected the same: remove one of them"
                )
        found.setdefault(name, step)
    if not found:
        return None
    name, step = next(iter(found.items()))
    inverse = "" if plain(name) in STEP_NAMES else "1 / "
    return Spare(step, f"the step is {inverse}the {what} {name} of {place}")


def spare_of_attributes(holders: Iterable[Mapping[str, Any]], place: str) -> Spare | None:
    """The step that the attributes of one or more objects in the same place give."""
    named = [(name, value) for holder in holders for name, value in holder.items()]
    return spare_step(named, "attribute", place)


class Timing(NamedTuple):
    """How the times of the rows are known.

    Attributes:
        step: time between rows; None where a column of times gives it.
        counted: whether the column of times numbers the samples of a trajectory.
        spare: whether the step is that of an attribute.
    """

    step: float | None
    counted: bool
    spare: bool

    def between(self, found: float, column: str, source: str) -> float:
        """The time between rows.

        Args:
            found: the step of the column of times, or of the numbers in it.
            column: name of that column.
            source: name of the data, for messages.

        Raises:
            InputError: the column does not number all samples. Then it is not clear whether the
                step of an attribute is the time between numbers or between rows.
        """
        if self.step is None:
            return found
        if self.counted and self.spare and not np.isclose(found, 1):
            raise InputError(
                f"{source}: {column} moves by {found:g} from row to row, and the step "
                f"{self.step:g} of an attribute may be that of one or of {found:g}: give the time "
                "between rows with --dt"
            )
        return self.step


def timing(table: Table, roles: Roles, given: float | None, notes: list[str]) -> Timing:
    """Find the step, and say in `notes` where it is from.

    Args:
        table: the table. Its own step is used if none is given. Its spare step is used if there
            are no times either.
        roles: which column is the time.
        given: the step that the user gives.
        notes: sentences for the user.

    Raises:
        InputError: there are both a column of times and a step, or neither.
    """
    column = table.columns.get(roles.time, np.zeros(0))
    counted = plain(roles.time) in COUNT_NAMES and clock.counts(column)
    step = table.step if given is None else given
    if step is not None and roles.time and not counted:
        raise InputError(
            f"{table.source}: has a column of times, {roles.time}, and a step {step:g} is given: "
            "leave out --dt, or that column"
        )
    spare = table.spare if step is None and (counted or not roles.time) else None
    if spare is not None:
        step = spare.step
        notes.append(spare.note)
    elif step is None and counted:
        notes.append(
            f"{roles.time} numbers the samples: taken as time, in its units; --dt gives the time "
            "between samples"
        )
    if step is None and not roles.time:
        across = len(table.columns) > max(len(table), 12)
        raise InputError(
            f"{table.source}: has the columns {listed(list(table.columns))}, and neither times nor "
            "a time step dt: name the column with --time, or give the step with --dt"
            + (", or transpose the table if time runs along its rows" if across else "")
        )
    return Timing(step, counted, spare)


def _number(value: Any) -> float | None:
    """A value as one number above 0; None if it is none."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or array.size != 1:
        return None
    number = float(array.reshape(()))
    return number if np.isfinite(number) and number > 0 else None
