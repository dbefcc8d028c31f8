"""Which laws of motion are fitted to all trajectories."""

from unittest.mock import Mock

import numpy as np
import pytest

from noether_razor.evidence import investigate
from noether_razor.evidence.curves import Curves
from noether_razor.evidence.dynamics import FEW, Dynamics, Fit, some_trajectories
from noether_razor.evidence.investigate import Law
from noether_razor.evidence.judged import CLEAR
from noether_razor.evidence.recording import Recording

TRACKS, SAMPLES = 2 * FEW, 5
CURVES = Curves(np.zeros((TRACKS, SAMPLES, 2)), np.ones(TRACKS), 1.0)
RECORDING = Recording(
    np.zeros((TRACKS, SAMPLES, 2)), np.zeros(2), np.ones(2), 1.0, np.zeros(2), np.zeros(2, bool)
)


def stand_in(kind, **attributes):
    """A mock object of this class, with these attributes."""
    one = Mock(spec=kind)
    for name, value in attributes.items():
        setattr(one, name, value)
    return one


def law(name, nats):
    """A law and its fit to a few trajectories."""
    smooth = np.full((FEW, SAMPLES, 2), nats)
    return Law(name, True, nats), stand_in(Fit, name=name, smooth=smooth)


@pytest.fixture
def asked(monkeypatch):
    """Laws that are fitted to all trajectories, with the evidence that each reaches."""
    reached, names = {}, []

    def fit_long(fit, z, smooth, least, given):
        assert len(z) == len(smooth) == TRACKS and least == TRACKS
        assert np.array_equal(smooth[some_trajectories(TRACKS)], fit.smooth)
        names.append(fit.name)
        if reached[fit.name] is None:
            return None
        posterior = stand_in(Dynamics, name=fit.name)
        return stand_in(Fit, evidence=reached[fit.name], posterior=lambda: posterior)

    monkeypatch.setattr(investigate, "fit_long", fit_long)
    return reached, names


def best(*laws):
    found = investigate._best_of_all(RECORDING, CURVES, laws)
    return None if found is None else found.name


def test_a_law_that_is_clearly_worse_is_not_fitted_to_all_trajectories(asked):
    reached, names = asked
    reached |= {"first": 900.0, "near": 950.0, "far": 999.0}
    laws = law("far", 40 - CLEAR), law("near", 41.0), law("first", 42.0)
    assert best(*laws) == "near"
    assert names == ["first", "near"]


def test_where_the_best_law_fails_those_are_asked_that_are_not_clearly_worse(asked):
    reached, names = asked
    reached |= {"fails": None, "poor": TRACKS - 1.0, "good": TRACKS + 1.0, "far": 999.0}
    laws = law("fails", 99.0), law("poor", 98.0), law("good", 97.0), law("far", 10.0)
    assert best(*laws) == "good"
    assert names == ["fails", "poor", "good"]


def test_no_law_is_used_that_explains_less_than_smooth_curves(asked):
    reached, _ = asked
    reached |= {"poor": TRACKS - 1.0}
    assert best(law("poor", 50.0), (Law("none", True, float("nan")), None)) is None
