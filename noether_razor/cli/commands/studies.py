"""Commands of the studies, which are not part of the library but beside it in a checkout."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from noether_razor.base.errors import InputError

ROOT = Path(__file__).resolve().parents[3]


def study(options: argparse.Namespace) -> None:
    """Hand the command over to `experiments/`.

    Raises:
        InputError: there is no `experiments/` beside the package.
    """
    if not (ROOT / "experiments" / "commands.py").is_file():
        raise InputError(
            f"{options.command} belongs to a checkout of the repository, and this is an "
            "installation without it: clone the repository and run the command there, as "
            ".venv/bin/noether-razor after make env"
        )
    sys.path.insert(0, str(ROOT))  # before any other package of that name
    from experiments.commands import run

    run(options.command, options.words, options.again)
