"""The estimator: scikit-learn's conventions, pysindy's trajectories, and what it finds."""

import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import noether_razor as nr
from noether_razor.base.errors import InputError
from noether_razor.discovery import estimator
from noether_razor.discovery.result import Direction, Discovery, Quantity
from tests.test_check import data

NAMES = ("x", "y", "px", "py")


@pytest.fixture(scope="module")
def orbits():
    """Two unequal oscillators, with noise 0.01: 20 trajectories [16, 4]."""
    return data("oscillator", 0.01, trajectories=20, steps=15, frequencies="1,1.62")


@pytest.fixture(scope="module")
def fitted(orbits):
    return nr.ConservedQuantities().fit(list(orbits.states), t=orbits.dt)


def in_place_of_discover(trajectories, **options):
    """A stand-in for `discover` that finds the sums of positions and of momenta in any data."""
    m = 2 * trajectories.degrees_of_freedom
    b = np.repeat(np.eye(2), m // 2, axis=1)
    A = np.zeros((m, m))
    texts = ("sum of q", "sum of p")
    return Discovery(
        rank=2,
        quantities=[
            Quantity(text, A, slope, "linear momentum", 0.0)
            for text, slope in zip(texts, b, strict=True)
        ],
        directions=[
            Direction(text, A, slope, "conserved", 0.0, 0.0, 0.0, 0.999, 1.0, True)
            for text, slope in zip(texts, b, strict=True)
        ],
        without_law={}, tolerance=options["tolerance"], duration=1.0, by="", laws={},
        hamiltonian=float("nan"), noise={}, given=[], algebra="", seconds=0.0, versions={},
        origin=dict.fromkeys(trajectories.names, 0.0), data={"names": list(trajectories.names)},
    )  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """The trajectories and options that `discover` was called with; nothing is searched."""
    seen = SimpleNamespace()

    def stub(trajectories, **options):
        seen.trajectories, seen.options = trajectories, options
        return in_place_of_discover(trajectories, **options)

    monkeypatch.setattr(estimator, "discover", stub)
    return seen


def test_it_finds_the_two_energies_and_gives_their_values(fitted, orbits):
    assert len(fitted.quantities_) == len(fitted.probability_) == fitted.discovery_.rank == 2
    assert (fitted.probability_ >= 0.99).all()
    assert fitted.n_features_in_ == 4 and not hasattr(fitted, "feature_names_in_")
    x = orbits.states[3]
    values = fitted.transform(x)
    q1, q2, p1, p2 = x.T
    energies = np.column_stack([p1**2 + q1**2, p2**2 + (1.62 * q2) ** 2])
    for column in values.T:
        fits = [np.corrcoef(column, energy)[0, 1] ** 2 for energy in energies.T]
        assert max(fits) > 0.9
    assert values.shape == (16, 2)
    lists = fitted.transform(list(orbits.states[:3]))
    assert len(lists) == 3 and np.array_equal(lists[2], fitted.transform(orbits.states[2]))
    assert np.array_equal(fitted.transform(orbits.states)[3], values)


def test_the_score_is_minus_the_mean_size_of_the_change(fitted, orbits):
    values = np.stack(fitted.transform(list(orbits.states)))
    size = np.sqrt(values.var(1).mean(0)) / values.std((0, 1))
    assert np.isclose(fitted.score(list(orbits.states)), -size.mean())
    assert -0.1 < fitted.score(orbits.states) < 0
    rows = orbits.states.reshape(-1, 4)
    times = np.tile(orbits.dt * np.arange(16), 20)
    assert np.isclose(fitted.score(rows, t=times), -size.mean())
    assert fitted.score(rows) < -0.5  # in one trajectory the change is the spread
    shuffled = np.random.default_rng(0).permutation(rows).reshape(orbits.states.shape)
    assert fitted.score(shuffled) < -0.5


def test_it_prints_the_quantities(fitted, capsys):
    fitted.print()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" = ")[0] for line in lines] == [
        one.expression for one in fitted.quantities_
    ]  # fmt: skip


def test_it_shows_a_table_in_a_notebook(fitted):
    html = fitted.discovery_._repr_html_()
    for one in fitted.quantities_:
        assert one.expression in html
    assert html.count("<tr>") == 2 + 2 + len(fitted.discovery_.directions)
    assert "#" not in html  # no colours of its own
    evil = replace(fitted.quantities_[0], expression="<img src=x>")
    html = replace(fitted.discovery_, quantities=[evil])._repr_html_()
    assert "<img" not in html and "&lt;img src=x&gt;" in html


