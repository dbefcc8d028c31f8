"""Poisson's theorem in the discovery: brackets of conserved quantities, and what is left beside."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved import Quadratic
from noether_razor.discovery import judge as module
from noether_razor.discovery.certificate import normalised_bracket
from noether_razor.discovery.closure import bracket_directions, directions_apart
from noether_razor.discovery.directions import orthonormal_span, parallelness
from noether_razor.discovery.rank import CONSERVED, REJECTED
from noether_razor.inference.fitted import Fitted
from noether_razor.inference.learn import Learned
from noether_razor.inference.price import Price
from noether_razor.inference.problem import pose
from noether_razor.inference.settings import Settings
from noether_razor.systems import make_system, stack
from noether_razor.trajectories import simulate, transitions

SPREAD = np.array([1.0, 2.0, 0.5, 3.0, 0.7, 1.5])


def rows_of(quantities, spread):
    return np.asarray(quantities.rescale(jnp.asarray(spread)).coefficients(), float)


def closed(rows, spread):
    while len(more := bracket_directions(rows, spread)):
        rows = np.concatenate([rows, more])
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_most_of_an_algebra_gives_the_whole_of_it(seed):
    truth = rows_of(stack(make_system("oscillator", frequencies=[1.0] * 3).conserved), SPREAD)
    some = np.random.default_rng(seed).normal(size=(6, len(truth))) @ truth
    found = closed(orthonormal_span(some), SPREAD)
    assert len(found) == len(truth) == 9
    assert parallelness(found, truth).min() > 0.999
    np.testing.assert_allclose(found @ found.T, np.eye(9), atol=1e-5)


def test_noise_in_the_members_of_an_algebra_adds_nothing_to_it():
    truth = rows_of(stack(make_system("oscillator", frequencies=[1.0] * 3).conserved), SPREAD)
    blurred = orthonormal_span(truth)
    blurred += 0.005 * np.random.default_rng(0).normal(size=blurred.shape)
    assert not len(bracket_directions(orthonormal_span(blurred), SPREAD))


def test_quantities_that_commute_add_nothing():
    energies = np.stack([np.diag([1.0, 0, 0, 1, 0, 0]), np.diag([0, 1.0, 0, 0, 1, 0])])
    rows = rows_of(Quadratic(jnp.asarray(energies), jnp.zeros((2, 6))), SPREAD)
    assert not len(bracket_directions(orthonormal_span(rows), SPREAD))
    assert not len(bracket_directions(np.zeros((0, 27)), SPREAD))


def test_a_momentum_and_the_angular_momentum_give_the_other_momentum():
    system = make_system("n_body", bodies=3)
    known = {quantity.name: quantity for quantity in system.conserved}
    two = rows_of(stack([known["Px"], known["Lxy"]]), np.ones(12))
    other = rows_of(stack([known["Py"]]), np.ones(12))
    (found,) = bracket_directions(orthonormal_span(two), np.ones(12))
    assert abs(found @ other[0]) / np.linalg.norm(other) > 0.999


def test_directions_apart_keep_their_order_and_leave_out_what_is_inside():
    unit = np.eye(5)
    tilted = (unit[0] + 0.3 * unit[3]) / np.hypot(1, 0.3)  # mostly inside
    again = (unit[4] + 0.2 * unit[2]) / np.hypot(1, 0.2)  # mostly the one before
    apart = directions_apart(np.stack([tilted, unit[4], again, unit[2]]), unit[:2])
    np.testing.assert_allclose(np.abs(apart), unit[[4, 2]], atol=1e-12)
    assert not len(directions_apart(unit[:2], unit[:2]))


def test_brackets_replace_the_blurred_directions_that_were_learned(monkeypatch):
    """Two sharp candidates, two blurred ones of the same u(2), and a false one."""
    system = make_system("oscillator", frequencies=[1.0, 1.0])
    paths = simulate(system, key=jax.random.key(0), trajectories=20, steps=5)
    truth = np.asarray(stack(system.conserved).coefficients(), float)
    swap, turn = np.array([[0, 1], [1, 0]]), np.array([[0, 1], [-1, 0]])
    angular = np.block([[np.zeros((2, 2)), turn], [turn.T, np.zeros((2, 2))]])  # q1 p2 - q2 p1
    energy, other = np.diag([1.0, 0, 1, 0]), np.diag([0, 1.3, 0, 1])
    exchange = np.kron(np.diag([1.15, 1]), swap)  # q1 q2 + p1 p2, nearly
    false = np.diag([1.0, 0, 0, 0])
    sizes = np.array([0.3, 0.3, 0.05, 0.05, 0.01])[:, None, None]  # as a fit leaves them
    A = jnp.asarray(sizes * [angular, energy, exchange, other, false])
    learned = _knowing(system, paths, Quadratic(A, jnp.zeros((5, 4))))

    def price(key, fitted, quantities, data, spread, support):
        broken = normalised_bracket(quantities, system.hamiltonian, data.start)
        nothing = jnp.zeros(len(broken))
        z = jnp.where(broken > 0.02, 9.0, 0.5)
        return Price(nothing, nothing, z, nothing, jnp.ones(len(broken)))

    monkeypatch.setattr(module, "price", price)
    found, _ = module.judge(jax.random.key(1), learned, paths, paths, transitions(paths))
    assert [one.verdict for one in found] == [CONSERVED] * 4 + [REJECTED]
    assert [one.derived for one in found] == [False] * 2 + [True] * 2 + [False]
    kept = np.stack([one.A for one in found[:4]]), np.stack([one.b for one in found[:4]])
    rows = np.asarray(Quadratic(*map(jnp.asarray, kept)).coefficients(), float)
    assert parallelness(rows, truth).min() > 0.9999


def _knowing(system, paths, candidates):
    """A model of the true H that has "learned" these candidates."""
    settings = Settings(candidates=5, random_candidates=0, canonical_scaling=False, width=4)
    problem = pose(jax.random.key(2), transitions(paths), settings, candidates)
    razor = replace(problem.razor, network=lambda parameters, x: system.hamiltonian(x))
    parameters = dict(razor.parameters) | {"quantities": razor.quantities}
    for name, value in razor.parameters.items():
        if name.endswith("kernel"):
            rows, columns = value.shape
            parameters |= {f"{name}.mean": value}
            parameters |= {f"{name}.row": -9 * jnp.eye(rows), f"{name}.column": jnp.eye(columns)}
    return Learned(problem._replace(razor=razor), Fitted(razor, parameters))
