"""A map over rows in batches, in one loop, and the exponential of a matrix, in two loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from noether_razor.base.batches import map_in_batches
from noether_razor.conserved._exponential import matrix_exponential


@pytest.mark.parametrize("rows", [1, 3, 4, 7, 8])
def test_batches_of_any_number_of_rows_are_what_one_map_is(rows):
    x = jnp.arange(3.0 * rows).reshape(rows, 3)
    tree = (x, jnp.arange(rows))

    def function(row):
        state, index = row
        return {"sum": state.sum() + index, "square": state**2}

    there, here = map_in_batches(function, tree, 4), jax.vmap(function)(tree)
    jax.tree.map(np.testing.assert_array_equal, there, here)


def test_a_batch_is_compiled_once_whatever_is_left_over():
    calls = []

    def function(x):
        calls.append(x)
        return 2 * x

    map_in_batches(function, jnp.arange(10.0), 4)
    assert len(calls) == 1


@pytest.mark.parametrize(("dtype", "digits"), [(jnp.float32, 1e-6), (jnp.float64, 3e-14)])
@pytest.mark.parametrize("size", [0.0, 1e-3, 1.0, 5.0, 30.0])
def test_exponential_agrees_with_scipy(size, dtype, digits):
    with jax.enable_x64(True):
        A = jax.random.normal(jax.random.key(0), (20, 5, 5), dtype) * size / 5
        found = np.asarray(jax.vmap(matrix_exponential)(A), float)
    true = np.stack([scipy.linalg.expm(np.asarray(a, float)) for a in A])
    error = np.linalg.norm(found - true, axis=(1, 2)) / np.linalg.norm(true, axis=(1, 2))
    condition = np.maximum(np.linalg.norm(A, axis=(1, 2)), 1)  # the least of the problem
    assert np.all(error < digits * condition)


def test_exponential_has_the_derivative_of_scipys():
    with jax.enable_x64(True):
        A, B = jax.random.normal(jax.random.key(1), (2, 4, 4), jnp.float64)
        slope = jax.grad(lambda A: jnp.vdot(matrix_exponential(A), B))(A)
        _, true = scipy.linalg.expm_frechet(np.asarray(A).T, np.asarray(B))
        np.testing.assert_allclose(slope, true, rtol=1e-12, atol=1e-12)


def test_exponential_of_a_matrix_that_is_too_large_is_not_a_number():
    assert np.isnan(matrix_exponential(1e4 * jnp.eye(2))).all()
    assert np.isnan(matrix_exponential(jnp.full((2, 2), jnp.nan))).all()
