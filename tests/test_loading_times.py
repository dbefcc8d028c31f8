"""Times of rows: their order, dates, equal steps, and a step in their place."""

import numpy as np
import pandas as pd
import pytest
from sample_loading import DT, STATES, P, Q, R, T, check, frame

from noether_razor.base.errors import InputError
from noether_razor.data import Reading, as_trajectories, load_trajectories


def test_rows_in_any_order_and_rows_that_are_there_twice():
    table = frame()
    shuffled = pd.concat([table, table.iloc[[3, 30]]]).sample(frac=1, random_state=0)
    loaded = as_trajectories(shuffled)
    order = [int(k) for k in pd.unique(shuffled["trajectory"])]
    np.testing.assert_array_equal(loaded.states, STATES[order])
    assert any("2 rows are there twice" in note for note in loaded.notes)
    assert any("rows sorted by time" in note for note in loaded.notes)


def test_time_that_starts_again_begins_a_trajectory():
    check(as_trajectories(frame().drop(columns="trajectory")))
    check(as_trajectories(frame().drop(columns="t"), t=DT))


DATES = pd.Timestamp("2031-03-01 08:00") + pd.to_timedelta(frame()["t"], unit="s")


@pytest.mark.parametrize(
    "dates",
    [
        DATES,
        DATES.dt.tz_localize("UTC"),
        DATES.dt.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        DATES - DATES[0],
    ],
    ids=["dates", "of a zone", "texts", "durations"],
)
def test_dates_are_seconds(tmp_path, dates):
    table = frame().assign(t=dates)
    check(as_trajectories(table))
    check(as_trajectories(table, reading=Reading(pieces=T)))
    table.to_parquet(tmp_path / "data.parquet")
    check(load_trajectories(tmp_path / "data.parquet"))


def test_one_tolerance_of_time_for_all():
    generator = np.random.default_rng(1)
    uneven = frame()["t"] + DT * generator.uniform(-0.04, 0.04, R * T)
    loaded = as_trajectories(frame().assign(t=uneven))
    assert loaded.dt == pytest.approx(DT, rel=1e-2)
    assert any("% of a step off equal steps" in note for note in loaded.notes)
    with pytest.raises(InputError, match="--time-tolerance"):
        as_trajectories(frame().assign(t=uneven), reading=Reading(time_tolerance=0.01))
    with pytest.raises(InputError, match="expected equal steps|expected at most 5 %"):
        as_trajectories(frame().assign(t=frame()["t"] + 5 * (uneven - frame()["t"])))


def test_times_in_float32_far_from_zero_are_refused():
    with pytest.raises(InputError):
        as_trajectories({"q": Q, "p": P, "t": (1.7e9 + DT * np.arange(T)).astype(np.float32)})


def test_a_step_beside_a_column_of_times_is_refused():
    with pytest.raises(InputError, match="leave out --dt, or that column"):
        as_trajectories(frame(), reading=Reading(dt=0.1))
