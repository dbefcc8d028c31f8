"""The published benchmark: its equations, what is true of it, and what its page counts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.evidence.peers import OWN, QUADRATIC, SAME, Run, measured, plan, sizes_of
from experiments.evidence.peers_page import cell, false, page, totals, wrong
from experiments.evidence.peers_systems import PEERS, _energy


def record(verdicts, sizes, true=1, seed=0, noise=0.1, seconds=10.0, name="coupled springs"):
    return {
        "run": [name, OWN, noise, QUADRATIC, seed],
        "true": true,
        "verdicts": verdicts,
        "true_size": list(sizes),
        "by": "",
        "noise_in_spreads": 0.2,
        "seconds": seconds,
    }


def test_false_laws_are_those_that_change_by_more_than_the_tolerance():
    good, bad = record("cux", (0.01, 0.04, 0.9)), record("ccs", (0.01, 0.2, 0.9), seed=1)
    assert (false(good), false(bad)) == (0, 1)
    assert cell([bad, good]) == "1 2 F1 S1 U1"
    assert wrong([good]) == "" and "seed 1: a direction that changes by 0.20" in wrong([good, bad])
    slow = record("xx", (0.5, 0.9), true=0, seconds=70.0)
    text = totals([good, bad, slow])
    assert "A false law in 1 of 3 runs" in text and "the rank is right in 2" in text
    assert "2 of 2 true directions are found" in text and "under a minute in 2 of 3" in text
    assert "| coupled springs | 0.20 | yes | 1 | 0 | 1 | - | 1 2 F1 S1 U1 |" in page(
        [good, bad], {}
    )


def test_a_constant_makes_the_constancy_small_and_leaves_the_size():
    values = np.array([[1.0, 3.0], [2.0, 4.0], [np.nan, 1.0]])
    near, far = measured(values), measured(values + 1000)
    assert near.finite == far.finite == pytest.approx(2 / 3)
    assert near.constancy == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert far.constancy < 0.001
    assert near.size == pytest.approx(far.size) == pytest.approx(1 / np.sqrt(1.25))


@pytest.mark.parametrize("name", [name for name, peer in PEERS.items() if peer.printed.law])
def test_the_stated_laws_hold_with_the_parameters_of_a_trajectory(name):
    generator = np.random.default_rng(0)
    peer = PEERS[name]
    x = jnp.asarray([generator.uniform(*bounds) for bounds in peer.start])
    p = [generator.uniform(*bounds) for bounds in peer.ranges]
    laws = {
        "mass and spring": lambda x: x[1] ** 2 / (2 * p[1]) + p[0] * x[0] ** 2 / 2,
        "Lotka-Volterra": lambda x: (
            p[3] * x[0] - p[2] * jnp.log(x[0]) + p[1] * x[1] - p[0] * jnp.log(x[1])
        ),
        "Henon-Heiles": _energy,
        "coupled springs": lambda x: (
            x[2] ** 2 + x[3] ** 2 + p[0] * x[0] ** 2 + p[1] * (x[1] - x[0]) ** 2 + p[2] * x[1] ** 2
        ),
    }
    with jax.enable_x64(True):
        change = jax.grad(laws[name])(x) @ peer.field(x, jnp.asarray(p))
    assert abs(float(change)) < 1e-6


def test_every_run_is_planned_once_and_parameters_are_only_made_the_same_where_there_are_some():
    runs = list(plan(2))
    assert len(runs) == len(set(runs)) == 2 * (7 + 4) * 4
    assert not any(run.parameters == SAME for run in runs if run.system == "Lorenz")
    assert runs[0] == Run("mass and spring", OWN, 0.1, QUADRATIC, 0)
    assert sizes_of(np.array([[[1.0], [1.0]], [[2.0], [2.0]]])) == 0.0
