"""Shortest forms: the misfit is what its equations say, and what is not needed is left out."""

from typing import NamedTuple

import jax
import numpy as np
import pytest
import sympy

from noether_razor.conserved.features import Monomials
from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import Trajectories
from noether_razor.discovery.discover import discover
from noether_razor.discovery.misfit import Misfit
from noether_razor.discovery.short_forms import short_forms
from noether_razor.evidence.judged import CHANGES, CONSERVED
from noether_razor.evidence.moments import observe
from noether_razor.evidence.prior import LEAST
from noether_razor.evidence.recording import Recording, recording
from noether_razor.systems import make_system

PLACES = {tuple(factors): k for k, factors in enumerate(Monomials(4, 2).factors)}


def orbits(trajectories=60):
    """Exact states of two equal oscillators, [R, T, 4]; their mean is zero."""
    start = np.random.default_rng(0).normal(size=(trajectories // 2, 2, 2))
    start = np.concatenate([start, -start])
    turn = 0.3 * np.arange(40.0)[:, None]
    q, p = start[:, None, 0], start[:, None, 1]
    return np.concatenate(
        [q * np.cos(turn) + p * np.sin(turn), p * np.cos(turn) - q * np.sin(turn)], axis=-1
    )


def noisy(clean, noise, seed=1):
    x = clean + noise * np.random.default_rng(seed).normal(size=clean.shape)
    return recording(Trajectories(x[..., :2], x[..., 2:], 0.3), noise={"q": noise, "p": noise})


class Made(NamedTuple):
    misfit: Misfit
    data: Recording
    values: np.ndarray
    sizes: np.ndarray


def made(data):
    """The misfit of all monomials of degree 1 and 2, each in units of its spread."""
    with jax.enable_x64(True):
        functions = Monomials(4, 2)
        values = np.asarray(jax.vmap(functions)(data.z.reshape(-1, 4)))
        sizes = values.std(0)
        misfit = Misfit.along(observe(functions, data), np.diag(1 / sizes))
    return Made(misfit, data, values / sizes, sizes)


def in_units(terms, of):
    """Coefficients of the functions that `made` uses, of a quadratic in the user's units."""
    c = np.zeros(14)
    for factors, coefficient in terms.items():
        c[PLACES[factors]] = coefficient * np.prod(of.data.spread[list(factors)])
    return c * of.sizes


ENERGY = {(0, 0): 1.0, (2, 2): 1.0}
MOMENTUM = {(0, 3): 1.0, (1, 2): -1.0}


@pytest.fixture(scope="module")
def centred():
    """A recording about the origin, so that quadratics have no linear terms."""
    return made(noisy(orbits(120), 0.02))


def test_the_misfit_of_what_is_conserved_is_the_number_of_transforms(centred):
    n = centred.misfit.transforms
    for terms in (ENERGY, MOMENTUM):
        value = centred.misfit.value(in_units(terms, centred))
        assert abs(value - n) < 5 * np.sqrt(2 * n)


def test_the_misfit_of_what_changes_is_larger(centred):
    n = centred.misfit.transforms
    assert centred.misfit.value(in_units({(0, 0): 1.0}, centred)) > 100 * n


def test_the_misfit_does_not_depend_on_the_scale(centred):
    c = np.random.default_rng(0).normal(size=14)
    assert np.isclose(centred.misfit.value(c), centred.misfit.value(-3e4 * c))


def test_refinement_does_not_raise_the_misfit_and_finds_what_is_conserved(centred):
    n, generator = centred.misfit.transforms, np.random.default_rng(0)
    nothing = np.zeros((0, 14))
    for _ in range(5):
        start = in_units(ENERGY, centred)
        start = start + 0.02 * np.linalg.norm(start) * generator.normal(size=14)
        found = centred.misfit.refined(start, nothing)
        assert found is not None
        assert centred.misfit.value(found.c) <= centred.misfit.value(start)
        assert centred.misfit.value(found.c) < n + 5 * np.sqrt(2 * n)


def test_a_known_combination_is_not_found_again(centred):
    energy = in_units(ENERGY, centred)
    places = np.flatnonzero(energy)
    part, known = centred.misfit.of(places), energy[places][None]
    beside = part.refined(np.array([1.0, 0.0]), known)
    assert beside is not None and part.value(beside.c) > 100 * part.transforms
    assert part.refined(energy[places], np.eye(2)) is None


def test_the_error_of_a_difference_is_its_standard_deviation():
    """Over many draws of the noise, for two conserved functions with different noise."""
    clean, differences, errors = orbits(20), [], []
    for seed in range(40):
        of = made(noisy(clean, 0.02, seed))
        one, other = in_units(ENERGY, of), in_units(MOMENTUM, of)
        differences.append(of.misfit.value(one) - of.misfit.value(other))
        errors.append(of.misfit.error(one, other))
    assert of.misfit.error(one, 5 * one) < 1e-3
    # The standard deviation of 40 normal numbers errs by 11 %.
    assert np.std(differences) / np.mean(errors) == pytest.approx(1.0, abs=0.35)


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.05])
def test_four_quadratics_of_equal_oscillators_have_few_simple_terms(noise):
    of = made(noisy(orbits(100), max(noise, 1e-9)))
    generator = np.random.default_rng(0)
    truths = [ENERGY, {(1, 1): 1.0, (3, 3): 1.0}, MOMENTUM, {(0, 1): 1.0, (2, 3): 1.0}]
    span = np.array([in_units(terms, of) for terms in truths])
    span = generator.normal(size=(4, 4)) @ span
    span += noise / 5 * np.linalg.norm(span, axis=1, keepdims=True) * generator.normal(size=(4, 14))
    sizes = np.ones(14)
    n = of.misfit.transforms
    judge = lambda c: CONSERVED if of.misfit.value(c) < 2 * n else CHANGES  # noqa: E731
    forms = short_forms(of.misfit, span, [np.arange(4)], of.values, sizes, judge)
    assert forms.new.tolist() == [True] * 4 and not len(forms.products)
    for one in forms.found:
        assert of.misfit.value(one) < n + 5 * np.sqrt(2 * n)
        assert np.count_nonzero(one) <= 6


