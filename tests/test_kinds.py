"""What physics calls the quantities of known systems."""

import numpy as np
import pytest

from noether_razor.describe.kinds import kind
from noether_razor.systems import make_system

MOMENTUM, SQUARE, PRODUCT = "linear momentum", "square of a momentum", "product of momenta"
ANGULAR, CENTRE = "angular momentum", "angular momentum of the centre of mass"
MODE, EXCHANGE = "energy of a mode", "exchange of modes"
BODIES = [MOMENTUM] * 2 + [SQUARE, PRODUCT, SQUARE, ANGULAR, CENTRE]
OF_LINEAR = ["square of a linear quantity", "product of linear quantities"]


@pytest.mark.parametrize(
    ("name", "options", "kinds"),
    [
        ("n_body", {}, BODIES),
        ("n_body", {"masses": (1.0, 2.0, 3.0)}, BODIES),
        ("n_body", {"bodies": 1}, [MOMENTUM, MOMENTUM, SQUARE, PRODUCT, SQUARE, ANGULAR]),
        ("oscillator", {}, ["energy"]),
        (
            "oscillator",
            {"frequencies": (1.0, 1.0)},
            ["energy of mode 1", "energy of mode 2", ANGULAR, EXCHANGE],
        ),
        ("chain", {}, [MOMENTUM, SQUARE, MODE, MODE, ANGULAR, EXCHANGE]),
        ("penning", {}, ["energy of mode 3", ANGULAR, "quadratic"]),
        ("rotating", {"potential": "harmonic"}, [ANGULAR, "energy"]),
        ("magnetic", {}, ["linear in q and p"] * 2 + [*OF_LINEAR, OF_LINEAR[0], MODE]),
    ],
)
def test_kinds_of_known_quantities(name, options, kinds):
    known = make_system(name, **options).conserved
    assert [kind(quantity.A, quantity.b) for quantity in known] == kinds


def form(size, **entries):
    """A form from entries such as q1p2=1, meaning q1 p2."""
    A = np.zeros((2 * size, 2 * size))
    for name, value in entries.items():
        i, j = (int(name[k + 1]) - 1 + size * (name[k] == "p") for k in (0, 2))
        A[i, j] += value
        A[j, i] += value
    return A


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("A", "expected"),
    [
        (form(1, p1p1=1, q1q1=-1), "energy"),  # of an inverted oscillator
        (form(2, p1p1=1, q1q1=4, p2p2=1), "energy"),
        (form(2, p1p1=1, q1q1=1, p2p2=-1, q2q2=-1), EXCHANGE),
        (form(2, q1p2=1), "q times p"),  # its flow shears and does not turn
        (form(2, q1p2=1, q2p1=1), "q times p"),
        (form(2, q1q1=1), "square of a position"),
        (form(2, q1q2=1), "product of positions"),
        (form(2, q1q1=1, q2q2=1), "products of positions"),
        (form(2, p1p1=1, p2p2=-1), PRODUCT),
        (form(4, p1p2=1, p3p4=1), "products of momenta"),
    ],
)
def test_kinds_of_forms(A, expected, sign):
    assert kind(sign * A, np.zeros(len(A))) == expected


def test_kinds_of_others():
    zero = np.zeros((2, 2))
    assert kind(zero, np.array([1.0, 0.0])) == "position"
    assert kind(np.array([[0, 1.0], [1, 0]]), np.zeros(2)) == "q times p"
    assert kind(np.diag([0.0, 1]), np.array([1.0, 0])) == "quadratic and linear"
    assert kind(np.diag([0, 0, 1.0, 1.0]), np.zeros(4)) == "kinetic energy"
    assert kind(np.diag([1.0, 1e-5]), np.array([0, 1e-5])) == "square of a position"
