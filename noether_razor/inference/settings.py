"""All settings of a fit, with their ranges and their defaults."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum

from noether_razor.base.errors import InputError
from noether_razor.mechanics.networks import ACTIVATIONS


class Start(Enum):
    """Where candidates begin: at the quadratics that change least, or at random as in the paper."""

    proposals = "proposals"
    random = "random"


class Symmetry(Enum):
    """Which model: no quantity, quantities learned by the bound, the system's own built in."""

    plain = "plain"
    learned = "learned"
    built_in = "built_in"


@dataclass(frozen=True)
class Settings:
    """How a model is built and fitted.

    Attributes:
        symmetry: which of the three models.
        start: where learned quadratics begin.
        candidates: K, how many quantities are learned.
        random_candidates: how many of the K begin at random although `start` is proposals.
        amplitude: initial size of a proposed quadratic, in units of the data's spread; the initial
            size of functions is in `inference.functions`.
        random_amplitude: initial deviation of a random candidate's coefficients, in units of the
            data's spread.
        warmup: steps of the plain network before the candidates join.
        steps: steps of the whole model after that.
        batch: transitions in one step, over all particles.
        particles: weight samples in one step, each with its own share of the batch.
        elements: group elements S that each transition is averaged over.
        pool: group elements drawn in one step for each particle.
        antithetic: whether group elements are drawn in opposite pairs. Independent group elements
            penalise false candidates more, but find true ones more slowly.
        flow_steps: steps of the flow of a candidate that is not a quadratic.
        width, depth, activation: width, number of hidden layers and activation of the network F.
        solver: diffrax solver whose one explicit step is one transition.
        noise_variance: variance of the noise of an observed coordinate, squared user's units; None
            to learn it.
        weight_scale: initial posterior deviation relative to that of the initial weights.
        annealing: number of first steps in which the weight of the divergence grows from 0 to 1.
            With few data a fit may otherwise fall back to its prior before it has learned anything.
        evidence: steps of each refit for the curve of the bound against the rank; 0: no curve.
        learning_rate: Adam's, for the weights; decays as a cosine.
        continuation: learning rate of the weights after a warm-up, relative to the warm-up's.
        quantities_learning_rate: Adam's, for the candidates.
        chunk: steps between two reports and checkpoints.
        canonical_scaling: whether coordinates are rescaled by the data (the paper does not).
        precision: "float32" or "float64".
    """

    symmetry: Symmetry = Symmetry.learned
    start: Start = Start.proposals
    candidates: int = 12
    random_candidates: int = 2
    amplitude: float = 0.3
    random_amplitude: float = 0.05
    warmup: int = 1000
    steps: int = 1500
    batch: int = 128
    particles: int = 4
    elements: int = 8
    pool: int = 16
    antithetic: bool = True
    flow_steps: int = 1
    width: int = 200
    depth: int = 2
    activation: str = "silu"
    solver: str = "Tsit5"
    noise_variance: float | None = None
    weight_scale: float = 0.1
    annealing: int = 0
    evidence: int = 0
    learning_rate: float = 3e-3
    continuation: float = 1.0
    quantities_learning_rate: float = 2e-2
    chunk: int = 250
    canonical_scaling: bool = True
    precision: str = "float32"

    def __post_init__(self) -> None:
        at_least = {name: 1 for name in ("candidates", "steps", "batch", "particles", "chunk")}
        at_least |= {"width": 1, "depth": 1, "elements": 2, "pool": 2, "evidence": 0}
        at_least |= {"flow_steps": 1}
        at_least |= {"warmup": 0, "random_candidates": 0, "annealing": 0}
        for name, least in at_least.items():
            _require(getattr(self, name) >= least, name, getattr(self, name), f"at least {least}")
        for name in (
            "amplitude",
            "random_amplitude",
            "weight_scale",
            "learning_rate",
            "continuation",
            "quantities_learning_rate",
        ):
            _require(getattr(self, name) > 0, name, getattr(self, name), "more than 0")
        for name in ("elements", "pool"):
            _require(getattr(self, name) % 2 == 0, name, getattr(self, name), "an even number")
        _require(self.elements <= self.pool, "elements", self.elements, f"at most pool={self.pool}")
        first = self.warmup or self.steps
        _require(
            self.annealing <= first, "annealing", self.annealing, f"at most the first fit's {first}"
        )
        _require(
            self.batch % self.particles == 0,
            "batch",
            self.batch,
            f"a multiple of particles={self.particles}",
        )
        _require(
            self.noise_variance is None or self.noise_variance > 0,
            "noise_variance",
            self.noise_variance,
            "more than 0, or null to learn it",
        )
        _one_of("activation", self.activation, ACTIVATIONS)
        _one_of("precision", self.precision, ("float32", "float64"))


FIELD_NAMES = tuple(field.name for field in fields(Settings))


def _require(holds: bool, name: str, value: object, expected: str) -> None:
    if not holds:
        raise InputError(f"{name} is {value}, expected {expected}")


def _one_of(name: str, value: str, known: object) -> None:
    _require(value in known, name, repr(value), "one of " + ", ".join(known))  # type: ignore
