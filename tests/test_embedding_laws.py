"""Laws of the embedding: its equations, its solvable cases, and its densities."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

from noether_razor.base.errors import InputError
from noether_razor.embedding._rows import padded
from noether_razor.embedding.densities import (
    Box,
    Gaussian,
    Given,
    InUnits,
    Mixture,
    Ring,
    Tube,
    as_density,
    stretched,
)
from noether_razor.embedding.functional import (
    Problem,
    bending,
    energy,
    log_volume,
    objective,
    residual,
    stein,
    value,
)
from noether_razor.embedding.kernel_density import kernel_density, likelihoods
from noether_razor.embedding.maps import Affine, Bounded, exponents, network, perturbed, series
from noether_razor.embedding.priors import MOST_NODES, Normal, Periodic, Uniform, quadrature, sample
from noether_razor.embedding.tables import tabulate, tabulated_objective

PRIORS = {"normal": Normal(0.7), "uniform": Uniform(), "periodic": Periodic()}


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def pca_of(variances, d, scale):
    """The optimum: W = U sqrt(lambda) / s."""
    matrix = jnp.asarray(np.diag(np.sqrt(variances))[:, :d] / scale)
    return Affine(jnp.zeros(len(variances)), matrix)


@jax.jit
def measures(embedding, scale, variances):
    """Residual, slope of E, J, and Stein's identity for an affine and for a quadratic field."""
    gaussian, prior = Gaussian.of(jnp.diag(variances)), Normal(scale)
    d = embedding.matrix.shape[1]
    nodes, z = quadrature(Normal(), d, 6), jnp.linspace(0.4, -1.1, d)
    nodes = nodes._replace(points=scale * nodes.points)
    return (
        residual(gaussian, prior, embedding)(z),
        jax.grad(energy(gaussian, prior, embedding))(z),
        value(embedding, Problem(gaussian, prior, nodes)),
        stein(gaussian, prior, embedding, nodes, lambda x: x),
        stein(gaussian, prior, embedding, nodes, lambda x: x**2),
    )


VARIANCES = np.array([3.0, 2.0, 0.5])


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_pca_solves_the_equation_and_has_the_known_objective(scale):
    pca = pca_of(VARIANCES, 2, scale)
    wrong, slope, best, virial, quadratic = measures(pca, scale, VARIANCES)
    for nothing in (wrong, slope, virial, quadratic):
        np.testing.assert_allclose(nothing, 0, atol=1e-12)
    np.testing.assert_allclose(best, -jnp.log(2 * jnp.pi * 0.5) / 2)
    # A longer map is no solution, and has a lower J.
    longer = pca._replace(matrix=1.1 * pca.matrix)
    wrong, _, less, virial, _ = measures(longer, scale, VARIANCES)
    assert jnp.max(jnp.abs(wrong)) > 0.01 and abs(virial) > 0.01 and less < best - 0.001


def test_other_eigenvectors_are_solutions_but_worse():
    swapped = pca_of(VARIANCES, 2, 1.0)._replace(
        matrix=jnp.asarray(np.sqrt(VARIANCES)[:, None] * np.eye(3)[:, 1:])
    )
    wrong, _, less, virial, _ = measures(swapped, 1.0, VARIANCES)
    np.testing.assert_allclose(wrong, 0, atol=1e-6)
    np.testing.assert_allclose(virial, 0, atol=1e-6)
    assert less < measures(pca_of(VARIANCES, 2, 1.0), 1.0, VARIANCES)[2] - 0.1


def test_a_wiggle_gains_what_the_bending_takes_away():
    """At a ratio of variances of 3, mode 4 gains as 4/3 > 1; with bending 1/lambda it loses."""
    variances = jnp.asarray([3.0, 1.0])
    nodes = quadrature(Normal(), 1, 32)
    pca = series("hermite", 4, pca_of(variances, 1, 1.0))
    bent = type(pca)(pca.coefficients.at[4, 1].set(0.05), "hermite", 4, 1)
    problem = Problem(Gaussian.of(jnp.diag(variances)), Normal(), nodes, 0.0)
    reached = jax.jit(objective)
    free, kept = problem, problem._replace(bending=1 / 3)
    assert reached(bent, free) > reached(pca, free)
    assert reached(bent, kept) < reached(pca, kept)
    np.testing.assert_allclose(reached(pca, free), reached(pca, kept), atol=1e-14)


