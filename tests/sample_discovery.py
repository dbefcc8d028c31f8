"""A small discovery with every kind of verdict, for the tests of what is made of one."""

from functools import cache

import numpy as np

from noether_razor.discovery.formula import expression
from noether_razor.discovery.kinds import kind
from noether_razor.discovery.readable import readable_basis
from noether_razor.discovery.result import Direction, Discovery, Quantity
from noether_razor.systems import NBody, stack

SYSTEM = NBody()


@cache
def conserved_basis():
    return readable_basis(stack(SYSTEM.conserved), np.ones(2 * SYSTEM.degrees_of_freedom))


def direction(A, b, verdict, **changes):
    signs = dict(price=0.02, price_error=0.05, drift=1e-8, drift_low=5e-9, drift_high=2e-8)
    if verdict == "rejected":
        signs = dict(price=-35.0, price_error=2.0, drift=0.4, drift_low=0.3, drift_high=0.5)
    z = {"conserved": 0.8, "rejected": 9.0, "undetermined": 1.0}[verdict]
    values = dict(
        expression=expression(A, b, SYSTEM.coordinate_names),
        A=A,
        b=b,
        singular_value=0.3,
        bracket=0.01,
        bracket_z=z,
        baseline_eigenvalue=signs["drift"],
        verdict=verdict,
    )
    return Direction(**values | signs | changes)


def sample(undetermined=0, **changes):
    """Seven conserved, five rejected directions of the planar three-body system."""
    m = 2 * SYSTEM.degrees_of_freedom
    generator = np.random.default_rng(0)
    basis = conserved_basis()
    dense = generator.normal(size=(5 + undetermined, m, m))
    found = [direction(A, b, "conserved") for A, b in zip(*basis, strict=True)]
    found += [direction(A + A.T, A[0], "rejected") for A in dense[:5]]
    found += [direction(A + A.T, A[0], "undetermined") for A in dense[5:]]
    quantities = [
        Quantity(d.expression, d.A, d.b, d.singular_value, d.drift, d.bracket, kind(d.A, d.b), 2e-3)
        for d in found[:7]
    ]
    values = dict(
        rank=7,
        singular_values=list(np.geomspace(2, 0.01, len(found))),
        quantities=quantities,
        candidates=found,
        start="proposals",
        baseline=[0.0, 0.0, 1e-17, 1e-16, 1e-16, 1e-16, 2e-16, 0.11, 0.13, 0.15],
        elbo=4.1,
        nll=-5.0,
        kl=0.9,
        train_mse=5e-4,
        test_mse=5.8e-4,
        noise_variance=1e-3,
        seed=3,
        seconds=212.4,
        versions={"noether_razor": "0.1.0", "jax": "0.10.1"},
        data={
            "source": "three_body.npz",
            "degrees_of_freedom": 6,
            "dt": 1.0,
            "samples": 51,
            "train_trajectories": 160,
            "test_trajectories": 40,
            "names": list(SYSTEM.coordinate_names),
        },
    )
    return Discovery(**values | changes)
