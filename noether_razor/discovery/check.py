"""Judge whether a user's own expressions are conserved in trajectories."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.blas import one_blas_thread
from noether_razor.base.errors import InputError
from noether_razor.base.reports import Report
from noether_razor.base.versions import versions
from noether_razor.conserved.expressions import Expressions
from noether_razor.conserved.features import Rescaled
from noether_razor.data import Reading, as_trajectories
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.check_result import Check, CheckedExpression
from noether_razor.discovery.discover import PACKAGES, by_name, checked, summary, told_of
from noether_razor.discovery.reasons import BENDS, ONE_VALUE, UNCLEAR
from noether_razor.discovery.result import numbers_of
from noether_razor.evidence.dynamics import Dynamics
from noether_razor.evidence.investigate import Law, laws_of_motion
from noether_razor.evidence.judge_function import judge_function, typical_quadratic
from noether_razor.evidence.judge_law import judge_law
from noether_razor.evidence.judged import TOLERANCE, UNDETERMINED, Judged
from noether_razor.evidence.recording import Recording
from noether_razor.evidence.search import bend_within_noise, in_units, one_value, values_of


class Asked(NamedTuple):
    """An expression that is to be judged.

    Attributes:
        text: the expression as the user has given it.
        values: its values on the data, [R, T], in the user's units.
        function: the expression as a function of a state in units of the spread about the centre;
            None where the expression has one value in all of the data.
        reason: why the expression cannot be judged; "" where it can.
    """

    text: str
    values: np.ndarray
    function: Rescaled | None
    reason: str


def check(
    data: Any,
    expressions: Sequence[str],
    *,
    t: Any = None,
    reading: Reading | None = None,
    tolerance: float = TOLERANCE,
    noise: Mapping[str, float] | float | None = None,
    report: Report = lambda stage, done, total, note: None,
) -> Check:
    """Judge whether expressions are conserved, each by itself.

    The verdict is that of `discover`. An expression is conserved if it changes along the
    trajectories by no more than the tolerance with a probability of at least 0.99. It is slow if
    this holds, but it certainly changes. It changes if the probability is at most 0.01, even if
    uncertainty is not counted as change. Otherwise it is undetermined. Laws of motion are fitted
    only if the trajectories alone leave an expression undetermined. They are then fitted once for
    all expressions. There is no seed: the same data give the same answer.

    Args:
        data, t, reading: trajectories of one system, as `discover` takes them.
        expressions: texts in the names of the coordinates, such as "q1*p2 - q2*p1"; see
            `conserved.expressions.Expressions`. They are read as formulas and never run.
        tolerance: size of a change up to which an expression C is conserved, in (0, 1). The size is
            the root mean square of C about its mean on a trajectory, divided by the standard
            deviation of C in all of the data.
        noise: standard deviations of the measurement noise in the user's units: one for all
            coordinates, or one by name. The names q and p stand for all positions and all momenta.
            A noise that is not given is estimated.
        report: called with a stage, steps done, steps in all, and a remark.

    Raises:
        InputError: if a number is out of its range, if there are fewer than two trajectories or
            three samples, if no expression is given, or if an expression cannot be read or is not
            finite on the data.

    Example:
        >>> data = simulate(make_system("central"), key=jax.random.key(0))
        >>> print(check(data, ["q1*p2 - q2*p1", "q1*p2"]))
    """
    trajectories = as_trajectories(data, t=t, reading=reading)
    recorded = checked(trajectories, tolerance, noise)
    asked = asked_of(recorded, trajectories.names, expressions)
    return check_recorded(trajectories, recorded, asked, tolerance=tolerance, report=report)


def asked_of(data: Recording, names: tuple[str, ...], expressions: Sequence[str]) -> list[Asked]:
    """The expressions with their values on the data.

    Raises:
        InputError: if there is no expression, or if an expression cannot be read or is not finite
            on the data.
    """
    texts = [expressions] if isinstance(expressions, str) else list(expressions)
    if not texts:
        raise InputError("there are no expressions, expected one or more, as q1*p2 - q2*p1")
    functions = [Expressions((text,), names) for text in texts]  # all are read before any is used
    with jax.enable_x64(True):
        return [_asked(data, own) for own in functions]


def _asked(data: Recording, own: Expressions) -> Asked:
    (text,) = own.texts
    values = values_of(own, data)
    flat = values.reshape(-1, 1)
    if one_value(flat).all():
        return Asked(text, values[..., 0], None, ONE_VALUE)
    function = in_units(own, data, flat.std(0))
    bends = bend_within_noise(function, data).any()
    return Asked(text, values[..., 0], function, BENDS if bends else "")


@one_blas_thread()
def check_recorded(
    trajectories: Trajectories,
    data: Recording,
    asked: Sequence[Asked],
    *,
    tolerance: float,
    report: Report,
) -> Check:
    """Judge expressions on a recording that has already been made; see `checked`, `asked_of`."""
    began = time.perf_counter()
    with jax.enable_x64(True):
        found, laws = _judged(data, asked, tolerance, report)
    return Check(
        expressions=found,
        tolerance=tolerance,
        duration=data.duration,
        laws={law.label: float(law.nats) for law in laws},
        noise=by_name(trajectories.names, np.sqrt(data.noise) * data.spread),
        given=[name for name, known in zip(trajectories.names, data.given, strict=True) if known],
        seconds=time.perf_counter() - began,
        versions=versions(PACKAGES),
        data=summary(trajectories, data),
    )


def _judged(
    data: Recording, asked: Sequence[Asked], tolerance: float, report: Report
) -> tuple[list[CheckedExpression], list[Law]]:
    """Judge all expressions on the trajectories alone, then undetermined ones by the best law."""
    typical = typical_quadratic(data)
    tracks: list[Judged | None] = []
    for done, one in enumerate(asked, 1):
        able = one.function is not None and not one.reason
        judged = judge_function(data, tolerance, typical, one.function) if able else None
        tracks.append(judged)
        report("trajectories", done, len(asked), one.text)
    found = [_expression(one, judged) for one, judged in zip(asked, tracks, strict=True)]
    unknown = [
        place
        for place, judged in enumerate(tracks)
        if judged is not None and judged.varies.all() and found[place].verdict == UNDETERMINED
    ]
    if not unknown:
        return found, []
    on_law = lambda law, done, total: report("laws of motion", done, total, told_of(law))  # noqa: E731
    laws, best = laws_of_motion(data, True, on_law)
    if best is not None:
        for place in unknown:
            found[place] = _by_law(best, tolerance, asked[place]) or found[place]
    return found, laws


def _by_law(law: Dynamics, tolerance: float, one: Asked) -> CheckedExpression | None:
    """An expression judged by a law; None where it is not finite on the smoothed trajectories."""
    assert one.function is not None
    smooth = jnp.asarray(law.smooth)
    if not np.isfinite(jax.vmap(jax.vmap(one.function))(smooth)).all():
        return None
    judged = judge_law(law, tolerance, one.function, np.zeros((0, 1)))
    return _expression(one, judged, law.field.label)


def _expression(one: Asked, judged: Judged | None, by: str = "") -> CheckedExpression:
    if judged is None:
        numbers = dict.fromkeys(("size", "low", "high", "probability", "hopeful"), float("nan"))
        varies, verdict, reason = one.function is not None, UNDETERMINED, one.reason
    else:
        numbers = numbers_of(judged, 0)
        varies, (verdict,) = bool(judged.varies[0]), judged.verdicts()
        reason = (UNCLEAR if varies else ONE_VALUE) if verdict == UNDETERMINED else ""
    return CheckedExpression(
        expression=one.text, verdict=verdict, **numbers, varies=varies, by=by, reason=reason
    )