def test_functions_are_given_by_their_text():
    x = np.random.default_rng(0).normal(size=(5, 4))
    some = nr.Trajectories(x[None, :, :2], x[None, :, 2:], 0.1, NAMES)
    found = in_place_of_discover(some, tolerance=0.05)
    quantity = Quantity("x*py - sqrt(y**2)", None, None, "", 0.0)
    values = estimator.values_along(replace(found, quantities=[quantity]), x)
    expected = x[:, 0] * x[:, 3] - np.abs(x[:, 1])
    assert np.allclose(values[:, 0], expected, rtol=1e-12)
    long = replace(quantity, expression="x + y + ... (20 terms)")
    with pytest.raises(InputError, match="more terms than its text shows"):
        estimator.values_along(replace(found, quantities=[long]), x)


def test_trajectories_come_in_every_form(asked, orbits):
    x, dt = orbits.states, orbits.dt
    times = dt * np.arange(16)
    rows = x.reshape(-1, 4)
    for X, t in (
        (x, dt),
        (list(x), dt),
        (tuple(x), times),
        (list(x), [times + r for r in range(20)]),
        (rows, np.tile(times, 20)),
        ([pd.DataFrame(one) .set_axis(NAMES, axis=1) for one in x], dt),
        (pd.DataFrame(rows, columns=NAMES), pd.Series(np.tile(times, 20))),
    ):  # fmt: skip
        model = nr.ConservedQuantities(noise=0.1, degree=3, functions=("x",)).fit(X, t=t)
        assert np.array_equal(asked.trajectories.states, x)
        assert np.isclose(asked.trajectories.dt, dt)
        frame = hasattr(X, "columns") or hasattr(X[0], "columns")
        assert asked.trajectories.names == (NAMES if frame else ("q1", "q2", "p1", "p2"))
        assert hasattr(model, "feature_names_in_") == frame
    assert asked.options == {"tolerance": 0.05, "noise": 0.1, "degree": 3, "functions": ("x",)}
    named = nr.ConservedQuantities().fit(x, feature_names=list(NAMES))
    assert tuple(named.feature_names_in_) == asked.trajectories.names == NAMES
    named.transform(x[0])  # an array has no names that could be wrong
    assert not hasattr(named.fit(x), "feature_names_in_")


def test_frames_come_out_where_frames_are_asked_for(asked, orbits):
    model = nr.ConservedQuantities().fit(orbits.states).set_output(transform="pandas")
    one, many = model.transform(orbits.states[0]), model.transform(list(orbits.states[:2]))
    assert list(one.columns) == ["sum of q", "sum of p"] == list(model.get_feature_names_out())
    assert [frame.shape for frame in many] == [(16, 2), (16, 2)]
    assert np.allclose(one["sum of q"], orbits.states[0, :, :2].sum(-1))
    frame = pd.DataFrame(orbits.states[0], index=np.arange(16) + 7, columns=NAMES)
    named = model.fit([frame, frame + 1.0])
    assert list(named.transform(frame).index) == list(frame.index)
    with pytest.raises(InputError, match="X has the columns y, x, px, py, expected x, y, px, py"):
        named.transform(frame[["y", "x", "px", "py"]])


def test_it_stands_at_the_end_of_a_pipeline(asked, orbits):
    rows = orbits.states.reshape(-1, 4)
    times = np.tile(orbits.dt * np.arange(16), 20)
    pipeline = make_pipeline(StandardScaler(), nr.ConservedQuantities(tolerance=0.1))
    values = pipeline.fit_transform(rows, conservedquantities__t=times)
    assert asked.trajectories.states.shape == (20, 16, 4)
    assert np.allclose(asked.trajectories.states.std((0, 1)), 1)
    assert values.shape == (320, 2) and np.allclose(values, pipeline.transform(rows))
    copy = clone(pipeline)
    assert copy[-1].get_params() == {"tolerance": 0.1, "degree": 2, "functions": (), "noise": None}
    assert not hasattr(copy[-1], "discovery_")
    copy.set_params(conservedquantities__degree=3).fit(rows, conservedquantities__t=times)
    assert asked.options["degree"] == 3
    frames = copy.set_output(transform="pandas").transform(rows)
    assert list(frames.columns) == ["sum of q", "sum of p"]
    assert pipeline.score(rows) < 0


