"""What a discovery leaves in its run directory: figures, report and result, of either kind."""

from __future__ import annotations

import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.discovery.function_report import function_report
from noether_razor.discovery.functions import VERSION, FunctionDiscovery
from noether_razor.discovery.page import write_page
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery
from noether_razor.inference.forecast import rollouts
from noether_razor.investigate import Investigation
from noether_razor.investigate_functions import FunctionInvestigation
from noether_razor.measure import Data
from noether_razor.runs import RESULT, RunDirectory


def write_beside(
    run: RunDirectory,
    key: jax.Array,
    found: Investigation | FunctionInvestigation,
    data: Data,
    command: str | None,
) -> None:
    """Draw what is worth looking at, and write the report around it.

    Args:
        run: the directory.
        key: of weights and group elements, for rollouts.
        found: what is to be shown.
        data: that it was found in.
        command: that gives it again.
    """
    from noether_razor import canvas, plots  # they bring matplotlib, which is slow to import

    functions = isinstance(found, FunctionInvestigation)
    drawn = _of_functions(found, data) if functions else _of_quadratics(key, found, data)
    drawn = {"training.png": plots.training(run.metrics.read()), **drawn}
    for name, figure in drawn.items():
        canvas.save(figure, run / name)
    text = function_report if functions else report
    write_page(text(found.discovery, list(drawn), command), run.path)


def read_result(run: RunDirectory) -> Discovery | FunctionDiscovery:
    """The result of a finished run.

    Raises:
        InputError: a file that cannot be read as one.
    """
    text = (run / RESULT).read_text()
    try:
        functions = json.loads(text)["version"] == VERSION
    except (ValueError, KeyError, TypeError):
        functions = False  # the other reader says what is wrong
    return FunctionDiscovery.from_json(text) if functions else Discovery.from_json(text)


def _of_quadratics(key: jax.Array, found: Investigation, data: Data) -> dict[str, Any]:
    from noether_razor import plots

    discovery, (problem, fitted) = found
    paths = data.test_paths
    start = problem.scaling.scale(jnp.asarray(paths.states[:, 0], problem.spread.dtype))
    times = np.arange(paths.q.shape[1]) * problem.train.dt
    states, energy = rollouts(key, fitted, start[:20], jnp.asarray(times, start.dtype))
    states = np.asarray(problem.scaling.unscale(states))
    times = np.arange(paths.q.shape[1]) * paths.dt
    drawn: dict[str, Any] = {
        "rollout.png": plots.rollout(times, paths.states[0], states[0], paths.names),
        "energy.png": plots.energy_drift(times, np.asarray(energy) * problem.scaling.energy),
    }
    if discovery.candidates:
        drawn["singular_values.png"] = plots.singular_values(discovery)
        drawn["candidates.png"] = plots.candidates(discovery)
    if discovery.evidence:
        drawn["evidence.png"] = plots.evidence(discovery)
    if discovery.quantities:
        drawn["generators.png"] = plots.generators(discovery)
    return drawn


def _of_functions(found: FunctionInvestigation, data: Data) -> dict[str, Any]:
    from noether_razor import function_plots

    return {
        "functions.png": function_plots.spectra(found.discovery),
        "sections.png": function_plots.sections(found, data.test_paths),
    }
