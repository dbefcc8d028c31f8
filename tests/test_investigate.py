"""The whole pipeline on a tiny problem: everything that is reported, and in the user's units."""

import jax
import numpy as np

from noether_razor.discovery.result import Discovery
from noether_razor.inference.settings import Settings
from noether_razor.investigate import discover_by_fit
from noether_razor.systems import make_system
from noether_razor.trajectories import Trajectories, simulate


def test_discovers_the_energy_of_an_oscillator_in_other_units():
    """q in units of a thousandth, p of a hundred: the quantity comes back in those units."""
    data = simulate(make_system("oscillator"), key=jax.random.key(0), trajectories=30, steps=20)
    odd = Trajectories(1e3 * data.q, 1e-2 * data.p, data.dt, data.names, "odd units")
    settings = Settings(
        candidates=3,
        random_candidates=1,
        warmup=300,
        steps=200,
        width=32,
        chunk=100,
        solver="Bosh3",
    )
    seen = []
    found = discover_by_fit(
        odd, key=jax.random.key(1), settings=settings, report=lambda *args: seen.append(args)
    )
    assert found.rank == 1
    (energy,) = found.quantities
    ratio = np.diag(energy.A) / np.diag(energy.A)[0]
    np.testing.assert_allclose(ratio, [1.0, 1e10], rtol=1e-2)  # q^2 / 1e6 + p^2 / 1e-4
    assert energy.drift < 1e-5  # so short a fit leaves 1e-8 to 5e-6, over keys
    assert energy.kind == "energy" and energy.residual < 0.01
    np.testing.assert_allclose(found.elbo, -found.nll - found.kl, rtol=1e-4)
    assert found.singular_values == sorted(found.singular_values, reverse=True)
    assert {stage for stage, *_ in seen} == {"warm-up", "fit"}
    assert Discovery.from_json(found.to_json()).rank == 1
    assert "1 conserved" in str(found)
