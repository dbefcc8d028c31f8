"""The verdict: false proposals that the baseline lets pass are rejected, missing ones found."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved import Quadratic
from noether_razor.discovery.certificate import Certificate
from noether_razor.discovery.directions import directions, orthonormal_span, parallelness
from noether_razor.discovery.rank import CONSERVED, REJECTED, UNDETERMINED, verdicts
from noether_razor.inference.learn import learn
from noether_razor.inference.price import Price, price
from noether_razor.inference.problem import spread_of
from noether_razor.inference.settings import Settings
from noether_razor.proposals import propose_quadratics
from noether_razor.systems import Oscillator, System, stack
from noether_razor.trajectories import simulate, transitions

SETTINGS = Settings(
    warmup=600, steps=400, width=64, candidates=3, random_candidates=0, noise_variance=1e-4,
    chunk=200, canonical_scaling=False, amplitude=0.3, solver="Bosh3",
)  # fmt: skip


@dataclass(frozen=True)
class WeaklyCoupled(System):
    """Two oscillators that exchange energy slowly: each one's energy is nearly constant."""

    degrees_of_freedom = 2
    coupling: float = 0.15

    def hamiltonian(self, x):
        q, p = jnp.split(x, 2)
        return jnp.sum(p**2 + jnp.array([1.0, 1.21]) * q**2) / 2 + self.coupling * q[0] * q[1] ** 2


def quadratic(*matrices):
    A = jnp.asarray(np.stack(matrices), jnp.float32)
    return Quadratic(A, jnp.zeros(A.shape[:2]))


def test_posterior_rejects_a_planted_false_proposal_that_the_baseline_would_pass():
    system = WeaklyCoupled()
    paths = simulate(system, key=jax.random.key(0), trajectories=120, steps=20)
    held_out = simulate(system, key=jax.random.key(1), trajectories=20, steps=20)
    mode = quadratic(np.diag([1.0, 0, 1.0, 0]))  # energy of the first oscillator
    values = np.asarray(jax.vmap(lambda x: mode.value(x)[0])(paths.states.reshape(-1, 4)))
    values = values.reshape(paths.states.shape[:2])
    share = values.var(1).mean() / values.var()
    assert share < 0.03  # 3-body data has true quantities above that, once there is noise
    learned = learn(jax.random.key(2), transitions(paths), SETTINGS, _sized(mode, 0.3))
    test = learned.problem.scale(transitions(held_out))
    one = price(jax.random.key(3), learned.fitted, mode, test, spread_of(test.start))
    assert verdicts(one, signs_of(), signs_of()) == [REJECTED]
    assert one.nats[0] < -3 * one.error[0]  # and the bound pays for it, beyond chance


def test_a_random_candidate_finds_what_the_proposals_left_out():
    system = _oscillators()
    paths = simulate(system, key=jax.random.key(0), trajectories=60, steps=20)
    truth = np.asarray(stack(system.conserved).coefficients(), float)
    proposals = propose_quadratics(paths.states, 4)
    rows = np.asarray(proposals.quantities.rescale(1 / proposals.spread).coefficients(), float)
    assert parallelness(rows, truth).min() > 0.99
    three = jax.tree.map(lambda leaf: jnp.asarray(leaf[:3], jnp.float32), proposals.quantities)
    three = three.rescale(1 / jnp.asarray(proposals.spread, jnp.float32))
    settings = replace(SETTINGS, candidates=9, random_candidates=6, warmup=0, steps=800)
    problem, fitted = learn(jax.random.key(1), transitions(paths), settings, _sized(three, 0.3))
    sample = problem.train._replace(start=problem.train.start[:200], end=problem.train.end[:200])
    spread = spread_of(problem.train.start)
    found = directions(jax.random.key(2), fitted, sample, spread)
    scaled = Quadratic.from_coefficients(jnp.asarray(found.coefficients, jnp.float32), 4)
    signs = price(jax.random.key(3), fitted, scaled.rescale(1 / spread), sample, spread)
    conserved = np.array(verdicts(signs, *2 * [signs_of(count=len(found.size))])) == CONSERVED
    assert conserved.sum() == 4
    scaled_truth = np.asarray(stack(system.conserved).rescale(spread).coefficients(), float)
    assert parallelness(found.coefficients[conserved], scaled_truth).min() > 0.98
    # and not only because the span reaches it: the fourth has grown from its random start
    learned = np.asarray(fitted.quantities.rescale(spread).coefficients(), float)
    left_out = np.linalg.svd(_outside(scaled_truth, learned[:3]))[2][0]
    assert np.linalg.norm(learned[3:] @ left_out) > 3 * settings.random_amplitude


def test_directions_that_two_trajectories_cannot_tell_are_left_out():
    """Two orbits of three equal oscillators leave a plane of C^3 out, and what acts there alone."""
    system = Oscillator(frequencies=(1.0, 1.0, 1.0))
    paths = simulate(system, key=jax.random.key(0), trajectories=12, steps=10)
    quantities = stack(system.conserved)
    settings = replace(SETTINGS, candidates=9, warmup=2, steps=2)
    learned = learn(jax.random.key(1), transitions(paths), settings, quantities)
    two = transitions(simulate(system, key=jax.random.key(2), trajectories=2, steps=10))
    spread = spread_of(learned.problem.train.start)
    found = directions(jax.random.key(3), learned.fitted, learned.problem.scale(two), spread)
    assert len(system.conserved) == 9
    assert len(found.size) == 8
    np.testing.assert_allclose(found.coefficients @ found.coefficients.T, np.eye(8), atol=1e-6)


