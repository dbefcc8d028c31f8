"""Older records count as present ones only if their code gives the same results."""

import json

import pytest

pytest.importorskip("experiments")

from experiments.evidence import kept, replay


@pytest.fixture
def same(tmp_path, monkeypatch):
    path = tmp_path / "same.json"
    monkeypatch.setattr(replay, "SAME", path)
    monkeypatch.setattr(kept, "SAME", path)
    kept.current.cache_clear()
    yield path
    kept.current.cache_clear()


def again(code, old, new):
    """A record of older code with a size, and the size that the present code finds."""
    part = {"size": [old], "verdicts": "c"}
    record = {"run": ["oscillator", 0.0, 0], "verdict": part, "seconds": 1.0, "code": code}
    return replay.Again(record, lambda: {"verdict": part | {"size": [new]}, "seconds": 2.0})


def test_older_code_counts_if_all_its_repeated_runs_are_the_same(same, capsys):
    runs = [again("good", 0.5, 0.5001), again("bad", 0.5, 0.5), again("bad", 0.5, 0.6)]
    replay._replayed("now", iter(runs))
    assert json.loads(same.read_text()) == {"now": {"good": 1}}
    assert "verdict.size differs from code bad" in capsys.readouterr().out
    assert kept.current("now") == {"now", "good"}


def test_nothing_is_kept_if_nothing_is_the_same(same):
    replay._replayed("now", iter([again("bad", 0.5, 0.6), again("bad", 0.5, 0.5)]))
    assert not same.exists()
    assert kept.current("now") == {"now"}


def test_codes_that_give_the_same_records_are_all_present(same):
    same.write_text(json.dumps({"b": {"a": 3}, "d": {"c": 1}, "c": {"a": 2}, "y": {"x": 1}}))
    assert kept.current("d") == kept.current("b") == {"a", "b", "c", "d"}
    assert kept.current("x") == {"x", "y"} and kept.current("z") == {"z"}


def test_runs_by_code_that_counts_already_are_not_repeated(same):
    same.write_text(json.dumps({"now": {"good": 1}}))

    def never():
        raise AssertionError

    replay._replayed("now", iter([again("good", 0.5, 0.5)._replace(make=never)]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([], ["q1"]),
        ([], [["a", 1.0]]),
        ({"size": 1.0}, None),
        ({"size": 1.0}, {}),
        (1, "1"),
        (None, 1.0),
        ([1.0, 2.0], [1.0]),
        ([["a", 1.0]], [["b", 1.0]]),
        (1.0, 1.01),
    ],
)
def test_records_of_another_shape_differ(old, new):
    assert replay._different({"it": old}, {"it": new})


def test_numbers_that_are_close_and_texts_are_the_same():
    old = {"nats": [["law", 100.0], ["other", None]], "by": "law", "size": float("nan"), "run": 1}
    new = {"nats": [("law", 100.1), ("other", None)], "by": "law", "size": float("nan"), "run": 2}
    assert not replay._different(old, json.loads(json.dumps(new)))
