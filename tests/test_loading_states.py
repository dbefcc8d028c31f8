"""From columns to states: estimated velocities, angles, masses."""

import numpy as np
import pandas as pd
import pytest

from noether_razor.base.errors import InputError
from noether_razor.data import Reading, as_trajectories


def test_velocities_of_positions_are_slopes():
    t = 0.05 * np.arange(60)
    q = np.sin(t + np.linspace(0, 3, 5)[:, None])[..., None]
    loaded = as_trajectories({"q": q, "t": t})
    assert loaded.velocities and loaded.names == ("q1", "v1")
    phase = t[4:-4] + np.linspace(0, 3, 5)[:, None]
    np.testing.assert_allclose(loaded.p[..., 0], np.cos(phase), atol=1e-9)


@pytest.mark.parametrize("turn", [2 * np.pi, 360.0])
def test_angles_lose_their_jumps(turn):
    t = 0.1 * np.arange(50)
    theta = np.linspace(-2, 2, 6)[:, None] * t + np.arange(6)[:, None]
    rate = np.broadcast_to(np.linspace(-2, 2, 6)[:, None], theta.shape)
    wrapped = (np.mod(theta + np.pi, 2 * np.pi) - np.pi) * turn / (2 * np.pi)
    table = pd.DataFrame({"id": np.repeat(np.arange(6), 50), "t": np.tile(t, 6)})
    name = "theta [deg]" if turn == 360 else "theta"
    table[name], table["p_theta"] = wrapped.ravel(), rate.ravel()
    with pytest.raises(InputError, match="theta jumps by .* as an angle .*: add --angle theta"):
        as_trajectories(table)
    loaded = as_trajectories(table, reading=Reading(angles=("theta",)))
    np.testing.assert_allclose(np.diff(loaded.q[..., 0]), np.diff(theta), atol=1e-9)


def test_masses_are_laid_on_bodies_and_momenta_are_named_so():
    q, v = np.random.default_rng(2).normal(size=(2, 5, 6, 4))
    names = ["x1", "x2", "y1", "y2", "vx1", "vx2", "vy1", "vy2"]
    arrays = {"q": q, "v": v, "dt": 0.1, "names": names}
    loaded = as_trajectories(arrays, reading=Reading(masses=(1.0, 3.0)))
    assert loaded.names == ("x1", "y1", "x2", "y2", "px1", "py1", "px2", "py2")
    np.testing.assert_array_equal(loaded.q, q[..., [0, 2, 1, 3]])
    np.testing.assert_allclose(loaded.p, v[..., [0, 2, 1, 3]] * [1, 1, 3, 3])
    assert any("px2 = 3 vx2" in note for note in loaded.notes)


def test_errors_of_estimated_velocities_are_those_of_their_momenta():
    times = 0.1 * np.arange(40)
    q = np.sin(times[None, :, None] + np.arange(3)) * np.arange(1, 6)[:, None, None]
    q = np.concatenate([q, np.full((5, 40, 1), 2.0)], axis=-1)  # the last one never moves
    arrays = {"q": q, "dt": 0.1}
    plain = as_trajectories(arrays)
    heavy = as_trajectories(arrays, reading=Reading(masses=(1.0, 2.0, 3.0, 4.0)))
    assert plain.velocities and not heavy.velocities and plain.degrees_of_freedom == 3
    np.testing.assert_allclose(heavy.slopes.error, plain.slopes.error * [1, 2, 3])
    np.testing.assert_allclose(heavy.slopes.gain, plain.slopes.gain * [1, 2, 3])
