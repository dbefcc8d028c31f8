"""Hydra's composition of `configs/` and the command line's overrides into an `ExperimentConfig`.

Nothing in a file is ever instantiated by name: a config holds values, and `variational.build` makes
the objects.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from noether_razor.base.errors import InputError, RunError
from noether_razor.inference.settings import Settings
from noether_razor.variational.config import DataConfig, ExperimentConfig

BUDGETS = ("quick", "standard", "thorough")
LAUNCHERS = ("joblib", "submitit_local", "submitit_slurm")
"""Launchers that the extra `launchers` installs."""
LOST = ("FailedJobError", "UncompletedJobError")
"""Names of the errors that submitit raises where the process of a job has ended."""
T = TypeVar("T")


def config_directory() -> Path:
    """`configs/` inside the installed package, or beside the package in a checkout."""
    here = Path(__file__).resolve()
    for directory in (here.parent / "configs", here.parents[2] / "configs"):
        if directory.is_dir():
            return directory
    raise FileNotFoundError(f"the installation is broken: no configs in {here.parent}")


def budget_settings(budget: str, **changes: Any) -> Settings:
    """The settings of `configs/budget/<budget>.yaml`, with some of them changed."""
    if budget not in BUDGETS:
        raise InputError(f"budget is {budget!r}, expected one of {', '.join(BUDGETS)}")
    # The package header of the file is for Hydra only.
    return load(Settings, config_directory() / "budget" / f"{budget}.yaml", changes)


def load(schema: type[T], path: Path, changes: dict[str, Any]) -> T:
    """A schema filled from a file, with some of its values changed.

    Raises:
        InputError: a key is not in the schema, a type is wrong, or a value is out of its range.
    """
    with _one_line_errors():
        values = _writable(OmegaConf.structured(schema))
        filled = OmegaConf.merge(values, OmegaConf.load(path), changes)
        return OmegaConf.to_object(filled)  # type: ignore[return-value]


def compose_experiment(overrides: Sequence[str]) -> ExperimentConfig:
    """The experiment that `configs/` and these overrides (`key=value`) describe.

    Raises:
        InputError: a key or the experiment is unknown, a type is wrong, or a value is out of its
            range.
    """
    from hydra import compose, initialize_config_dir

    _register_schema()
    with _one_line_errors(), initialize_config_dir(str(config_directory()), version_base="1.3"):
        return as_experiment(compose("config", list(overrides)), overrides)


def as_experiment(config: DictConfig, overrides: Sequence[str]) -> ExperimentConfig:
    """A composed configuration, checked; `out` is `default_out(overrides)` unless it says so."""
    with _one_line_errors():
        values = OmegaConf.to_container(config, resolve=True)
        assert isinstance(values, dict)
        values["out"] = default_out(overrides) if values.get("out") is None else values["out"]
        return OmegaConf.to_object(OmegaConf.merge(_schema(), values))  # type: ignore[return-value]


def default_out(overrides: Sequence[str]) -> str:
    """`runs/EXPERIMENT/OVERRIDES`: the same command, alone or in a sweep, finds its run again."""
    named: dict[str, str] = {}
    for override in overrides:
        key, _, named[key] = override.partition("=")
    experiment = named.pop("experiment", "none")
    named = {  # the place of the output and the launcher do not describe the experiment
        key: value
        for key, value in named.items()
        if key != "out" and not key.startswith(("hydra.", "hydra/"))
    }
    rest = ",".join(f"{key}={value}" for key, value in sorted(named.items()))
    leaf = "".join(c if c.isalnum() or c in "=,.-_+[]" else "_" for c in rest)
    if leaf != rest or len(leaf) > 120:  # two sets of overrides never share a directory
        leaf = f"{leaf[:100]}-{hashlib.sha256(rest.encode()).hexdigest()[:8]}"
    return os.path.join("runs", experiment, leaf or "default")


def sweep(overrides: Sequence[str], job: Callable[[DictConfig], None]) -> None:
    """Run `job` for every combination of the swept values, by the launcher that the config names.

    Every combination is checked before the first one starts. `job` gets the composed config and
    finds its own overrides with `job_overrides`. A launcher may call it in another process.

    Raises:
        InputError: `compose_experiment` refuses a combination, or the launcher is not available.
        RunError: the process of a job ended before the job did.
    """
    import hydra

    for combination in combinations(overrides):
        compose_experiment(combination)
    _register_schema()
    main = hydra.main(str(config_directory()), "config", version_base="1.3")(job)
    command_line = _command_line(["noether-razor", "--multirun", *overrides])
    with _one_line_errors(), _no_job_lost(), command_line:
        main()


def job_overrides() -> list[str]:
    """The overrides of the running job of a sweep."""
    from hydra.core.hydra_config import HydraConfig

    return list(HydraConfig.get().overrides.task)


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of every job of a sweep: `seed=1,2` becomes `seed=1` and `seed=2`."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    with _one_line_errors():
        choices: list[list[str]] = []
        for override in OverridesParser.create().parse_overrides(list(overrides)):
            assert override.input_line is not None
            if override.is_discrete_sweep():
                key = override.get_key_element()
                values = override.sweep_string_iterator()
                choices.append([f"{key}={value}" for value in values])
            else:
                choices.append([override.input_line])
    return [list(combination) for combination in itertools.product(*choices)]


def _register_schema() -> None:
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store("schema", _schema())


def _schema() -> DictConfig:
    """`ExperimentConfig` with its defaults; the system's name is OmegaConf's "missing"."""
    return _writable(OmegaConf.structured(ExperimentConfig(DataConfig(system="???"))))


def _writable(config: DictConfig) -> DictConfig:
    """Make a config writable for overrides; OmegaConf makes a frozen dataclass read-only."""
    OmegaConf.set_readonly(config, None)
    for key in config:
        if not OmegaConf.is_missing(config, key) and isinstance(config[key], DictConfig):
            _writable(config[key])
    return config


@contextmanager
def _command_line(arguments: list[str]) -> Iterator[None]:
    """Set what Hydra's own main reads, so that it raises errors instead of printing them."""
    argv, full_error = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv, os.environ["HYDRA_FULL_ERROR"] = arguments, "1"
    try:
        yield
    finally:
        sys.argv = argv
        if full_error is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = full_error


