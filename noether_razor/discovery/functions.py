"""From a fitted model with functions as candidates to what it says of them.

The signs are those of quadratics: the posterior's price and z, the certificate on trajectories, the
bracket; and so is the verdict. What is new is the count: how many of the conserved functions, with
the energy among them, are independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._types import Coefficients, Hamiltonian, Key, LinearForms, State
from noether_razor.conserved import Combined
from noether_razor.conserved.features import Features
from noether_razor.discovery._stored import json_text, read_result
from noether_razor.discovery.certificate import function_certificate, normalised_bracket
from noether_razor.discovery.rank import CONSERVED, DRIFTS, verdicts
from noether_razor.discovery.regression import sparse_regression, written
from noether_razor.discovery.result import RankEvidence
from noether_razor.inference.fitted import predict
from noether_razor.inference.learn import Learned
from noether_razor.inference.price import price
from noether_razor.proposals import Independence, independence
from noether_razor.proposals.functions import in_order
from noether_razor.trajectories import Trajectories, Transitions

DRAWS, ELEMENTS = 4, 4
"""Draws of the model and group elements that directions are priced with; quadratics get more."""

VERSION = "noether_razor.functions/2"
"""Version of the format of `discovery.json`, where it holds functions (docs/format.md)."""

REGRESSED = 4000
"""States that a function is put into words on."""


@dataclass(frozen=True)
class FunctionDirection:
    """A combination of the learned functions, with its signs.

    Attributes:
        verdict: "conserved", "rejected" or "undetermined".
        drift, drift_low, drift_high: variance within held-out trajectories over total variance, and
            its 95 % interval.
        training_drift: the same of the training trajectories.
        bracket: normalised, with the learned Hamiltonian; 0 where the two commute.
        z: disagreement of moved and unmoved predictions in units of the posterior's spread.
        vague, near: see `Price`.
        price, price_error: nats a held-out transition.
        expression: in the user's coordinates, where a few terms say it; else "".
        residual: share of the variance that the expression leaves; NaN without one.
    """

    verdict: str
    drift: float
    drift_low: float
    drift_high: float
    training_drift: float
    bracket: float
    z: float
    vague: float
    near: float
    price: float
    price_error: float
    expression: str
    residual: float


@dataclass(frozen=True)
class FunctionDiscovery:
    """What functions are conserved in a set of trajectories, and how many are independent.

    Attributes:
        count: independent conserved functions, the energy among them.
        kind: of the candidates.
        directions: every combination that was asked about, slowest first.
        gradients, gradient_errors: singular values of the unit gradients of the energy and of what
            is conserved, and the error of each; see `Independence`.
        sizes: learned amplitudes of the candidates, in units of the data's spread.
        proposed: variance within trajectories over total variance, as the data alone proposed.
        elbo, nll, kl: in nats per training transition, densities in the user's coordinates.
        train_mse, test_mse: one-step mean squared error, squared user's units.
        seed: of everything random.
        seconds: wall-clock of the whole.
        versions: of the packages.
        data: as in `Discovery`.
        evidence: the bound against the number of directions held.
    """

    count: int
    kind: str
    directions: Sequence[FunctionDirection]
    gradients: Sequence[float]
    gradient_errors: Sequence[float]
    sizes: Sequence[float]
    proposed: Sequence[float]
    elbo: float
    nll: float
    kl: float
    train_mse: float
    test_mse: float
    seed: int | None
    seconds: float
    versions: Mapping[str, str]
    data: Mapping[str, Any]
    evidence: Sequence[RankEvidence] = ()

    @property
    def kept(self) -> int:
        """How many directions are conserved, independent or not."""
        return sum(one.verdict == CONSERVED for one in self.directions)

    def to_json(self) -> str:
        """The text of `discovery.json`; numbers that are not finite become null."""
        return json_text({"version": VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> FunctionDiscovery:
        """The inverse of `to_json`; null becomes NaN where a number is due.

        Raises:
            InputError: not the JSON of a discovery of functions, or of another version.
        """
        members = {"directions": FunctionDirection, "evidence": RankEvidence}
        return read_result(cls, text, VERSION, members)

    def __str__(self) -> str:
        lines = [f"{self.count} independent functions conserved, the energy included ({self.kind})"]
        for number, one in enumerate(self.directions, 1):
            said = f"  {one.expression}" if one.expression else ""
            lines.append(
                f"  {number:>2}  drift {one.drift:8.2g}  z {one.z:8.2g}  {one.verdict}{said}"
            )
        return "\n".join(lines)


class Judged(NamedTuple):
    """What a fitted model says of its functions.

    Attributes:
        directions: every one, with its verdict, slowest first.
        functions: the same as a family, in the model's coordinates.
        independent: of the energy and the conserved functions.
    """

    directions: list[FunctionDirection]
    functions: Combined
    independent: Independence


class WithEnergy(NamedTuple):
    """A Hamiltonian in front of a family's quantities."""

    hamiltonian: Hamiltonian
    family: Any

    def value(self, x: State) -> Coefficients:
        return jnp.concatenate([self.hamiltonian(x)[None], self.family.value(x)])

    def gradient(self, x: State) -> LinearForms:
        return jnp.concatenate([jax.grad(self.hamiltonian)(x)[None], self.family.gradient(x)])


