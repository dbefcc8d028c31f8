"""The verdict on every direction, and with it the rank: the posterior decides, data must speak.

Three signs are reported side by side: the posterior's (a moved prediction within its spread), the
certificate on held-out trajectories, and the linear-algebra baseline. Only the first rejects; the
certificate can withhold the name "conserved", and the baseline has no say.
"""

from __future__ import annotations

from collections.abc import Sequence

from noether_razor.discovery.certificate import Certificate
from noether_razor.inference.price import SIGNIFICANT, Price

CONSERVED, REJECTED, UNDETERMINED = "conserved", "rejected", "undetermined"

TOO_VAGUE = 0.5
"""Share of the motion that the posterior's spread may make up before it can tell nothing."""


MOSTLY_WITHIN = 0.5
"""Drift beyond which most of a quantity's variance lies within trajectories."""


def verdicts(price: Price, certificate: Certificate) -> Sequence[str]:
    """One verdict for each of K directions.

    Rejected: moving the data along the flow and predicting again disagrees with the prediction by
    two posterior standard deviations or more (`Price.z`). Undetermined: it does not, but the
    posterior is too vague to have seen it, or the quantity takes one value in all of the data, or
    it surely varies more within held-out trajectories than between them, be it by noise.
    Conserved otherwise. A rejection stands whatever the certificate says.
    """
    silent = ~certificate.determined | (certificate.low > MOSTLY_WITHIN)
    return [
        REJECTED
        if z >= SIGNIFICANT
        else UNDETERMINED
        if vague > TOO_VAGUE or unheard
        else CONSERVED
        for z, vague, unheard in zip(price.z, price.vague, silent, strict=True)
    ]
