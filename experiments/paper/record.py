"""What is kept of a finished run: small, in text, and enough for every table and figure."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from experiments.paper.plan import Run
from noether_razor._files import write_atomically
from noether_razor._json import plain
from noether_razor.config import ExperimentConfig
from noether_razor.discovery.result import Discovery
from noether_razor.discovery.signs import ranks
from noether_razor.discovery.truth import Truth
from noether_razor.errors import InputError
from noether_razor.inference.settings import Settings
from noether_razor.runs import differences
from noether_razor.systems import SYSTEMS

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
        verdicts: how many directions got each.
        quantities: what it says is conserved, as text.
        curves: by evaluation set.
        truth: the learned generators beside the true ones.
        made_with: versions and machine.
        algebra: name of what the quantities span, if they close.
        signs: the rank that each sign gives by itself; see `discovery.signs.ranks`.
        evidence: the bound's curve, rows of rank, bound and error; see `discovery.evidence`.
    """

    config: Mapping[str, Any]
    columns: Mapping[str, float]
    verdicts: Mapping[str, int]
    quantities: Sequence[str]
    curves: Mapping[str, Curve]
    truth: Truth
    made_with: Mapping[str, str]
    algebra: str = ""
    signs: Mapping[str, int | None] = MappingProxyType({})
    evidence: Sequence[Sequence[float]] = ()


Records = Mapping[str, Sequence[Record]]
"""The records of each row, one for each finished seed, by the label of the row."""


def read(path: Path, config: ExperimentConfig) -> Record | None:
    """The record at a path, if there is one.

    Raises:
        InputError: it cannot be read, or is of another configuration.
    """
    try:
        kept = json.loads(path.read_text())
        found = Record(
            **kept
            | {
                "columns": {k: np.nan if v is None else v for k, v in kept["columns"].items()},
                "curves": {k: Curve(*map(_read_numbers, v)) for k, v in kept["curves"].items()},
                "truth": Truth(**kept["truth"]),
            }
        )
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
    """The records that there are of an exhibit's runs, by row; a row without any is left out.

    Raises:
        InputError: one cannot be read, or is of another configuration.
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
    columns = {
        "train MSE": found.train_mse,
        "NLL": found.nll,
        "KL": found.kl,
        "-ELBO": -found.elbo,
        "held-out MSE": found.test_mse,
        **{f"{name} MSE": one["mse"] for name, one in sets.items()},
        "rank": found.rank if found.candidates else None,
        "derived": found.derived if found.candidates else None,
        "seconds": found.seconds,
    }
    if "long" in sets:
        columns |= {name: _rms(sets["long"][name]) for name in ("rollout", "energy")}
    record = Record(
        config=_settings(config),
        columns=columns,
        verdicts=Counter(one.verdict for one in found.candidates),
        quantities=[quantity.expression for quantity in found.quantities],
        curves={name: _curve(one, dt) for name, one in sets.items()},
        truth=Truth(**_load(directory / "truth.json")),
        made_with={**found.versions, "machine": f"{_processor()}, {os.cpu_count()} cores"},
        algebra=found.algebra,
        signs=ranks(found) if found.candidates else {},
        evidence=[(one.rank, one.bound, one.error) for one in found.evidence],
    )
    values = record._asdict() | {"truth": record.truth._asdict()}
    text = json.dumps(plain(values), separators=(",", ":"), allow_nan=False)
    # A member a line: small, and a change in one of them shows as one.
    write_atomically(path, text.replace(',"', ',\n"').encode() + b"\n")


def _settings(config: ExperimentConfig) -> dict[str, Any]:
    settings = plain(asdict(config))
    del settings["out"]
    return settings


def _complete(old: Mapping[str, Any]) -> dict[str, Any]:
    """A kept configuration, with the defaults of settings and options that came later."""
    settings = plain(asdict(Settings())) | old.get("settings", {})
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
