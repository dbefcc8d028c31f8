"""Whether some Hamiltonian moves the states as a general law of motion does.

Along the smoothed trajectories a law changes the state by int_0^t F(x(s)) ds, and a Hamiltonian H
by int_0^t J grad H(x(s)) ds, which is linear in H. So the best Hamiltonian of a rich class is found
by linear regression of the states' own changes. This needs no first guess, and no step that may
diverge.

Where this Hamiltonian explains the changes as well as the general law does, the data cannot tell
that law from a Hamiltonian one. Orbits that are a few thin closed curves, for instance, are orbits
of some Hamiltonian, whatever their law.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import cumulative_simpson

from noether_razor.evidence.dynamics import Dynamics
from noether_razor.evidence.fields import MOST_WEIGHTS, monomials, polynomial
from noether_razor.evidence.motion import STATES, designs

HIGHEST_DEGREE = 12
"""Highest degree of the Hamiltonians; the degree is the highest up to this one whose weights are no
more than `MOST_WEIGHTS`."""
ROUNDING = 1e-11
"""Share of the largest eigenvalue below which a direction of the regression is rounding."""


def cost_of_hamiltonian(law: Dynamics, smooth: np.ndarray, step: int = 1) -> float:
    """Nats that are lost if a general law is replaced by the nearest Hamiltonian.

    This is half the sum of squared residuals of the states' changes under the nearest Hamiltonian,
    minus half of that sum under the law itself, in units of the noise. Each change is taken about
    its mean on the trajectory. The cost is negative where a Hamiltonian explains the changes
    better.

    Args:
        law: the posterior of a general law.
        smooth: states along trajectories, [R, T, m], in units of the spread.
        step: number of these samples in the law's unit of time.
    """
    trajectories, samples, m = smooth.shape
    nearest = polynomial(m, _degree(m), hamiltonian=True)
    root = np.sqrt(law.noise)
    gram, moment = np.zeros((nearest.count,) * 2), np.zeros(nearest.count)
    square = left_by_law = 0.0
    batch = max(1, STATES // samples)
    for some in np.split(smooth, range(batch, trajectories, batch)):
        flat, shape = some.reshape(-1, m), (len(some), samples, m, -1)
        rates = (designs(law.field, law.J, flat) @ law.weights).reshape(some.shape) / step
        change = (some - some.mean(1, keepdims=True)) / root
        left_by_law += ((change - _change(rates) / root) ** 2).sum()
        by_weight = _change(designs(nearest, law.J, flat).reshape(shape)) / root[:, None]
        by_weight = by_weight.reshape(change.size, -1)
        gram += by_weight.T @ by_weight
        moment += by_weight.T @ change.ravel()
        square += (change**2).sum()
    unit = 1 / np.sqrt(np.maximum(np.diag(gram), 1e-300))
    values, axes = np.linalg.eigh(gram * np.outer(unit, unit))
    kept = values > ROUNDING * values[-1]
    explained = ((axes.T @ (unit * moment))[kept] ** 2 / values[kept]).sum()
    return float(max(square - explained, 0.0) - left_by_law) / 2


def _degree(dimension: int) -> int:
    degrees = range(HIGHEST_DEGREE, 2, -1)
    return next((d for d in degrees if monomials(dimension, d) <= MOST_WEIGHTS), 2)


def _change(rate: np.ndarray) -> np.ndarray:
    """The integral of rates [R, T, ...] over the samples, about its mean on each trajectory."""
    change = cumulative_simpson(rate, axis=1, initial=0.0)
    return change - change.mean(1, keepdims=True)