@pytest.mark.parametrize(
    ("z", "vague", "determined", "drift", "on_train", "near", "verdict"),
    [
        (0.5, 0.01, True, 0.0, 0.0, 1.0, CONSERVED),
        (0.5, 0.01, True, 0.009, -0.01, 1.0, CONSERVED),
        (0.5, 0.01, True, 0.0, 0.0, 0.05, CONSERVED),
        (5.0, 0.01, True, 0.0, 0.0, 1.0, REJECTED),
        (5.0, 0.9, False, 1.0, 1.0, 1.0, REJECTED),
        (5.0, 0.01, True, 0.0, 0.0, 0.05, UNDETERMINED),
        (5.0, 0.01, True, 0.0, 0.5, 0.05, REJECTED),
        (0.5, 0.3, True, 0.0, 0.0, 1.0, UNDETERMINED),
        (0.5, 0.01, False, 0.0, 0.0, 1.0, UNDETERMINED),
        (0.5, 0.01, True, 0.02, 0.0, 1.0, UNDETERMINED),
        (0.5, 0.01, True, 0.0, 0.02, 1.0, UNDETERMINED),
    ],
)
def test_verdicts(z, vague, determined, drift, on_train, near, verdict):
    one = Price(np.zeros(1), np.ones(1), *(np.array([value]) for value in (z, vague, near)))
    assert verdicts(one, signs_of(drift, determined), signs_of(on_train)) == [verdict]


def test_a_learned_function_is_conserved_to_the_accuracy_it_is_learned_with():
    one = Price(*(np.array([v] * 2) for v in (0, 1)), np.full(2, 3.0), np.array([5e-4, 5e-3]), 1.0)
    assert verdicts(one, signs_of(count=2), signs_of(count=2)) == [REJECTED] * 2
    tolerated = verdicts(one, signs_of(count=2), signs_of(count=2), tolerance=0.01)
    assert tolerated == [CONSERVED, REJECTED]  # 9 * 5e-4 of the squared motion, and 9 * 5e-3
    wide = Certificate(np.full(2, 0.5), np.full(2, 1e-3), np.ones(2), np.full(2, True))
    assert verdicts(one, wide, signs_of(count=2), tolerance=0.01) == [REJECTED] * 2
    # It drifts by more, though not surely, and nothing contradicts it.
    fits = one._replace(z=np.full(2, 0.5))
    assert verdicts(fits, wide, signs_of(count=2), tolerance=0.01) == [UNDETERMINED] * 2
    assert verdicts(fits, signs_of(count=2), wide, tolerance=0.01) == [UNDETERMINED] * 2
    assert verdicts(fits, signs_of(count=2), wide) == [CONSERVED] * 2


def test_a_few_states_far_out_do_not_hide_a_broken_symmetry():
    paths = simulate(_oscillators(), key=jax.random.key(0), trajectories=60, steps=20)
    false = quadratic(np.diag([1.0, 0, 0, 0]))
    fitted = learn(jax.random.key(1), transitions(paths), SETTINGS).fitted
    data = transitions(paths)
    data = data._replace(start=data.start[:200], end=data.end[:200])
    # The model is wrong about one state in forty.
    wrong = data._replace(end=data.end.at[jnp.arange(0, 200, 40)].add(30.0))
    spread = spread_of(data.start)
    before, after = (
        float(price(jax.random.key(2), fitted, false, sample, spread).z[0])
        for sample in (data, wrong)
    )
    assert before > 5 and after == pytest.approx(before, rel=0.2)

    def near(quantities, start):
        own = data._replace(start=start[::2], end=start[::2])
        return price(jax.random.key(2), fitted, quantities, own, spread, start[1::2])

    # Symmetries lead out of one orbit, and from one of many into others.
    one, many = (near(stack(_oscillators().conserved), start) for start in _orbits())
    assert one.near.min() < 0.5 < 0.9 < many.near.min()
    assert price(jax.random.key(2), fitted, false, data, spread).near == 1


def _orbits():
    """States of one orbit of equal oscillators, and of orbits in every direction; [N, 4] each."""
    every = simulate(_oscillators(), key=jax.random.key(3), trajectories=40, steps=40).states
    return every[0], every[:, ::4].reshape(-1, 4)


def signs_of(drift=0.0, determined=True, count=1):
    """A certificate that says the same of each quantity."""
    each = np.full(count, drift)
    return Certificate(each, each, each, np.full(count, determined))


def test_parallelness_of_a_subspace_with_itself_is_one_and_across_it_zero():
    rows = np.linalg.qr(np.random.default_rng(0).normal(size=(9, 9)))[0]
    np.testing.assert_allclose(parallelness(rows[:3], rows[:4] * 7), 1.0)
    np.testing.assert_allclose(parallelness(rows[5:], rows[:4]), 0.0, atol=1e-12)
    assert len(orthonormal_span(np.concatenate([rows[:3], rows[:2] + rows[1:3]]))) == 3


def _oscillators() -> System:
    return Oscillator(frequencies=(1.0, 1.0))


def _sized(quantities, amplitude):
    norms = jnp.linalg.norm(quantities.coefficients(), axis=1)
    scale = amplitude / norms
    return Quadratic(quantities.A * scale[:, None, None], quantities.b * scale[:, None])


def _outside(rows, others):
    """The parts of rows that lie outside the span of others."""
    basis = orthonormal_span(others)
    return rows - rows @ basis.T @ basis
