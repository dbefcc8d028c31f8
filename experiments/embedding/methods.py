"""The embedding and its peers with one interface: encode, decode if possible, and generate."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import jax
import numpy as np
from sklearn.decomposition import PCA, KernelPCA
from sklearn.manifold import Isomap, LocallyLinearEmbedding

from experiments.embedding import autoencoders
from experiments.embedding.outcome import Options
from noether_razor.embedding.estimator import VariationalManifoldEmbedding
from noether_razor.embedding.maps import exponents


@dataclass(frozen=True)
class Fitted:
    """A fitted method.

    Attributes:
        encode: maps data [N, D] to latents [N, d].
        decode: maps latents to data; None if the method cannot decode.
        generated: points of its manifold, from its prior or from the training latents.
        note: what the method chose.
    """

    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray] | None = None
    generated: np.ndarray | None = None
    note: str = ""


Method = Callable[[np.ndarray, int, int, Options], Fitted]
"""A method fits training data [N, D] with d latents, given a seed and the settings."""
POINTS = 2000


def embedding(start: str, x: np.ndarray, d: int, seed: int, settings: Options) -> Fitted:
    """Variational manifold embedding from one start, or from the one that held-out data choose."""
    found = VariationalManifoldEmbedding(
        d,
        degree=settings.degree,
        prior=settings.prior,
        start=start,
        max_iter=settings.steps,
        random_state=seed,
    ).fit(x)
    note = f"{found.start_}, {found.bending_:g}"
    points = found.sample(POINTS, random_state=seed)
    return Fitted(found.transform, found.inverse_transform, points, note)


def pca(x: np.ndarray, d: int, seed: int, settings: Options) -> Fitted:
    """PCA, whose prior is Gaussian."""
    found = PCA(d, whiten=True).fit(x)
    latents = np.random.default_rng(seed).normal(size=(POINTS, d))
    return Fitted(found.transform, found.inverse_transform, found.inverse_transform(latents))


def kernel_pca(x: np.ndarray, d: int, seed: int, settings: Options) -> Fitted:
    """KernelPCA with Gaussian kernels of scikit-learn's width; it decodes by ridge regression."""
    found = KernelPCA(d, kernel="rbf", fit_inverse_transform=True, alpha=1e-3).fit(x)
    back = found.inverse_transform(found.transform(x))
    return Fitted(found.transform, found.inverse_transform, back)


def isomap(x: np.ndarray, d: int, seed: int, settings: Options) -> Fitted:
    """Isomap with ten neighbours."""
    return Fitted(Isomap(n_neighbors=10, n_components=d).fit(x).transform)


def lle(x: np.ndarray, d: int, seed: int, settings: Options) -> Fitted:
    """Locally linear embedding with twelve neighbours."""
    found = LocallyLinearEmbedding(n_neighbors=12, n_components=d, random_state=seed)
    return Fitted(found.fit(x).transform)


def autoencoder(variational: bool, x: np.ndarray, d: int, seed: int, settings: Options) -> Fitted:
    """An autoencoder whose decoder has about as many parameters as the embedding's series."""
    mean, unit = x.mean(0), np.sqrt(np.mean((x - x.mean(0)) ** 2))
    D = x.shape[1]
    parameters = len(exponents(d, settings.degree)) * D
    hidden = autoencoders.hidden_units(parameters, d, D)
    found = autoencoders.train(
        jax.random.key(seed), (x - mean) / unit, d, hidden, settings.epochs, variational
    )

    def encode(x: np.ndarray) -> np.ndarray:
        return found.encode((x - mean) / unit)

    def decode(z: np.ndarray) -> np.ndarray:
        return mean + unit * found.decode(z)

    latents = np.random.default_rng(seed).normal(size=(POINTS, d)) if variational else encode(x)
    return Fitted(encode, decode, decode(latents), f"{hidden} hidden units")


def principal_curve(x: np.ndarray, d: int, seed: int, settings: Options) -> Fitted:
    """Hastie and Stuetzle's principal curve, by pcurvepy2; the latent is the arc length."""
    from pcurvepy2 import PrincipalCurve

    mean = x.mean(0)
    curve = PrincipalCurve(k=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy warns of splines that stop early
        curve.fit(x - mean)
    points = np.asarray(curve.points)
    places = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])

    def encode(x: np.ndarray) -> np.ndarray:
        fine = np.linspace(0, places[-1], 2000)
        apart = np.linalg.norm(x[:, None] - decode(fine[:, None])[None], axis=-1)
        return fine[apart.argmin(1)][:, None]

    def decode(z: np.ndarray) -> np.ndarray:
        ways = [np.interp(z[:, 0], places, column) for column in points.T]
        return mean + np.stack(ways, 1)

    return Fitted(encode, decode, decode(np.linspace(0, places[-1], POINTS)[:, None]))


def methods(d: int) -> dict[str, Method]:
    """Every method for d latents, by name; principal curves where the package is installed."""
    found: dict[str, Method] = {
        "VME": partial(embedding, "held-out"),
        "VME from PCA": partial(embedding, "pca"),
        "VME from Isomap": partial(embedding, "isomap"),
        "PCA": pca,
        "KernelPCA": kernel_pca,
        "Isomap": isomap,
        "LLE": lle,
        "autoencoder": partial(autoencoder, False),
        "variational autoencoder": partial(autoencoder, True),
    }
    if d == 1 and find_spec("pcurvepy2"):
        found["principal curve"] = principal_curve
    return found
