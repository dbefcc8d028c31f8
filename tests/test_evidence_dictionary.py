"""Other functions than quadratics: exact formulas, what is independent, and what is refused."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy

from noether_razor.base.errors import InputError
from noether_razor.cli import main as cli
from noether_razor.conserved.expressions import Expressions
from noether_razor.conserved.features import Rescaled
from noether_razor.data import save_trajectories
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.discover import discover
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery
from noether_razor.mechanics.integrate import rollout
from noether_razor.systems import make_system
from tests.sample_cli import refused

RADIUS = "sqrt(q1**2 + q2**2)"
KEPLER = [f"{text}/{RADIUS}" for text in ("1", "q1", "q2")]


def data(name, noise=0.0, trajectories=40, **options):
    clean = simulate(
        make_system(name, **options), key=jax.random.key(0), trajectories=trajectories, steps=30
    )
    generator = np.random.default_rng(0)
    some = lambda x: x + noise * x.std((0, 1)) * generator.normal(size=x.shape)  # noqa: E731
    return replace(clean, q=some(clean.q), p=some(clean.p))


def proportional(text, truth):
    """Whether two expressions are the same up to a factor."""
    ratio = sympy.simplify(sympy.sympify(text) / sympy.sympify(truth))
    return ratio.is_number


@pytest.fixture(scope="module")
def kepler():
    return discover(data("central", potential="kepler", softening=0.0), degree=3, functions=KEPLER)


@pytest.mark.slow
def test_a_cubic_energy_is_found_to_the_letter():
    found = discover(data("henon_heiles"), degree=3)
    (energy,) = found.quantities
    truth = "(p1**2 + p2**2 + q1**2 + q2**2) / 2 + q1**2 * q2 - q2**3 / 3"
    assert proportional(energy.expression, truth)
    assert energy.kind == "of degree 3" and energy.residual < 1e-6
    # Along C = k H every coordinate moves at k times its velocity.
    factor = sympy.simplify(sympy.sympify(energy.expression) / sympy.sympify(truth))
    speeds = dict(part.split("' = ") for part in energy.motion.split(", "))
    assert sympy.simplify(sympy.sympify(speeds["q1"]) / factor) == sympy.Symbol("p1")
    assert proportional(speeds["p2"], "-q2 - q1**2 + q2**2")


@pytest.mark.slow
def test_noise_does_not_change_the_letters_of_a_cubic_energy():
    found = discover(data("henon_heiles", 0.05, trajectories=100), degree=3)
    (energy,) = found.quantities
    truth = "(p1**2 + p2**2 + q1**2 + q2**2) / 2 + q1**2 * q2 - q2**3 / 3"
    assert proportional(energy.expression, truth) and 1e-4 < energy.residual < 0.05


@pytest.mark.slow
def test_keplers_problem_has_its_energy_momentum_and_vector(kepler):
    texts = [quantity.expression for quantity in kepler.quantities]
    wanted = (
        "q1 * p2 - q2 * p1",
        f"(p1**2 + p2**2) / 2 - 1 / {RADIUS}",
        f"p2 * (q1 * p2 - q2 * p1) - q1 / {RADIUS}",
        f"-p1 * (q1 * p2 - q2 * p1) - q2 / {RADIUS}",
    )
    assert len(texts) == 4
    assert all(any(proportional(text, one) for text in texts) for one in wanted)
    # The length of the vector is a function of the other two.
    assert kepler.independent == 3 and not kepler.quantities[-1].independent


def test_the_report_and_the_file_tell_what_was_searched(kepler):
    text = report(kepler)
    assert "Three independent quantities are conserved" in text
    assert "polynomials up to degree 3" in text and f"`1/{RADIUS}`" in text
    assert "q1' = -q2, q2' = q1" in text and "\\sqrt{q_{1}^{2} + q_{2}^{2}}" in text
    again = Discovery.from_json(kepler.to_json())
    assert [q.expression for q in again.quantities] == [q.expression for q in kepler.quantities]
    assert again.functions == KEPLER and again.degree == 3 and not again.quadratic


@pytest.mark.slow
def test_nothing_is_found_where_nothing_is_conserved():
    """The energy of this potential is of degree 4, so no polynomial of degree 3 is conserved."""
    found = discover(data("anharmonic", 0.03), degree=3)
    assert found.rank == 0 and found.quantities == []
    assert "Nothing in the span of all polynomials up to degree 3" in report(found)


@pytest.mark.slow
def test_squares_of_what_is_found_are_not_independent_far_from_the_origin():
    """Polynomials are written about the data's centre when that is far away."""
    near = data("central")
    far = replace(near, q=near.q + 1e4)
    found = discover(far, degree=4)
    assert found.rank == 3 and found.independent == 2
    assert "(q1 - 1000" in found.quantities[0].expression or "(q1 - 999" in (
        found.quantities[0].expression
    )
    assert {quantity.kind for quantity in found.quantities} == {"of degree 2", "of degree 4"}


