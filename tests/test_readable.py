"""Textbook quantities come back from a rotated, noisy basis of their span."""

import re

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from noether_razor.base.errors import InputError
from noether_razor.conserved import Quadratic
from noether_razor.describe._collective import collect, simple
from noether_razor.describe._sparse import sine_between, sparse_basis
from noether_razor.describe.formula import as_sympy, expression, latex, latex_name
from noether_razor.describe.readable import angle_between, readable_basis, residuals
from noether_razor.systems import NBody, Oscillator, stack

PX, PY = "p1x + p2x + p3x", "p1y + p2y + p3y"
L = "q1x*p1y - q1y*p1x + q2x*p2y - q2y*p2x + q3x*p3y - q3y*p3x"
MOMENTA = [PX, PY, f"({PX})**2", f"({PY})**2", f"({PX})*({PY})"]


def rotated(system, units, noise, seed=0):
    """Orthonormal directions of a system's quantities, mixed at random, in the user's coordinates.

    Each entry has an error of about `noise`.
    """
    known = stack(system.conserved)
    A = np.asarray(known.A, float) * units[:, None] * units
    b = np.asarray(known.b, float) * units
    flat = np.concatenate([A.reshape(len(A), -1), b], axis=1)
    basis = np.linalg.svd(flat, full_matrices=False)[2]
    generator = np.random.default_rng(seed)
    mixed = np.linalg.qr(generator.normal(size=(len(A), len(A))))[0] @ basis
    mixed += noise * generator.normal(size=mixed.shape)
    A, b = mixed[:, : -len(units)].reshape(A.shape), mixed[:, -len(units) :]
    return Quadratic((A + A.swapaxes(1, 2)) / 2 / (units[:, None] * units), b / units)


def texts(quantities, names):
    return [expression(A, b, names) for A, b in zip(*quantities, strict=True)]


THREE_BODY_UNITS = np.repeat([8.8, 0.48], 6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.0, 1e-3, 5e-3])
def test_three_bodies(noise, seed):
    system = NBody()
    given_basis = rotated(system, THREE_BODY_UNITS, noise, seed)
    found = readable_basis(given_basis, THREE_BODY_UNITS)
    of_centre = "(q1x + q2x + q3x)*(p1y + p2y + p3y) - (q1y + q2y + q3y)*(p1x + p2x + p3x)"
    assert texts(found, system.coordinate_names) == [*MOMENTA, of_centre, L]
    # Rounding takes the noise away.
    assert angle_between(found, stack(system.conserved), THREE_BODY_UNITS) < 1e-7
    assert angle_between(found, given_basis, THREE_BODY_UNITS) <= 30 * noise + 1e-7


@pytest.mark.parametrize("noise", [0.0, 3e-4])
def test_unequal_masses_show_in_the_centre_of_mass(noise):
    system = NBody(masses=(1.0, 2.0, 5.0))
    found = readable_basis(rotated(system, THREE_BODY_UNITS, noise), THREE_BODY_UNITS)
    of_centre = "(q1x + 2*q2x + 5*q3x)*(p1y + p2y + p3y) - (q1y + 2*q2y + 5*q3y)*(p1x + p2x + p3x)"
    assert texts(found, system.coordinate_names) == [*MOMENTA, of_centre, L]


@pytest.mark.parametrize("noise", [0.0, 1e-3, 1e-2])
def test_equal_oscillators(noise):
    system = Oscillator((1.0, 1.0, 1.0))
    found = readable_basis(rotated(system, np.ones(6), noise), np.ones(6))
    expected = {f"q{i}**2 + p{i}**2" for i in (1, 2, 3)}
    for i, j in ((1, 2), (1, 3), (2, 3)):
        expected |= {f"q{i}*p{j} - q{j}*p{i}", f"q{i}*q{j} + p{i}*p{j}"}
    assert set(texts(found, system.coordinate_names)) == expected


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_frequencies_show_in_the_energies(noise):
    system = Oscillator((1.0, 2.0, 2.0))
    found = readable_basis(rotated(system, np.ones(6), noise), np.ones(6))
    assert texts(found, system.coordinate_names) == [
        "q1**2 + p1**2",
        "4*q2**2 + p2**2",
        "4*q3**2 + p3**2",
        "4*q2*q3 + p2*p3",
        "q2*p3 - q3*p2",
    ]


def test_a_small_coefficient_survives_in_an_exact_basis():
    units = np.ones(4)
    b = np.array([[1.0, 0.0, 0.03, 0.0], [0.0, 1.0, 0.0, 0.0]])
    mixed = np.array([[0.6, 0.8], [-0.8, 0.6]]) @ b
    found = readable_basis(Quadratic(np.zeros((2, 4, 4)), mixed), units)
    assert texts(found, ("q1", "q2", "p1", "p2")) == ["q2", "q1 + 0.03*p1"]


def test_pure_noise_is_returned_as_the_span_it_is():
    generator = np.random.default_rng(5)
    A = generator.normal(size=(3, 6, 6))
    given_basis = Quadratic(A + A.swapaxes(1, 2), generator.normal(size=(3, 6)))
    found = readable_basis(given_basis, np.ones(6))
    assert angle_between(found, given_basis, np.ones(6)) < 0.36


