"""The symmetry that a quadratic generates, in words and as equations."""

import numpy as np
import pytest
from scipy.linalg import expm

from experiments.evidence.known_systems import SYSTEMS
from noether_razor.describe import symmetries
from noether_razor.describe.symmetries import equations, generator, symmetry
from noether_razor.systems import make_system, stack

NAMES = ("q1", "q2", "p1", "p2")


def form(**terms):
    """A and b from coefficients: q1p2=1 is q1 p2, p1=1 is p1."""
    A, b = np.zeros((4, 4)), np.zeros(4)
    for name, value in terms.items():
        places = [NAMES.index(name[k : k + 2]) for k in range(0, len(name), 2)]
        if len(places) == 1:
            b[places[0]] += value
        else:
            A[places[0], places[1]] += value
            A[places[1], places[0]] += value
    return A, b


CASES = [
    ({"p1": 1}, "shift", "q1' = 1"),
    ({"p1p1": 0.5}, "shear", "q1' = p1"),
    ({"q1p2": 1, "q2p1": -1}, "rotation", "q1' = -q2, q2' = q1, p1' = -p2, p2' = p1"),
    ({"q1q1": 0.5, "p1p1": 0.5}, "rotation", "q1' = p1, p1' = -q1"),
    ({"q1p1": 1}, "stretch", "q1' = q1, p1' = -p1"),
    ({"p1p1": 0.5, "q1": 2}, "shear", "q1' = p1, p1' = -2"),
]


@pytest.mark.parametrize(("terms", "what", "text"), CASES)
def test_the_motion_in_words_and_as_equations(terms, what, text):
    A, b = form(**terms)
    assert symmetry(A, b, np.ones(4)) == what
    assert equations(A, b, NAMES, np.ones(4)) == text


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_half_and_twice_the_share_that_counts_as_none_give_the_same_words(factor, monkeypatch):
    """The test is on everything that the systems of the zoo conserve."""
    every = []
    for name, options in SYSTEMS.values():
        made = make_system(name, **options)
        if made.conserved:
            truth = stack(made.conserved, made.degrees_of_freedom)
            every += zip(np.asarray(truth.A), np.asarray(truth.b), strict=True)
    words = [symmetry(A, b, np.ones(len(b))) for A, b in every]
    monkeypatch.setattr(symmetries, "SMALL", factor * symmetries.SMALL)
    assert [symmetry(A, b, np.ones(len(b))) for A, b in every] == words
    assert set(words) == {"shift", "shear", "rotation", "stretch"}


def test_units_and_small_errors_do_not_change_the_word():
    generate = np.random.default_rng(0)
    units = np.array([1e3, 2e3, 5e-2, 2e-2])
    A, b = form(q1p2=1, q2p1=-1)
    error = generate.normal(size=(4, 4)) / np.outer(units, units)
    assert symmetry(A + 0.5 * (error + error.T), b, units) == "rotation"


def test_the_generator_moves_states_along_levels_of_the_quantity():
    generate = np.random.default_rng(1)
    A, b = generate.normal(size=(4, 4)), generate.normal(size=4)
    A = A + A.T
    matrix, shift = generator(A, b)
    motion = expm(0.3 * np.block([[matrix, shift[:, None]], [np.zeros((1, 5))]]))
    x = generate.normal(size=4)
    moved = (motion @ np.append(x, 1.0))[:4]
    value = lambda x: x @ A @ x / 2 + b @ x  # noqa: E731
    assert np.isclose(value(moved), value(x))
    assert not np.allclose(moved, x)