@pytest.mark.parametrize("name", PRIORS)
def test_quadrature_samples_and_quantiles_agree_on_moments(name):
    prior = PRIORS[name]
    nodes, drawn = quadrature(prior, 1, 200), sample(jax.random.key(0), prior, 1, 20_000)
    mean = {"periodic": np.pi}.get(name, 0.0)
    for some, tolerance in ((nodes, 0.02), (drawn, 0.05)):
        np.testing.assert_allclose(some.mean(lambda z: z[0]), mean, atol=tolerance)
        variance = some.mean(lambda z: (z[0] - mean) ** 2)
        np.testing.assert_allclose(variance, prior.variance, rtol=tolerance)
    np.testing.assert_allclose(jnp.sum(nodes.weights), 1)


def test_too_many_nodes_are_refused():
    with pytest.raises(InputError, match=f"at most {MOST_NODES} in all, draw samples"):
        quadrature(Normal(), 5, 20)


@pytest.mark.parametrize(("basis", "prior"), [("hermite", Normal()), ("fourier", Periodic())])
def test_bases_are_orthonormal_under_their_priors(basis, prior):
    wave = series(basis, 6, Affine(jnp.zeros(1), jnp.ones((1, 1))))
    nodes = quadrature(prior, 1, 40)
    gram = nodes.mean(lambda z: jnp.outer(wave.features(z), wave.features(z)))
    np.testing.assert_allclose(gram, np.eye(7), atol=1e-12)


@pytest.mark.parametrize("basis", ["hermite", "cosine"])
@pytest.mark.parametrize("d", [1, 2])
def test_a_series_starts_as_the_affine_map_and_its_table_is_its_objective(basis, d):
    keys = jax.random.split(jax.random.key(1), 3)
    affine = Affine(jax.random.normal(keys[0], (3,)), jax.random.normal(keys[1], (3, d)))
    straight = series(basis, 4, affine)
    z = jnp.linspace(-0.9, 0.8, d)
    np.testing.assert_allclose(straight(z), affine(z), atol=1e-12)
    assert straight.nonlinear_fraction() == 0
    assert len(exponents(d, 4)) == {1: 5, 2: 15}[d]
    bent = perturbed(keys[2], straight, 0.2)
    prior = Normal() if basis == "hermite" else Uniform()
    problem = Problem(Gaussian.of(jnp.eye(3)), prior, quadrature(prior, d, 6), 0.3, 0.1)
    table = tabulate(bent, problem.nodes), problem
    by_table = jax.jit(tabulated_objective)(bent.coefficients, table)
    np.testing.assert_allclose(by_table, jax.jit(objective)(bent, problem), rtol=1e-12)
    assert jax.jit(bending)(straight, problem.nodes) < 1e-20


def test_volume_is_that_of_the_gram_determinant_and_of_qr():
    J = jax.random.normal(jax.random.key(0), (5, 3))
    np.testing.assert_allclose(log_volume(J), jnp.linalg.slogdet(J.T @ J)[1] / 2)
    # Nearly parallel columns: the determinant has lost all its digits, the volume has not.
    thin = jnp.stack([jnp.ones(3), jnp.ones(3) + 1e-9 * jnp.arange(3.0)], 1)
    r = jnp.abs(jnp.diagonal(jnp.linalg.qr(thin)[1]))
    np.testing.assert_allclose(log_volume(thin), jnp.log(r).sum(), rtol=1e-6)


def test_a_network_starts_near_its_affine_part_and_activations_are_checked():
    affine = Affine(jnp.ones(2), jnp.ones((2, 1)))
    still = network(jax.random.key(0), affine, 8, 2, "sin", 0.0)
    np.testing.assert_allclose(still(jnp.ones(1)), affine(jnp.ones(1)))
    with pytest.raises(InputError, match="activation is 'relu', expected tanh or sin"):
        network(jax.random.key(0), affine, activation="relu")
    with pytest.raises(InputError, match="basis is 'wavelet', expected one of hermite"):
        series("wavelet", 3, affine)


