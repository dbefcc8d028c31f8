"""An invented discovery: three bodies in the plane, with numbers that can be told apart."""

import numpy as np

from noether_razor.describe.formula import expression
from noether_razor.describe.kinds import kind
from noether_razor.describe.readable import readable_basis
from noether_razor.discovery.fit_result import Bound, VariationalFit
from noether_razor.discovery.result import Direction, Discovery, Quantity
from noether_razor.systems import NBody, stack

NAMES = NBody().coordinate_names


def conserved_basis():
    """The seven quadratics that three bodies in the plane conserve, in a readable basis."""
    return readable_basis(stack(NBody().conserved), np.ones(12))


def direction(A, b, verdict, **changes):
    sizes = {"conserved": (0.001, 0.0, 0.002, 1.0), "slow": (0.01, 0.009, 0.011, 1.0),
             "undetermined": (0.05, 0.01, 0.2, 0.4), "changes": (0.6, 0.5, 0.7, 0.0)}  # fmt: skip
    size, low, high, probability = sizes[verdict]
    given = {
        "expression": expression(A, b, NAMES), "A": A, "b": b, "verdict": verdict, "size": size,
        "low": low, "high": high, "probability": probability, "hopeful": probability,
        "varies": True,
    }  # fmt: skip
    return Direction(**given | changes)


def fit(**changes):
    """The invented numbers of a fit."""
    given = {
        "symmetry": "learned", "start": "proposals", "candidates": 9, "exhausted": False,
        "singular_values": [3.0, 2.5, 2.0, 1.5, 1.0, 0.8, 0.6, 0.01, 0.001], "elbo": 12.0,
        "nll": -12.5, "kl": 0.5, "train_mse": 1e-4, "test_mse": 2e-4, "noise_variance": 1e-4,
        "train_trajectories": 160, "test_trajectories": 40, "seed": 3,
        "curve": [Bound(k, bound, 0.1) for k, bound in ((6, 4.0), (7, 5.0), (8, -20.0))],
    }  # fmt: skip
    return VariationalFit(**given | changes)


def sample(undetermined=0, **changes):
    """Seven conserved directions and two that change, or are undetermined."""
    basis = conserved_basis()
    quantities = [
        Quantity(expression(A, b, NAMES), A, b, kind(A, b), 0.001)
        for A, b in zip(*basis, strict=True)
    ]
    directions = [direction(A, b, "conserved") for A, b in zip(*basis, strict=True)]
    for k in range(2):
        A = np.zeros((12, 12))
        A[k, k] = 1.0
        directions.append(
            direction(A, np.zeros(12), "undetermined" if k < undetermined else "changes")
        )
    given = {
        "rank": 7, "quantities": quantities, "directions": directions,
        "without_law": {"conserved": 7, "changes": 2}, "tolerance": 0.05, "duration": 50.0,
        "by": "", "laws": {"polynomial Hamiltonian": 12.0}, "hamiltonian": 12.0,
        "noise": dict.fromkeys(NAMES, 0.01), "given": [], "origin": dict.fromkeys(NAMES, 0.0),
        "algebra": "", "seconds": 123.0, "versions": {"jax": "1"},
        "data": {"source": "three.npz", "degrees_of_freedom": 6, "dt": 1.0, "samples": 51,
                 "trajectories": 200, "names": list(NAMES), "spread": [2.0] * 12},
    }  # fmt: skip
    return Discovery(**given | changes)
