"""Values of conserved quantities along data."""

from __future__ import annotations

import jax
import numpy as np

from noether_razor.base.errors import InputError
from noether_razor.conserved.expressions import Expressions
from noether_razor.discovery.result import Discovery, Quantity


def values_along(discovery: Discovery, x: np.ndarray) -> np.ndarray:
    """Values [N, K] of every quantity of a discovery at states [N, m] in the user's units.

    Functions other than quadratics are computed from their text, whose numbers have three digits.

    Raises:
        InputError: if a quantity has more terms than its text shows, or names that are not words.
    """
    origin = np.array(list(discovery.origin.values()))
    columns = [_value(one, x, origin, discovery.names) for one in discovery.quantities]
    return np.column_stack(columns) if columns else np.zeros((len(x), 0))


def _value(
    quantity: Quantity, x: np.ndarray, origin: np.ndarray, names: tuple[str, ...]
) -> np.ndarray:
    if quantity.A is not None and quantity.b is not None:
        d = x - origin
        return np.einsum("ni,ij,nj->n", d, quantity.A, d) / 2 + d @ quantity.b
    if "..." in quantity.expression:
        raise InputError(
            f"{quantity.expression}: has more terms than its text shows, so it has no values here"
        )
    with jax.enable_x64(True):
        return np.asarray(jax.vmap(Expressions((quantity.expression,), names))(x))[:, 0]
