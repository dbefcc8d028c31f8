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
from noether_razor.systems import MOTIONS, SYSTEMS, make_motion, make_system

OTHERS = sorted(set(MOTIONS) - set(SYSTEMS))
OPTIONS = {
    "populations": {"growth": 0.7},
    "epidemic": {"recovery": 0.3},
    "rigid_body": {"inertia": (1.0, 2.0, 2.5)},
    "restricted_three_body": {"mass": 0.03},
    "damped_oscillator": {"friction": 0.0},
    "driven_oscillator": {"strength": 0.0},
    "van_der_pol": {"strength": 0.0},
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("own", [False, True], ids=["default", "options"])
def test_the_stated_functions_are_conserved_and_independent(name, own):
    motion = make_motion(name, **(OPTIONS.get(name, {}) if own else {}))
    data = simulate(motion, key=jax.random.key(1), trajectories=8, steps=20)
    symbols = [sympy.Symbol(name) for name in data.names]
    named = dict(zip(data.names, symbols, strict=True))
    formulas = [sympy.sympify(text, named) for text in motion.formulas]
    columns = np.moveaxis(data.states, -1, 0)
    for formula in formulas:
        values = sympy.lambdify(symbols, formula, "numpy")(*columns)
        assert np.ptp(values, axis=1).max() <= 1e-8 * np.ptp(values)
    slopes = sympy.Matrix([[formula.diff(one) for one in symbols] for formula in formulas])
    if formulas:
        some = dict(zip(symbols, data.states[0, 3], strict=True))
        assert np.linalg.matrix_rank(np.array(slopes.subs(some), float)) == len(formulas)


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


def test_the_command_says_how_columns_named_like_positions_are_read(tmp_path, capsys):
    path = str(tmp_path / "lorenz.csv")
    assert main(["simulate", "lorenz", "trajectories=8", "steps=20", "--out", path]) == 0
    said = capsys.readouterr().out
    assert "8 trajectories of lorenz, 21 samples each, 3 coordinates" in said
    assert "read them with --x x,y,z" in said
    assert main(["look", path]) == 2
    assert main(["look", path, "--x", "x,y,z"]) == 0


def test_they_are_listed_with_what_they_conserve(capsys):
    assert main(["systems"]) == 0
    text = capsys.readouterr().out
    assert "conserved: S + I + R, R + 0.5*log(S)" in text
    assert "lorenz: Lorenz's equations" in text and "conserved: nothing" in text


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("damped_oscillator", {"friction": -1}, "friction is -1.0, expected a number of 0 or more"),
        ("restricted_three_body", {"mass": 0.6}, "mass is 0.6, expected a number in 0 .. 0.5"),
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
