"""The estimator: scikit-learn's own checks, PCA under Gaussian data, curves, and bad input."""

import warnings

import jax
import numpy as np
import numpyro.distributions as dist
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from noether_razor.base.errors import InputError
from noether_razor.embedding import UnboundedObjective, VariationalManifoldEmbedding

SMALL = {"degree": 2, "bending": "pca", "start": "pca", "max_iter": 5, "random_state": 0}


def cloud(seed=0, count=200):
    mix = np.diag([3.0, 2.0, 0.7])
    return 10 + np.random.default_rng(seed).normal(size=(count, 3)) @ mix


def arc(count=200, seed=0):
    """Three quarters of a noisy circle."""
    random = np.random.default_rng(seed)
    t = random.uniform(0, 1.5 * np.pi, count)
    return np.stack([np.cos(t), np.sin(t)], 1) + 0.05 * random.normal(size=(count, 2))


def test_scikit_learn_finds_nothing_wrong():
    check_estimator(VariationalManifoldEmbedding(1, **SMALL))


def test_under_gaussian_data_it_is_pca():
    x, new = cloud(), cloud(1, 20)
    found = VariationalManifoldEmbedding(2, density="gaussian", degree=3, bending="pca").fit(x)
    pca = PCA(2, whiten=True).fit(x)
    np.testing.assert_allclose(
        found.inverse_transform(found.transform(new)),
        pca.inverse_transform(pca.transform(new)),
        atol=1e-8,
    )
    # The latents are whitened PCA's, up to a rotation.
    turn = np.linalg.lstsq(found.transform(new), pca.transform(new), rcond=None)[0]
    np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-8)


def test_the_score_is_pcas_where_noise_is_small():
    x = cloud() * [1, 1, 0.01]
    x[:, 2] += 0.1 * x[:, 0]
    found = VariationalManifoldEmbedding(2, density="gaussian", **SMALL).fit(x)
    assert found.score(x) == pytest.approx(PCA(2).fit(x).score(x), abs=0.02)


def test_a_curve_is_followed_and_pca_is_not_enough():
    x, new = arc(), arc(100, 1)
    found = VariationalManifoldEmbedding(1, degree=5, max_iter=60, random_state=0).fit(x)
    pca = PCA(1).fit(x)
    errors = [
        np.mean(np.sum((new - one.inverse_transform(one.transform(new))) ** 2, 1))
        for one in (found, pca)
    ]
    assert errors[0] < 0.2 * errors[1]
    assert found.bending_ < 1
    assert len(found.searched_) == 10
    chosen = max(found.searched_, key=lambda one: one.likelihood)
    assert (chosen.start, chosen.weight) == (found.start_, found.bending_)
    drawn = found.sample(50, random_state=0)
    np.testing.assert_allclose(found.inverse_transform(found.transform(drawn)), drawn, atol=1e-6)


def test_it_works_in_a_pipeline_and_names_its_outputs():
    line = make_pipeline(StandardScaler(), VariationalManifoldEmbedding(2, **SMALL))
    assert line.fit_transform(cloud()).shape == (200, 2)
    assert list(line.get_feature_names_out()) == [
        f"variationalmanifoldembedding{i}" for i in range(2)
    ]


def test_a_numpyro_density_is_in_the_units_of_the_data():
    density = dist.MultivariateNormal(np.full(3, 10.0), np.diag([9.0, 4.0, 0.49]))
    found = VariationalManifoldEmbedding(1, density=density, **SMALL).fit(cloud())
    ends = found.inverse_transform([[-1.0], [1.0]])
    assert abs(ends[1] - ends[0]) @ [1, 0, 0] == pytest.approx(6.0, rel=0.05)


def test_no_penalty_is_warned_of_and_a_penalty_is_not():
    how = SMALL | {"bending": 0.0}
    with pytest.warns(UnboundedObjective, match="supremum is infinite"):
        VariationalManifoldEmbedding(1, **how).fit(cloud())
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnboundedObjective)
        VariationalManifoldEmbedding(1, **SMALL).fit(cloud())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_components": 4}, "n_components is 4, expected a whole number from 1 to 3 for data"),
        ({"degree": 0}, "degree is 0, expected a whole number of 1 or more"),
        ({"bending": "some"}, "bending is 'some', expected 'held-out', 'pca', or a weight"),
        ({"bending": -1.0}, "bending is -1.0, expected"),
        ({"start": "lle"}, "start is 'lle', expected pca, isomap or held-out"),
        ({"held_out": 1.0}, "held_out is 1.0, expected a share between 0 and 1"),
        ({"prior": "cauchy"}, "prior is 'cauchy', expected gaussian or uniform"),
        ({"density": "kde"}, "density is 'kde', expected 'kernel', 'gaussian', or an object"),
    ],
)
def test_a_mistake_is_one_line(wrong, message):
    with pytest.raises(InputError, match=message) as error:
        VariationalManifoldEmbedding(**({"n_components": 1} | SMALL | wrong)).fit(cloud())
    assert "\n" not in str(error.value)


def test_precision_of_the_process_is_left_alone():
    VariationalManifoldEmbedding(1, **SMALL).fit(cloud())
    assert not jax.config.jax_enable_x64
