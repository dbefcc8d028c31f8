"""The result of a discovery, as stored in `discovery.json`, version 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from noether_razor.describe._stored import json_text, read_result
from noether_razor.describe._words import g, short
from noether_razor.discovery.fit_result import Bound, VariationalFit
from noether_razor.discovery.notebook import fragment, html_table
from noether_razor.evidence.judged import CHANGES, SLOW, UNDETERMINED, Judged
from noether_razor.evidence.only_quadratics import only_quadratics

VERSION = "noether_razor.discovery/2"


@dataclass(frozen=True, eq=False)
class Quantity:
    """A member of a readable basis: C(x) = d.A d / 2 + b.d with d = x - origin, or a function.

    Attributes:
        expression: its text in the user's coordinate names.
        A: symmetric, [m, m], in the user's units; None where other functions are searched.
        b: [m], in the user's units; also None there.
        kind: what physics calls it: "linear momentum", "angular momentum", ...
        residual: how far the rounding of its coefficients has moved it, as a share of its size in
            units of the data's spread.
        independent: whether it is not a function of the quantities before it. This is computed
            only where functions other than quadratics are searched or learned; it is True
            otherwise.
        undetermined: whether the data do not tell if it is independent. `independent` is False
            then.
        motion: the motion that it generates, x' = J grad C(x), as text; "" for a quadratic, whose A
            and b determine it, and for a function of other quantities.
        latex: its LaTeX; "" for a quadratic.
    """

    expression: str
    A: np.ndarray | None
    b: np.ndarray | None
    kind: str
    residual: float
    independent: bool = True
    undetermined: bool = False
    motion: str = ""
    latex: str = ""


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction in the span of the functions that are searched, with its verdict.

    Attributes:
        expression: its text in the user's coordinate names.
        A: symmetric, [m, m], in the user's units, of d = x - origin; None where functions other
            than quadratics are searched.
        b: [m], in the user's units, of d; also None there.
        verdict: "conserved", "slow", "changes" or "undetermined"; see `Judged.verdicts`.
        size: size of its change along trajectories, in units of its spread over the data.
        low, high: 95 % interval of the size.
        probability: probability that the size is within the tolerance, with every uncertainty
            counted as change.
        hopeful: the same probability with uncertainty counted as no change.
        varies: whether its values differ in the data by more than noise and rounding.
    """

    expression: str
    A: np.ndarray | None
    b: np.ndarray | None
    verdict: str
    size: float
    low: float
    high: float
    probability: float
    hopeful: float
    varies: bool


@dataclass(frozen=True, eq=False)
class LearnedFunction:
    """A direction in the span of the functions that networks have learned, with its verdict.

    Attributes:
        verdict, size, low, high, probability, hopeful: as for a `Direction`, on trajectories
            that were not learned from.
        beyond: share of its gradient outside the span of other gradients: those of the conserved
            quadratics, and of the functions before it that count.
        counted: whether it is conserved within the tolerance and independent of those.
        explained: share of its variance that polynomials of the coordinates explain, by degree.
        tracks: its values along some of the trajectories that were judged, in units of its spread,
            [R, T].
    """

    verdict: str
    size: float
    low: float
    high: float
    probability: float
    hopeful: float
    beyond: float
    counted: bool
    explained: Mapping[str, float]
    tracks: np.ndarray


def _remark(quantity: Quantity) -> str:
    """What is said behind a quantity that is not surely independent."""
    if quantity.undetermined:
        return "  (undetermined whether independent)"
    return "" if quantity.independent else "  (function of others)"


def numbers_of(judged: Judged, k: int) -> dict[str, float]:
    """The numbers of one judged direction, by their names in results."""
    return {
        "size": float(judged.size[k]),
        "low": float(judged.low[k]),
        "high": float(judged.high[k]),
        "probability": float(judged.cautious[k]),
        "hopeful": float(judged.hopeful[k]),
    }


def directions_of(
    judged: Judged,
    texts: Sequence[str],
    A: Float[np.ndarray, "K m m"] | None = None,
    b: Float[np.ndarray, "K m"] | None = None,
) -> list[Direction]:
    """One `Direction` for each direction that was judged.

    Args:
        judged: K directions.
        texts: text of each direction, [K].
        A, b: coefficients of each direction, [K, m, m] and [K, m]; None for other functions than
            quadratics.
    """
    return [
        Direction(
            expression=texts[k],
            A=None if A is None else np.asarray(A[k]),
            b=None if b is None else np.asarray(b[k]),
            verdict=verdict,
            **numbers_of(judged, k),
            varies=bool(judged.varies[k]),
        )
        for k, verdict in enumerate(judged.verdicts())
    ]


