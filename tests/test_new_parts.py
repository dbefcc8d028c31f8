"""What is new in a conserved function: what bounds its change, and where it is undetermined."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from noether_razor.conserved.features import Monomials
from noether_razor.data.simulated import simulate
from noether_razor.discovery.combinations import Combinations
from noether_razor.discovery.discover import discover
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.judged import CONSERVED, UNDETERMINED, Judged
from noether_razor.evidence.recording import recording
from noether_razor.evidence.search import searched
from noether_razor.systems import make_system


def data(trajectories, noise=0.0):
    return simulate(
        make_system("central"), key=jax.random.key(0), trajectories=trajectories, steps=30,
        noise=noise,
    )  # fmt: skip


def test_judged_directions_bound_what_lies_in_their_span():
    """So a law's verdict on directions also holds for what is new in a quantity."""
    recorded = recording(data(8, noise=0.2))
    names = ("q1", "q2", "p1", "p2")
    search = searched(recorded, names, 2, ["1/(1 + q1**2)"])
    with jax.enable_x64(True):
        of = Combinations(search, recorded, np.zeros(4), names, names)
        root = np.linalg.cholesky(of._observed.total)
        axes = np.linalg.inv(root)[:3]  # uncorrelated combinations of variance 1
        high = np.array([0.01, 0.02, 0.5])
        nothing = np.ones(3)
        kept = Judged(axes, high, high, high, nothing, nothing, nothing, nothing > 0)
        assert [of._most(kept, axis) for axis in axes] == pytest.approx(high)
        mixed = (axes[0] + axes[1]) / 2**0.5
        assert of._most(kept, mixed) == pytest.approx(0.03 / 2**0.5)
        other = np.linalg.inv(root)[4]
        assert of._most(kept, other) == pytest.approx(1.0)
        row = of._of.in_users(mixed) * of._sizes
        assert of._verdict(kept, 0.05, row) == CONSERVED
        assert of._verdict(kept._replace(high=2 * high), 0.04, row) != CONSERVED


def test_where_noise_hides_what_is_new_a_quantity_is_undetermined(monkeypatch):
    """The verdict on every function with p1**2 is made undetermined; only the energy has it."""
    place = Monomials(4, 4).names(["q1", "q2", "p1", "p2"]).index("p1**2")
    true = Combinations._verdict
    monkeypatch.setattr(
        Combinations,
        "_verdict",
        lambda self, *given: UNDETERMINED if given[-1][place] else true(self, *given),
    )
    found = discover(data(40), degree=4)
    momentum, energy, square = found.quantities
    assert [one.independent for one in found.quantities] == [True, False, False]
    assert [one.undetermined for one in found.quantities] == [False, True, False]
    assert momentum.expression == "q1*p2 - q2*p1" and "q1**4" in energy.expression
    assert found.independent == 1
    assert "undetermined whether independent" in str(found) and "function of others" in str(found)
    text = report(found)
    assert "For one more the data do not tell whether it is independent." in text
    assert f"| `{energy.expression}` | of degree 4 | undetermined |" in text
    assert Discovery.from_json(found.to_json()).quantities[1].undetermined
    alone = report(replace(found, quantities=[energy]))
    assert "For one quantity the data do not tell whether it is independent." in alone
