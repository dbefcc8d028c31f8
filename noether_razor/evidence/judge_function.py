"""The change of one given function along trajectories, without a model of the dynamics.

The evidence is that of `judge_tracks`. Nothing is searched, so no trajectory has to be left out,
and the cautious probability equals the hopeful one. A change is assumed to have the spectrum of a
typical quadratic, or that of a slow drift. The function's own spectrum would include the noise,
which would then be taken for a change.
"""

from __future__ import annotations

import numpy as np

from noether_razor.conserved.features import Features, Monomials
from noether_razor.evidence.functions import on_tracks
from noether_razor.evidence.judge_tracks import judge_found
from noether_razor.evidence.judged import Judged
from noether_razor.evidence.least_changing import Found
from noether_razor.evidence.moments import (
    ONE_VALUE,
    TINY,
    Observed,
    Typical,
    observe,
    typical_function,
)
from noether_razor.evidence.recording import Recording


def typical_quadratic(recording: Recording) -> Typical:
    """What a typical quadratic does on the trajectories."""
    return typical_of(observe(Monomials(recording.dimension, 2), recording))


def typical_of(observed: Observed) -> Typical:
    """What a typical one of observed functions does on the trajectories."""
    return typical_function(observed, np.linalg.inv(np.linalg.cholesky(observed.total)))


def judge_function(
    recording: Recording, tolerance: float, typical: Typical, function: Features
) -> Judged:
    """Judge one function.

    Args:
        recording: the data.
        tolerance: size of a change, in units of the spread, that counts as none.
        typical: what a typical quadratic does, see `typical_quadratic`.
        function: a list of one function, of a state in units of the spread about the centre.
    """
    observed = observe(function, recording)
    # A function that varies by less than `ONE_VALUE` of what its slope predicts has one value.
    slope = np.asarray(on_tracks(function, recording.z).gradients)
    least = ONE_VALUE**2 * (slope**2).sum(-1).mean()
    total = np.maximum(observed.total, least)
    return judge_given(observed, 1 / np.sqrt(total), typical, tolerance)


def judge_given(observed: Observed, axes: np.ndarray, typical: Typical, tolerance: float) -> Judged:
    """Judge given combinations of observed functions.

    Args:
        observed: moments of D functions.
        axes: coefficients, columns [D, K], of combinations of variance 1.
        typical: what a typical function does.
        tolerance: size of a change, in units of the spread, that counts as none.
    """
    along = observed.along(axes)
    diagonal = lambda form: np.diagonal(form, axis1=-2, axis2=-1)  # noqa: E731
    noise = np.maximum(diagonal(along.noise), diagonal(along.second) + TINY)
    found = Found(
        axes=axes,
        contrasts=along.contrasts,
        noise=noise,
        left_out=along.contrasts,
        left_noise=noise,
        motion=diagonal(along.motion),
        seen=diagonal(along.seen),
        typical=typical.motion,
        spectra=typical.spectra,
    )
    return judge_found(found, tolerance)
