"""Discovery by evidence from trajectories to the report, on systems whose answer is known."""

import json
from dataclasses import replace

import jax
import numpy as np
import pytest
import sympy

from noether_razor.base.errors import InputError
from noether_razor.cli import main as cli
from noether_razor.conserved import Quadratic
from noether_razor.data import save_trajectories
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.directions import parallelness
from noether_razor.discovery.discover import discover
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.noise import noise_variances
from noether_razor.evidence.recording import recording
from noether_razor.systems import make_system, stack

pytestmark = pytest.mark.slow
MODES = make_system("oscillator", frequencies="1,1.62")


def noisy(x, noise, seed=0):
    """States with noise in units of every coordinate's spread."""
    return x + noise * x.std((0, 1)) * np.random.default_rng(seed).normal(size=x.shape)


def trajectories(x, dt, names=()):
    q, p = np.split(x, 2, axis=-1)
    return Trajectories(q, p, dt, names)


@pytest.fixture(scope="module")
def modes():
    """Two oscillators of different frequencies, noise 0.05: the first table and the answer."""
    clean = simulate(MODES, key=jax.random.key(0), trajectories=40, steps=19)
    tables = []
    found = discover(trajectories(noisy(clean.states, 0.05), clean.dt), first=tables.append)
    assert len(tables) == 1
    return tables[0], found


@pytest.fixture(scope="module")
def charge():
    """A charge in a uniform magnetic field by positions and velocities, noise 0.03."""
    rate, dt = 1.3, 0.3
    t = dt * np.arange(20)[:, None]
    start, speed = np.random.default_rng(1).normal(size=(2, 40, 1, 2))
    across = np.stack([speed[..., 1], -speed[..., 0]], -1)
    velocity = speed * np.cos(rate * t) + across * np.sin(rate * t)
    place = start + (speed * np.sin(rate * t) + across * (1 - np.cos(rate * t))) / rate
    x = np.concatenate([place, velocity], -1)
    return discover(trajectories(noisy(x, 0.03), dt, ("x", "y", "vx", "vy")))


@pytest.fixture(scope="module")
def one_motion():
    """One long motion in a central potential, cut into pieces: energy and L have one value each."""
    system = make_system("central")
    whole = simulate(system, key=jax.random.key(1), trajectories=1, steps=599)
    return system, discover(trajectories(whole.states.reshape(30, 20, 4), whole.dt))


def coefficients(quantities, spread):
    """Coefficients of quadratics in units of the spread, [K, 14]."""
    A, b = (np.stack([getattr(one, name) for one in quantities]) for name in ("A", "b"))
    return np.asarray(Quadratic(A, b).rescale(np.asarray(spread)).coefficients())


def test_the_energies_of_two_modes_are_found_and_nothing_else(modes):
    _, found = modes
    truth = np.asarray(Quadratic(*stack(MODES.conserved)).rescale(
        np.asarray(found.data["spread"])).coefficients())  # fmt: skip
    conserved = [one for one in found.directions if one.verdict == "conserved"]
    assert found.rank == len(conserved) == len(truth) == 2
    for some in (conserved, found.quantities):
        assert (parallelness(coefficients(some, found.data["spread"]), truth) > 0.99).all()
    assert found.count("changes") == len(found.directions) - 2 == 6  # no more are judged
    assert found.hamiltonian > 5
    assert found.algebra == "u(1)^2"


def test_the_first_table_comes_before_any_law_of_motion(modes):
    first, found = modes
    assert not first.final and found.final
    assert not first.laws and found.laws
    assert np.isnan(first.hamiltonian)
    assert first.rank == found.rank  # the trajectories alone decide here
    assert found.by == ""
    assert "*First table." in report(first) and "*First table." not in report(found)


