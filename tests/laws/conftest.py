"""Settings of the tests of laws."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def nothing_is_promoted():
    """Arrays of different types or ranks are mixed only where the code states it."""
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield
