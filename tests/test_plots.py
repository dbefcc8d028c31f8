"""Figures say what they show, can be written everywhere, and leave no global state."""

import io

import matplotlib
import numpy as np
import pytest

from noether_razor.base.errors import InputError
from noether_razor.describe import canvas
from noether_razor.discovery import plots as of_evidence
from noether_razor.variational import plots
from tests.sample_discovery import fit, sample

TIMES = np.linspace(0, 3, 7)
METRICS = [
    {"step": 250 * i, "phase": "warm-up" if i < 3 else "fit", "elbo": -(10.0 ** (4 - i))}
    for i in range(1, 6)
]


def states(n):
    return np.random.default_rng(0).normal(size=(2, len(TIMES), 2 * n))


def names(n):
    return [f"{letter}{i}" for letter in "qp" for i in range(n)]


FIGURES = {
    "singular values": lambda: plots.singular_values(sample(fit=fit())),
    "no rank": lambda: plots.singular_values(sample(rank=0, fit=fit())),
    "bounds": lambda: plots.curve(sample(fit=fit())),
    "changes": lambda: of_evidence.changes(sample(undetermined=1)),
    "generators": lambda: plots.generators(sample()),
    "one generator": lambda: plots.generators(sample(quantities=sample().quantities[:1])),
    "rollout": lambda: plots.rollout(TIMES, *states(1), names(1)),
    "long rollout": lambda: plots.rollout(TIMES, *states(5), names(5)),
    "energy": lambda: plots.energy_drift(TIMES, states(2)[0].T),
    "no energy drift": lambda: plots.energy_drift(TIMES, np.zeros((3, 7))),
    "diverging": lambda: plots.energy_drift(TIMES, np.where(TIMES > 2, [[0], [np.nan]], 0.1)),
    "all diverging": lambda: plots.energy_drift(TIMES, np.full((2, 7), np.inf)),
    "training": lambda: plots.training(METRICS),
    "no training": lambda: plots.training([]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_is_labelled_and_every_figure_is_drawn(name):
    figure = FIGURES[name]()
    figure.savefig(io.BytesIO(), format="svg")
    for ax in figure.axes:
        if ax.axison and not ax.images:
            assert ax.get_xlabel()
            assert ax.get_ylabel() or ax.get_shared_y_axes().get_siblings(ax) != [ax]


def test_the_bounds_are_drawn_below_the_best():
    (ax,) = plots.curve(sample(fit=fit())).axes
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [-1.0, 0.0, -25.0])


def test_the_generator_of_a_momentum_is_the_shift_of_positions():
    image = plots.generators(sample()).axes[0].images[0].get_array()
    expected = np.zeros((12, 13))
    expected[[0, 2, 4], 12] = 1  # q1x, q2x, q3x grow at a constant rate
    np.testing.assert_array_equal(image, expected)


def test_the_rollout_error_is_in_units_of_the_spread():
    truth = np.ones((len(TIMES), 2)) * [10.0, 0.1]
    ax = plots.rollout(TIMES, truth, truth * 1.5, ("q", "p")).axes[-1]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 0.5)


def test_no_global_state_is_touched():
    before = dict(matplotlib.rcParams)
    for draw in FIGURES.values():
        draw()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("extension", canvas.FORMATS)
def test_save_writes_the_file_whole(tmp_path, extension):
    path = tmp_path / f"training.{extension}"
    canvas.save(plots.training(METRICS), path)
    assert path.stat().st_size > 1000
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_save_refuses_another_format(tmp_path):
    with pytest.raises(InputError, match=r"\.png, \.pdf, \.svg"):
        canvas.save(plots.training(METRICS), tmp_path / "training.jpeg2")
