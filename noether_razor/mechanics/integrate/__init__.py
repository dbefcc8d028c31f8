"""Solve x' = field(x) by one step, fixed or adaptive steps; only this package imports diffrax."""

from noether_razor.mechanics.integrate.adaptive import flow, solve, solve_driven
from noether_razor.mechanics.integrate.explicit import (
    Butcher5,
    Solver,
    explicit_solver,
    one_step,
    rollout,
    stage_count,
)
from noether_razor.mechanics.integrate.symplectic import symplectic_rollout

__all__ = [
    "Butcher5",
    "Solver",
    "explicit_solver",
    "flow",
    "one_step",
    "rollout",
    "solve",
    "solve_driven",
    "stage_count",
    "symplectic_rollout",
]
