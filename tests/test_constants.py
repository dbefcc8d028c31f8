"""The page of the constants lists what the code has, and a changed number reaches what uses it."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from experiments.evidence.constants import changed, constants, every, hidden, varied
from experiments.evidence.constants_page import PAGE, effect
from experiments.evidence.sources import modules, of_verdict

SAMPLE = '''
LIMIT = 4
"""A limit. Not a probability."""
LIKELY = 0.8
"""Probability that it is so."""
GRID = concatenate([[0.0], geomspace(LIMIT, 8.0, 31)])
ENDS = linspace(-3, 3, LIMIT)
TWICE = LIMIT + LIMIT
WORDS = ("a", "b")

def total(x, width=1.5):
    return x + 2 * x[0] if x > 1e-3 else -7 * x
'''


def test_constants_of_a_source_are_found_with_their_meaning():
    numbers, derived = constants("sample", SAMPLE)
    assert [(one.name, one.value) for one in numbers] == [
        ("LIMIT", 4), ("LIKELY", 0.8), ("GRID", 8.0), ("GRID", 31), ("ENDS", 3),
    ]  # fmt: skip
    assert numbers[0].meaning == "A limit. Not a probability."
    assert [one.name for one in derived] == ["TWICE"]


def test_numbers_in_functions_and_defaults_are_found():
    assert [(one.value, one.text) for one in hidden("sample", SAMPLE)] == [
        (1.5, "x, width=1.5"), (0.001, "x > 0.001"), (7, "-7 * x"),
    ]  # fmt: skip


def test_whole_numbers_stay_whole_and_probabilities_are_varied_by_their_odds():
    limit, likely = constants("sample", SAMPLE)[0][:2]
    assert (varied(limit, -2), varied(limit, 2)) == (2, 8)
    assert [round(varied(likely, factor), 9) for factor in (-2, 2)] == [
        round(2 / 3, 9), round(8 / 9, 9),
    ]  # fmt: skip


def test_a_changed_number_reaches_what_is_computed_from_it():
    least = next(n for n in every(["prior"])[0] if n.name == "LEAST")
    namespace: dict = {"__name__": "changed"}
    exec(changed(least, 2 * least.value), namespace)
    assert namespace["LEAST"] == 2 * least.value
    assert np.isclose(namespace["SIZES"][1], 2 * least.value)
    with pytest.raises(ValueError, match="is not where it was"):
        changed(least._replace(places=((1, 1),)), 1.0)


def test_every_number_of_the_code_can_be_changed_and_has_a_key_of_its_own():
    named, _, inside = every(modules())
    for number in (*named, *inside):
        changed(number, varied(number, 2))
    keys = Counter(number.key for number in (*named, *inside))
    assert max(keys.values()) == 1


def test_the_effect_of_a_change_counts_what_is_lost_and_what_is_false():
    base = {"verdicts": {"a": "ccux", "b": "xx"}}
    told = effect(base, {"verdicts": {"a": "cFux", "b": "xx"}})
    assert told.changes and told.text == "lost 1, false +1 (in 1 run)"
    assert effect(base, base).changes is False
    assert effect(base, None).changes is None
    assert effect(base, {"error": "no"}).changes is True


def test_the_page_lists_exactly_the_numbers_of_the_code():
    """Where this fails, write the page again: `python -m experiments.evidence pages`."""
    named, derived, _ = every(modules())
    _, _, inside = every(of_verdict())
    rows = re.findall(r"^\| `([\w.]+)` \| `([^`]+)` \| (\w+)\.py \|", PAGE.read_text(), re.M)
    expected = [(one.name, repr(one.value), one.module) for one in (*named, *inside)]
    expected += [(one.name, one.text, one.module) for one in derived]
    assert Counter(rows) == Counter(expected)
