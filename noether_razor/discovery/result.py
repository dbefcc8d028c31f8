"""What was found, as it is kept: `discovery.json`, version 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from noether_razor.discovery._stored import json_text, read_result

if TYPE_CHECKING:
    from sympy import Expr

NEGLIGIBLE = 0.1
"""Fall of the bound, in nats a transition, that a wider group may cost a refit of few steps."""

VERSION = "noether_razor.discovery/1"


@dataclass(frozen=True, eq=False)
class Quantity:
    """One conserved quantity C(x) = x.A x / 2 + b.x, a member of the readable basis.

    Attributes:
        expression: its text in the user's coordinate names.
        A: symmetric, [2n, 2n], in the user's coordinates.
        b: [2n], in the user's coordinates.
        singular_value: learned amplitude along it, in units of the data's spread.
        drift: variance within held-out trajectories over total variance; 0 is conserved.
        bracket: normalised Poisson bracket with the learned H, in [0, 1].
        kind: what physics calls it: "linear momentum", "angular momentum", ...
        residual: what rounding its coefficients has moved it by, as a share of its size in units
            of the data's spread; NaN if not known.
    """

    expression: str
    A: np.ndarray
    b: np.ndarray
    singular_value: float
    drift: float
    bracket: float
    kind: str = ""
    residual: float = math.nan

    def sympy(self, names: Sequence[str]) -> Expr:
        """C as an expression of sympy, whose text is `expression`; see `formula.as_sympy`.

        Args:
            names: of the 2n coordinates, as `Discovery.names`.
        """
        from noether_razor.discovery.formula import as_sympy  # late: sympy is slow to import

        return as_sympy(self.A, self.b, names)

    def latex(self, names: Sequence[str]) -> str:
        """C in LaTeX, for maths mode; see `formula.latex`.

        Args:
            names: of the 2n coordinates, as `Discovery.names`.
        """
        from noether_razor.discovery.formula import latex

        return latex(self.A, self.b, names)


@dataclass(frozen=True, eq=False)
class Direction:
    """One direction of the candidates' span, with every sign for and against it.

    Attributes:
        expression: its text in the user's coordinate names.
        A: symmetric, [2n, 2n], in the user's coordinates.
        b: [2n], in the user's coordinates.
        singular_value: learned amplitude along it, in units of the data's spread.
        price: what enforcing it changes in the log likelihood of a held-out transition, in nats;
            negative where it costs.
        price_error: standard error of the price.
        drift: variance within held-out trajectories over total variance, with its 95 % interval
            drift_low .. drift_high.
        bracket: normalised Poisson bracket with the learned H, in [0, 1].
        bracket_z: how far the model is from commuting with it, in posterior standard deviations.
        baseline_eigenvalue: what the linear-algebra baseline has for it: variance within training
            trajectories over total variance.
        verdict: "conserved", "rejected" or "undetermined".
        derived: whether it was not learned as it stands, but follows from others as their bracket
            (Poisson's theorem).
        near: share of the moves behind z that end near training data; z is of those alone.
    """

    expression: str
    A: np.ndarray
    b: np.ndarray
    singular_value: float
    price: float
    price_error: float
    drift: float
    drift_low: float
    drift_high: float
    bracket: float
    bracket_z: float
    baseline_eigenvalue: float
    verdict: str
    derived: bool = False
    near: float = math.nan


@dataclass(frozen=True)
class RankEvidence:
    """The bound under the first directions, held at the data's width, with the model refitted.

    Attributes:
        rank: how many directions.
        bound: ELBO in nats per training transition, densities in the user's coordinates.
        error: standard error over refits.
    """

    rank: int
    bound: float
    error: float


@dataclass(frozen=True, eq=False)
class Discovery:
    """What is conserved in a set of trajectories, and how sure the model is.

    Attributes:
        rank: how many linearly independent quantities are conserved.
        singular_values: of all learned candidates, in units of the data's spread, descending.
        quantities: a readable basis of what is conserved, those of a kind together, simplest first.
        candidates: every direction that was asked about.
        start: "proposals" or "random", where the candidates began.
        baseline: eigenvalues of the proposals, ascending; no model is in them.
        elbo, nll, kl: bound, expected negative log likelihood and divergence of the posterior from
            the prior, in nats per training transition, densities in the user's coordinates.
        train_mse, test_mse: one-step mean squared error, squared user's units.
        noise_variance: of an observed coordinate, squared user's units.
        seed: of everything random; None if the caller's own key was used.
        seconds: wall-clock of the whole discovery.
        versions: of the packages.
        data: source, degrees_of_freedom, dt, samples, train_trajectories, test_trajectories,
            names, spread (of each coordinate, which sizes are in units of).
        family: of the candidate quantities.
        evidence: the bound against the rank, around the verdict's; empty if it was not asked for.
        algebra: name of the Lie algebra that the conserved quantities span under the Poisson
            bracket; "" where nothing is conserved, or they do not close.
    """

    rank: int
    singular_values: Sequence[float]
    quantities: Sequence[Quantity]
    candidates: Sequence[Direction]
    start: str
    baseline: Sequence[float]
    elbo: float
    nll: float
    kl: float
    train_mse: float
    test_mse: float
    noise_variance: float
    seed: int | None
    seconds: float
    versions: Mapping[str, str]
    data: Mapping[str, Any]
    family: str = "quadratic"
    algebra: str = ""
    evidence: Sequence[RankEvidence] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the 2n coordinates."""
        return tuple(self.data["names"])

    def count(self, verdict: str) -> int:
        """How many candidates got this verdict."""
        return sum(direction.verdict == verdict for direction in self.candidates)

    @property
    def derived(self) -> int:
        """How many of the conserved directions follow from others as their brackets."""
        return sum(direction.derived for direction in self.candidates)

    @property
    def evidence_rank(self) -> int | None:
        """The largest rank that the bound does not speak against; None without the curve.

        A true quantity need not gain anything: the bound must not fall for it, by more than two
        standard errors of the difference or by `NEGLIGIBLE`.
        """
        if not self.evidence:
            return None
        best = max(self.evidence, key=lambda one: one.bound)

        def falls(one: RankEvidence) -> bool:
            return best.bound - one.bound > max(2 * math.hypot(best.error, one.error), NEGLIGIBLE)

        return max(one.rank for one in self.evidence if not falls(one))

    def to_json(self) -> str:
        """The text of `discovery.json`; numbers that are not finite become null."""
        return json_text({"version": VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Discovery:
        """The inverse of `to_json`; null becomes NaN where a number is due.

        Raises:
            InputError: not the JSON of a discovery, or of another version.
        """
        members = {"quantities": Quantity, "candidates": Direction, "evidence": RankEvidence}
        return read_result(cls, text, VERSION, members)

    def __str__(self) -> str:
        """A table: what is conserved, and how well the model fits."""
        rejected, unknown = self.count("rejected"), self.count("undetermined")
        derived = f" ({self.derived} of them brackets of others)" if self.derived else ""
        lines = [
            f"{self.rank} conserved{derived}, {rejected} rejected, {unknown} undetermined "
            f"({self.family} family, start: {self.start})"
        ]
        if self.quantities:
            lines.append(f"  {'#':>2}  {'size':>8}  {'drift':>8}  {'bracket':>8}  quantity")
        for number, q in enumerate(self.quantities, 1):
            values = "  ".join(f"{v:8.2g}" for v in (q.singular_value, q.drift, q.bracket))
            lines.append(f"  {number:>2}  {values}  {q.expression}")
        if self.algebra:
            lines.append(f"algebra of their Poisson brackets: {self.algebra}")
        lines.append(
            f"bound {self.elbo:.3g} nats a transition (misfit {self.nll:.3g}, divergence "
            f"{self.kl:.3g}); one-step error {self.test_mse:.2g} held out, "
            f"{self.train_mse:.2g} in training"
        )
        return "\n".join(lines)
