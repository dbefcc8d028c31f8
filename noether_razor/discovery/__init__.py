"""What was found, in words that a person can check, and how sure the model is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noether_razor._late import late

if TYPE_CHECKING:
    from noether_razor.discovery.certificate import Certificate as Certificate
    from noether_razor.discovery.certificate import drift_certificate as drift_certificate
    from noether_razor.discovery.certificate import normalised_bracket as normalised_bracket
    from noether_razor.discovery.formula import as_sympy as as_sympy
    from noether_razor.discovery.formula import expression as expression
    from noether_razor.discovery.formula import latex as latex
    from noether_razor.discovery.readable import angle_between as angle_between
    from noether_razor.discovery.readable import readable_basis as readable_basis
    from noether_razor.discovery.readable import residuals as residuals
    from noether_razor.discovery.report import write_report as write_report
    from noether_razor.discovery.result import Direction as Direction
    from noether_razor.discovery.result import Discovery as Discovery
    from noether_razor.discovery.result import Quantity as Quantity

_HOMES = {
    "certificate": (
        "Certificate",
        "drift_certificate",
        "normalised_bracket",
    ),
    "formula": (
        "as_sympy",
        "expression",
        "latex",
    ),
    "readable": (
        "angle_between",
        "readable_basis",
        "residuals",
    ),
    "report": ("write_report",),
    "result": (
        "Direction",
        "Discovery",
        "Quantity",
    ),
}
__getattr__, __all__ = late(__name__, _HOMES)