def test_a_fitted_one_is_kept_in_a_pickle(fitted, orbits):
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.transform(orbits.states[0]), fitted.transform(orbits.states[0]))


def test_where_nothing_is_conserved(asked, orbits, monkeypatch, capsys):
    none = lambda *a, **k: replace(in_place_of_discover(*a, **k), quantities=[], directions=[])  # noqa: E731
    monkeypatch.setattr(estimator, "discover", none)
    model = nr.ConservedQuantities().fit(orbits.states)
    assert model.score(orbits.states) == -1.0
    assert model.transform(orbits.states[0]).shape == (16, 0)
    model.print()
    assert capsys.readouterr().out == "nothing is found to be conserved\n"


@pytest.mark.parametrize(
    ("X", "options", "message"),
    [
        (np.ones((5, 3)), {}, "an even number m of columns"),
        ([np.ones((5, 4)), np.ones((6, 4))], {}, r"have shapes \(5, 4\), \(6, 4\), expected one"),
        ([np.ones((5, 4)), np.ones((5, 2))], {}, "have shapes"),
        (np.full((2, 5, 4), np.nan), {}, "NaN or infinity"),
        (np.ones((2, 5, 4)), {"t": np.arange(4.0)}, "t has shape"),
        (np.ones((10, 4)), {"t": np.arange(4.0)}, "expected a time for each of the 10 rows"),
        (np.ones((2, 5, 4)), {"t": [0.0, 1, 2, 4, 5]}, "expected equal steps"),
        (np.ones((2, 5, 4)), {"t": [np.arange(5.0), np.arange(4.0)]}, "t has shape"),
        (np.ones((2, 5, 4)), {"t": -1.0}, "dt is -1.0, expected a time above 0"),
        (np.ones((2, 5, 4)), {"y": np.arange(5.0)}, "y is given, expected none"),
        (np.ones((2, 5, 4)), {"feature_names": ["a"]}, "names are a, expected 4"),
        ([["a", "b"]], {}, "X has dtype|cannot be read"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_one_line(X, options, message):
    with pytest.raises(InputError, match=message) as refused:
        nr.ConservedQuantities().fit(X, **options)
    assert "\n" not in str(refused.value)


def test_one_trajectory_is_refused(orbits):
    with pytest.raises(InputError, match="has 1 trajectory of 16 samples, expected 2 or more"):
        nr.ConservedQuantities().fit(orbits.states[0])


def test_an_unfitted_one_says_so(orbits):
    for method in ("transform", "score"):
        with pytest.raises(NotFittedError):
            getattr(nr.ConservedQuantities(), method)(orbits.states[0])


class Rows(nr.ConservedQuantities):
    """The estimator for scikit-learn's checks. They give no times, and a target; it is dropped."""

    def fit(self, X, y=None):
        return super().fit(X)

    def score(self, X, y=None):
        return super().score(X)


ODD = "its data have an odd number of columns, which no positions and momenta have"
EXPECTED = {
    "check_fit_score_takes_y": ODD,
    "check_dont_overwrite_parameters": ODD,
    "check_estimators_dtypes": ODD,
    "check_dtype_object": ODD,
    "check_estimators_nan_inf": ODD,
    "check_pipeline_consistency": ODD,
    "check_estimators_pickle": ODD,
    "check_f_contiguous_array_estimator": ODD,
    "check_transformer_data_not_an_array": ODD,
    "check_transformer_general": ODD,
    "check_transformer_preserve_dtypes": ODD,
    "check_methods_sample_order_invariance": ODD,
    "check_methods_subset_invariance": ODD,
    "check_dict_unchanged": ODD,
    "check_fit2d_predict1d": ODD,
    "check_estimators_empty_data_messages": "the message names the shape in other words",
    "check_fit2d_1sample": "the message speaks of time steps, not of samples",
    "check_fit2d_1feature": "the message speaks of an even number of columns",
}


@parametrize_with_checks([Rows()], expected_failed_checks=lambda _: EXPECTED)
def test_the_checks_of_scikit_learn(estimator, check, asked):
    """The checks are of shapes, parameters and attributes; nothing is searched."""
    check(estimator)
