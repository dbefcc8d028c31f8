"""The study of forecasts: what a projection keeps, and the table of the page."""

import jax
import jax.numpy as jnp
import numpy as np

from experiments.evidence import forecasts
from experiments.evidence.kept import keep
from noether_razor.conserved.expressions import Expressions

NAMES = ("q1", "q2", "p1", "p2")


def test_a_projected_state_has_the_given_values():
    of = Expressions(("q1*p2 - q2*p1", "p1**2 + p2**2 + (q1**2 + q2**2)**2 / 2"), NAMES)
    with jax.enable_x64(True):
        first = jnp.array([1.0, 0.2, -0.3, 0.8])
        moved = first + 0.05 * jnp.array([1.0, -1.0, 0.5, 2.0])
        kept = forecasts.projected(of, moved, of(first))
        assert np.allclose(of(kept), of(first), atol=1e-12)
        assert not np.allclose(of(moved), of(first), atol=1e-3)
        # The step is along the gradients, so it is no longer than the distance to the first state.
        assert np.linalg.norm(kept - moved) < np.linalg.norm(first - moved)


def test_the_projection_onto_a_plane_is_orthogonal():
    of = Expressions(("q1 + 2*p2",), NAMES)
    with jax.enable_x64(True):
        kept = forecasts.projected(of, jnp.array([1.0, 2.0, 3.0, 4.0]), jnp.array([0.0]))
    assert np.allclose(kept, np.array([1.0, 2.0, 3.0, 4.0]) - 9 / 5 * np.array([1, 0, 0, 2]))


def test_the_page_has_a_row_for_every_model_that_was_fitted(tmp_path):
    errors = {forecasts.PLAIN: 0.4, forecasts.PROJECTED: 0.2, forecasts.FUNCTIONS: 0.3}
    name = "Henon-Heiles, integrable"
    keep(
        tmp_path / forecasts.RECORDS,
        [
            {"run": (name, seed), "quadratics": [], "functions": ["q1"], "code": "",
             "errors": {k: v + seed / 10 for k, v in errors.items()}, "energies": errors}
            for seed in range(3)
        ],
    )  # fmt: skip
    text = forecasts.write(tmp_path).read_text()
    assert f"| {name} | {forecasts.PLAIN} | 3 | 0.5 | 0.4 | - |" in text
    assert f"| {name} | {forecasts.PROJECTED} | 3 | 0.3 | 0.2 | -0.2 (-0.2 to -0.2) |" in text
    assert forecasts.QUADRATICS not in text.split("## What")[0].split("| --- |")[1]
    assert "or by code that gives the same: 0." in text