def test_an_expression_is_a_function():
    functions = Expressions(("q*exp(-p)", "2 - Abs(q)/3", "sqrt(q**2)"), ("q", "p"))
    values = functions(jnp.array([-3.0, 0.5]))
    assert np.allclose(values, [-3 * np.exp(-0.5), 1.0, 3.0])
    assert functions.names(["a", "b"])[0] == "q*exp(-p)"
    assert functions == Expressions(functions.texts, ("q", "p"))
    assert np.allclose(Expressions(("cos(2*pi*q)",), ("q", "p"))(jnp.array([0.5, 0.0])), [-1.0])
    assert np.allclose(Expressions(("pi",), ("pi",))(jnp.array([0.5])), [0.5])


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "q.real", "q[0]", "lambda: q", "True", "'q'", "q if p else q", "(", "",
        "q^2", "exp(q, p)", "print(q)", "x + 1", "1/0", "10**10**10", "q < p", "[q]", "q" * 2000,
        "q\x00", "f'{q}'", "q # p", "q\n", "`q`", "(-8)**(1/3)*q", "(-1)**0.5",
        "atan2(q)", "  ", "(" * 500 + "q" + ")" * 500,
    ],
)  # fmt: skip
def test_anything_but_a_formula_is_refused(text):
    with pytest.raises(InputError) as error:
        Expressions((text,), ("q", "p"))
    assert "\n" not in str(error.value)


def test_functions_in_other_units_have_the_same_values():
    functions = Expressions(("q1*p2", "exp(q2)"), ("q1", "q2", "p1", "p2"))
    centre, spread, sizes = (1.0, -2.0, 0.5, 3.0), (2.0, 0.1, 1.0, 5.0), (2.0, 0.5)
    z = jnp.arange(4.0)
    x = jnp.array(centre) + jnp.array(spread) * z
    rescaled = Rescaled(functions, centre, spread, sizes)
    assert np.allclose(rescaled(z), functions(x) / jnp.array(sizes))


@pytest.mark.slow
def test_a_function_of_any_size_is_found(kepler):
    """Functions that are a million times as large, and one more function, change nothing."""
    found = discover(
        data("central", potential="kepler", softening=0.0), degree=3,
        functions=[f"1e6 * {text}" for text in KEPLER] + ["exp(3 * q1)"],
    )  # fmt: skip
    assert found.rank == kepler.rank and found.independent == kepler.independent


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--functions", "log(q1)"], "function 'log(q1)': is not finite on"),
        (["--functions", "q1*p1, x"], "no coordinate is called 'x', expected q1, q2, p1, p2"),
        (["--functions", "q1 - q1"], "has one value in all of the data"),
        (["--degree", "0"], "degree is 0, expected 1 or more"),
        (["--degree", "12"], "functions to search, expected at most 500"),
        (["--functions", "atan2(q1, p1)"], "'atan2(q1, p1)' is not allowed"),
        (["--functions", ""], "a function is empty"),
        (["--functions", "q1**2"], "is a combination of the polynomials and of the functions"),
        (["--functions", "exp(q1), 2*exp(q1)"], "function '2*exp(q1)': is a combination"),
        (["--functions", "exp(300*q1)"], "its values reach"),
        (["--functions", "1e-200*exp(q1)"], "its values reach"),
        (["--degree", "3", "--method", "variational"], "--degree belongs to --method evidence"),
    ],
)
def test_the_command_refuses_in_one_line(here, capsys, words, message):
    save_trajectories("data.npz", data("central", trajectories=5))
    refused(capsys, ["discover", "data.npz", *words], message, kept=["data.npz"])


