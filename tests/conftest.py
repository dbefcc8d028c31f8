"""Settings of all tests."""

import hypothesis

# The first call of a jitted function compiles: that is no reason to fail.
hypothesis.settings.register_profile("compiled", deadline=None)
hypothesis.settings.load_profile("compiled")
