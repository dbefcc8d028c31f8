"""The schema of `configs/learning_dynamics/`: the values of an experiment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from noether_razor.base.errors import InputError
from noether_razor.cli.compose import config_directory, load
from noether_razor.learning_dynamics.descent import Descent


@dataclass(frozen=True)
class Plan:
    """The values of an experiment, which sweeps over the lists.

    Attributes:
        network: see `networks.NETWORKS`.
        width: hidden units, or filters of each convolutional layer.
        samples, inputs, classes: sizes of the teacher's data.
        learning_rates, momenta, weight_decays: values of the descent.
        readout_rate: learning rate of the readout, if it has its own.
        first_norm: norm of the filters before training; 0 leaves them as they are drawn.
        batch: samples per step; the number of all samples for full batches.
        steps: steps of the descent; a miniature takes `quick_steps`.
        data: directory of data that the user provides, such as Tiny ImageNet.
    """

    network: str = "normalised"
    width: list[int] = field(default_factory=lambda: [16])
    samples: int = 512
    inputs: int = 32
    classes: int = 10
    learning_rates: list[float] = field(default_factory=lambda: [0.1])
    momenta: list[float] = field(default_factory=lambda: [0.0])
    weight_decays: list[float] = field(default_factory=lambda: [0.0])
    readout_rate: float = 0.05
    first_norm: float = 0.0
    batch: int = 64
    steps: int = 1500
    quick_steps: int = 60
    data: str = ""

    def __post_init__(self) -> None:
        for name in ("samples", "inputs", "classes", "batch", "steps", "quick_steps"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, expected 1 or more")
        for name in ("width", "learning_rates", "momenta", "weight_decays"):
            if not getattr(self, name):
                raise InputError(f"{name} is empty, expected a list of one or more")
        self.descents()

    def descents(self) -> list[Descent]:
        """Every combination of rate, momentum and decay, in this order of nesting."""
        return [
            Descent(rate, momentum, decay).checked()
            for rate in self.learning_rates
            for momentum in self.momenta
            for decay in self.weight_decays
        ]

    def miniature(self) -> Plan:
        """The plan with few steps and two values of each list; it only shows that it works."""
        return replace(
            self,
            steps=self.quick_steps,
            learning_rates=self.learning_rates[:2],
            momenta=self.momenta[:2],
            weight_decays=self.weight_decays[:2],
        )


def training_plan(name: str, **changes: Any) -> Plan:
    """The plan of `configs/learning_dynamics/<name>.yaml`, with some of its values changed.

    Raises:
        InputError: if there is no such plan, or if a value is out of its range.
    """
    directory = config_directory() / "learning_dynamics"
    known = sorted(path.stem for path in directory.glob("*.yaml"))
    if name not in known:
        raise InputError(f"experiment is {name!r}, expected one of {', '.join(known)}")
    return load(Plan, directory / f"{name}.yaml", changes)
