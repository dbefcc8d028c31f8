"""The rank by evidence: what the curve says, and that a false direction makes the bound fall."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from noether_razor.discovery.evidence import rank_evidence
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery, RankEvidence
from noether_razor.discovery.signs import ranks
from noether_razor.inference.learn import learn
from noether_razor.inference.settings import Settings
from noether_razor.systems import Oscillator, stack
from noether_razor.trajectories import simulate, transitions
from tests.sample_discovery import direction, sample


def curve(*bounds, error=0.01):
    return [RankEvidence(rank, bound, error) for rank, bound in enumerate(bounds, 5)]


@pytest.mark.parametrize(
    ("bounds", "error", "rank"),
    [
        ((4.0, 4.1, 4.2, -3.0, -90.0), 0.01, 7),
        ((4.2, 4.2, 4.18, -3.0, -90.0), 0.01, 7),  # a true direction need not gain anything
        ((4.0, 4.1, 3.0, 2.0, 1.0), 0.01, 6),
        ((4.0, 4.1, 3.0, 2.0, 1.0), 1.0, 8),
    ],
)
def test_the_rank_is_the_largest_that_the_bound_does_not_speak_against(bounds, error, rank):
    assert sample(evidence=curve(*bounds, error=error)).evidence_rank == rank


def test_the_ranks_of_all_signs_stand_side_by_side():
    found = sample(evidence=curve(4.0, 4.1, 4.2, -3.0, -90.0))
    assert ranks(found) == {"gap": 7, "evidence": 7, "certificate": 7}
    assert "## How many? The signs agree" in report(found)
    assert Discovery.from_json(found.to_json()).evidence == found.evidence
    other = sample(evidence=curve(4.0, 4.1, 3.0, -3.0, -90.0))
    assert "## THE RANKS DISAGREE" in report(other)
    silent = sample(baseline=[0.3, 0.4, 0.5])
    assert ranks(silent) == {"gap": None, "evidence": None, "certificate": 7}


@pytest.mark.slow
def test_a_false_direction_makes_the_bound_fall_and_a_true_one_does_not():
    system = Oscillator((1.0, 1.0))
    paths = simulate(system, key=jax.random.key(0), trajectories=60, steps=20)
    settings = Settings(
        candidates=2, random_candidates=2, width=32, particles=2, batch=64, elements=4,
        warmup=300, steps=100, evidence=60,
    )  # fmt: skip
    learned = learn(jax.random.key(1), transitions(paths), settings)

    def of(A, b, verdict):
        return replace(direction(np.eye(12), np.zeros(12), verdict), A=A, b=b)

    true = stack(system.conserved)
    false = np.diag([1.0, 0.0, 0.0, 0.0])
    found = [of(A, b, "conserved") for A, b in zip(*true, strict=True)]
    found = [replace(one, bracket_z=float(k)) for k, one in enumerate(found)]
    found.append(of(false, np.zeros(4), "rejected"))
    told = []
    bounds = rank_evidence(
        jax.random.key(2), learned, settings, found, lambda *one: told.append(one)
    )
    assert [one.rank for one in bounds] == [2, 3, 4, 5] and told[-1][:2] == (4, 4)
    best = max(one.bound for one in bounds)
    assert best - bounds[2].bound < 0.5 < 2 < best - bounds[3].bound
    assert sample(evidence=bounds).evidence_rank == 4