@dataclass(frozen=True, eq=False)
class Discovery:
    """What is conserved in a set of trajectories, judged by the evidence of a change along them.

    Attributes:
        rank: how many linearly independent quantities are conserved.
        quantities: a readable basis of what is conserved, simplest first.
        directions: the directions that were judged, the least changing first.
        without_law: number of directions by verdict, judged without a law of motion.
        tolerance: size of a change, in units of the spread, up to which a quantity is conserved.
        duration: duration of a trajectory, in the user's unit of time.
        by: the law of motion that the verdict rests on; "" where trajectories alone decide.
        laws: log evidence of every law minus that of smooth curves, in nats, by label.
        hamiltonian: nats of the best Hamiltonian law over the best general one; NaN where no law
            explains the trajectories better than smooth curves do.
        noise: standard deviation of every coordinate's noise, in the user's units, by name.
        given: names of the coordinates whose noise the user gave.
        origin: the origin of the quantities, which are functions of x - origin, by name; 0 where
            the data are near 0.
        algebra: name of the Lie algebra that the Poisson brackets of the quantities form; "" where
            there is none.
        seconds: wall-clock time of the whole discovery.
        versions: versions of the packages, by name.
        data: what was judged: source, degrees_of_freedom, dt, samples, trajectories, names, spread;
            paired; slopes, whether velocities are differences of positions; notes and taken, as the
            reader of the data reports them.
        final: whether laws of motion were compared; False for the first table.
        degree: highest degree of the polynomials that are searched.
        functions: functions searched beside the polynomials, as the user has given them.
        learned: functions that networks have learned beside the quadratics, the least changing
            first; empty where networks were not asked for, or nothing was left to be learned.
        networks: weights of these functions, see `kept_functions.functions_of`; empty if there are
            no such functions.
        fit: the fit that the directions come from; None where all quadratics, or a list of
            functions, are searched.
    """

    rank: int
    quantities: Sequence[Quantity]
    directions: Sequence[Direction]
    without_law: Mapping[str, int]
    tolerance: float
    duration: float
    by: str
    laws: Mapping[str, float]
    hamiltonian: float
    noise: Mapping[str, float]
    given: Sequence[str]
    origin: Mapping[str, float]
    algebra: str
    seconds: float
    versions: Mapping[str, str]
    data: Mapping[str, Any]
    final: bool = True
    degree: int = 2
    functions: Sequence[str] = ()
    learned: Sequence[LearnedFunction] = ()
    networks: Mapping[str, Any] = field(default_factory=dict)
    fit: VariationalFit | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return tuple(self.data["names"])

    @property
    def paired(self) -> bool:
        """Whether the coordinates are positions with momenta or velocities."""
        return bool(self.data.get("paired", True))

    @property
    def quadratic(self) -> bool:
        """Whether all quadratics were searched, and nothing else."""
        return only_quadratics(self.degree, self.functions)

    @property
    def independent(self) -> int:
        """How many of the conserved quantities and learned functions are independent."""
        kept = [*(q.independent for q in self.quantities), *(f.counted for f in self.learned)]
        return sum(kept)

    def count(self, verdict: str) -> int:
        """How many directions got this verdict."""
        return sum(direction.verdict == verdict for direction in self.directions)

    def to_json(self) -> str:
        """The text of `discovery.json`; numbers that are not finite become null."""
        return json_text({"version": VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Discovery:
        """The inverse of `to_json`; null becomes NaN where a number is expected.

        Raises:
            InputError: if the text is not the JSON of a discovery, or is of another version.
        """
        members = {
            "quantities": Quantity,
            "directions": Direction,
            "learned": LearnedFunction,
            "fit": VariationalFit,
            "curve": Bound,
        }
        return read_result(cls, text, VERSION, members)

    @property
    def _summary(self) -> str:
        return (
            f"{self.rank} conserved, {self.count(SLOW)} slow, {self.count(UNDETERMINED)} "
            f"undetermined, within {self.tolerance:g} of the spread in {self.duration:.3g} units "
            "of time"
        )

    def __str__(self) -> str:
        """What is conserved, and a table of the directions that do not surely change."""
        lines = [self._summary]
        lines += [f"  {one.expression}{_remark(one)}" for one in self.quantities]
        lines.append(f"  {'verdict':<13} {'change':>8} {'interval':>18} {'probability':>11}")
        for one in self.directions:
            if one.verdict != CHANGES:
                interval = f"{one.low:.2g} to {one.high:.2g}"
                lines.append(
                    f"  {one.verdict:<13} {one.size:8.2g} {interval:>18} {one.probability:11.4f}"
                )
        if self.learned:
            found = sum(one.counted for one in self.learned)
            lines.append(f"{found} more learned by networks, {self.independent} independent in all")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """What is conserved, and every direction with its verdict, for a notebook."""
        quantities = [(one.expression, one.kind or "-") for one in self.quantities]
        directions = [
            (one.verdict, g(one.size), f"{g(one.low)} to {g(one.high)}", f"{one.probability:.4f}",
             short(one.expression))
            for one in self.directions
        ]  # fmt: skip
        header = ("verdict", "change", "95 % interval", "probability", "direction")
        return fragment(
            self._summary,
            html_table(("quantity", "what it is"), quantities, "quantity"),
            html_table(header, directions, "direction"),
        )
