"""What networks are trained on: a teacher's labels, digits, and Tiny ImageNet if it is there."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from experiments.learning_dynamics.training import Samples
from noether_razor.base.errors import InputError
from noether_razor.base.types import Key

TEST_SHARE = 5
"""One sample in this many is held out."""


def teacher(key: Key, samples: int, inputs: int, classes: int) -> Samples:
    """Gaussian inputs [N, D], labelled by the largest output of a random network of two layers."""
    x_key, in_key, out_key = jax.random.split(key, 3)
    x = jax.random.normal(x_key, (samples, inputs))
    hidden = jnp.tanh(x @ jax.random.normal(in_key, (inputs, inputs)) / inputs**0.5)
    return Samples(x, jnp.argmax(hidden @ jax.random.normal(out_key, (inputs, classes)), axis=-1))


def digits() -> tuple[Samples, Samples]:
    """Handwritten digits of 8 x 8 pixels, [N, 8, 8, 1] from -1 to 1; training and held-out ones.

    There are 1797 of them; every fifth is held out. They come with scikit-learn, so nothing is
    fetched.

    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI repository, 1998.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    x = jnp.asarray(bunch.images[..., None] / 8 - 1, jnp.result_type(float))
    y = jnp.asarray(bunch.target, jnp.int32)
    held = np.arange(len(y)) % TEST_SHARE == 0
    return Samples(x[~held], y[~held]), Samples(x[held], y[held])


def tiny_imagenet(directory: str | Path, limit: int | None = None) -> tuple[Samples, Samples]:
    """Tiny ImageNet as it is distributed: training and validation images, [N, 64, 64, 3], uint8.

    Args:
        directory: tiny-imagenet-200, with train/ and val/ in it.
        limit: most images of each class, for a trial.

    Raises:
        InputError: if it is not there.
    """
    root = Path(directory)
    classes = sorted(path.name for path in (root / "train").glob("n*"))
    notes = root / "val" / "val_annotations.txt"
    if not classes or not notes.exists():
        raise InputError(
            f"{root}: Tiny ImageNet is not there, expected train/ and val/val_annotations.txt in "
            "it: unpack tiny-imagenet-200.zip and give its directory as data="
        )
    train = [
        (path, number)
        for number, name in enumerate(classes)
        for path in sorted((root / "train" / name / "images").glob("*.JPEG"))[:limit]
    ]
    held = [line.split("\t")[:2] for line in notes.read_text().splitlines()]
    number_of = {name: number for number, name in enumerate(classes)}
    test = [(root / "val" / "images" / file, number_of[name]) for file, name in held]
    if limit is not None:
        test = test[: limit * len(classes)]
    return _read(train), _read(test)


def _read(files: list[tuple[Path, int]]) -> Samples:
    from PIL import Image

    images = np.stack([np.asarray(Image.open(path).convert("RGB")) for path, _ in files])
    return Samples(jnp.asarray(images), jnp.asarray([number for _, number in files], jnp.int32))
