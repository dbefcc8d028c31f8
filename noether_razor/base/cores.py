"""Settings that JAX reads when it is imported: devices on the CPU, and exactness on a GPU."""

from __future__ import annotations

import os
import sys

FLAG = "--xla_force_host_platform_device_count"
QUICK_FLAGS = "--xla_backend_optimization_level=0"
REPEATABLE = "--xla_gpu_deterministic_ops"
MOST = 4


def use_every_core() -> None:
    """Ask XLA for one CPU device for each core that this process may use, at most four.

    The particles of a fit then run in parallel. Call this before jax is imported, or it does
    nothing. It also does nothing if XLA_FLAGS already gives the number of devices.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "jax" not in sys.modules and FLAG not in flags:
        os.environ["XLA_FLAGS"] = with_devices(flags, min(cores(), MOST))


def hasten_compiling() -> None:
    """Ask XLA not to optimise; this saves time where a program compiles far more than it runs.

    Call it before jax is imported, or it does nothing.
    """
    if "jax" not in sys.modules:
        _ask(QUICK_FLAGS)


def be_exact_on_a_gpu() -> None:
    """Ask a GPU for all of float32's digits, and to add in the same order every time.

    By default, JAX keeps three of the seven digits in matrix products on a GPU, and no two runs
    agree to the bit. Call this before jax is imported, or it does nothing. Settings that exist
    already are kept.
    """
    os.environ.setdefault("JAX_DEFAULT_MATMUL_PRECISION", "highest")
    if "jax" not in sys.modules and REPEATABLE not in os.environ.get("XLA_FLAGS", ""):
        _ask(f"{REPEATABLE}=true")


def _ask(flags: str) -> None:
    """Add flags to those that XLA is given already."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()


def with_devices(flags: str, count: int) -> str:
    """XLA's flags, with this many CPU devices."""
    others = [flag for flag in flags.split() if not flag.startswith(FLAG)]
    return " ".join([*others, f"{FLAG}={count}"])


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
