"""The verdict on every direction, and with it the rank: the posterior decides, data must speak.

Three signs are reported side by side: the posterior's (a moved prediction within its spread), the
certificate on trajectories, and the linear-algebra baseline. Only the first rejects; the
certificate can withhold the name "conserved", and the baseline has no say. Both are needed: a
model that fits badly contradicts nothing, and trajectories alone need many to tell a slow change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from noether_razor.discovery.certificate import Certificate
from noether_razor.inference.price import SIGNIFICANT, Price

CONSERVED, REJECTED, UNDETERMINED = "conserved", "rejected", "undetermined"

TOO_VAGUE = 0.2
"""Share of the motion that the posterior's spread may make up before it can tell nothing. It is
below 0.07 where a model fits (three bodies with noise of 0.03) and 0.2 to 3 where it does not."""

DRIFTS = 0.01
"""Drift from which on a quantity is not conserved, if it surely has that much. True directions are
learned with an error, which gives them a drift as well: up to 0.004, with noise."""


FEW_NEAR = 0.1
"""Share of moves that end near data below which a posterior has not seen where they lead."""


def verdicts(
    price: Price, held_out: Certificate, train: Certificate, tolerance: float = 0.0
) -> Sequence[str]:
    """One verdict for each of K directions.

    Rejected: moving the data along the flow and predicting again disagrees with the prediction by
    two posterior standard deviations or more (`Price.z`). Undetermined: it does not, but the
    posterior is too vague to have seen it, or the quantity takes one value in all of the data, or
    it surely drifts, noise taken off. Conserved otherwise. A rejection stands whatever the
    certificates say, unless hardly a move ends near data: then it needs a drift to stand.

    Args:
        price: of each direction.
        held_out: certificate on held-out trajectories.
        train: certificate on the training trajectories. There are more of them, and having learned
            from them can only make a drift look smaller.
        tolerance: share of a transition's squared motion up to which a disagreement is no
            contradiction, however sure the posterior is, of what drifts no more than that either.
            A network is never conserved exactly, and the better the model, the surer it sees that;
            a quadratic can be. Where there is a tolerance, what drifts by more is undetermined at
            best, sure or not: a network was chosen for its small drift.
    """
    drifts = np.maximum(held_out.low, train.low) > DRIFTS
    silent = ~held_out.determined | drifts
    z, vague, near = (np.asarray(sign) for sign in (price.z, price.vague, price.near))
    slow = np.maximum(held_out.drift, train.drift) <= tolerance
    contradicted = (z >= SIGNIFICANT) & ~(slow & (z**2 * vague < tolerance))
    broken = contradicted & (drifts | (near >= FEW_NEAR))
    hidden = contradicted | (vague > TOO_VAGUE) | silent | (~slow & (tolerance > 0))
    return np.select([broken, hidden], [REJECTED, UNDETERMINED], CONSERVED).tolist()
