"""Level sets of a quantity, in the plane in which it varies most."""

import numpy as np
import pytest

from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.level_sets import level_sets
from noether_razor.evidence.recording import recording


@pytest.fixture(scope="module")
def data():
    """Trajectories in a box that is wide along q1."""
    x = np.random.default_rng(0).uniform(-1, 1, (20, 9, 4)) * np.array([3.0, 1.0, 1.0, 1.0])
    return recording(Trajectories(x[..., :2], x[..., 2:], 0.1))


def test_the_plane_is_that_of_the_coordinates_that_it_depends_on(data):
    sets = level_sets(lambda x: x[:, 1] * x[:, 3], data)
    assert sets.plane == (1, 3)
    states = data.centre + data.spread * data.z
    along = states[..., 1] * states[..., 3]
    exact = (sets.x[None, :] * sets.y[:, None] - along.mean()) / along.std()
    np.testing.assert_allclose(sets.values, exact, rtol=1e-12)
    np.testing.assert_allclose(
        (sets.x[0], sets.x[-1], sets.y[0], sets.y[-1]),
        (*np.quantile(states[..., 1], [0, 1]), *np.quantile(states[..., 3], [0, 1])),
    )
    np.testing.assert_allclose(sets.heights[[0, -1]] * along.std() + along.mean(),
                               [along.min(), along.max()])  # fmt: skip


def test_the_other_coordinates_have_their_means(data):
    sets = level_sets(lambda x: x[:, 0] ** 2 / 9 + x[:, 1] ** 2 + x[:, 2] / 9, data)
    assert sets.plane == (0, 1)
    states = (data.centre + data.spread * data.z).reshape(-1, 4)
    along = states[:, 0] ** 2 / 9 + states[:, 1] ** 2 + states[:, 2] / 9
    exact = sets.x[None, :] ** 2 / 9 + sets.y[:, None] ** 2 + data.centre[2] / 9
    np.testing.assert_allclose(sets.values, (exact - along.mean()) / along.std(), rtol=1e-12)


def test_what_is_not_finite_is_left_out():
    radius, angle = np.random.default_rng(0).uniform([1, 0], [2, 6.28], (20, 9, 2)).T
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    sets = level_sets(
        lambda x: np.sqrt((x**2).sum(-1) - 0.9), recording(Trajectories(x, None, 0.1))
    )
    empty = sets.x[None, :] ** 2 + sets.y[:, None] ** 2 < 0.9
    assert 0 < empty.mean() < 1 and (np.isnan(sets.values) == empty).all()


def test_nothing_is_drawn_of_one_value(data):
    assert level_sets(lambda x: np.ones(len(x)), data) is None
    assert level_sets(lambda x: np.sin(x[:, 0]) ** 2 + np.cos(x[:, 0]) ** 2, data) is None


def test_nothing_is_drawn_if_no_value_on_the_data_occurs_in_the_plane(data):
    middle = data.centre

    def away(x):  # 1 and more on the data, and zero in every plane through the means
        return 1e-3 * x[:, 0] + 1 * (np.abs(x - middle) > 1e-9).all(1)

    assert level_sets(away, data) is None
