"""Noether's learning dynamics: charges of steps and of networks, whatever the loss."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.flatten_util import ravel_pytree

from experiments.learning_dynamics import networks
from experiments.learning_dynamics.data import teacher
from experiments.learning_dynamics.training import cross_entropy, draw, train
from noether_razor.base.errors import InputError
from noether_razor.learning_dynamics import symmetries
from noether_razor.learning_dynamics.bregman import balance, heavy_ball
from noether_razor.learning_dynamics.charges import with_charges
from noether_razor.learning_dynamics.descent import Descent, fixed_norm, spherical_rmsprop

DESCENT = Descent(learning_rate=0.1, momentum=0.9, weight_decay=5e-3)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


# Symmetries and charges of networks

TURN = np.zeros((8, 8))
TURN[0, 3], TURN[3, 0] = 1, -1
CASES = {
    "scale": ("normalised", networks.FILTERS, (8,)),
    "rescale": ("rectifier", networks.UNITS, (8,)),
    "translation": ("rectifier", networks.HEADS[0], (8,)),
    "one translation": ("rectifier", networks.HEADS[1], ()),
    "rotation": (
        "linear",
        symmetries.rotation(("hidden.kernel", 1), ("readout.kernel", 0), by=TURN),
        (),
    ),
    "filters": ("convolutional", networks.filters_of([3, 4])[1], (4,)),
}


@cache
def problem(network):
    seed = 0
    data = teacher(jax.random.key(seed), 64, 16, 5)
    if network == "convolutional":
        data = data._replace(x=data.x.reshape(-1, 4, 4, 1))
    width = (3, 4) if network == "convolutional" else 8
    inputs = 1 if network == "convolutional" else 16
    apply, parameters = networks.make_network(network, jax.random.key(seed), inputs, width, 5)
    return cross_entropy(apply), parameters, data


def trained(loss, parameters, data, optimiser, steps, log):
    """Train on mini-batches of 16; return the last parameters and the log."""
    go = jax.jit(lambda p: train(jax.random.key(2), loss, p, data, optimiser, steps, 16, log))
    return go(parameters)


@pytest.mark.parametrize("case", CASES)
def test_networks_have_their_symmetries_on_every_batch(case):
    network, symmetry, shape = CASES[case]
    loss, parameters, data = problem(network)
    batch = draw(jax.random.key(3), data, 16)
    found = symmetries.check_symmetry(
        jax.random.key(1), symmetry, lambda p: loss(p, batch), parameters
    )
    assert found.shape == shape


@pytest.mark.parametrize("case", CASES)
def test_every_step_changes_a_charge_by_exactly_the_terms_of_its_balance(case):
    network, symmetry, shape = CASES[case]
    loss, parameters, data = problem(network)
    optimiser = with_charges(DESCENT.transformation, [symmetry], DESCENT)
    log = lambda p, state, value: state.logs[0]  # noqa: E731
    _, logs = trained(loss, parameters, data, optimiser, 30, log)
    assert logs.charge.shape == (30, *shape)
    size = 1e-12 * np.abs(logs.charge).max() + 1e-13
    np.testing.assert_allclose(logs.charge, logs.exact, rtol=0, atol=size)
    np.testing.assert_allclose(logs.metric, 0, atol=size)
    np.testing.assert_allclose(logs.force, 0, atol=size)
    terms = logs.dissipation + logs.kinetic + logs.weight_decay + logs.force + logs.metric
    np.testing.assert_allclose(logs.rate, terms, atol=size)
    # The recursion of the quantity, whose only source is |v|^2.
    if symmetry.degree == 2:
        eta, beta, k = DESCENT
        X, V = np.asarray(logs.quantity), np.asarray(logs.velocity_square)
        ahead = X[1:-1] + beta * (X[1:-1] - X[:-2]) - 2 * eta * k * X[1:-1]
        np.testing.assert_allclose(X[2:], ahead + eta**2 * (V[2:] + beta * V[1:-1]), rtol=1e-12)
        np.testing.assert_allclose(logs.kinetic, -eta * V, rtol=1e-9, atol=size)


def test_adam_does_not_obey_the_balance_and_the_log_says_so():
    network, symmetry, _ = CASES["scale"]
    loss, parameters, data = problem(network)
    optimiser = with_charges(optax.adam(0.1), [symmetry], Descent(0.1))
    log = lambda p, state, value: state.logs[0]  # noqa: E731
    _, logs = trained(loss, parameters, data, optimiser, 10, log)
    assert np.abs(logs.metric).max() > 0.1 * np.abs(logs.charge).max()
    np.testing.assert_allclose(logs.charge, logs.exact + logs.force + logs.metric, atol=1e-12)


def test_a_schedule_of_the_rate_leaves_the_balance_exact():
    network, symmetry, _ = CASES["scale"]
    loss, parameters, data = problem(network)
    rate = optax.exponential_decay(0.1, 5, 0.5)
    inner = optax.chain(
        optax.add_decayed_weights(5e-3), optax.trace(0.9), optax.scale_by_learning_rate(rate)
    )
    optimiser = with_charges(inner, [symmetry], DESCENT, learning_rate=rate)
    log = lambda p, state, value: state.logs[0]  # noqa: E731
    _, logs = trained(loss, parameters, data, optimiser, 30, log)
    np.testing.assert_allclose(logs.charge, logs.exact, rtol=1e-10)


def test_the_log_is_the_charge_of_the_lagrangian():
    """The charge N of a step is -D . eta / m of the Lagrangian, at its end and velocity."""
    network, symmetry, _ = CASES["scale"]
    loss, parameters, data = problem(network)
    optimiser = with_charges(DESCENT.transformation, [symmetry], DESCENT)
    log = lambda p, state, value: (p, state.logs[0])  # noqa: E731
    _, (states, logs) = trained(loss, parameters, data, optimiser, 3, log)
    before, after = (jax.tree.map(lambda leaf, n=n: leaf[n], states) for n in (1, 2))
    (old, unravel), (new, _) = ravel_pytree(before), ravel_pytree(after)
    velocity = (new - old) / DESCENT.learning_rate

    def generator(q):
        tree = unravel(q)
        zero = jax.tree.map(jnp.zeros_like, tree)
        return ravel_pytree(symmetry.replaced(zero, symmetry.chosen(tree)))[0]

    lagrangian = heavy_ball(lambda q: loss(unravel(q), data), DESCENT)
    at = jax.jit(balance(lagrangian, generator, lambda z: new + z[0] * velocity))
    terms = at(jnp.zeros(()))
    np.testing.assert_allclose(terms.charge, -DESCENT.mass * logs.charge[2].sum(), rtol=1e-9)
    np.testing.assert_allclose(terms.loss, 0, atol=1e-13)


def test_a_symmetry_that_is_none_is_refused_in_one_line():
    loss, parameters, data = problem("rectifier")
    wrong = symmetries.scale(("hidden.kernel", -1), name="no such thing")
    with pytest.raises(InputError, match="changes along 'no such thing'") as error:
        symmetries.check_symmetry(jax.random.key(0), wrong, lambda p: loss(p, data), parameters)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="expected one of the parameters hidden.bias"):
        symmetries.scale(("hiden.kernel", -1)).chosen(parameters)
    with pytest.raises(InputError, match="not skew"):
        symmetries.rotation(("hidden.kernel", 1), by=np.eye(8))


def test_a_normalisation_with_epsilon_breaks_the_scale_symmetry(monkeypatch):
    monkeypatch.setattr(networks, "TINY", 1e-2)
    loss, parameters, data = problem("normalised")
    with pytest.raises(InputError, match="epsilon"):
        symmetries.check_symmetry(
            jax.random.key(0), networks.FILTERS, lambda p: loss(p, data), parameters
        )


def test_symmetries_take_the_parameters_of_a_flax_model():
    from flax import nnx

    model = networks.NormalisedMLP(6, 4, 3, nnx.Rngs(0))
    chosen = networks.FILTERS.chosen(nnx.state(model, nnx.Param))
    np.testing.assert_array_equal(chosen[0], model.hidden.kernel[...])


def test_logging_costs_little_of_a_step():
    """Operations are counted, on a network as large as the largest of the experiments."""
    apply, parameters = networks.make_network("convolutional", jax.random.key(0), 1, (16, 32), 10)
    data = teacher(jax.random.key(0), 64, 64, 10)
    data = data._replace(x=data.x.reshape(-1, 8, 8, 1))
    loss = cross_entropy(apply)

    def operations(optimiser):
        def step(parameters, state):
            gradients = jax.grad(loss)(parameters, data)
            return optimiser.update(gradients, state, parameters)

        state = optimiser.init(parameters)
        return jax.jit(step).lower(parameters, state).compile().cost_analysis()["flops"]

    plain = DESCENT.transformation
    logged = with_charges(plain, networks.filters_of([16, 32]), DESCENT)
    assert 1 < operations(logged) / operations(plain) < 1.05


# Optimisers that hold norms


def test_fixed_norm_keeps_every_filter_where_it_began():
    loss, parameters, data = problem("normalised")
    log = lambda p, state, value: jnp.linalg.norm(p["hidden.kernel"], axis=0)  # noqa: E731
    optimiser = fixed_norm(DESCENT.transformation, networks.FILTERS)
    last, norms = trained(loss, parameters, data, optimiser, 20, log)
    first = jnp.linalg.norm(parameters["hidden.kernel"], axis=0)
    np.testing.assert_allclose(norms, np.broadcast_to(first, norms.shape), rtol=1e-12)
    assert np.abs(last["hidden.kernel"] - parameters["hidden.kernel"]).max() > 0.1


def test_spherical_rmsprop_moves_then_updates_its_mean_square():
    loss, parameters, data = problem("normalised")
    filters = networks.FILTERS
    kernel = parameters["hidden.kernel"] / jnp.linalg.norm(parameters["hidden.kernel"], axis=0)
    parameters = parameters | {"hidden.kernel": kernel}
    optimiser = spherical_rmsprop(filters, 0.1, 0.9, jnp.full(8, 4.0))
    gradients = jax.grad(loss)(parameters, data)
    updates, state = optimiser.update(gradients, optimiser.init(parameters), parameters)
    g = gradients["hidden.kernel"]
    moved = kernel - 0.1 * g / 2
    expected = moved / jnp.linalg.norm(moved, axis=0) - kernel
    np.testing.assert_allclose(updates["hidden.kernel"], expected, atol=1e-14)
    np.testing.assert_array_equal(updates["readout.kernel"], 0)
    np.testing.assert_allclose(state.mean_square, 3.6 + 0.1 * jnp.sum(g**2, axis=0))


@pytest.mark.parametrize(
    "wrong", [Descent(0.0), Descent(0.1, 1.0), Descent(0.1, -0.1), Descent(0.1, 0.5, -1e-3)]
)
def test_hyper_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        wrong.checked()


def test_charges_need_the_parameters():
    loss, parameters, _ = problem("normalised")
    optimiser = with_charges(DESCENT.transformation, [networks.FILTERS], DESCENT)
    with pytest.raises(InputError, match="update"):
        optimiser.update(parameters, optimiser.init(parameters))
