"""Quantities that are no positions and momenta, velocities, and positions alone."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import noether_razor as nr
from noether_razor.discovery.report import report
from noether_razor.evidence.fields import fields, symplectic_form_in
from noether_razor.evidence.recording import recording


def motion(rates, starts, dt, samples=21):
    """States [R, T, m] from starts [R, m]."""
    times = dt * np.arange(samples)
    return np.stack(
        [
            solve_ivp(rates, (0, times[-1]), start, "DOP853", times, rtol=1e-10, atol=1e-10).y.T
            for start in starts
        ]
    )


def observed(states, noise, names, dt, **reading):
    """Trajectories of noisy columns of these names."""
    generator = np.random.default_rng(1)
    noisy = states + noise * states.std((0, 1)) * generator.normal(size=states.shape)
    arrays = {name: noisy[..., i] for i, name in enumerate(names)} | {"dt": dt}
    return nr.as_trajectories(arrays, reading=nr.Reading(**reading))


def rigid_body(t, m):
    return [-m[1] * m[2] / 3, m[2] * m[0], -m[0] * m[1] / 1.5]


@pytest.fixture(scope="module")
def body():
    states = motion(rigid_body, np.random.default_rng(0).normal(size=(40, 3)), 0.3)
    return nr.discover(observed(states, 0.03, ("m1", "m2", "m3"), 0.3))


def test_a_rigid_body_keeps_two_quadratics(body):
    assert body.rank == 2 and not body.paired
    truth = np.array([[[3, 0, 0], [0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 2, 0], [0, 0, 3]]])
    found = np.stack([np.asarray(quantity.A) for quantity in body.quantities]).reshape(2, -1)
    both = np.concatenate([truth.reshape(2, -1), found / np.abs(found).max(1, keepdims=True)])
    assert np.linalg.svd(both)[1][2:].max() < 0.05  # they span the same


def test_without_pairs_no_symmetry_and_no_hamiltonian_is_told(body):
    text = report(body)
    assert "## Symmetries" not in text and "Hamiltonian" not in text
    assert "Poisson" not in text and body.algebra == ""
    assert "quantities: m1, m2, m3" in text
    again = nr.Discovery.from_json(body.to_json())
    assert report(again) == text


def test_general_laws_alone_are_compared_without_pairs():
    laws = fields(np.zeros(3), np.ones(3), paired=False)
    assert [law.label for law in laws] == [f"general field, degree {d}" for d in (3, 2, 1)]
    assert not symplectic_form_in(np.ones(3), paired=False).any()


@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_nothing_is_conserved_under_friction(noise):
    starts = np.random.default_rng(0).normal(size=(40, 2))
    states = motion(lambda t, x: [x[1], -x[0] - 0.1 * x[1]], starts, 0.3)
    found = nr.discover(observed(states, noise, ("x", "v"), 0.3))
    assert found.rank == 0


def test_velocities_of_unequal_masses_give_their_true_momentum():
    starts = np.random.default_rng(0).normal(size=(40, 4))
    rates = lambda t, x: [x[2], x[3], x[1] - x[0], (x[0] - x[1]) / 3]  # noqa: E731
    states = motion(rates, starts, 0.3)
    data = observed(states, 0.0, ("x1", "x2", "vx1", "vx2"), 0.3)
    assert data.velocities and data.names == ("x1", "x2", "vx1", "vx2")
    texts = [quantity.expression for quantity in nr.discover(data).quantities]
    assert "vx1 + 3*vx2" in texts and len(texts) == 3


def pendulum(noise):
    starts = np.column_stack([np.random.default_rng(0).uniform(-2.5, 2.5, 60), np.zeros(60)])
    states = motion(lambda t, x: [x[1], -np.sin(x[0])], starts, 0.25, 31)[..., :1]
    return observed(states, noise, ("theta",), 0.25, q=("theta",))


def test_positions_alone_keep_the_energy_of_a_pendulum():
    found = nr.discover(pendulum(0.01), functions=["cos(theta)"])
    assert [q.expression for q in found.quantities] == ["v_theta**2 - 2*cos(theta)"]
    assert any("differences in time" in note for note in found.data["notes"])


def test_the_noise_of_velocities_is_that_of_the_positions_they_come_from():
    data = pendulum(0.01)
    theta = recording(data)
    true = 0.01 * data.q.std()
    (gain,) = data.slopes.gain
    noise = np.sqrt(theta.noise) * theta.spread
    assert noise[0] == pytest.approx(true, rel=0.15)
    assert noise[1] == pytest.approx(gain * noise[0], rel=0.1)
    # The true noise of a velocity results from differences of noisy positions.
    assert gain == pytest.approx(1.17 / 0.25, rel=0.01)
