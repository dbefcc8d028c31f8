"""Orbits of the planets: units, frame, Kepler's laws, and what is said of them."""

import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from experiments import ephemeris, planets, planets_page, questions
from noether_razor.errors import InputError
from tests.sample_discovery import sample

INNER = ("Mercury", "Venus", "Earth and Moon", "Mars")


def pieces(dt=0.02, samples=31, names=INNER, count=5):
    generator = np.random.default_rng(0)
    return ephemeris.pieces(names, count=count, samples=samples, dt=dt, generator=generator)


def test_shapes_and_units():
    paths = pieces()
    assert paths.q.shape == paths.p.shape == (20, 31, 3) and paths.dt == 0.02
    # Semi-major axes, from the mean longitudes of 1900 to 2050 (Standish's table), in au.
    energy = np.sum(paths.p**2, -1) / 2 - ephemeris.GM / np.linalg.norm(paths.q, axis=-1)
    axis = (-ephemeris.GM / (2 * energy)).reshape(4, -1).mean(1)
    np.testing.assert_allclose(axis, [0.387099, 0.723336, 1.000003, 1.523710], rtol=2e-4)


def test_the_third_axis_is_the_pole_of_the_ecliptic():
    paths = pieces()
    assert np.all(np.cross(paths.q, paths.p)[..., 2] > 0)  # seen from the north, anticlockwise
    tilt = ephemeris.inclination(paths).reshape(4, -1).mean(1)
    np.testing.assert_allclose(tilt, [7.00, 3.39, 0.0, 1.85], atol=0.15)
    form = ephemeris.eccentricity(paths).reshape(4, -1).mean(1)
    np.testing.assert_allclose(form, [0.2056, 0.0068, 0.0167, 0.0934], atol=1e-3)


def test_kepler_holds_nearly():
    paths = pieces()
    radius = np.linalg.norm(paths.q, axis=-1)
    moment = np.linalg.norm(np.cross(paths.q, paths.p), axis=-1)
    energy = np.sum(paths.p**2, axis=-1) / 2 - ephemeris.GM / radius
    for value in (moment, energy):
        assert np.all(np.ptp(value, axis=1) < 1e-3 * np.abs(value).mean(1))
    assert np.all(np.ptp(energy, axis=1) > 1e-7)  # not a simulation of two bodies


def test_momentum_is_the_rate_of_the_position_and_force_its_own():
    paths = pieces(dt=1e-3)
    rate, force = ((v[:, 2:] - v[:, :-2]) / (2 * paths.dt) for v in (paths.q, paths.p))
    q, p = paths.q[:, 1:-1], paths.p[:, 1:-1]
    pull = -ephemeris.GM * q / np.linalg.norm(q, axis=-1, keepdims=True) ** 3
    assert np.abs(rate - p).max() < 1e-3 * np.abs(p).max()
    assert np.abs(force - pull).max() < 1e-3 * np.abs(pull).max()


def test_a_projection_does_not_obey_keplers_law():
    paths = pieces()
    assert ephemeris.misfit(paths) < 1e-5
    assert ephemeris.misfit(ephemeris.in_its_own_plane(paths)) < 1e-5
    assert ephemeris.misfit(ephemeris.in_the_ecliptic(paths)) > 1e-3


def test_its_own_plane_keeps_radius_and_moment():
    paths = pieces()
    flat = ephemeris.in_its_own_plane(paths)
    np.testing.assert_allclose(
        np.linalg.norm(flat.q, axis=-1), np.linalg.norm(paths.q, axis=-1), rtol=1e-8
    )
    moment = flat.q[..., 0] * flat.p[..., 1] - flat.q[..., 1] * flat.p[..., 0]
    np.testing.assert_allclose(
        moment, np.linalg.norm(np.cross(paths.q, paths.p), axis=-1), rtol=1e-8
    )


@pytest.mark.parametrize("flat", [True, False])
def test_turning_is_a_rotation_of_each_piece(flat):
    paths = ephemeris.in_its_own_plane(pieces()) if flat else pieces()
    turned = ephemeris.turned_at_random(paths, np.random.default_rng(1))

    def products(some):
        x = np.concatenate([some.q, some.p], axis=1)
        q, p = some.q, some.p
        return np.einsum("rti,rsi->rts", x, x), q[..., 0] * p[..., 1] - q[..., 1] * p[..., 0]

    (before, moment), (after, moved) = products(paths), products(turned)
    np.testing.assert_allclose(after, before, atol=1e-10)
    if flat:  # no mirror image
        np.testing.assert_allclose(moved, moment, rtol=1e-10)
    assert np.ptp(turned.q[:5, 0], axis=0).min() > 0.3