def test_a_bounded_embedding_stays_in_its_box():
    box = Box(-jnp.ones(2), jnp.ones(2))
    inside = Bounded(Affine(jnp.zeros(2), 20 * jnp.ones((2, 1))), box.low, box.high)
    points = jax.vmap(inside)(jnp.linspace(-9, 9, 50)[:, None])
    np.testing.assert_allclose(jax.vmap(box.log_prob)(points), -np.log(4))
    assert box.log_prob(jnp.asarray([2.0, 0.0])) == -jnp.inf


MIXED = Mixture(
    jnp.asarray([[0.0, 1.0], [1.0, -1.0]]),
    jnp.asarray([0.5, 0.8]),
    jnp.log(jnp.asarray([0.3, 0.7])),
)
PLANE = {
    "gaussian": Gaussian.of(jnp.asarray([[1.0, 0.3], [0.3, 0.5]])),
    "mixture": MIXED,
    "ring": Ring(1.0, 0.4),
    "ellipse": stretched(Ring(1.0, 0.4), jnp.asarray([1.5, 1.0])),
    "in units": InUnits(MIXED, jnp.asarray([0.2, 0.1]), jnp.asarray([2.0, 1.5])),
}


@pytest.mark.parametrize("name", PLANE)
def test_densities_of_the_plane_integrate_to_one(name):
    axis = np.linspace(-9, 9, 241)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    p = jnp.exp(jax.jit(jax.vmap(PLANE[name].log_prob))(grid))
    total = np.sum(p) * (axis[1] - axis[0]) ** 2
    np.testing.assert_allclose(total, 1, rtol=1e-6)


def test_a_ring_is_a_circle_of_gaussians_and_its_fastest_radius_is_the_known_one():
    angle = 2 * jnp.pi * jnp.arange(400.0) / 400
    beads = Mixture.equal(jnp.stack([jnp.cos(angle), jnp.sin(angle)], 1), 0.4)
    x = jnp.asarray([0.7, -0.9])
    np.testing.assert_allclose(Ring(1.0, 0.4).log_prob(x), beads.log_prob(x), rtol=1e-10)
    r = jnp.linspace(0.5, 1.5, 100_001)
    weight = jnp.log(r) + jax.vmap(lambda r: Ring(1.0, 0.4).log_prob(jnp.stack([r, 0 * r])))(r)
    np.testing.assert_allclose(r[jnp.argmax(weight)], 1.07132, atol=1e-5)


def test_a_tube_is_the_same_all_along():
    tube = Tube(Gaussian.of(jnp.eye(1)))
    assert tube.log_prob(jnp.asarray([5.0, 0.3])) == tube.log_prob(jnp.asarray([-2.0, 0.3]))


def test_numpyro_distributions_and_plain_functions_serve_as_densities():
    normal = dist.MultivariateNormal(jnp.zeros(2), jnp.eye(2))
    x = jnp.asarray([0.3, -1.0])
    ours = Gaussian.of(jnp.eye(2)).log_prob(x)
    np.testing.assert_allclose(as_density(normal).log_prob(x), ours)

    class Plain:
        def log_prob(self, x):
            return -jnp.sum(x**2)

    assert isinstance(as_density(Plain()), Given)
    assert as_density(Plain()).log_prob(x) == -jnp.sum(x**2)
    with pytest.raises(InputError, match="density is 3, expected 'kernel', 'gaussian', or"):
        as_density(3)


def test_the_kernel_width_is_the_likeliest_for_held_out_data():
    train, held_out = np.random.default_rng(0).normal(size=(2, 200, 2))
    found = kernel_density(train, held_out)
    widths = found.widths[0] * jnp.asarray([0.5, 1.0, 2.0])
    assert jnp.argmax(likelihoods(padded(train), padded(held_out), widths)) == 1
    # Centres without weight change nothing.
    x = jnp.asarray([0.3, -0.2])
    np.testing.assert_allclose(
        found.log_prob(x), Mixture.equal(jnp.asarray(train), found.widths[0]).log_prob(x)
    )
    with pytest.raises(InputError, match="expected data that vary"):
        kernel_density(np.ones((5, 2)), held_out)