@contextmanager
def _no_job_lost() -> Iterator[None]:
    """Turn a launcher's error, that a job is lost or cannot start, into an error of one line."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, BrokenExecutor) or type(error).__name__ in LOST:
            said = next(iter(str(error).splitlines()), "")
            raise RunError(
                f"the process of a job ended before the job did ({said}): the same command runs "
                "what is not finished"
            ) from error
        if '"srun"' in str(error):
            raise InputError(
                "hydra/launcher=submitit_slurm needs Slurm's srun, which is not found: start the "
                "sweep on a machine of the cluster, or take hydra/launcher=submitit_local"
            ) from error
        raise


@contextmanager
def _one_line_errors() -> Iterator[None]:
    from hydra.errors import HydraException, MissingConfigException

    try:
        yield
    except MissingConfigException as error:
        if error.missing_cfg_file in [f"hydra/launcher/{name}" for name in LAUNCHERS]:
            raise InputError(
                f"{error.missing_cfg_file} needs packages that are not installed: "
                "pip install 'noether-razor[launchers]'"
            ) from error
        known = f", expected one of {', '.join(error.options)}" if error.options else ""
        raise InputError(f"there is no config {error.missing_cfg_file}{known}") from error
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        raise InputError(_explain(error)) from error


def _explain(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    key = str(getattr(cause, "full_key", None) or "")
    if override := getattr(error, "override", None):
        return f"{override!r} cannot be read, expected key=value"
    if isinstance(cause, KeyError | AttributeError) and key:
        close = difflib.get_close_matches(key, _known_keys(), n=1, cutoff=0.7)
        return f"unknown config key {key}: " + (f"did you mean {close[0]}?" if close else "drop it")
    if first.startswith("You must specify"):
        return f"no experiment given, expected experiment=NAME, one of {', '.join(lines[2:])}"
    if first.startswith("Ambiguous value"):
        return f"{first}: add -m to run each of them, or write key=[a,b] for a list"
    return f"{key}: {first}" if key and key not in first else first


def _known_keys() -> list[str]:
    schema = _schema()
    nested = [f"{group}.{key}" for group in ("data", "settings") for key in schema[group]]
    return [*map(str, schema), *nested]
