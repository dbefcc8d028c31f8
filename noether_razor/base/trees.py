"""Dataclasses as trees of arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

import jax
from jax.tree_util import GetAttrKey

T = TypeVar("T")


def tree(cls: type[T]) -> type[T]:
    """Register a dataclass as a pytree; fields with `metadata={"static": True}` are not leaves.

    This is like `jax.tree_util.register_dataclass`, but JAX rebuilds a value without a call of the
    constructor. A rebuilt value may hold shapes, axes or placeholders in place of arrays, and the
    constructor may accept arrays only.
    """
    static = [field.name for field in fields(cls) if field.metadata.get("static")]  # type: ignore[arg-type]
    leaves = [field.name for field in fields(cls) if field.name not in static]  # type: ignore[arg-type]

    def flatten(value: T) -> tuple[tuple, tuple]:
        there = vars(value)
        return tuple(there[name] for name in leaves), tuple(there[name] for name in static)

    def flatten_with_keys(value: T) -> tuple[tuple, tuple]:
        there, rest = flatten(value)
        return tuple(zip(map(GetAttrKey, leaves), there, strict=True)), rest

    def unflatten(rest: tuple, there: Iterable[Any]) -> T:
        value = object.__new__(cls)
        vars(value).update(zip(leaves, there, strict=True))
        vars(value).update(zip(static, rest, strict=True))
        return value

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
    return cls
