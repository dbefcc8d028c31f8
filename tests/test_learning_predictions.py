"""Predictions of training: closed forms against solutions, limits, and their regimes."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.learning_dynamics import adaptive, predict
from noether_razor.learning_dynamics.descent import Descent
from noether_razor.learning_dynamics.regimes import RegimeWarning
from noether_razor.mechanics.integrate import solve_driven

PLAIN = Descent(0.1, 0.0, 5e-3)
HEAVY = Descent(0.1, 0.9, 5e-3)
STEPS = 200


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("error", RegimeWarning)
        yield


def bowl(q):
    return jnp.sum(jnp.array([0.1, 0.4]) * q**2) / 2


def recursion(descent, degree, start, source):
    """The values of X = q . eta from the exact updates of descent, from rest."""
    eta, beta, k = descent
    X, N, found = start, 0.0, [start]
    for V in source:
        N = beta * N + k * X - (eta * V if degree == 2 else 0.0)
        X = X - degree * eta * N - (eta**2 * V if degree == 2 else 0.0)
        found.append(X)
    return np.array(found)


@pytest.mark.parametrize("descent", [PLAIN, HEAVY], ids=["plain", "heavy"])
@pytest.mark.parametrize("degree", [1, 2])
def test_the_charge_equation_follows_the_exact_recursion(descent, degree):
    """The error is below one percent. Any source will do: the test is of the equation alone."""
    source = np.exp(np.sin(np.arange(STEPS) / 15)) * (degree == 2)
    exact = recursion(descent, degree, 1.5, source)
    path = predict.charge_ode(degree, jnp.array([1.5]), source[:, None], descent)
    assert np.abs(path[:, 0] - exact).max() < 1e-2 * np.ptp(exact)
    assert np.ptp(exact) > 0.05


def test_without_momentum_the_first_order_equation_does_too():
    source = np.exp(np.sin(np.arange(STEPS) / 15))
    exact = recursion(PLAIN, 2, 1.5, source)
    path = predict.first_order(2, jnp.array([1.5]), source[:, None], PLAIN)
    assert np.abs(path[:, 0] - exact).max() < 2e-3 * np.ptp(exact)


@pytest.mark.parametrize("decay", [1e-4, 5e-3, 0.0526315789473684, 0.5])
def test_the_oscillator_is_the_solution_of_its_equation(decay):
    """The cases are over-damped, nearly critical and under-damped."""
    descent = Descent(0.1, 0.9, decay)
    start = jnp.array([2.0, -1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RegimeWarning)
        solved = predict.charge_ode(1, start, np.zeros((STEPS, 2)), descent)
    closed = predict.harmonic(1, start, descent, STEPS)
    np.testing.assert_allclose(closed, solved, atol=1e-6)


def test_the_critical_oscillator_is_the_limit_of_its_neighbours():
    critical = (1 - 0.9) ** 2 / (4 * Descent(0.1, 0.9).mass)
    paths = [
        predict.harmonic(1, jnp.ones(1), Descent(0.1, 0.9, critical * factor), STEPS)
        for factor in (1 - 1e-6, 1.0, 1 + 1e-6)
    ]
    np.testing.assert_allclose(paths[1], (paths[0] + paths[2]) / 2, atol=1e-8)


def test_closed_forms_of_the_norm_under_a_constant_gradient():
    """(R^2)' = -(4 k / mu) R^2 + (4 m / mu^3) g^2 has an exponential solution.

    If the gradients are uncorrelated, the source is (1 - beta) / (1 + beta) times as large.
    """
    square = np.full((STEPS, 1), 0.01)
    t = np.asarray(predict.times_of(HEAVY, STEPS))
    rate = 4 * HEAVY.weight_decay / HEAVY.friction
    for law, ratio, source in (
        (adaptive.persistent, 100.0, 4 * HEAVY.mass / HEAVY.friction**3),
        (adaptive.uncorrelated, 1 / 0.19, 2 * 0.1 / 0.1**2),
    ):
        level = source * 0.01 / rate
        expected = np.sqrt(level + (4.0 - level) * np.exp(-rate * t))
        path = law(jnp.array([2.0]), square, HEAVY, ratio)
        np.testing.assert_allclose(path[:, 0], expected, rtol=1e-6)


def test_equilibrium_is_where_the_charge_equation_stands_still():
    """2 k R = 2 m |q'|^2, and the turn of a step is eta |q'| / r."""
    R = HEAVY.mass / HEAVY.weight_decay  # for |q'| = 1
    np.testing.assert_allclose(adaptive.equilibrium_angle(HEAVY), 0.1 / R**0.5, rtol=1e-12)


def test_the_equivalent_rmsprop_has_the_same_mean_square_and_step():
    """R^2 / C relaxes to |g|^2 as G does, and eta / R is the base rate over the root of G."""
    same = adaptive.equivalent_rmsprop(PLAIN)
    square = np.exp(np.sin(np.arange(STEPS) / 15))[:, None]
    G = adaptive.mean_square(jnp.array([0.5]), square, same.decay, PLAIN.learning_rate)
    R = adaptive.persistent(jnp.sqrt(0.5 * same.constant)[None], square, PLAIN, 1.0)
    np.testing.assert_allclose(R**2 / same.constant, G, rtol=1e-6)
    np.testing.assert_allclose(0.1 / R, same.learning_rate / np.sqrt(G), rtol=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_modified_flow_is_a_solution_and_its_limit_gradient_flow(momentum):
    start = jnp.array([1.0, -2.0])
    slow = Descent(1e-4, momentum)
    flows = (
        predict.modified_flow(bowl, start, slow, 100),
        predict.gradient_flow(bowl, start, slow, 100),
    )
    exact = start * np.exp(-np.array([0.1, 0.4]) * 0.01 / slow.friction)
    np.testing.assert_allclose(flows[1][-1], exact, rtol=1e-8)
    gap = 2 * 0.4 * slow.mass / slow.friction**2
    assert 1e-9 < np.abs(flows[0][-1] - flows[1][-1]).max() < gap


def test_a_drive_acts_between_its_samples():
    """In x' = u, u is linear between the middles of intervals, so x is a sum of trapezoids."""
    times = jnp.array([0.0, 1.0, 2.0, 4.0])
    drive = jnp.array([[1.0], [3.0], [2.0]])
    x = solve_driven(lambda t, x, u: u, jnp.zeros(1), times, drive)
    middle = [0.5, 1.5, 3.0]
    u = lambda t: np.interp(t, middle, drive[:, 0])  # noqa: E731
    fine = np.linspace(0, 4, 40001)
    area = np.concatenate([[0], np.cumsum((u(fine[1:]) + u(fine[:-1])) / 2 * np.diff(fine))])
    np.testing.assert_allclose(x[:, 0], np.interp(times, fine, area), atol=1e-6)


