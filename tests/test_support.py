"""Whether moves stay in the data: on a few curves a true symmetry leads out of it."""

import jax.numpy as jnp
import numpy as np

from noether_razor.discovery.support import strays
from noether_razor.systems import make_system, stack

ANGULAR = stack(make_system("central").conserved)


def ellipses(axes, turned, samples=400):
    """Orbits of q'' = -q with half axes (a, b), each turned by an angle; [N, 4]."""
    t = np.linspace(0, 2 * np.pi, samples)
    orbits = []
    for (a, b), angle in zip(axes, turned, strict=True):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        q = turn @ [a * np.cos(t), b * np.sin(t)]
        p = turn @ [-a * np.sin(t), b * np.cos(t)]
        orbits.append(np.concatenate([q, p]).T)
    return np.concatenate(orbits)


def test_a_rotation_leads_out_of_two_orbits_and_not_out_of_many_turned_ones():
    generator = np.random.default_rng(0)
    few = ellipses([(1.0, 0.6), (1.5, 1.2)], [0.0, 1.0])
    many = ellipses(np.full((100, 2), (1.0, 0.6)), generator.uniform(0, 6.3, 100))
    ratios = []
    for states in (few, many):
        train, test = states[::2], states[1::40]
        ratios.append(strays(ANGULAR, test, train, np.ones(4))[0])
    assert ratios[0] > 10 and ratios[1] < 1.5


def test_it_does_not_depend_on_size_or_units():
    states = ellipses([(1.0, 0.6), (1.5, 1.2)], [0.0, 1.0])
    train, test, units = states[::2], states[1::40], np.repeat([100.0, 0.1], 2)
    one = strays(ANGULAR, test, train, np.ones(4))
    bigger = ANGULAR._replace(A=7 * ANGULAR.A)
    np.testing.assert_allclose(strays(bigger, test, train, np.ones(4)), one, rtol=1e-3)
    other = strays(ANGULAR, jnp.asarray(test * units), train * units, units)
    np.testing.assert_allclose(other, one, rtol=1e-3)