def test_a_charge_by_its_velocities_conserves_six_quadratics_and_is_not_hamiltonian(charge):
    """The centre of the orbit (x + vy / w, y - vx / w), its three products, and vx^2 + vy^2."""
    m, w = 4, 1.3
    centre = np.array([[1, 0, 0, 1 / w], [0, 1, -1 / w, 0]])
    pairs = [(0, 0), (0, 1), (1, 1)]
    A = [np.zeros((m, m))] * 2
    A += [np.outer(centre[i], centre[j]) + np.outer(centre[j], centre[i]) for i, j in pairs]
    A += [np.diag([0.0, 0.0, 1.0, 1.0])]
    b = np.concatenate([centre, np.zeros((4, m))])
    spread = np.asarray(charge.data["spread"])
    truth = np.asarray(Quadratic(np.stack(A), b).rescale(spread).coefficients())
    assert charge.rank == 6
    assert (parallelness(coefficients(charge.quantities, spread), truth) > 0.99).all()
    assert charge.hamiltonian < -5
    assert "does not look Hamiltonian" in report(charge)
    assert "## Symmetries" not in report(charge)  # velocities generate none


def test_what_has_one_value_in_all_of_the_data_is_not_conserved_but_undetermined(one_motion):
    system, found = one_motion
    assert found.rank == 0
    unknown = [one for one in found.directions if one.verdict == "undetermined"]
    assert len(unknown) == 1 and not unknown[0].varies
    spread = np.asarray(found.data["spread"])
    truth = np.asarray(Quadratic(*stack(system.conserved)).rescale(spread).coefficients())
    assert parallelness(coefficients(unknown, spread), truth) > 0.99
    assert "It has one value in all of the data" in report(found)


def test_the_report_gives_every_verdict_and_the_numbers_of_the_table(modes):
    _, found = modes
    text = report(found)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    said = [row.split("|")[2].strip(" *") for row in rows]
    for verdict in ("conserved", "changes"):
        assert said.count(verdict) == found.count(verdict) > 0
    for quantity in found.quantities:
        assert quantity.expression in text
    assert "## Symmetries" in text and said.count("rotation") == found.rank == 2
    one = replace(found.directions[0], verdict="slow", size=0.012)
    slow = report(replace(found, directions=[one, *found.directions[1:]]))
    assert "One direction is slow, not conserved" in slow and "0.012 " in slow


def test_json_gives_a_discovery_back_with_what_is_not_a_number(charge):
    unknown = replace(charge, hamiltonian=float("nan"), laws={"a": float("nan"), "b": 2.5})
    text = unknown.to_json()
    assert "NaN" not in text and json.loads(text)["hamiltonian"] is None
    back = Discovery.from_json(text)
    assert np.isnan(back.hamiltonian) and np.isnan(back.laws["a"]) and back.laws["b"] == 2.5
    assert back.to_json() == text and str(back) == str(unknown) and report(back) == report(unknown)
    assert np.array_equal(back.directions[3].A, charge.directions[3].A)
    with pytest.raises(InputError, match="is of version 'x', expected"):
        Discovery.from_json(text.replace("noether_razor.discovery/2", "x"))
    with pytest.raises(InputError, match="cannot be read"):
        Discovery.from_json(text[:100])


