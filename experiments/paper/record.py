"""The record of a finished run: small, in text, and enough for every table and figure."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.paper.plan import Run
from noether_razor.base.errors import InputError
from noether_razor.base.files import write_atomically
from noether_razor.base.json import plain
from noether_razor.base.runs import differences
from noether_razor.discovery.result import Discovery
from noether_razor.inference.settings import FIELD_NAMES, Settings
from noether_razor.systems import SYSTEMS
from noether_razor.variational.config import ExperimentConfig
from noether_razor.variational.truth import Truth

NEAR = "generators"
"""Name of the column that says how many learned generators are nearly true; see `near`."""
NEARLY = 0.95
"""Parallelness with the true span from which a learned generator counts as found."""
INSTANTS = 50
"""Number of times of a rollout at which its errors are kept."""


class Curve(NamedTuple):
    """Errors of rollouts at some times; see `inference.forecast.Forecast`. All [T]."""

    times: Sequence[float]
    rollout: Sequence[float]
    energy: Sequence[float]


class Record(NamedTuple):
    """A finished run.

    Attributes:
        config: its configuration, without the directory.
        columns: its numbers by name, as in the tables.
        curves: errors of rollouts, by evaluation set.
        truth: the learned generators beside the true ones.
        made_with: versions and machine.
        bounds: the bound against the number of directions held, rows of rank, bound and error; see
            `variational.curve`.
    """

    config: Mapping[str, Any]
    columns: Mapping[str, float]
    curves: Mapping[str, Curve]
    truth: Truth
    made_with: Mapping[str, str]
    bounds: Sequence[Sequence[float]] = ()


Records = Mapping[str, Sequence[Record]]
"""The records of each row, one for each finished seed, by the label of the row."""


def read(path: Path, config: ExperimentConfig) -> Record | None:
    """The record at a path, if there is one.

    Raises:
        InputError: if it cannot be read, or is of another configuration.
    """
    try:
        kept = json.loads(path.read_text())
        columns = {k: np.nan if v is None else v for k, v in kept["columns"].items()}
        truth = Truth(**_known(Truth, kept["truth"]))
        read = {
            "columns": columns | {NEAR: near(truth), "steps": _steps(kept["config"])},
            "curves": {k: Curve(*map(_read_numbers, v)) for k, v in kept["curves"].items()},
            "truth": truth,
        }
        found = Record(**_known(Record, kept) | read)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: no record of a run: remove it to make it again") from error
    if changes := differences(_complete(found.config), _settings(config)):
        raise InputError(
            f"{path}: made with other settings ({changes}): remove it to make it again"
        )
    return found


def gather(rows: Mapping[str, Sequence[Run]]) -> Records:
    """The existing records of an exhibit's runs, by row; a row without any is left out.

    Raises:
        InputError: if one cannot be read, or is of another configuration.
    """
    found = {
        label: [one for run in row if (one := read(run.kept, run.config))]
        for label, row in rows.items()
    }
    return {label: some for label, some in found.items() if some}


def keep(config: ExperimentConfig, path: Path) -> None:
    """Write the record of the finished run of `config`."""
    directory = Path(str(config.out))
    found = Discovery.from_json((directory / "discovery.json").read_text())
    sets = _load(directory / "evaluation.json") if config.evaluation else {}
    dt = found.data["dt"]
    fit = found.fit
    assert fit is not None
    columns = {
        "train MSE": fit.train_mse,
        "NLL": fit.nll,
        "KL": fit.kl,
        "-ELBO": -fit.elbo,
        "held-out MSE": fit.test_mse,
        **{f"{name} MSE": one["mse"] for name, one in sets.items()},
        "seconds": found.seconds,
    }
    if "long" in sets:
        columns |= {name: _rms(sets["long"][name]) for name in ("rollout", "energy")}
    record = Record(
        config=_settings(config),
        columns=columns,
        curves={name: _curve(one, dt) for name, one in sets.items()},
        truth=Truth(**_load(directory / "truth.json")),
        made_with={**found.versions, "machine": f"{_processor()}, {os.cpu_count()} cores"},
        bounds=[(one.rank, one.bound, one.error) for one in fit.curve],
    )
    values = record._asdict() | {"truth": record.truth._asdict()}
    text = json.dumps(plain(values), separators=(",", ":"), allow_nan=False)
    # One line per member: the file is small, and a change in one member changes one line.
    write_atomically(path, text.replace(',"', ',\n"').encode() + b"\n")


def near(truth: Truth) -> float:
    """How many of the first r singular vectors of the learned generators are nearly true ones.

    r is the number of quadratics that the system conserves. NaN if nothing was learned.
    """
    if not truth.values:
        return np.nan
    return float(np.sum(np.asarray(truth.parallelness[: truth.rank]) >= NEARLY))


def _steps(config: Mapping[str, Any]) -> int:
    """Steps of the optimiser, with those of a warm-up."""
    return config["settings"]["warmup"] + config["settings"]["steps"]


def _known(cls: Any, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The members that a named tuple has; older records may have more."""
    return {name: kept[name] for name in cls._fields if name in kept}


def _settings(config: ExperimentConfig) -> dict[str, Any]:
    settings = plain(asdict(config))
    del settings["out"]
    return settings


def _complete(old: Mapping[str, Any]) -> dict[str, Any]:
    """A kept configuration, with the defaults of settings and options that came later."""
    kept = {k: v for k, v in old.get("settings", {}).items() if k in FIELD_NAMES}
    settings = plain(asdict(Settings())) | kept
    data = dict(old.get("data", {}))
    if data.get("system") in SYSTEMS:
        known = fields(SYSTEMS[data["system"]])  # type: ignore[arg-type]
        defaults = {f.name: f.default for f in known if f.default is not MISSING}
        data["options"] = plain(defaults) | data.get("options", {})
    return {**old, "settings": settings, "data": data}


def _load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def _read_numbers(values: Sequence[float | None]) -> list[float]:
    return [np.nan if value is None else value for value in values]


def _rms(values: Sequence[float | None]) -> float:
    return float(np.sqrt(np.mean(np.square(np.asarray(values, float)))))


def _curve(one: dict[str, Any], dt: float) -> Curve:
    """The errors of a rollout at about `INSTANTS` of its times."""
    samples = len(one["rollout"])
    chosen = np.unique(np.linspace(0, samples - 1, min(samples, INSTANTS + 1)).round().astype(int))
    values = [np.arange(samples) * dt, one["rollout"], one["energy"]]
    return Curve(*([_short(value[i]) for i in chosen] for value in values))


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