def judge_functions(
    key: Key,
    learned: Learned,
    train: Trajectories,
    held_out: Trajectories,
    test: Transitions,
    features: Features,
) -> Judged:
    """Every direction of the learned functions' span with its signs, slowest first.

    Args:
        key: of weights, group elements and moves.
        learned: a model with learned functions.
        train, held_out: trajectories, in the user's coordinates.
        test: held-out transitions to price on, in the model's coordinates.
        features: to put functions into words with.
    """
    price_key, energy_key = jax.random.split(key)
    (problem, fitted), spread = learned, np.asarray(learned.problem.spread, float)
    paths, apart = (np.asarray(problem.scaling.scale(p.states), float) for p in (train, held_out))
    functions = in_order(fitted.quantities, paths, apart).quantities
    priced = price(
        price_key, fitted, functions, test, problem.spread, problem.train.start,
        draws=DRAWS, elements=ELEMENTS,
    )  # fmt: skip
    on_train, on_test = (function_certificate(functions, p, spread) for p in (paths, apart))
    energy = fitted.draws(energy_key)
    brackets = normalised_bracket(functions, energy, test.start)
    names = _in_words(functions, apart, problem.scaling, features, held_out.names)
    directions = [
        FunctionDirection(
            verdict=verdict,
            drift=float(on_test.drift[k]),
            drift_low=float(on_test.low[k]),
            drift_high=float(on_test.high[k]),
            training_drift=float(on_train.drift[k]),
            bracket=float(brackets[k]),
            z=float(priced.z[k]),
            vague=float(priced.vague[k]),
            near=float(priced.near[k]),
            price=float(priced.nats[k]),
            price_error=float(priced.error[k]),
            expression=names[k][0],
            residual=names[k][1],
        )
        for k, verdict in enumerate(verdicts(priced, on_test, on_train, DRIFTS))
    ]
    kept = np.array([one.verdict == CONSERVED for one in directions])
    conserved = functions.only(kept)
    missed = float(_missed(energy, test, problem.spread, problem.razor.solver))
    told = np.array([missed] + [0.0] * int(kept.sum()))
    independent = independence(WithEnergy(energy, conserved), apart, spread, told)
    return Judged(directions, functions, independent)


@partial(jax.jit, static_argnames="solver")
def _missed(energy: Hamiltonian, test: Transitions, spread: State, solver: str) -> jax.Array:
    """Median error of a predicted step relative to that step: that of the energy's gradient."""
    ahead = predict(energy, test.start, test.dt, solver)
    error, step = (
        jnp.linalg.norm(vector / spread, axis=-1)
        for vector in (ahead - test.end, test.end - test.start)
    )
    return jnp.median(error / step)


def _in_words(
    functions: Combined, paths: np.ndarray, scaling: Any, features: Features, names: Sequence[str]
) -> list[tuple[str, float]]:
    """An expression of each function in the user's coordinates, and what it leaves unsaid."""
    flat = paths.reshape(-1, paths.shape[-1])
    some = np.random.default_rng(0).permutation(len(flat))[:REGRESSED]
    states = jnp.asarray(flat[some], jnp.result_type(float))
    values = np.asarray(jax.vmap(functions.value)(states), float)
    known = np.asarray(jax.vmap(features)(scaling.unscale(states)), float)
    found = [sparse_regression(known, column) for column in values.T]
    words = features.names(list(names))
    return [
        (written(one.coefficients, words), one.residual) if one else ("", float("nan"))
        for one in found
    ]
