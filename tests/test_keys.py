"""Every random key is used once."""

from dataclasses import replace

import jax
import numpyro.primitives
import pytest
from jax.errors import KeyReuseError
from test_inference import TINY

from noether_razor.data.simulated import simulate
from noether_razor.data.trajectories import transitions
from noether_razor.inference.evaluate import Effort, evaluate
from noether_razor.inference.learn import learn
from noether_razor.systems import make_system


@pytest.fixture(autouse=True)
def reuse_is_an_error(monkeypatch):
    def subsample(size, count, rng_key=None):
        return jax.random.choice(rng_key, size, (count,), replace=False)

    # What NumPyro does on a GPU. On a CPU it loops over split keys, and JAX cannot see that it
    # takes another one each time.
    monkeypatch.setattr(numpyro.primitives, "_subsample_fn", subsample)
    with jax.debug_key_reuse(True):
        yield


def test_reuse_would_be_noticed():
    key = jax.random.key(0)
    jax.random.normal(key)
    with pytest.raises(KeyReuseError):
        jax.random.normal(key)


@pytest.mark.slow
def test_no_key_is_used_twice():
    simulate_key, learn_key, evaluate_key = jax.random.split(jax.random.key(0), 3)
    system = make_system("oscillator", frequencies=(1.0,))
    data = transitions(simulate(system, key=simulate_key, trajectories=2, steps=8))
    problem, fitted = learn(learn_key, data, replace(TINY, warmup=2, steps=2, chunk=2))
    evaluate(
        evaluate_key, fitted, problem.train,
        training_size=len(data.start), effort=Effort((2, 2), (2, 2)),
    )  # fmt: skip
