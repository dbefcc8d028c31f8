"""What a row of the study measured, and the settings and bounds that its file gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

from experiments.checks import Checks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Options = SimpleNamespace
"""The settings of a row's file, or its bounds, by name."""


@dataclass
class Outcome:
    """What a row measured.

    Attributes:
        checks: in the order they were made.
        figure: the row's picture.
        text: Markdown to go below the row's table: further tables, and what they mean.
    """

    checks: Checks = field(default_factory=Checks)
    figure: Figure | None = None
    text: str = ""
