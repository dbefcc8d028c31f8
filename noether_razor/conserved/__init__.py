"""Families of conserved quantities, and their flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noether_razor.base.late import late

if TYPE_CHECKING:
    from noether_razor.conserved.dictionary import Dictionary as Dictionary
    from noether_razor.conserved.family import Combined as Combined
    from noether_razor.conserved.family import Element as Element
    from noether_razor.conserved.family import Family as Family
    from noether_razor.conserved.family import Product as Product
    from noether_razor.conserved.family import Together as Together
    from noether_razor.conserved.flow import Flow as Flow
    from noether_razor.conserved.neural import Neural as Neural
    from noether_razor.conserved.quadratic import Affine as Affine
    from noether_razor.conserved.quadratic import Quadratic as Quadratic
    from noether_razor.conserved.quadratic import commuting_quadratics as commuting_quadratics
    from noether_razor.conserved.quadratic import quadratic_features as quadratic_features

_HOMES = {
    "dictionary": ("Dictionary",),
    "family": (
        "Combined",
        "Element",
        "Family",
        "Product",
        "Together",
    ),
    "flow": ("Flow",),
    "neural": ("Neural",),
    "quadratic": (
        "Affine",
        "Quadratic",
        "commuting_quadratics",
        "quadratic_features",
    ),
}
__getattr__, __all__ = late(__name__, _HOMES)
