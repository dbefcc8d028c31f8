"""How the signs beside the model's verdict read by themselves, and where they contradict it."""

from __future__ import annotations

import numpy as np

from noether_razor.discovery.rank import DRIFTS
from noether_razor.discovery.result import Direction, Discovery
from noether_razor.proposals import DEGENERATE

CLEARLY_CONSERVED, CLEARLY_NOT = DRIFTS, 0.1
"""How a reader without the model would read a drift or a baseline eigenvalue; between the two, not
at all. They decide nothing: measurement noise alone can lift a conserved quantity above either."""

GAP = 5.0
"""Ratio of neighbouring eigenvalues that one would call a gap by eye."""

NOTICEABLE = 1.0
"""Nats a transition that a direction may cost before the cost is read as evidence against it. On
three bodies, true directions cost up to 0.13 and false ones 13 and more (results/engine.md)."""

YES, NO, UNCLEAR = "conserved", "not conserved", "unclear"


def signs(direction: Direction) -> dict[str, str]:
    """How each of the three signs reads by itself: conserved, not conserved, or unclear.

    A price can only speak against a direction.
    """
    return {
        "price": _reading_of_price(direction.price, direction.price_error),
        "certificate": _reading(direction.drift_low, direction.drift_high),
        "baseline": _reading(direction.baseline_eigenvalue, direction.baseline_eigenvalue),
    }


def ranks(discovery: Discovery) -> dict[str, int | None]:
    """The rank that each sign gives by itself, beside the verdict's; None where it gives none.

    Gap: where the baseline's eigenvalues make their widest jump, if that is by `GAP` or more.
    Evidence: the largest rank that the bound does not speak against. Certificate: the candidates
    that do not surely drift along trajectories.
    """
    sizes = np.maximum(np.abs(discovery.baseline), DEGENERATE)
    jumps = sizes[1:] / sizes[:-1]
    gap = int(jumps.argmax()) + 1 if len(jumps) and jumps.max() >= GAP else None
    still = sum(one.drift_low <= DRIFTS for one in discovery.candidates)
    return {"gap": gap, "evidence": discovery.evidence_rank, "certificate": still}


def opposition(direction: Direction) -> tuple[list[str], str]:
    """The signs that contradict the model's verdict, and what they say."""
    against = {"conserved": NO, "rejected": YES}.get(direction.verdict, "")
    return [name for name, reading in signs(direction).items() if reading == against], against


def _reading(low: float, high: float) -> str:
    if high <= CLEARLY_CONSERVED:
        return YES
    return NO if low >= CLEARLY_NOT else UNCLEAR


def _reading_of_price(gain: float, error: float) -> str:
    # Opposite moves can cancel, as translations of a linear system do: no cost is no sign.
    return NO if -gain > max(2 * error, NOTICEABLE) else UNCLEAR
