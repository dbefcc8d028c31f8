"""Laws of the verdict by evidence: exact evidences, invariances, and systems without a law."""

import json

import jax
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from noether_razor.base.errors import InputError
from noether_razor.cli import main as cli
from noether_razor.conserved.features import Monomials
from noether_razor.data import save_trajectories
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.discover import discover
from noether_razor.discovery.report import report
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.curves import fit_curves
from noether_razor.evidence.investigate import Findings, _step, laws_of_motion
from noether_razor.evidence.judge_tracks import NOISE_FACTORS, _evidences, judge_tracks
from noether_razor.evidence.judged import CLEAR
from noether_razor.evidence.least_changing import Found
from noether_razor.evidence.noise import noise_variances
from noether_razor.evidence.prior import PRIOR, SIZES, posterior
from noether_razor.evidence.recording import recording
from noether_razor.evidence.settle import LEAST_NOISE
from noether_razor.systems import make_system


@pytest.fixture(scope="module", autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def measured(name, noise, trajectories=60, steps=24, seed=0, **options):
    """A simulation with noise in units of each coordinate's spread."""
    clean = simulate(
        make_system(name, **options),
        key=jax.random.key(seed),
        trajectories=trajectories,
        steps=steps,
    )
    x = clean.states
    x = x + noise * x.std((0, 1)) * np.random.default_rng(seed).normal(size=x.shape)
    q, p = np.split(x, 2, axis=-1)
    return Trajectories(q, p, clean.dt, clean.names)


def judged(trajectories, **options):
    data = recording(trajectories, **options)
    m = data.dimension
    return judge_tracks(data, 0.05, Monomials(m, 2), np.zeros((0, m * (m + 3) // 2)))


def test_the_evidence_of_a_size_is_a_sum_of_normal_densities():
    generator = np.random.default_rng(0)
    tracks, frequencies = 2, 3
    q, left = generator.normal(size=(2, tracks, frequencies, 1))
    noise, motion = generator.uniform(0.5, 2.0, size=(2, tracks, 1))
    motion, typical = motion / motion.mean(), np.array([0.4, 1.6])
    spectra = generator.uniform(0.5, 2.0, size=(2, frequencies))
    found = Found(
        axes=np.eye(1),
        contrasts=q,
        noise=noise,
        left_out=left,
        left_noise=2 * noise,
        motion=motion,
        seen=np.ones(1),
        typical=typical,
        spectra=spectra,
    )
    logs = _evidences(found)[0].evidence
    for place in (0, 7, -1):
        terms = []
        for factor in NOISE_FACTORS:
            for spectrum in spectra:
                for kappa in (motion[:, 0], typical):
                    v = factor * noise + SIZES[place] ** 2 * spectrum * kappa[:, None]
                    terms.append(norm.logpdf(q[..., 0], scale=np.sqrt(v)).sum())
        constant = 0.5 * tracks * frequencies * np.log(2 * np.pi)
        assert np.isclose(logs[0, place], logsumexp(terms) + constant)
    weight = PRIOR * np.exp(np.asarray(logs[0]))
    assert np.allclose(posterior(np.asarray(logs))[0], weight / weight.sum())


def test_the_evidence_of_curves_is_that_of_a_gaussian_process():
    generator = np.random.default_rng(1)
    z = np.cumsum(generator.normal(size=(3, 6, 1)), axis=1)
    found = fit_curves(z, np.array([0.1]), 1e-4)
    t = np.arange(6)
    best = -np.inf
    for tau in np.geomspace(0.7, 6, 20):
        for scale in np.exp(np.linspace(-6, 6, 25)):
            kernel = scale * np.exp(-0.5 * ((t[:, None] - t) / tau) ** 2) + 1.0
            for factor in np.exp(np.linspace(-1, 1, 9)):
                covariance = kernel + factor * 0.1 * np.eye(6)
                best = max(best, multivariate_normal(cov=covariance).logpdf(z[..., 0]).sum())
    assert np.isclose(found.evidence.sum(), best)


def test_units_and_origin_change_no_probability():
    data = measured("oscillator", 0.05, frequencies="1,1.62")
    q = data.q * np.array([3e11, 2e-9]) + np.array([4.2e12, 0.0])
    moved = Trajectories(q, data.p * np.array([1e-7, 5e4]), 1e-3 * data.dt)
    one, other = judged(data), judged(moved)
    assert one.verdicts() == other.verdicts()
    assert np.allclose(one.cautious, other.cautious, rtol=1e-3, atol=1e-6)
    assert one.verdicts().count("conserved") == 2


def test_a_symplectic_change_of_variables_keeps_the_rank_on_clean_data():
    data = measured("central", 0.0)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    mixed = Trajectories(data.q @ turn.T, data.p @ turn.T + data.q @ turn.T, data.dt)
    for some in (data, mixed):
        verdicts = judged(some).verdicts()
        assert verdicts.count("conserved") == 1 and "undetermined" not in verdicts


def test_noise_is_found_and_is_zero_without_noise():
    for noise in (0.03, 0.1):
        data = measured("oscillator", noise, frequencies="1,1.62")
        found = np.sqrt(recording(data).noise)
        assert np.allclose(found, noise, rtol=0.25)
    clean = recording(measured("oscillator", 0.0, frequencies="1,1.62"))
    assert np.sqrt(clean.noise).max() < 1e-6
    assert not noise_variances(np.ones((3, 2, 4))).any()


def test_noise_that_is_given_is_used():
    data = measured("oscillator", 0.1)
    found = recording(data, {"q": 0.5, "p1": 0.25})
    assert np.allclose(np.sqrt(found.noise) * found.spread, [0.5, 0.25])
    with pytest.raises(InputError, match="noise names 'x', expected one of q1, p1"):
        recording(data, {"x": 1.0})


def friction(rate, trajectories=60, samples=31, dt=0.3):
    """A plane oscillator with friction: exact solutions of x'' = -x - 2 rate x'."""
    t = dt * np.arange(samples)[:, None]
    w = np.sqrt(1 - rate**2)
    start, speed = np.random.default_rng(0).normal(size=(2, trajectories, 1, 2))
    b = (speed + rate * start) / w
    fade = np.exp(-rate * t)
    q = fade * (start * np.cos(w * t) + b * np.sin(w * t))
    turning = fade * (b * w * np.cos(w * t) - start * w * np.sin(w * t))
    return Trajectories(q, turning - rate * q, dt)


@pytest.mark.slow
def test_friction_leaves_no_law_and_is_not_hamiltonian():
    found = discover(friction(0.02))
    assert found.rank == 0
    assert found.hamiltonian < -5
    assert "does not look Hamiltonian" in report(found)
    assert {one.verdict for one in found.directions[:4]} <= {"slow", "changes"}


@pytest.mark.slow
@pytest.mark.parametrize(("dt", "step"), [(0.3, 2), (0.03, 12)])
def test_samples_may_be_closer_than_the_motion_needs(dt, step):
    of_hamiltonian = []
    for rate in (0.0, 0.1):
        data = recording(friction(rate, 40, 101, dt))
        curves = fit_curves(data.z, data.noise, LEAST_NOISE)
        assert step // 2 <= _step(data, curves) <= 2 * step
        laws, best = laws_of_motion(data, needed=False)
        assert best is None and any(law.nats > 0 for law in laws)
        findings = Findings(judged(friction(rate)), None, "", laws, data.noise)
        of_hamiltonian.append(findings.hamiltonian)
    assert of_hamiltonian[0] > CLEAR and of_hamiltonian[1] < -CLEAR


def test_few_samples_and_quick_motion_are_not_thinned():
    few = recording(friction(0.0, 20, 8, 0.03))
    quick = recording(friction(0.0, 20, 41, 1.5))
    for data in (few, quick):
        assert _step(data, fit_curves(data.z, data.noise, LEAST_NOISE)) == 1


@pytest.mark.slow
def test_a_system_without_a_symmetry_has_rank_zero_under_noise():
    assert discover(measured("anharmonic", 0.1)).rank == 0


@pytest.mark.slow
def test_a_law_of_motion_decides_what_noise_leaves_open():
    data = measured("oscillator", 0.25, frequencies="1,1.62", trajectories=80, steps=40)
    tables = []
    found = discover(data, first=tables.append)
    assert not tables[0].final and tables[0].count("undetermined") > 0
    assert found.final and found.by
    assert found.rank == 2
    assert found.hamiltonian > 0


@pytest.mark.slow
def test_the_command_writes_and_reads_a_discovery(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_trajectories("data.npz", measured("central", 0.0))
    words = ["discover", "data.npz", "--tolerance", "0.03"]
    assert cli.main(words) == 0
    out = tmp_path / "data-discovery"
    names = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    assert names == {"config.json", "discovery.json", "report.md", "report.html", "changes.png"}
    text = (out / "discovery.json").read_text()
    found = Discovery.from_json(text)
    assert found.rank == 1 and found.tolerance == 0.03
    assert found.quantities[0].expression == "q1*p2 - q2*p1"
    assert found.to_json() == text
    capsys.readouterr()
    assert cli.main(words) == 0
    assert json.loads((out / "discovery.json").read_text()) == json.loads(text)
    assert cli.main([*words[:2], "--tolerance", "0.1"]) == 2
    assert "tolerance was 0.03 and is now 0.1" in capsys.readouterr().err
