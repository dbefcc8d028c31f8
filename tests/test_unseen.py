"""Systems of the study `unseen` conserve what is stated, and no other searched function."""

from itertools import combinations_with_replacement

import jax
import numpy as np
import pytest
import sympy

from experiments.evidence import confirming, unseen
from noether_razor.data.simulated import simulate
from noether_razor.discovery.discover import discover
from noether_razor.systems import make_system

CASES = unseen.STUDY.systems | confirming.STUDY.systems


@pytest.mark.parametrize("name", CASES)
def test_the_stated_invariants_are_conserved(name):
    flow = CASES[name]
    for invariant in flow.invariants:
        assert sympy.simplify(flow.change(invariant)) == 0


@pytest.mark.slow
def test_noise_does_not_make_a_square_independent():
    """In this noisy recording the momentum, its square and the energy are conserved: two count."""
    data = simulate(
        make_system("central"), key=jax.random.key(3), trajectories=20, steps=30, dt=0.2, noise=0.05
    )
    assert discover(data, degree=4).independent == 2


@pytest.mark.parametrize("name", CASES)
def test_no_other_function_of_the_searched_span_is_conserved(name):
    """Changes of all functions at random states have a null space: that of the stated invariants.

    The null space's gradients have the rank of the invariants' gradients at every state.
    """
    flow = CASES[name]
    symbols = sympy.symbols(flow.names)
    features = [
        sympy.Mul(*powers)
        for degree in range(1, flow.degree + 1)
        for powers in combinations_with_replacement(symbols, degree)
    ] + [sympy.sympify(text) for text in flow.functions]
    slopes = sympy.lambdify([symbols], [[f.diff(x) for x in symbols] for f in features])
    rates = sympy.lambdify([symbols], list(flow.rates))
    generator = np.random.default_rng(0)
    states = [flow.starts(generator) for _ in range(2 * len(features) + 20)]
    # Some start at a special point of their motion: states near them are as good.
    states = [x + 0.1 * np.abs(x).max() * generator.normal(size=len(x)) for x in states]
    gradients = np.array([slopes(x) for x in states], float)  # [states, features, m]
    changes = np.einsum("sfm,sm->sf", gradients, np.array([rates(x) for x in states], float))
    sizes = np.linalg.norm(changes, axis=0)
    sizes[sizes < 1e-12] = 1.0
    _, values, directions = np.linalg.svd(changes / sizes)
    null = directions[values < 1e-10 * values[0]] / sizes
    ranks = [np.linalg.matrix_rank(null @ one, tol=1e-8) if len(null) else 0
             for one in gradients[:5]]  # fmt: skip
    assert ranks == [len(flow.invariants)] * 5
