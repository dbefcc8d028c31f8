"""Systems whose coordinates are not canonical pairs, or whose motion is not Hamiltonian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy

from noether_razor.base.errors import InputError
from noether_razor.cli.main import main
from noether_razor.data import Reading, load_trajectories, save_trajectories
from noether_razor.data.simulated import simulate
from noether_razor.systems import MOTIONS, SYSTEMS, Motion, make_motion, make_system

OTHERS = sorted(set(MOTIONS) - set(SYSTEMS))
CONSERVING = [
    ("populations", {}, 1),
    ("populations", {"growth": np.float64(0.7)}, 1),
    ("epidemic", {}, 2),
    ("epidemic", {"recovery": 0.3}, 2),
    ("rigid_body", {}, 2),
    ("rigid_body", {"inertia": (2.0, 1.0, 2.0)}, 2),
    ("rigid_body", {"inertia": (1.0, 1.0, 1.0)}, 3),
    ("restricted_three_body", {}, 1),
    ("restricted_three_body", {"mass": 0.1}, 1),
    ("damped_oscillator", {"friction": 0.0}, 1),
    ("driven_oscillator", {"strength": 0.0}, 1),
    ("van_der_pol", {"strength": 0.0}, 1),
]
"""Systems and options, with the number of independent functions that are conserved."""
VELOCITIES = {
    "populations": ([2.0, 3.0], [-4.0, 3.0]),
    "epidemic": ([2.0, 3.0, 1.0], [-6.0, 4.5, 1.5]),
    "rigid_body": ([1.0, 2.0, 3.0], [2 * 1 - 3 * 4 / 3, 3 * 1 - 1 * 1, 4 / 3 - 2]),
    "damped_oscillator": ([2.0, 3.0], [3.0, -2.3]),
    "driven_oscillator": ([2.0, 3.0], [3.0, -2 + 0.5 * np.cos(1.7)]),
    "van_der_pol": ([2.0, 3.0], [3.0, -11.0]),
    "lorenz": ([1.0, 2.0, 3.0], [10.0, 23.0, -6.0]),
}
"""States, and their velocities at time 1, computed by hand."""


@pytest.mark.parametrize(("name", "options", "count"), CONSERVING)
def test_the_stated_functions_are_conserved_and_independent(name, options, count):
    motion = make_motion(name, **options)
    assert len(motion.formulas) == count
    data = simulate(motion, key=jax.random.key(1), trajectories=8, steps=20)
    symbols = [sympy.Symbol(name) for name in data.names]
    formulas = [sympy.sympify(text) for text in motion.formulas]
    columns = np.moveaxis(data.states, -1, 0)
    for formula in formulas:
        values = sympy.lambdify(symbols, formula, "numpy")(*columns)
        assert np.ptp(values, axis=1).max() <= 1e-8 * np.ptp(values)
    slopes = sympy.Matrix([[formula.diff(one) for one in symbols] for formula in formulas])
    some = dict(zip(symbols, data.states[0, 3], strict=True))
    assert np.linalg.matrix_rank(np.array(slopes.subs(some), float)) == count


@pytest.mark.parametrize("name", VELOCITIES)
def test_velocities_are_those_computed_by_hand(name):
    x, velocity = VELOCITIES[name]
    with jax.enable_x64(True):
        np.testing.assert_allclose(
            make_motion(name).velocity(jnp.array(x), 1.0), velocity, rtol=1e-14
        )


def test_a_light_body_keeps_its_circle_about_the_heavier_one():
    motion = make_motion("restricted_three_body", mass=1e-6)

    def circle(key):  # in the frame that turns, at the angular velocity of Kepler's law less one
        return jnp.array([0.3, 0.0, 0.0, 0.3**-0.5 - 0.3])

    x = simulate(motion, key=jax.random.key(0), trajectories=1, initial_state=circle).states[0]
    radius = np.hypot(x[:, 0], x[:, 1])
    assert np.abs(radius - 0.3).max() < 1e-5
    angle = np.unwrap(np.arctan2(x[:, 1], x[:, 0]))
    np.testing.assert_allclose(angle, 0.05 * np.arange(len(x)) * (0.3**-1.5 - 1), atol=1e-3)


@pytest.mark.parametrize("mass", [1e-6, 0.01, 0.1])
def test_the_light_body_stays_near_the_heavier_one(mass):
    motion = make_motion("restricted_three_body", mass=mass)
    x = simulate(motion, key=jax.random.key(0), trajectories=200, steps=100).states
    distance = np.hypot(x[..., 0] + mass, x[..., 1])
    assert distance.min() > 0.15 and distance.max() < 0.6


@pytest.mark.parametrize("name", ["damped_oscillator", "driven_oscillator", "van_der_pol"])
def test_the_energy_of_the_oscillators_changes(name):
    motion = make_motion(name)
    assert motion.formulas == ()
    x = simulate(motion, key=jax.random.key(0), trajectories=8, steps=20).states
    assert np.ptp((x**2).sum(-1), axis=1).min() > 1e-2


def test_a_driven_oscillator_follows_its_solution():
    motion = make_motion("driven_oscillator", strength=0.8, frequency=1.3)
    start = lambda key: jnp.zeros(2)  # noqa: E731
    x = simulate(
        motion, key=jax.random.key(0), trajectories=8, steps=20, initial_state=start
    ).states[0, :, 0]
    t = 0.2 * np.arange(len(x))
    exact = 0.8 * (np.cos(1.3 * t) - np.cos(t)) / (1 - 1.3**2)
    assert np.abs(x - exact).max() < 1e-8


def test_a_damped_oscillator_follows_its_solution():
    motion = make_motion("damped_oscillator", friction="0.2")
    start = lambda key: jnp.array([1.0, -0.1])  # noqa: E731
    x = simulate(
        motion, key=jax.random.key(0), trajectories=8, steps=20, initial_state=start
    ).states[0, :, 0]
    t = 0.2 * np.arange(len(x))
    assert np.abs(x - np.exp(-0.1 * t) * np.cos(np.sqrt(0.99) * t)).max() < 1e-8


@pytest.mark.parametrize("name", OTHERS)
def test_their_files_are_read_as_they_were_simulated(name, tmp_path, capsys):
    motion = make_motion(name)
    made = simulate(motion, key=jax.random.key(1), trajectories=8, steps=20)
    reading = Reading(x=motion.coordinate_names) if name == "lorenz" else Reading()
    for kind in ("csv", "npz"):
        save_trajectories(path := tmp_path / f"data.{kind}", made)
        read = load_trajectories(path, reading=reading)
        assert read.paired == made.paired == bool(motion.second_half)
        assert read.velocities == made.velocities == (motion.second_half == "velocities")
        assert read.names == motion.coordinate_names
        np.testing.assert_allclose(read.states, made.states, rtol=1e-12)


def test_the_command_says_how_columns_named_like_positions_are_read(here, capsys):
    path = "lorenz.csv"
    assert main(["simulate", "lorenz", "trajectories=8", "steps=20", "--out", path]) == 0
    said = capsys.readouterr().out
    assert "8 trajectories of lorenz, 21 samples each, 3 coordinates" in said
    assert "read them with --x x,y,z" in said
    assert main(["look", path]) == 2
    assert main(["look", path, "--x", "x,y,z"]) == 0


def test_they_are_listed_with_what_they_conserve(capsys):
    assert main(["systems"]) == 0
    text = capsys.readouterr().out
    assert "conserved: susceptible + infected + recovered, recovered + 0.5*log(susceptible)" in text
    assert "lorenz: Lorenz's equations" in text and "conserved: nothing" in text


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("damped_oscillator", {"friction": -1}, "friction is -1.0, expected a number of 0 or more"),
        ("restricted_three_body", {"mass": 0.6}, "mass is 0.6, expected a number in 1e-06 .. 0.1"),
        ("driven_oscillator", {"frequency": 0}, "frequency is 0.0, expected a number of 1e-06 or"),
        ("rigid_body", {"inertia": "1,2"}, "inertia has 2 numbers, expected 3"),
        ("rigid_body", {"inertia": "1,2,0"}, "expected one or more numbers above 0"),
        ("lorenz", {"sigma": 9}, "lorenz: unknown option 'sigma'"),
        ("lorentz", {}, "did you mean 'lorenz'"),
    ],
)
def test_wrong_options_are_refused(name, options, words):
    with pytest.raises(InputError, match=words):
        make_motion(name, **options)


def test_the_razor_asks_for_a_hamiltonian_system():
    with pytest.raises(InputError, match="lorenz is no Hamiltonian system in canonical"):
        make_system("lorenz")


class Odd(Motion):
    coordinate_names = ("a", "b", "c")
    second_half = "velocities"

    def velocity(self, x, t):
        return x

    def initial_state(self, key):
        return jnp.ones(3)


def test_an_odd_number_of_coordinates_holds_no_pairs():
    with pytest.raises(InputError, match="odd: has 3 coordinates, expected pairs of"):
        simulate(Odd(), key=jax.random.key(0))


def test_a_kind_of_the_second_half_must_be_known():
    with pytest.raises(InputError, match="second_half is 'velocity', expected"):
        type("Wrong", (Odd,), {"second_half": "velocity"})
