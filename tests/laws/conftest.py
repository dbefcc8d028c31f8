"""Settings of the tests of laws."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def nothing_is_promoted():
    """Arrays of unlike types or ranks are mixed only where the code says so."""
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield
