"""Families without a closed form: gradients, flows, combinations and what escapes, in float64."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy

from noether_razor.base.errors import InputError
from noether_razor.conserved import Combined, Dictionary, Neural, Quadratic, Together
from noether_razor.conserved.expressions import Expressions
from noether_razor.conserved.features import (
    Joined,
    Listed,
    Monomials,
)
from noether_razor.inference.symmetry import group_elements, orbit_average
from noether_razor.mechanics.phase_space import symplectic_form

SPREAD = np.array([1.5, 1.5, 0.7, 0.7])
X = np.array([0.4, -1.1, 0.3, 0.6])


@pytest.fixture(autouse=True, scope="module")
def float64():
    with jax.enable_x64(True):
        yield


def neural():
    return Neural.create(jax.random.key(0), jnp.asarray(SPREAD), 3, width=8)


def dictionary():
    features = Joined((Monomials(4, 3), Expressions(("cos(a)", "sin(a)"), tuple("abcd"))))
    size = len(features(jnp.asarray(X)))
    coefficients = 0.3 * jax.random.normal(jax.random.key(1), (3, size))
    return Dictionary(coefficients, jnp.asarray(SPREAD), features)


def quadratic():
    A = jax.random.normal(jax.random.key(2), (2, 4, 4))
    return Quadratic(A + A.transpose(0, 2, 1), jnp.ones((2, 4)))


def combined():
    return Combined(neural(), jax.random.normal(jax.random.key(3), (2, 3)))


def together():
    return Together(quadratic(), neural(), 2)


FAMILIES = [neural, dictionary, combined, together]


@pytest.mark.parametrize("make", FAMILIES)
def test_gradient_is_that_of_the_value(make):
    family = make()
    np.testing.assert_allclose(
        family.gradient(jnp.asarray(X)), jax.jacrev(family.value)(jnp.asarray(X)), atol=1e-12
    )


@pytest.mark.parametrize("make", FAMILIES)
@pytest.mark.parametrize("steps", [None, 8])
def test_flows_are_symplectic_and_have_inverses(make, steps):
    family = make()
    if hasattr(family, "steps"):
        family = replace(family, steps=steps)
    element = family.flow(0.2 * jnp.ones(len(family.value(jnp.asarray(X)))))
    J = symplectic_form(2)
    tangent = numeric_jacobian(jax.jit(lambda x: element(x)), X)
    np.testing.assert_allclose(tangent.T @ J @ tangent, J, atol=2e-4)
    np.testing.assert_allclose(element.inverse()(element(jnp.asarray(X))), X, atol=1e-4)


def numeric_jacobian(function, x, h=1e-3):
    sides = [(function(jnp.asarray(x + e)) - function(jnp.asarray(x - e))) for e in h * np.eye(4)]
    return np.stack(sides, 1) / (2 * h)


@pytest.mark.parametrize("make", [neural, dictionary])
def test_a_flow_keeps_what_generates_it(make):
    family = make()
    tau = jnp.array([0.3, -0.2, 0.1])
    end = family.flow(tau)(jnp.asarray(X))
    assert np.abs(end - X).max() > 0.05
    np.testing.assert_allclose(
        tau @ family.value(end), tau @ family.value(jnp.asarray(X)), atol=1e-4
    )


def test_a_dictionary_of_quadratics_flows_as_they_do():
    exact = quadratic()
    rows, columns = np.triu_indices(4)
    scale = np.where(rows == columns, 0.5, 1.0)
    coefficients = jnp.concatenate([exact.b, exact.A[:, rows, columns] * scale[None]], 1)
    family = Dictionary(coefficients, jnp.ones(4), Monomials(4, 2))
    tau = jnp.array([0.2, -0.1])
    np.testing.assert_allclose(
        family.flow(tau)(jnp.asarray(X)), exact.flow(tau)(jnp.asarray(X)), atol=1e-4
    )


def test_what_escapes_is_not_averaged():
    # C = q^2 p has q' = q^2, which blows up at time 1 / q.
    family = Dictionary(jnp.eye(9)[6:7], jnp.ones(2), Monomials(2, 3))
    assert Monomials(2, 3).names("qp")[6] == "q**2*p"
    elements = group_elements(family, jnp.array([[0.5], [3.0]]))
    ends = jax.vmap(lambda one: one(jnp.array([1.0, 0.5])), (elements.axes(),))(elements)
    np.testing.assert_allclose(ends[0], [2.0, 0.125], rtol=1e-3)
    assert np.isnan(ends[1]).all()
    average = orbit_average(lambda x: x[0] + x[1], elements)
    np.testing.assert_allclose(average(jnp.array([1.0, 0.5])), 2.125, rtol=1e-3)
    steady = replace(family, steps=8)
    elements = group_elements(steady, jnp.array([[0.2], [30.0]]))
    slope = jax.grad(orbit_average(lambda x: x[0] + x[1], elements))(jnp.array([1.0, 0.5]))
    assert np.isfinite(slope).all()


def test_features_are_what_their_names_say():
    texts = ("((a - b)**2 + 0.25)**(-3/2)", "exp(a - 2*b)", "cos(c)", "sin(c)")
    fifth = Listed(lambda x: x[2:3] ** 5, ("c**5",))
    lists = Joined((Monomials(4, 3), Expressions(texts, tuple("abcd")), fifth))
    names = lists.names("abcd")
    values = dict(zip("abcd", X, strict=True))
    expected = [float(sympy.sympify(name).subs(values)) for name in names]
    np.testing.assert_allclose(lists(jnp.asarray(X)), expected, rtol=1e-9)
    assert len(set(names)) == len(names) == 34 + 4 + 1


@pytest.mark.parametrize(("dimension", "degree"), [(4, 0), (36, 4)])
def test_monomials_refuse(dimension, degree):
    with pytest.raises(InputError, match="degree"):
        Monomials(dimension, degree)
