"""The schema of an experiment: frozen values with their ranges, and nothing that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from noether_razor.base.errors import InputError
from noether_razor.inference.settings import Settings


@dataclass(frozen=True)
class DataConfig:
    """Simulated data: which system, how many trajectories, and what noise.

    Attributes:
        system: registry name, see `noether-razor systems`.
        options: options of that system.
        trajectories: number of trajectories.
        steps: transitions in each trajectory.
        dt: time between samples; null for the system's own.
        noise: standard deviation of Gaussian noise on every stored coordinate.
        target_noise_variance: variance of Gaussian noise on the end of each transition only.
        held_out: share of the trajectories that is held out for tests.
    """

    system: str
    options: dict[str, Any] = field(default_factory=dict)
    trajectories: int = 200
    steps: int = 50
    dt: float | None = None
    noise: float = 0.0
    target_noise_variance: float = 0.0
    held_out: float = 0.2

    def __post_init__(self) -> None:
        _require(self.trajectories >= 2, "data.trajectories", self.trajectories, "2 or more")
        _require(self.steps >= 1, "data.steps", self.steps, "1 or more")
        _require(self.dt is None or self.dt > 0, "data.dt", self.dt, "above 0, or null")
        for name in ("noise", "target_noise_variance"):
            value = getattr(self, name)
            _require(0 <= value < float("inf"), f"data.{name}", value, "0 or more")
        _require(0 < self.held_out < 1, "data.held_out", self.held_out, "between 0 and 1")


@dataclass  # not frozen: OmegaConf has to fill it key by key
class EvaluationSet:
    """Noiseless trajectories for evaluation, with their own distribution of initial states.

    Attributes:
        trajectories: number of trajectories.
        steps: transitions in each trajectory.
        position_mean, position_deviation: mean and standard deviation of every q of an initial
            state, which is Gaussian.
        momentum_deviation: standard deviation of every p of an initial state; its mean is 0.
    """

    trajectories: int = 100
    steps: int = 20
    position_mean: float = 0.0
    position_deviation: float = 1.0
    momentum_deviation: float = 0.5

    def __post_init__(self) -> None:
        for name in ("trajectories", "steps"):
            value = getattr(self, name)
            _require(value >= 1, f"evaluation: {name}", value, "1 or more")
        for name in ("position_deviation", "momentum_deviation"):
            value = getattr(self, name)
            _require(0 <= value < float("inf"), f"evaluation: {name}", value, "0 or more")


@dataclass(frozen=True)
class ExperimentConfig:
    """The configuration of one run.

    Attributes:
        data: what is simulated.
        settings: settings of the fit.
        seed: seed of data and fit; each has keys of its own.
        out: the run's directory; null: named after the overrides.
        built_in: the system's quantities that a built-in model has, by name, and the amplitude of
            each in units of the data's spread; null for all, at `settings.amplitude`.
        evaluation: sets that the finished model is evaluated on, by name.
    """

    data: DataConfig
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    out: str | None = None
    built_in: dict[str, float] | None = None
    evaluation: dict[str, EvaluationSet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require(0 <= self.seed < 2**32, "seed", self.seed, "a whole number from 0 to 2^32 - 1")
        _require(self.out != "", "out", repr(self.out), "a directory, or null")


def _require(holds: bool, name: str, value: object, expected: str) -> None:
    if not holds:
        raise InputError(f"{name} is {value}, expected {expected}")
