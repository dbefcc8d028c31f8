"""What physics calls the quantities of known systems."""

import numpy as np
import pytest

from noether_razor.discovery.kinds import kind
from noether_razor.systems import make_system

MOMENTUM, SQUARE, PRODUCT = "linear momentum", "square of a momentum", "product of momenta"
ANGULAR = "angular momentum"
MODE, EXCHANGE = "energy of a mode", "exchange of modes"
BODIES = [MOMENTUM] * 2 + [SQUARE, PRODUCT, SQUARE, ANGULAR, ANGULAR]


@pytest.mark.parametrize(
    ("name", "options", "kinds"),
    [
        ("n_body", {}, BODIES),
        ("n_body", {"masses": (1.0, 2.0, 3.0)}, BODIES),
        ("oscillator", {"frequencies": (1.0, 1.0)}, [MODE, MODE, ANGULAR, EXCHANGE]),
        ("rotating", {"potential": "harmonic"}, [ANGULAR, "energy"]),
        ("magnetic", {}, ["linear in q and p"] * 2 + ["quadratic"] * 4),
    ],
)
def test_kinds_of_known_quantities(name, options, kinds):
    known = make_system(name, **options).conserved
    assert [kind(quantity.A, quantity.b) for quantity in known] == kinds


def test_kinds_of_others():
    zero = np.zeros((2, 2))
    assert kind(zero, np.array([1.0, 0.0])) == "position"
    assert kind(np.array([[0, 1.0], [1, 0]]), np.zeros(2)) == "q times p"
    assert kind(np.diag([0.0, 1]), np.array([1.0, 0])) == "quadratic and linear"
    assert kind(np.diag([0, 0, 1.0, 1.0]), np.zeros(4)) == "kinetic energy"
    assert kind(np.diag([1.0, 1e-5]), np.array([0, 1e-5])) == "quadratic"
