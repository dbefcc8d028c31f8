"""The algebra of conserved quantities: the laws of its structure constants, and its name."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from noether_razor.conserved import Quadratic
from noether_razor.describe._modules import commutant, null_space, row_space, submodules
from noether_razor.describe.algebra import algebra, algebra_name
from noether_razor.systems import make_system, stack
from tests.sample_discovery import sample


@pytest.fixture(autouse=True, scope="module")
def float64():
    with jax.enable_x64(True):
        yield


def equal_oscillators(n):
    return stack(make_system("oscillator", frequencies=[1.0] * n).conserved)


def bodies(dimensions):
    return stack(make_system("n_body", bodies=3, dimensions=dimensions).conserved)


def of_bodies(*names):
    known = {q.name: q for q in make_system("n_body", bodies=3).conserved}
    return stack([known[name] for name in names])


def forms(*A, b=None):
    A = jnp.asarray(A, float)
    return Quadratic(A, jnp.zeros(A.shape[:2]) if b is None else jnp.asarray(b, float))


POSITION_AND_MOMENTUM = forms(*np.zeros((2, 2, 2)), b=np.eye(2))
SQUARES = forms([[1, 0], [0, 0]], [[0, 0], [0, 1]], [[0, 1], [1, 0]])
ANGULAR = stack(
    [q for q in make_system("n_body", dimensions=3).conserved if q.name.startswith("L")]
)
SQUEEZE = forms(np.diag([1.0, -1]), np.zeros((2, 2)), np.zeros((2, 2)), b=[[0, 0], [1, 0], [0, 1]])

STIFFNESS = np.array([[2.0, -1, 0], [-1, 2, -1], [0, -1, 2]])
POWERS = (np.eye(3), STIFFNESS, STIFFNESS @ STIFFNESS)
COUPLED = forms(
    *(np.kron([[1, 0], [0, 0]], M @ STIFFNESS) + np.kron([[0, 0], [0, 1]], M) for M in POWERS)
)

NAMED = {
    "u(1)": equal_oscillators(1),
    "u(2)": equal_oscillators(2),
    "u(3)": equal_oscillators(3),
    "u(4)": equal_oscillators(4),
    "u(2) ⊕ u(1)": stack(make_system("oscillator", frequencies=[1.0, 1.0, 2.3]).conserved),
    "u(1)^2": stack(make_system("oscillator", frequencies=[1.0, 2.3]).conserved),
    # Its quantities commute at any size; their brackets are zero up to rounding errors.
    "u(1)^3": COUPLED,
    "(so(2) ⋉ (R^2 ⊕ R^2)) ⊕ R^2": bodies(2),
    "so(3) ⊕ (so(3) ⋉ (R^3 ⊕ R^5)) ⊕ R": bodies(3),
    "so(3)": ANGULAR,
    "se(2)": of_bodies("Px", "Py", "Lxy"),
    "R^3": of_bodies("Px", "Py", "Px Py"),
    "h(1)": POSITION_AND_MOMENTUM,
    "sl(2,R)": SQUARES,
    "(sl(2,R) ⋉ h(1)) ⊕ u(1)": stack(make_system("magnetic").conserved),
}


@pytest.mark.parametrize("name", NAMED)
def test_names_in_any_basis_units_and_noise(name):
    quantities = NAMED[name]
    r, m = quantities.b.shape
    generator = np.random.default_rng(0)
    mix = generator.normal(size=(r, r)) + 2 * np.eye(r)
    mixed = Quadratic(*(jnp.asarray(np.tensordot(mix, leaf, 1)) for leaf in quantities))
    units = np.exp(0.5 * generator.normal(size=m))
    found = algebra(mixed, units)
    assert found.residual < 1e-10 and found.name() == name
    wrong = mixed.coefficients() * (1 + 1e-4 * generator.normal(size=mixed.coefficients().shape))
    assert algebra(Quadratic.from_coefficients(wrong, m), units).name() == name


@pytest.mark.parametrize("name", NAMED)
def test_structure_constants_are_antisymmetric_and_satisfy_jacobi(name):
    f = algebra(NAMED[name], np.ones(NAMED[name].b.shape[1])).structure
    np.testing.assert_allclose(f, -f.swapaxes(0, 1), atol=1e-12)
    double = np.einsum("ijl,lkm->ijkm", f, f)
    jacobi = double + double.transpose(1, 2, 0, 3) + double.transpose(2, 0, 1, 3)
    np.testing.assert_allclose(jacobi, 0, atol=1e-10)


def test_parts_of_the_planar_bodies():
    found = algebra(bodies(2), np.ones(12))
    assert (len(found.centre()), len(found.derived()), len(found.radical())) == (2, 4, 7)
    assert found.signature() == (0, 1)
    assert sorted(part.dimension for part in found.ideals()) == [1, 1, 5]
    assert not found.extended and algebra(POSITION_AND_MOMENTUM, np.ones(2)).extended


def test_a_number_that_a_shift_removes_extends_nothing():
    """Rotations of three bodies about a point off the origin, with the total momenta."""
    known = of_bodies("Px", "Py", "Lxy")
    moved = known._replace(b=known.b + known.A @ jnp.arange(12.0))
    found = algebra(moved, np.ones(12))
    assert found.name() == "se(2)" and not found.extended


def stacked(quantities):
    return Quadratic(*(np.stack([getattr(q, part) for q in quantities]) for part in ("A", "b")))


def test_what_does_not_close_has_no_name():
    found = sample()
    assert algebra_name(stacked(found.quantities), np.ones(12)) == "(so(2) ⋉ (R^2 ⊕ R^2)) ⊕ R^2"
    # A momentum and an angular momentum, without the other momentum.
    two = [q for q in found.quantities if q.expression in ("p1x + p2x + p3x",)] + [
        q for q in found.quantities if q.expression.startswith("q1x*p1y")
    ]
    assert len(two) == 2
    assert algebra_name(stacked(two), np.ones(12)) == ""


def test_squeezing_a_plane_is_told_from_turning_it():
    assert algebra(SQUEEZE, np.ones(2)).name().startswith("solvable")  # extended by the number 1


@pytest.mark.parametrize("sizes", [(1, 2), (3, 3, 2), (5, 12)])  # the last by iteration
def test_pieces_that_matrices_keep_apart(sizes):
    generator = np.random.default_rng(0)
    r = sum(sizes)
    blocks = np.zeros((3, r, r))
    start = 0
    for size in sizes:
        blocks[:, start : start + size, start : start + size] = generator.normal(
            size=(3, size, size)
        )
        start += size
    turn = np.linalg.qr(generator.normal(size=(r, r)))[0]
    matrices = turn @ blocks @ turn.T
    assert len(commutant(matrices)) == len(sizes)
    pieces = submodules(matrices)
    assert sorted(len(rows) for rows in pieces) == sorted(sizes)
    for rows in pieces:
        np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-8)
        moved = rows @ matrices.swapaxes(1, 2)
        np.testing.assert_allclose(moved - (moved @ rows.T) @ rows, 0, atol=1e-4)


def test_row_and_null_space_are_complements():
    rows = np.random.default_rng(0).normal(size=(3, 7))
    inside, outside = row_space(rows, 1e-6), null_space(rows, 1e-6)
    assert (len(inside), len(outside)) == (3, 4)
    np.testing.assert_allclose(inside @ outside.T, 0, atol=1e-12)
