"""Angles: functions on the circle are searched, so that the energy of a pendulum is found."""

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp

from noether_razor import Reading, discover
from noether_razor.base.errors import InputError
from noether_razor.cli import main as cli
from noether_razor.data import as_trajectories
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.recording import recording
from noether_razor.evidence.search import on_the_circle, searched

TIMES = 0.25 * np.arange(41)


def motion(rates, starts):
    return np.stack(
        [solve_ivp(rates, (0, TIMES[-1]), x, "DOP853", TIMES, rtol=1e-10, atol=1e-10).y.T
         for x in starts]
    )  # fmt: skip


def pendulums():
    """Pendulums of which some swing and some turn over; angles are wrapped into one turn."""
    generator = np.random.default_rng(0)
    starts = np.column_stack([generator.uniform(-2, 2, 40), generator.uniform(-2.5, 2.5, 40)])
    states = motion(lambda t, x: [x[1], -np.sin(x[0])], starts)
    wrapped = (states[..., 0] + np.pi) % (2 * np.pi) - np.pi
    return {"theta": wrapped, "p_theta": states[..., 1], "dt": np.array(0.25)}


def test_functions_on_the_circle():
    assert on_the_circle(["a"]) == ["cos(a)", "sin(a)"]
    assert on_the_circle(["a", "b"])[4:] == ["cos(a - b)", "sin(a - b)"]
    assert on_the_circle([]) == []


def test_the_energy_of_a_pendulum_is_found_by_naming_the_angle(here, capsys):
    data = pendulums()
    np.savez("pendulum.npz", **data)
    assert cli.main(["discover", "pendulum.npz", "--angle", "theta", "--out", "found"]) == 0
    assert "cos(theta)" in capsys.readouterr().out
    found = Discovery.from_json((here / "found" / "discovery.json").read_text())
    (quantity,) = [one for one in found.quantities if one.independent]
    assert list(found.functions) == ["cos(theta)", "sin(theta)"]
    ratio = sympy.sympify(quantity.expression) / sympy.sympify("p_theta**2/2 - cos(theta)")
    assert sympy.simplify(ratio).is_number


@pytest.mark.slow
def test_two_rotors_keep_what_depends_on_the_difference_of_their_angles():
    generator = np.random.default_rng(1)
    starts = generator.normal(size=(60, 4)) * [2, 2, 1, 1]
    states = motion(lambda t, x: [x[2], x[3], -np.sin(x[0] - x[1]), np.sin(x[0] - x[1])], starts)
    noisy = states + 0.02 * states.std((0, 1)) * generator.normal(size=states.shape)
    arrays = dict(zip(("a", "b", "p_a", "p_b"), np.moveaxis(noisy, -1, 0), strict=True))
    found = discover(arrays, t=0.25, reading=Reading(angles=("a", "b")))
    assert found.independent == 2


def test_an_angle_that_never_changes_is_left_out():
    states = motion(lambda t, x: [x[1], -np.sin(x[0])], [[0.5, 0.0], [1.0, 0.0], [0.0, 1.2]])
    still = np.full(states.shape[:2], 0.3)
    data = {"theta": states[..., 0], "phi": still, "p_theta": states[..., 1], "p_phi": 2 * still}
    found = discover(data, t=0.25, reading=Reading(angles=("theta", "phi")))
    assert found.functions == ("cos(theta)", "sin(theta)")


def test_what_the_data_cannot_tell_from_a_polynomial_is_left_out():
    """In swings of 0.001 radians, cos(theta) is a square; if the user gives it, it is refused."""
    states = motion(lambda t, x: [x[1], -x[0]], 1e-3 * np.random.default_rng(2).normal(size=(9, 2)))
    data = {"theta": states[..., 0], "p_theta": states[..., 1], "dt": np.array(0.25)}
    trajectories = as_trajectories(data)
    of = recording(trajectories)
    assert searched(of, trajectories.names, 2, (), ("theta",)).quadratic
    with pytest.raises(InputError, match="is a combination of the polynomials"):
        searched(of, trajectories.names, 2, ("cos(theta)",), ("theta",))
