"""The verdict on every direction, and with it the rank: the posterior decides, data must speak.

Three signs are reported side by side: the posterior's (a moved prediction within its spread), the
certificate on held-out trajectories, and the linear-algebra baseline. Only the first decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from noether_razor.inference.price import SIGNIFICANT, Price

CONSERVED, REJECTED, UNDETERMINED = "conserved", "rejected", "undetermined"

TOO_VAGUE = 0.5
"""Share of the motion that the posterior's spread may make up before it can tell nothing."""


def verdicts(price: Price, determined: np.ndarray) -> Sequence[str]:
    """One verdict for each of K directions.

    Rejected: moving the data along the flow and predicting again disagrees with the prediction by
    two posterior standard deviations or more (`Price.z`). Undetermined: it does not, but the
    posterior is too vague to have seen it, or the quantity takes one value in all of the data.
    Conserved otherwise. A rejection stands whatever the data's certificate says.

    Args:
        price: of the K directions.
        determined: whether the data could speak of each, [K].
    """
    return [
        REJECTED
        if z >= SIGNIFICANT
        else UNDETERMINED
        if vague > TOO_VAGUE or not spoken
        else CONSERVED
        for z, vague, spoken in zip(price.z, price.vague, determined, strict=True)
    ]