def test_the_basis_is_deterministic_and_none_of_none():
    given_basis = rotated(NBody(), THREE_BODY_UNITS, 1e-3)
    one, two = (readable_basis(given_basis, THREE_BODY_UNITS) for _ in range(2))
    assert np.array_equal(one.A, two.A) and np.array_equal(one.b, two.b)
    none = readable_basis(Quadratic(np.zeros((0, 4, 4)), np.zeros((0, 4))), np.ones(4))
    assert none.A.shape == (0, 4, 4) and none.b.shape == (0, 4)


@pytest.mark.parametrize("seed", range(6))
def test_a_planted_sparse_basis_is_found_again_or_nearly(seed):
    generator = np.random.default_rng(seed)
    rows = generator.choice([-1.0, 1.0], size=(8, 60)) * (generator.random((8, 60)) < 0.1)
    rows[:, :8] += np.eye(8)
    found = sparse_basis(generator.normal(size=(8, 8)) @ rows).rows
    assert sine_between(found, rows) < 1e-12
    assert np.count_nonzero(found) <= 1.1 * np.count_nonzero(rows)


def test_a_span_of_squares_has_one_square_less_in_each_member():
    """A rigid body's energy and its momentum squared, at any moments of inertia."""
    generator = np.random.default_rng(0)
    counts = []
    for _ in range(100):
        rows = np.zeros((2, 9))  # three squares among all quadratics of three momenta
        rows[:, :3] = np.stack([np.ones(3), 1 / generator.uniform(0.5, 3, 3)])
        rows[:, :3] *= generator.uniform(0.3, 3, 3) ** 2
        found = sparse_basis(generator.normal(size=(2, 2)) @ rows).rows
        counts.append(np.count_nonzero(found))
    # Nearly equal moments may count as equal, at a loose tolerance.
    assert counts.count(4) >= 98


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_the_text_read_by_sympy_is_the_function(seed, n):
    generator = np.random.default_rng(seed)
    names = [f"{letter}{i}" for letter in "qp" for i in range(n)]
    forms = generator.integers(-4, 5, size=(2, 2 * n)) * (generator.random((2, 2 * n)) < 0.6)
    A = (np.outer(forms[0], forms[1]) + np.outer(forms[1], forms[0])) / 2
    b = generator.integers(-3, 4, size=2 * n) * (generator.random(2 * n) < 0.4) / 2
    text = expression(A, b, names)
    if "..." in text:  # more than twelve terms
        return
    x = generator.normal(size=2 * n)
    symbols = {name: sympy.Symbol(name) for name in names}
    parsed = sympy.sympify(text, locals=symbols)
    value = float(parsed.subs(dict(zip(symbols.values(), x, strict=True))))
    # Coefficients that are neither whole nor half are shown to three digits.
    size = np.abs(x) @ np.abs(A) @ np.abs(x) + np.abs(b) @ np.abs(x)
    assert value == pytest.approx(0.5 * x @ A @ x + b @ x, abs=1e-2 * size + 1e-12)


@pytest.mark.parametrize(
    ("A", "b", "text"),
    [
        ([[1, 0], [0, 1]], [0, 0], "q**2/2 + p**2/2"),
        ([[2, 0], [0, 0]], [0, -1], "q**2 - p"),
        ([[0, 1.23456], [1.23456, 0]], [0, 0], "1.23*q*p"),
        ([[0, 0], [0, 0]], [-1.5, 1e-7], "-3*q/2"),
        ([[2, 4], [4, 8]], [0, 0], "(q + 2*p)**2"),
        ([[0, 0], [0, 0]], [0, 0], "0"),
    ],
)
def test_texts(A, b, text):
    assert expression(np.array(A, float), np.array(b, float), ("q", "p")) == text


def test_names_are_the_users_own_even_if_sympy_or_python_know_them():
    assert expression(np.zeros((2, 2)), np.array([1.0, 2.0]), ("lambda", "E")) == "lambda + 2*E"
    with pytest.raises(InputError, match="1 names for 2 coordinates"):
        expression(np.zeros((2, 2)), np.ones(2), ("q",))


def test_a_long_text_shows_the_largest_terms():
    A = np.random.default_rng(7).normal(size=(8, 8))
    text = expression(A + A.T, np.ones(8), [f"x{i}" for i in range(8)])
    assert text.endswith("+ ... (44 terms)") and text.count("*x") <= 24


