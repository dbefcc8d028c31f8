"""Conserved quantities and symmetries from trajectories, by Bayesian model selection.

The names below are the front page; everything else is one module away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from noether_razor.base.late import late

if TYPE_CHECKING:
    from noether_razor.base.errors import InputError as InputError
    from noether_razor.base.errors import RunError as RunError
    from noether_razor.conserved import Affine as Affine
    from noether_razor.conserved import Family as Family
    from noether_razor.conserved import Quadratic as Quadratic
    from noether_razor.conserved import commuting_quadratics as commuting_quadratics
    from noether_razor.data import Reading as Reading
    from noether_razor.data import as_trajectories as as_trajectories
    from noether_razor.data import load_trajectories as load_trajectories
    from noether_razor.data import save_trajectories as save_trajectories
    from noether_razor.data.simulated import simulate as simulate
    from noether_razor.data.trajectories import Trajectories as Trajectories
    from noether_razor.data.trajectories import concatenate as concatenate
    from noether_razor.discovery.check import check as check
    from noether_razor.discovery.check_result import Check as Check
    from noether_razor.discovery.discover import discover as discover
    from noether_razor.discovery.estimator import ConservedQuantities as ConservedQuantities
    from noether_razor.discovery.result import Direction as Direction
    from noether_razor.discovery.result import Discovery as Discovery
    from noether_razor.discovery.result import Quantity as Quantity
    from noether_razor.inference.evaluate import evaluate as evaluate
    from noether_razor.inference.fit import fit as fit
    from noether_razor.inference.fitted import Fitted as Fitted
    from noether_razor.inference.forecast import Forecast as Forecast
    from noether_razor.inference.forecast import forecast as forecast
    from noether_razor.inference.forecast import rollouts as rollouts
    from noether_razor.inference.hamiltonian import HamiltonianNetwork as HamiltonianNetwork
    from noether_razor.inference.hamiltonian import symmetrised as symmetrised
    from noether_razor.inference.learn import learn as learn
    from noether_razor.inference.model import guide as guide
    from noether_razor.inference.model import model as model
    from noether_razor.inference.problem import pose as pose
    from noether_razor.inference.settings import Settings as Settings
    from noether_razor.inference.symmetry import group_elements as group_elements
    from noether_razor.inference.symmetry import orbit_average as orbit_average
    from noether_razor.mechanics.phase_space import Scaling as Scaling
    from noether_razor.mechanics.phase_space import (
        hamiltonian_vector_field as hamiltonian_vector_field,
    )
    from noether_razor.mechanics.phase_space import poisson_bracket as poisson_bracket
    from noether_razor.systems import Motion as Motion
    from noether_razor.systems import System as System
    from noether_razor.systems import make_motion as make_motion
    from noether_razor.systems import make_system as make_system
    from noether_razor.variational.discover import discover_by_fit as discover_by_fit

_HOMES = {
    "conserved": ("Affine", "Family", "Quadratic", "commuting_quadratics"),
    "base.errors": ("InputError", "RunError"),
    "inference.hamiltonian": ("HamiltonianNetwork", "symmetrised"),
    "inference.evaluate": ("Fitted", "evaluate"),
    "inference.forecast": ("Forecast", "forecast", "rollouts"),
    "inference.fit": ("fit",),
    "inference.learn": ("learn",),
    "inference.model": ("guide", "model"),
    "inference.problem": ("pose",),
    "inference.settings": ("Settings",),
    "discovery.estimator": ("ConservedQuantities",),
    "discovery.check": ("check",),
    "discovery.check_result": ("Check",),
    "discovery.discover": ("discover",),
    "discovery.result": ("Direction", "Discovery", "Quantity"),
    "data": ("Reading", "as_trajectories", "load_trajectories", "save_trajectories"),
    "mechanics.phase_space": ("Scaling", "hamiltonian_vector_field", "poisson_bracket"),
    "inference.symmetry": ("group_elements", "orbit_average"),
    "systems": ("Motion", "System", "make_motion", "make_system"),
    "data.trajectories": (
        "Trajectories",
        "concatenate",
    ),
    "data.simulated": ("simulate",),
    "variational.discover": ("discover_by_fit",),
}
__getattr__, __all__ = late(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
