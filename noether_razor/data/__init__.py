"""Trajectories from files of any kind, and from objects in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noether_razor.base.late import late

if TYPE_CHECKING:
    from noether_razor.data.load import Reading as Reading
    from noether_razor.data.load import as_trajectories as as_trajectories
    from noether_razor.data.load import load_trajectories as load_trajectories
    from noether_razor.data.save import save_trajectories as save_trajectories

_HOMES = {
    "load": ("Reading", "as_trajectories", "load_trajectories"),
    "save": ("save_trajectories",),
}
__getattr__, __all__ = late(__name__, _HOMES)