def oscillators(noise=0.0, offset=0.0, energies=(0.5, 2.0)):
    """40 motions of 40 samples of H = (q^2 + p^2) / 2, about an offset and with noise."""
    generator = np.random.default_rng(0)
    size, phase = generator.uniform(*energies, (40, 1, 1)), generator.uniform(0, 6.28, (40, 1, 1))
    t = 0.3 * np.arange(40)[None, :, None] + phase
    x = np.stack([size * np.cos(t) + offset, -size * np.sin(t)])
    x = x + noise * generator.normal(size=x.shape)
    return Trajectories(x[0], x[1], 0.3)


@pytest.mark.parametrize(("text", "noise"), [("sin(60*q1)", 0.05), ("sin(5*q1)", 0.4)])
def test_a_function_that_bends_within_the_noise_is_refused(text, noise):
    """Its noise to second order would be far too large, and would hide its change."""
    with pytest.raises(InputError, match="bends within the noise"):
        discover(oscillators(noise), degree=1, functions=[text])


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_smooth_function_in_noise_is_judged(noise):
    found = discover(oscillators(noise), degree=1, functions=["sin(3*q1)", "sqrt(1+q1**2+p1**2)"])
    assert [quantity.expression for quantity in found.quantities] == ["sqrt(1 + p1**2 + q1**2)"]


@pytest.mark.slow
def test_a_text_about_a_far_origin_is_exact():
    found = discover(oscillators(offset=4000123.4567))
    (energy,) = found.quantities
    value = sympy.lambdify(sympy.symbols("q1 p1"), sympy.sympify(energy.expression))
    data = oscillators(offset=4000123.4567)
    values = value(data.q[..., 0], data.p[..., 0])
    assert (values.std(1) < 0.01 * values.std()).all()


@pytest.mark.slow
def test_a_text_is_not_rounded_until_it_changes():
    """In a narrow range of energies a small term matters to what is conserved."""
    generator = np.random.default_rng(1)
    start = np.zeros((40, 2))
    start[:, 0] = generator.uniform(1.15, 1.55, 40)
    field = lambda x: jnp.stack([x[1], -x[0] - 0.08 * x[0] ** 3])  # noqa: E731
    with jax.enable_x64(True):
        times = 0.3 * jnp.arange(40.0)
        follow = lambda x: rollout(field, x, times, "Tsit5", 20)  # noqa: E731
        x = np.asarray(jax.vmap(follow)(jnp.asarray(start)))
    noisy = x + 0.01 * generator.normal(size=x.shape)
    found = discover(Trajectories(noisy[..., :1], noisy[..., 1:], 0.3), degree=4)
    assert found.quantities
    for quantity in found.quantities:
        value = sympy.lambdify(sympy.symbols("q1 p1"), sympy.sympify(quantity.expression))
        values = value(x[..., 0], x[..., 1])
        assert np.sqrt(values.var(1).mean() / values.var()) < 0.05


@pytest.mark.parametrize(
    ("degree", "functions"), [(2.0, ()), ("3", ()), (True, ()), (2, [3]), (2, [sympy.Symbol("q1")])]
)
def test_a_degree_is_a_whole_number_and_a_function_a_text(degree, functions):
    with pytest.raises(InputError, match="expected"):
        discover(oscillators(), degree=degree, functions=functions)


def test_a_single_text_is_one_function():
    with pytest.raises(InputError, match=r"function 'log\(q1\)'"):
        discover(oscillators(), functions="log(q1)")


@pytest.mark.slow
def test_the_command_searches_what_it_is_told_and_resumes(here, capsys):
    save_trajectories("data.npz", data("lotka_volterra", trajectories=20))
    words = ["discover", "data.npz", "--functions", "exp(q1)", "--functions", "exp(p1)"]
    cli.main(words)
    first = capsys.readouterr().out
    assert "q1 + p1 - exp(q1) - exp(p1)" in first
    cli.main(words)
    assert capsys.readouterr().out == first
    assert cli.main(["discover", "data.npz"]) == 2  # the directory holds another search
    assert "functions" in capsys.readouterr().err
