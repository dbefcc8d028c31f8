"""What the tests of files of trajectories share."""

import numpy as np


def arrays(trajectories=3, samples=5, n=2):
    generator = np.random.default_rng(0)
    q, p = generator.normal(size=(2, trajectories, samples, n))
    return q, p


def assert_one_line(error, path=None):
    message = str(error.value)
    assert "\n" not in message and len(message) < 400
    if path is not None:
        assert str(path) in message
