"""Checkpoints: a pytree of arrays in an npz, with a digest, so that a damaged one is refused."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.base.files import write_atomically

Tree = TypeVar("Tree")


def save_checkpoint(path: str | os.PathLike, tree: Any, metadata: dict[str, Any]) -> None:
    """Write every leaf of a pytree (arrays, numbers, random keys) and some JSON, atomically.

    The arrays are named by their path in the tree. The old checkpoint stays until the new one is
    safely on disk.

    Raises:
        InputError: the file cannot be written, for instance because the disk is full.
    """
    leaves = {name: _to_numpy(leaf) for name, leaf in _named_leaves(tree)}
    text = json.dumps(metadata, sort_keys=True)
    digest = _digest(leaves, text)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in {
            **leaves,
            "metadata": np.array(text),
            "digest": np.array(digest),
        }.items():
            # Dates are fixed: the same state makes the same file, byte for byte.
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: str | os.PathLike, like: Tree) -> tuple[Tree, dict[str, Any]]:
    """Read a checkpoint into a pytree of the structure, shapes and dtypes of `like`.

    Args:
        like: the state as it is at the start of the run, or its `jax.eval_shape`.

    Returns:
        The restored tree, and the metadata.

    Raises:
        InputError: the file is missing, is damaged (its digest does not agree), or belongs to
            another model.
    """
    path = Path(path)
    stored, metadata = _read(path)
    wanted = dict(_named_leaves(like))
    if list(wanted) != list(stored):
        differing = sorted(set(wanted) ^ set(stored)) or ["their order"]
        raise _other(path, f"the arrays differ in {', '.join(differing[:3])}")
    restored = [_restore(path, name, stored[name], leaf) for name, leaf in wanted.items()]
    return jax.tree.unflatten(jax.tree.structure(like), restored), metadata


def read_metadata(path: str | os.PathLike) -> dict[str, Any]:
    """Read only the metadata of a checkpoint; the digest of the whole file is checked.

    Raises:
        InputError: the file is missing or damaged.
    """
    return _read(Path(path))[1]


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays by name and the metadata, if the digest agrees with them."""
    if not path.exists():
        raise InputError(f"{path}: there is no such checkpoint: start the run without it")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            stored = {name: archive[name] for name in archive.files}
        text, digest = str(stored.pop("metadata")), str(stored.pop("digest"))
        damaged = digest != _digest(stored, text)
        metadata = json.loads(text)
    except Exception as error:  # damaged bytes can raise almost any exception in zipfile
        raise _damaged(path) from error
    if damaged:
        raise _damaged(path)
    return stored, metadata


def _named_leaves(tree: Any) -> list[tuple[str, Any]]:
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    # A prefix keeps the tree's names apart from those of the checkpoint itself.
    return [(f"tree{jax.tree_util.keystr(path)}", leaf) for path, leaf in leaves]


def _is_key(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _to_numpy(leaf: Any) -> np.ndarray:
    # Not np.ascontiguousarray, which would turn a scalar into a vector.
    return np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf, order="C")


def _restore(path: Path, name: str, array: np.ndarray, like: Any) -> Any:
    if _is_key(like):
        return jax.random.wrap_key_data(jnp.asarray(array), impl=jax.random.key_impl(like))
    shape, dtype = np.shape(like), np.dtype(getattr(like, "dtype", np.asarray(like).dtype))
    if array.shape != shape or array.dtype != dtype:
        found, expected = f"{array.dtype}{list(array.shape)}", f"{dtype}{list(shape)}"
        raise _other(path, f"{name} is {found}, expected {expected}")
    if isinstance(like, bool | int | float):
        return type(like)(array)
    return array if isinstance(like, np.ndarray | np.generic) else jnp.asarray(array)


def _digest(leaves: dict[str, np.ndarray], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name, array in leaves.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _damaged(path: Path) -> InputError:
    return InputError(f"{path}: is damaged or no checkpoint: delete it, and the run starts again")


def _other(path: Path, difference: str) -> InputError:
    return InputError(
        f"{path}: belongs to another model ({difference}): delete it, or choose another --out"
    )
