"""The page that compares methods: what it counts, and what it says of the default."""

import numpy as np
import pytest

from experiments.evidence.methods import ALONE, FITS, METHODS, NOISE, NOISY, VERDICT, plan
from experiments.evidence.methods_page import page, shared, total
from experiments.evidence.pages import log_score
from experiments.evidence.runs import Run

PROPOSED, RANDOM = FITS


def record(method, verdicts, parallel, seed=0, true=2, seconds=1.0, name=NOISY[0]):
    directions = {"verdicts": verdicts, "parallel": list(parallel)}
    if method in (VERDICT, ALONE):
        directions["cautious"] = [float(letter == "c") for letter in verdicts]
        directions["true_size"] = [0.0 if share > 0.95 else 1.0 for share in parallel]
    return {
        "run": [name, NOISE, 150, seed],
        "method": method,
        "true": true,
        "directions": directions,
        "seconds": seconds,
    }


def every():
    return [
        record(VERDICT, "ccx", (1, 1, 0), seconds=2.0),
        record(ALONE, "cux", (1, 1, 0)),
        record(PROPOSED, "ccc", (1, 1, 0.3), seconds=100.0),
        record(RANDOM, "uuu", (1, 1, 0.3), seconds=300.0),
        record(VERDICT, "ccx", (1, 1, 0), seed=1),
        record(ALONE, "ccx", (1, 1, 0), seed=1),
    ]


def test_totals_count_right_ranks_false_laws_and_true_quantities():
    one = total([every()[2], record(PROPOSED, "ccx", (1, 0.97, 0), seed=1, seconds=200.0)])
    assert one == (2, 1, 1, 4, 4, 150.0)
    wrong = total([record(VERDICT, "cc", (1, 0.5))])  # the number is right, a direction is not
    assert (wrong.right, wrong.with_false, wrong.found) == (0, 1, 1)


def test_methods_are_compared_on_the_runs_that_all_have_done():
    assert {(r["run"][3], r["method"]) for r in shared(every())} == {(0, m) for m in METHODS}
    text = page(every())
    assert f"{VERDICT}: rank right in 1 of 1 runs, a false law in 0, 2.0 s" in text
    assert f"it is before {ALONE}, {PROPOSED} and {RANDOM}." in text
    assert f"{PROPOSED} and {RANDOM} 50.0 times and 150.0 times" in text
    assert f"| {NOISY[0]} | 0.1 | {VERDICT} | 2 | 2 2 | 0 | 0.0000 (0.6365) | 1.5 |" in text
    assert f"| {NOISY[0]} | 0.1 | {PROPOSED} | 2 | 3 | 1 | - | 100.0 |" in text
    assert f"Of 4 directions that the {VERDICT} calls conserved, 0 change by" in text


def test_the_page_says_where_the_law_adds_nothing_and_when_the_default_is_behind():
    assert "4 of 4 true quantities and 0 runs with a false law, against 3 and 0" in page(every())
    same = [r for r in every() if r["method"] != ALONE]
    same += [{**r, "method": ALONE} for r in every() if r["method"] == VERDICT]
    assert f"It adds nothing in: {NOISY[0]} (noise 0.1)." in page(same)
    behind = [r | {"directions": every()[2]["directions"] | {"cautious": [1, 1, 1], "true_size":
              [0, 0, 1]}} if r["method"] == VERDICT else r for r in every()]  # fmt: skip
    text = page(behind)
    assert "these figures do not speak for the default" in text
    assert "calls conserved, 2 change by more than the tolerance of 0.05" in text


def test_the_log_score_is_that_of_the_stated_probabilities():
    part = {"cautious": [0.9, 0.2, 0.0], "true_size": [0.01, 0.5, 0.5]}
    score, plain, base = log_score([part])
    assert base == pytest.approx(1 / 3)
    assert score == pytest.approx(-np.log([0.9, 0.8, 1 - 1e-6]).mean())
    assert plain == pytest.approx(-np.log([1 / 3, 2 / 3, 2 / 3]).mean())


def test_seeds_are_planned_in_order_and_evidence_comes_before_the_fits():
    runs = list(plan(2))
    assert len(runs) == len(set(runs)) == 2 * 6 * 3
    fits = [run.seed for run, method in runs if method in FITS]
    assert fits == sorted(fits)
    assert runs[0] == (Run(NOISY[0], NOISE, 150, 0), VERDICT)
