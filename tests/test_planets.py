"""Orbits of the planets: units, frame, and Kepler's laws."""

import sys

import numpy as np
import pytest

from experiments import ephemeris
from experiments.evidence.planets_data import asked
from noether_razor.base.errors import InputError

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
    known = asked(paths.degrees_of_freedom)
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
