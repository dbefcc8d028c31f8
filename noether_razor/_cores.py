"""One device of XLA for every CPU core, so that the particles of a fit run side by side."""

from __future__ import annotations

import os
import sys

FLAG = "--xla_force_host_platform_device_count"
MOST = 4


def use_every_core() -> None:
    """Ask XLA for as many CPU devices as this process may use cores, four at the most.

    Call it before jax is imported, or it does nothing; nor does it where XLA_FLAGS says already.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "jax" not in sys.modules and FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {FLAG}={min(_cores(), MOST)}".strip()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