def test_the_largest_terms_of_a_long_text_do_not_depend_on_the_units():
    b = np.arange(1.0, 17.0)
    names = [f"x{i}" for i in range(1, 17)]
    first = expression(np.zeros((16, 16)), b, names, np.ones(16))
    units = 10.0 ** np.random.default_rng(0).integers(-6, 7, 16)
    again = expression(np.zeros((16, 16)), b / units, names, units)
    shown = [f"x{i}" for i in range(5, 17)]
    assert re.findall(r"x\d+", first) == re.findall(r"x\d+", again) == shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("q", "q"),
        ("q1", "q_{1}"),
        ("q12x", "q_{12x}"),
        ("px", "p_{x}"),
        ("p_x", "p_{x}"),
        ("x_cm", r"x_{\mathrm{cm}}"),
        ("q_1_x", "q_{1,x}"),
        ("theta", r"\theta"),
        ("lambda", r"\lambda"),
        ("theta2", r"\theta_{2}"),
        ("p_theta", r"p_{\theta}"),
        ("p_theta2", r"p_{\theta_{2}}"),
        ("angle", r"\mathrm{angle}"),
        ("_", r"\mathrm{\_}"),
        ("50% {a}", r"\mathrm{50\%\ \{a\}}"),
    ],
)
def test_names_in_latex(name, expected):
    assert latex_name(name) == expected


@pytest.mark.parametrize(
    ("A", "b", "text"),
    [
        ([[1, 0], [0, 1]], [0, 0], r"\frac{q_{1}^{2}}{2} + \frac{p_{\theta}^{2}}{2}"),
        ([[0, 1.23456], [1.23456, 0]], [0, -1], r"1.23 q_{1} p_{\theta} - p_{\theta}"),
        ([[2, 4], [4, 8]], [0, 0], r"\left(q_{1} + 2 p_{\theta}\right)^{2}"),
        ([[0, 0], [0, 0]], [0, 0], "0"),
    ],
)
def test_latex(A, b, text):
    assert latex(np.array(A, float), np.array(b, float), ("q1", "p_theta")) == text


def test_a_long_latex_shows_the_terms_of_the_text_and_sympy_has_all():
    A = np.random.default_rng(7).normal(size=(8, 8))
    names = [f"x{i}" for i in range(8)]
    given = (A + A.T, np.ones(8), names)
    assert latex(*given).endswith(r"+ \cdots \text{ (44 terms)}")
    assert latex(*given).count("x_{") == len(re.findall(r"x\d", expression(*given)))
    whole = as_sympy(*given)
    assert len(whole.args) == 44 and {str(symbol) for symbol in whole.free_symbols} == set(names)


def test_sympy_is_the_gradient_and_the_text_again():
    system = NBody(masses=(1.0, 2.0, 5.0))
    for quantity in system.conserved:
        given = (np.asarray(quantity.A, float), np.asarray(quantity.b, float))
        found = as_sympy(*given, system.coordinate_names)
        parsed = sympy.sympify(expression(*given, system.coordinate_names))
        assert sympy.expand(found.doit() - parsed) == 0
        x = np.random.default_rng(0).integers(-3, 4, 12)
        at = dict(zip(map(sympy.Symbol, system.coordinate_names), x.tolist(), strict=True))
        gradient = [float(found.diff(symbol).subs(at)) for symbol in at]
        np.testing.assert_allclose(gradient, given[0] @ x + given[1], rtol=1e-12)


@pytest.mark.parametrize("noise", [1e-3, 5e-3])
def test_residuals_are_what_rounding_took_away(noise):
    units = THREE_BODY_UNITS
    given_basis = rotated(NBody(), units, noise)
    found = readable_basis(given_basis, units)
    moved = residuals(found, given_basis, units)
    # The readable basis is the true one, so it took away the noise. Outside the span the noise has
    # 90 - 7 entries, so its size is sqrt(90 - 7) times that of one entry.
    assert moved.shape == (7,) and (moved > noise).all() and (moved < 15 * noise).all()
    assert (residuals(given_basis, given_basis, units) < 1e-12).all()
    exact = readable_basis(rotated(NBody(), units, 0.0), units)
    assert (residuals(exact, stack(NBody().conserved), units) < 1e-12).all()


def test_a_residual_is_in_units_of_the_spread():
    b = np.array([[1.0, 0.0, 0.0, 0.02]])
    span, rounded = (Quadratic(np.zeros((1, 4, 4)), each) for each in (b, b * [1, 1, 1, 0]))
    for size in (1.0, 5.0):
        units = np.array([1.0, 1.0, 1.0, size])
        found = residuals(rounded, span, units)
        assert found[0] == pytest.approx(0.02 * size)


def test_simple_numbers():
    np.testing.assert_array_equal(simple(np.array([2.002, -1.0, 0.999]), 0.01), [2, -1, 1])
    np.testing.assert_array_equal(simple(np.array([-0.3, 0.45]), 0.01), [1, -1.5])
    rough = simple(np.array([1.0, 1.2345]), 0.01)
    assert rough[1] / rough[0] == pytest.approx(1.2345)
    tiny = simple(np.array([1.0, 1e-12]), 0.01)
    assert tiny[0] == 1 and tiny[1] == pytest.approx(1e-12)


def test_collective_variables_reproduce_the_form():
    u, v = np.array([1.0, 2, 0, 0, 0]), np.array([0, 0, 1.0, -1, 0])
    A = np.outer(u, v) + np.outer(v, u) + 3 * np.outer(u, u)
    found = collect(A, 1e-6)
    assert len(found.S) == 2 and found.symbols == 6
    np.testing.assert_allclose(found.A, A, atol=1e-12)
