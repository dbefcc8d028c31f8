"""The figures and the report that a discovery by the fit writes into its run directory."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.runs import RunDirectory
from noether_razor.describe.page import write_page
from noether_razor.discovery.report import report
from noether_razor.inference.forecast import rollouts
from noether_razor.variational.data import Data
from noether_razor.variational.discover import Investigation


def write_beside(
    run: RunDirectory,
    key: jax.Array,
    found: Investigation,
    data: Data,
    command: str | None,
) -> None:
    """Draw the figures of a discovery, and write the report that shows them.

    Args:
        run: the directory.
        key: for the random weights and group elements of rollouts.
        found: what is to be shown.
        data: the data that it was found in.
        command: the command line that gives the discovery again.
    """
    from noether_razor.describe import canvas  # it imports matplotlib, which is slow
    from noether_razor.variational import plots

    drawn = _of_the_verdict(found) | _of_the_model(key, found, data)
    drawn["training.png"] = plots.training(run.metrics.read())
    for name, figure in drawn.items():
        canvas.save(figure, run / name)
    write_page(report(found.discovery, list(drawn), command), run.path)


def _of_the_verdict(found: Investigation) -> dict[str, Any]:
    from noether_razor.discovery import plots as of_evidence
    from noether_razor.variational import plots

    discovery = found.discovery
    drawn: dict[str, Any] = {}
    if discovery.directions:
        drawn["changes.png"] = of_evidence.changes(discovery)
        drawn["singular_values.png"] = plots.singular_values(discovery)
    if discovery.fit and discovery.fit.curve:
        drawn["curve.png"] = plots.curve(discovery)
    if discovery.quantities:
        drawn["generators.png"] = plots.generators(discovery)
    return drawn


def _of_the_model(key: jax.Array, found: Investigation, data: Data) -> dict[str, Any]:
    from noether_razor.variational import plots

    problem, fitted = found.learned
    paths = data.test_paths
    start = problem.scaling.scale(jnp.asarray(paths.states[:, 0], problem.spread.dtype))
    times = np.arange(paths.q.shape[1]) * problem.train.dt
    states, energy = rollouts(key, fitted, start[:20], jnp.asarray(times, start.dtype))
    states = np.asarray(problem.scaling.unscale(states))
    times = np.arange(paths.q.shape[1]) * paths.dt
    return {
        "rollout.png": plots.rollout(times, paths.states[0], states[0], paths.names),
        "energy.png": plots.energy_drift(times, np.asarray(energy) * problem.scaling.energy),
    }