def test_the_same_data_give_the_same_file_but_for_the_time(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with jax.enable_x64(True):
        clean = simulate(
            make_system("anharmonic"), key=jax.random.key(2), trajectories=30, steps=14
        )
    save_trajectories("a.npz", trajectories(noisy(clean.states, 0.1), clean.dt))
    texts = []
    for out in ("one", "two"):
        assert cli.main(["discover", "a.npz", "--out", out, "--noise", "q=0.1,p=0.2"]) == 0
        assert {"report.md", "report.html", "discovery.json", "changes.png", "config.json"} <= {
            path.name for path in (tmp_path / out).iterdir()
        }
        document = json.loads((tmp_path / out / "discovery.json").read_text())
        assert document.pop("seconds") > 0
        texts.append(json.dumps(document))
    assert texts[0] == texts[1]
    found = json.loads(texts[0])
    assert found["rank"] == 0
    assert found["noise"] == pytest.approx({"q1": 0.1, "q2": 0.1, "p1": 0.2, "p2": 0.2})
    assert found["given"] == ["q1", "q2", "p1", "p2"]
    assert "(given)" in (tmp_path / "one" / "report.md").read_text()
    capsys.readouterr()
    assert cli.main(["discover", "a.npz", "--out", "one"]) == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1 and "noise was" in complaint


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.3])
def test_noise_is_estimated_within_a_fifth(noise):
    clean = simulate(MODES, key=jax.random.key(3), trajectories=60, steps=24)
    x = clean.states / clean.states.std((0, 1))
    found = np.sqrt(noise_variances(noisy(x, noise)))
    assert np.allclose(found, noise, rtol=0.2)
    unequal = np.array([noise, noise / 3, noise, noise / 3])
    assert np.allclose(np.sqrt(noise_variances(noisy(x, unequal))), unequal, rtol=0.2)
    assert np.sqrt(noise_variances(x)).max() < 1e-4


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        ({"p3": 0.1}, "noise names 'p3', expected one of q1, q2, p1, p2, or q or p"),
        ({"q": -0.1}, "noise of q is -0.1, expected a standard deviation, 0 or more"),
        (float("inf"), "noise of q1 is inf, expected"),
    ],
)
def test_noise_that_cannot_be_is_refused_in_one_line(noise, message):
    x = np.random.default_rng(0).normal(size=(3, 5, 4))
    with pytest.raises(InputError, match=message) as refused:
        recording(trajectories(x, 1.0), noise)
    assert "\n" not in str(refused.value)


def test_too_few_trajectories_or_samples_are_refused():
    x = np.random.default_rng(0).normal(size=(3, 5, 4))
    for few in (x[:1], x[:, :2]):
        with pytest.raises(InputError, match="expected 2 or more of 3 or more"):
            discover(trajectories(few, 1.0))
    with pytest.raises(InputError, match="tolerance is 1, expected"):
        discover(trajectories(x, 1.0), tolerance=1)


@pytest.fixture(scope="module")
def clean():
    return simulate(MODES, key=jax.random.key(0), trajectories=30, steps=14)


def test_clean_motion_is_known_to_be_hamiltonian(clean):
    assert discover(clean).hamiltonian > 5


def test_planets_in_metres_and_kilograms_conserve_the_same(clean):
    assert discover(Trajectories(clean.q * 1e11, clean.p * 1e29, 86400 * clean.dt)).rank == 2


def test_a_coordinate_that_never_changes_is_refused(clean):
    with pytest.raises(InputError, match="q2 never changes"):
        recording(Trajectories(clean.q * [1.0, 0.0], clean.p, clean.dt))


class Enough(Exception):
    """Raised with the first table, which is all that a test needs."""


def test_no_term_is_left_out_for_its_unit(clean):
    """In units of the spread, H1 = p1^2 / 2 + 5e5 q1^2 has as much of p1 as of q1."""

    def stop(table):
        raise Enough(" ".join(one.expression for one in table.quantities))

    with pytest.raises(Enough) as said:
        discover(Trajectories(clean.q, clean.p * 1e3, clean.dt), first=stop)
    assert all(f"{name}**2" in str(said.value) for name in clean.names)


def test_far_from_the_origin_the_formula_is_about_its_own_centre():
    """Five spreads away terms nearly cancel: a short formula about 0 would be another function."""
    clean = simulate(make_system("oscillator"), key=jax.random.key(0), trajectories=30, steps=20)
    moved = replace(clean, q=clean.q + 5 * clean.q.std(), p=clean.p)
    found = discover(moved)
    values = {name: moved.states[..., i] for i, name in enumerate(moved.names)}
    for quantity in found.quantities:
        C = sympy.lambdify(list(values), sympy.sympify(quantity.expression))(*values.values())
        assert np.sqrt(C.var(1).mean() / C.var()) < 0.02, quantity.expression
