"""Orbits of the planets by evidence: what is said of a small data set, and the page."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.ephemeris import data_set
from experiments.evidence import planets
from experiments.evidence.planets_data import angular_momenta, asked, described
from noether_razor.discovery.result import Direction
from noether_razor.evidence.judged import TOLERANCE
from noether_razor.systems import stack


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    out = tmp_path_factory.mktemp("evidence")
    planets.make(out, seeds=1, names=["plane_turned"], pieces=24)
    return out


@pytest.mark.slow
def test_the_angular_momentum_is_conserved_in_the_plane(out, capsys):
    (record,) = planets.read(out)
    assert record["rank"] == 1 and planets.found_of(record) == 1 and planets.false_of(record) == 0
    assert record["cosines"][0] > 0.999 and record["printed"] == ["q1*p2 - q2*p1"]
    assert record["conserved"][0]["true"] < 1e-3 < TOLERANCE < record["changes"]["q.q"]
    kept = (out / "planets.jsonl").read_bytes()
    planets.make(out, seeds=1, names=["plane_turned"], pieces=24)
    assert (out / "planets.jsonl").read_bytes() == kept and not capsys.readouterr().out


@pytest.mark.slow
def test_the_page_tells_what_is_found_from_what_is_missed_and_false(out):
    (right,) = planets.read(out)
    said = {**right["conserved"][0], "true": 0.3}
    wrong = {**right, "run": ["plane_turned", 1], "cosines": [0.2], "conserved": [said]}
    assert "1 of them are called conserved." in planets.summary([right])
    text = planets.summary([right, wrong])
    assert "(missed in plane_turned 1)" in text and "One of 2 directions" in text
    page = planets.write(out).read_text()
    assert "## The same, every piece turned in the plane at random" in page and "`q1*p2 -" in page


def test_the_data_are_described_planet_by_planet():
    text = described()
    assert "Mercury | 0.241" in text and "at random epochs" in text


def test_true_changes_and_cosines_of_quantities_by_name():
    states = data_set("plane", 0, 8).states
    (L, *others) = asked(2)
    assert planets.true_change(L.A, L.b, states) < 1e-3
    changes = [planets.true_change(one.A, one.b, states) for one in others]
    assert min(changes) > TOLERANCE
    q, p = np.split(states, 2, axis=-1)
    values = (q * p).sum(-1)
    exact = (values - values.mean(1, keepdims=True)).std() / values.std()
    assert np.isclose(changes[2], exact)

    one = Direction("", L.A, L.b, "conserved", 0.0, 0.0, 0.0, 1.0, 1.0, True)
    truth, spread = stack(angular_momenta(2)), np.array([1.0, 2.0, 3.0, 4.0])
    turned = replace(one, A=others[0].A)
    assert np.allclose(planets.cosines([turned, one], truth, spread), 1)
    assert np.allclose(planets.cosines([turned], truth, spread), 0)
    assert np.allclose(planets.cosines([], truth, spread), 0)
