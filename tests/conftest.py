"""Settings of all tests."""

import hypothesis
import jax
import pytest

# The first call of a jitted function compiles: that is no reason to fail.
hypothesis.settings.register_profile("compiled", deadline=None)
hypothesis.settings.load_profile("compiled")


@pytest.fixture(autouse=True, scope="module")
def forget_what_was_compiled():
    """Every program takes some of the memory mappings a process may have; the suite needs more."""
    yield
    jax.clear_caches()
