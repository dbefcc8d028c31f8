"""Settings of all tests."""

import math
import os
import sys
import types
from pathlib import Path

import hypothesis
import jax
import pytest
from jaxtyping import install_import_hook

# Annotations of the library, with the shapes of arrays, are checked at every call. Modules that
# answer wrong input with a message of their own are left out, since tests give them wrong input.
# An integer may stand for a float. CHECK_TYPES=0 leaves the checks out.
CHECK_THEMSELVES = (
    "cli", "conserved.expressions", "data", "discovery.check", "discovery.discover",
    "discovery.estimator", "embedding.estimator", "evidence.search", "variational.build",
    "variational.config",
    "learning_dynamics",  # warnings name the caller's line; checks would stand between
)  # fmt: skip
MOST_MAPPINGS = 20_000
"""Linux allows 65,530. With this many, a process of the tests takes about 3 GiB."""
ROOT = Path(__file__).parents[1]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "noether_razor").rglob("*.py"))
    if path.stem != "__init__"
]
CHECKED = [
    module
    for module in MODULES
    if not any(f"{module}.".startswith(f"noether_razor.{one}.") for one in CHECK_THEMSELVES)
]
if os.environ.get("CHECK_TYPES") != "0":
    install_import_hook(
        CHECKED, "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
    )

# The first call of a jitted function compiles: that is no reason to fail.
hypothesis.settings.register_profile("compiled", deadline=None)
hypothesis.settings.load_profile("compiled")


@pytest.fixture(autouse=True, scope="module")
def forget_what_was_compiled():
    """Drop compiled programs before they take more memory mappings than a process may have."""
    yield
    if mappings() > MOST_MAPPINGS:
        jax.clear_caches()


def mappings():
    """Memory mappings of this process; more than any limit where the system does not tell."""
    maps = Path("/proc/self/maps")
    return len(maps.read_text().splitlines()) if maps.exists() else math.inf


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pipeline(monkeypatch):
    """A stand-in for the pipeline, which other tests run; it records its calls in a directory."""
    from noether_razor.base.runs import RunDirectory
    from noether_razor.variational import build  # late: most tests do not need it

    calls, commands = [], []

    def discover_by_fit_in_directory(
        trajectories, out, settings, *, seed, files, progress, command, **others
    ):
        with RunDirectory(out) as run:
            run.claim({"seed": seed})
            progress("fit", 1, 1, "")
            calls.append((files, str(out), settings, seed))
            commands.append(command)
        return "what is conserved"

    def run_experiment(config, *, progress, command):
        experiment = build.build(config)
        with RunDirectory(config.out) as run:
            run.claim({"seed": config.seed})
            calls.append((config, experiment))
            commands.append(command)

    module = types.ModuleType("noether_razor.variational.in_directory")
    module.discover_by_fit_in_directory = discover_by_fit_in_directory  # type: ignore[attr-defined]
    module.run_experiment = run_experiment  # type: ignore[attr-defined]
    module.calls = calls  # type: ignore[attr-defined]
    module.commands = commands  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module