def test_a_product_of_what_is_found_is_known():
    data = simulate(
        make_system("central"), key=jax.random.key(0), trajectories=30, steps=30, noise=0.01
    )
    found = discover(data, degree=4)
    (momentum, _), (square,) = (
        [sympy.sympify(q.expression) for q in found.quantities if q.independent == independent]
        for independent in (True, False)
    )
    assert sympy.simplify(square - momentum**2) == 0


def test_a_function_of_others_with_a_small_part_that_changes_is_not_new():
    """The square of a momentum and a little of what changes are conserved within the tolerance."""
    of = made(noisy(orbits(100), 0.001))
    mixed = in_units(MOMENTUM, of) + 0.02 * in_units({(0, 0): 1.0}, of)
    span = np.array([in_units(MOMENTUM, of), mixed])
    n = of.misfit.transforms
    # Only these functions are given, so that nothing else can be found in place of the mixture.
    some = np.array([PLACES[one] for one in ((0, 0), (0, 3), (1, 2))])
    part = of.misfit.of(some)._replace(places=np.arange(3))
    judge = lambda c: CONSERVED if part.value(c) < 2 * n else CHANGES  # noqa: E731
    forms = short_forms(part, span[:, some], [], of.values[:, some], np.ones(3), judge)
    assert sorted(forms.new) == [False, True]
    assert np.allclose(forms.found[forms.new][0, 0], 0.0)


@pytest.mark.slow
def test_noise_does_not_change_the_letters_of_a_toda_ring():
    pairs = ["exp(q2 - q1)", "exp(q3 - q2)", "exp(q1 - q3)"]
    functions = [f"{factor}{pair}" for pair in pairs for factor in ("", "p1*", "p2*", "p3*")]
    data = simulate(
        make_system("chain", spring="toda"), key=jax.random.key(0), trajectories=200, steps=50,
        noise=0.03,
    )  # fmt: skip
    found = discover(data, degree=3, functions=functions)
    told = [q for q in found.quantities if q.independent]
    assert len(told) == 3
    clean = simulate(
        make_system("chain", spring="toda"), key=jax.random.key(1), trajectories=20, steps=50
    )
    states = np.moveaxis(clean.states, -1, 0)
    for quantity in told:
        value = sympy.lambdify(sympy.symbols("q1:4 p1:4"), sympy.sympify(quantity.expression))
        values = value(*states)
        assert np.sqrt(values.var(1).mean() / values.var()) < 1e-6


@pytest.mark.parametrize("c", [(1.0, 0.0), (0.0, 1.0), (1.0, -1.0), (0.01, 1.0)])
def test_the_misfit_is_the_number_of_transforms_however_small_the_noise(c):
    """The second function has less noise than the least change that the prior knows."""
    deviations = np.array([10.0, 0.1]) * LEAST
    contrasts = deviations * np.random.default_rng(0).normal(size=(200, 40, 2))
    misfit = Misfit(
        contrasts, np.tile(np.diag(deviations**2), (200, 1, 1)), np.eye(2), np.arange(2)
    )
    assert misfit.transforms == 8000
    error = np.sqrt(2 / misfit.transforms)
    assert misfit.value(np.array(c)) == pytest.approx(misfit.transforms, rel=4 * error)
