"""Whether some Hamiltonian moves the states as a general law does, on known motions."""

import jax
import numpy as np
import pytest

from noether_razor.evidence.dynamics import fit_long, fit_short
from noether_razor.evidence.fields import polynomial, symplectic_form_in
from noether_razor.evidence.nearest import cost_of_hamiltonian

CLEAR = 5.0


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def cost(start, friction, noise=0.01):
    """What a Hamiltonian costs, by `cost_of_hamiltonian`, from starts [R, 2].

    It is compared with a general linear law, which is fitted to an oscillator with friction.
    """
    t = 0.3 * np.arange(20)
    rate = -friction + 1j
    path = (start @ [1, -1j])[:, None] * np.exp(np.conj(rate) * t)
    x = np.stack([path.real, -path.imag], -1)
    x = x + noise * np.random.default_rng(1).normal(size=x.shape)
    field, J = polynomial(2, 1, False), symplectic_form_in(np.ones(2))
    fit = fit_short(field, J, x, np.full(2, noise**2), x)
    assert fit is not None
    law = fit_long(fit, x, x).posterior()
    return cost_of_hamiltonian(law, law.smooth)


def test_friction_is_told_from_a_hamiltonian_and_its_absence_is_not():
    starts = np.random.default_rng(0).normal(size=(30, 2))
    assert cost(starts, 0.0) < CLEAR
    assert cost(starts, 0.05) > 100
    assert cost(starts, 0.2) > cost(starts, 0.05)


def test_one_orbit_with_friction_is_an_orbit_of_some_hamiltonian():
    """A spiral does not close, so it can be an orbit of a Hamiltonian: one curve cannot tell."""
    one = np.tile([[1.0, 0.5]], (30, 1))
    assert cost(one, 0.05) < CLEAR