OUTSIDE = {
    "modified_flow": lambda: predict.gradient_flow(bowl, jnp.ones(2), HEAVY, 2),
    "the updates themselves": lambda: predict.modified_flow(bowl, jnp.ones(2), Descent(1.0), 2),
    "charge_ode, or harmonic": lambda: predict.first_order(1, jnp.ones(1), np.zeros((2, 1)), HEAVY),
    "charge_ode": lambda: predict.harmonic(2, jnp.ones(1), HEAVY, 2),
    "the exact discrete update": lambda: predict.charge_ode(
        2, jnp.ones(1), np.full((2, 1), 50.0), HEAVY
    ),
    "charge_ode with the measured": lambda: adaptive.persistent(
        jnp.ones(1), np.ones((2, 1)), HEAVY, 5.0
    ),
    "measured": lambda: adaptive.uncorrelated(jnp.ones(1), np.ones((2, 1)), HEAVY, 100.0),
    "charge_ode for the norm": lambda: adaptive.equivalent_rmsprop(HEAVY),
    "itself": lambda: adaptive.mean_square(jnp.ones(1), np.ones((2, 1)), 0.5, 0.1),
}


@pytest.mark.parametrize("instead", OUTSIDE)
def test_outside_its_regime_a_prediction_warns_and_names_another(instead):
    with pytest.warns(RegimeWarning, match=f"does not hold here.*use .*{instead}"):
        OUTSIDE[instead]()


def test_the_regimes_warning_points_at_the_caller():
    with pytest.warns(RegimeWarning) as caught:
        adaptive.equivalent_rmsprop(HEAVY)
    assert caught[0].filename == __file__
