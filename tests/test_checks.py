"""Checks of the studies: bounds, tables, and records."""

import json
import math

import pytest

from experiments import checks


@pytest.mark.parametrize(
    ("way", "arguments", "values", "holds"),
    [
        ("below", (1.0,), [0.5, 0.9], True),
        ("below", (1.0,), [0.5, 1.0], False),
        ("above", (1.0,), [1.5], True),
        ("above", (1.0,), [math.nan], False),
        ("within", (2.0, 0.1), [1.95, 2.05], True),
        ("within", (2.0, 0.1), [1.95, 2.2], False),
        ("equal", (1,), [1, 1], True),
        ("equal", (1,), [], False),
    ],
)
def test_every_value_has_to_be_as_wanted(way, arguments, values, holds):
    made = checks.Checks()
    getattr(made, way)("it", values, *arguments)
    assert made[0].holds is holds


def test_few_numbers_are_shown_and_many_summed_up():
    assert checks.shown([1.0, 2.5, 0.99964, 4000]) == "1 2.5 0.9996 4000"
    assert checks.shown([3.14] * 7) == "3.14 (7 of them)"
    assert checks.shown(list(range(9))) == "0 to 8 (9 of them)"
    assert checks.shown([1.0, math.inf, math.nan]) == "1 not finite not finite"
    assert checks.shown([*range(9), math.nan]) == "0 to 8 (10 of them, 1 not finite)"


def test_bounds_may_be_reached_and_nan_lies_in_none():
    assert checks.check("", [1.0, 2.0], low=1.0, high=2.0).holds
    assert not checks.check("", [1.0, 2.1], high=2.0).holds
    assert not checks.check("", [math.nan], high=2.0).holds
    assert not checks.check("", [], high=2.0).holds
    assert checks.check("", [1.0]).holds is None


def test_a_demand_on_all_values_needs_a_value():
    made = checks.Checks()
    made.add("rows", "all", [], True)
    made.add("rows", "all", [1], True)
    assert [one.holds for one in made] == [False, True]


def test_the_table_has_a_column_for_theory_where_theory_predicts():
    small = checks.check("small", [1e-6, 2e-6], high=1e-5, expected=1e-6)
    large = checks.check("large", [3.0], low=4.0, control=True)
    told = checks.check("told", [1.0])
    assert checks.table([small, large, told]) == [
        {"": "small", "measured": "1e-06 2e-06", "theory": "1e-06", "wanted": "at most 1e-05",
         "holds": "yes"},
        {"": "*control:* large", "measured": "3", "theory": "", "wanted": "at least 4",
         "holds": "**no**"},
        {"": "told", "measured": "1", "theory": "", "wanted": "", "holds": ""},
    ]  # fmt: skip
    assert "theory" not in checks.table([large])[0]
    assert checks.failed([small, large, told]) == ["large"]
    assert checks.told([large]) == ["    NO  control: large: 3, wanted at least 4"]


@pytest.mark.parametrize(
    "one",
    [
        checks.check("small", [1e-6, 2.0], high=1e-5, expected=1e-6, control=True),
        checks.check("told", 1.0, expected=0.0),
        checks.check("nothing", [], low=1.0),
    ],
)
def test_a_record_gives_its_check_again(one):
    assert checks.from_json(json.loads(json.dumps(checks.as_json(one)))) == one


def test_a_record_keeps_what_is_not_finite():
    kept = json.dumps(checks.as_json(checks.check("it", [math.nan, 1.0])), allow_nan=False)
    assert math.isnan(checks.from_json(json.loads(kept)).values[0])
