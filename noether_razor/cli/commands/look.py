"""Show how files of trajectories are read."""

from __future__ import annotations

import argparse
from pathlib import Path


def look(options: argparse.Namespace) -> None:
    """Describe files of trajectories, and draw them."""
    from noether_razor.cli.commands._reading import load, show

    trajectories = load(options)
    show(trajectories)
    from noether_razor.data.plots import coordinates
    from noether_razor.data.summary import ranges
    from noether_razor.describe import canvas

    print(ranges(trajectories))
    out = options.out or f"{Path(options.files[0]).stem}-look.png"
    canvas.save(coordinates(trajectories), out)
    print(out)