@pytest.mark.parametrize("name", ephemeris.SETS)
def test_every_data_set_is_made_and_asked_about(name):
    paths = ephemeris.data_set(name, 0, count=8, samples=5)
    known = questions.asked(paths.degrees_of_freedom)
    assert len(paths) == 8 and len(known) == (4 if paths.degrees_of_freedom == 2 else 6)
    again = ephemeris.data_set(name, 0, count=8, samples=5)
    np.testing.assert_array_equal(again.states, paths.states)
    other = ephemeris.data_set(name, 1, count=8, samples=5)
    assert np.abs(other.states - paths.states).max() > 0.1


def test_without_pyerfa_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "erfa", None)
    with pytest.raises(InputError, match=r"pip install 'noether-razor\[experiments\]'"):
        pieces()


def test_pieces_stay_where_the_theory_holds():
    with pytest.raises(InputError, match="expected at most 2000"):
        pieces(dt=100.0)


@pytest.mark.parametrize(
    ("true", "constant", "seen", "kept", "meaning"),
    [
        (True, True, True, 3, "identified"),
        (True, True, True, 1, "miss"),
        (True, True, False, 0, "cannot tell"),
        (True, True, False, 3, "extrapolation"),
        (False, False, False, 0, "excluded by the data"),
        (False, True, True, 0, "excluded by the model"),
        (False, True, False, 0, "cannot exclude"),
        (False, True, True, 2, "false"),
    ],
)
def test_what_follows(true, constant, seen, kept, meaning):
    assert re.search(meaning, planets_page.meaning(true, constant, seen, kept, 3))


def answers(verdict, z, away):
    """One that keeps or rejects L, whose moves lead `away` times farther than held-out states."""
    (L,) = questions.angular_momenta(2)
    like = next(one for one in sample().candidates if one.verdict == verdict)
    one = replace(like, A=np.asarray(L.A), b=np.asarray(L.b))
    data = {"degrees_of_freedom": 2, "spread": [1.0, 1.0, 2.0, 2.0]}
    found = replace(sample(), candidates=[one], quantities=[], data=data, baseline=[1e-9, 0.3])
    signs = {"verdict": verdict, "z": z, "drift": 1e-9, "drift_high": 2e-9, "baseline": 1e-9}
    asked = {"L": signs | {"turn": 0.5}}
    return planets_page.Answers(0, found, asked, {"": 0.01, "L": 0.01 * away}, 4e-6)


def test_the_page_tells_a_rejection_by_extrapolation_from_one_by_data():
    cases = {
        "found": answers("conserved", 0.8, 1),
        "beyond": answers("rejected", 16.0, 12),
        "missed": answers("rejected", 4.0, 1),
    }
    text = planets_page.page(pieces(), INNER, {title: [one] for title, one in cases.items()})
    found, beyond, missed = text.split("\n## ")[1:]
    assert "stay in the data. So: identified." in found and "| 1.000 |" in found
    assert "leave the data. So: the data cannot tell" in beyond and "0.12 (0.01)" in beyond
    assert "stay in the data. So: a miss of the model." in missed
    assert "29 degrees" in found and "Mercury | 0.241" in text


def test_moves_of_a_symmetry_stay_in_the_data_where_orbits_lie_every_way():
    def ratio(name):
        data, *_ = planets.data_of(name, 0, 160)
        asked = questions.asked(data.train_paths.degrees_of_freedom)
        away = questions.strays({one.name: {"turn": 0.5} for one in asked}, data)
        return away["L"] / away[""]

    assert ratio("plane_turned") < 1.5 < planets_page.FAR < ratio("plane")
    assert ratio("circles") < planets_page.FAR


def test_what_is_kept_is_not_run_again(tmp_path):
    (tmp_path / "asked.json").write_text("{}")
    planets.run("plane", 0, tmp_path, planets.SETTINGS, 160)
    assert [path.name for path in tmp_path.iterdir()] == ["asked.json"]
