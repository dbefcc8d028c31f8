"""The change of one function that is given, along trajectories, without a model of the dynamics.

The evidence is that of `judge_tracks`. Nothing is searched, so no trajectory has to be left out:
the cautious probability is the hopeful one. A change has the spectrum of a typical quadratic, or
that of a slow drift. The function's own spectrum would follow the noise, and call that a change.
"""

from __future__ import annotations

import numpy as np

from noether_razor.conserved.features import Features, Monomials
from noether_razor.evidence.functions import curvature_noise, on_tracks, some_states
from noether_razor.evidence.judge_tracks import (
    ONE_VALUE,
    STATES,
    TINY,
    Found,
    Typical,
    judge_found,
    observe,
    typical_function,
)
from noether_razor.evidence.judged import Judged
from noether_razor.evidence.recording import Recording


def typical_quadratic(recording: Recording) -> Typical:
    """What a typical quadratic does on the trajectories."""
    functions = Monomials(recording.dimension, 2)
    second = _second(functions, recording)
    observed = observe(functions, recording.z, recording.noise, second)
    whiten = np.linalg.inv(np.linalg.cholesky(observed.total))
    return typical_function(observed, second, whiten)


def judge_function(
    recording: Recording, tolerance: float, typical: Typical, function: Features
) -> Judged:
    """Judge one function.

    Args:
        recording: the data.
        tolerance: size of a change, in units of the spread, that counts as none.
        typical: what a typical quadratic does, see `typical_quadratic`.
        function: of a state in units of the spread about the centre; a list of one.
    """
    second = _second(function, recording)
    observed = observe(function, recording.z, recording.noise, second)
    # It has one value in all of the data if it varies by a small share of what its slope says.
    slope = np.asarray(on_tracks(function, recording.z).gradients)
    least = ONE_VALUE**2 * (slope**2).sum(-1).mean()
    total = np.maximum(observed.total, least)
    axis = 1 / np.sqrt(total)
    contrasts = observed.contrasts @ axis
    noise, motion = ((leaf @ axis @ axis)[..., 0] for leaf in (observed.noise, observed.motion))
    found = Found(
        axes=axis,
        contrasts=contrasts,
        left_out=contrasts,
        noise=np.maximum(noise, second[0] / total[0] + TINY),
        motion=motion,
        typical=typical.motion,
        spectra=typical.spectra,
        seen=(observed.seen / total)[0],
    )
    return judge_found(found, slice(0, 1), tolerance)


def _second(functions: Features, recording: Recording) -> np.ndarray:
    """Covariance of functions by noise alone, to second order, [D, D]."""
    states = some_states(recording.z, STATES)
    return np.asarray(curvature_noise(functions, states, recording.noise))
