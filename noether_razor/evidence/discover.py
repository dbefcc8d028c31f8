"""One call from trajectories to what is conserved in them."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from noether_razor._versions import versions
from noether_razor.conserved import Quadratic
from noether_razor.discovery.algebra import algebra_name
from noether_razor.discovery.formula import expression
from noether_razor.discovery.kinds import kind
from noether_razor.discovery.readable import least_drifting_basis, residuals
from noether_razor.errors import InputError
from noether_razor.evidence.dictionary import Dictionary
from noether_razor.evidence.investigate import Findings, Law, investigate
from noether_razor.evidence.judged import CLEAR, CONSERVED, TOLERANCE, Judged
from noether_razor.evidence.kept_functions import with_learned
from noether_razor.evidence.learned import check, learned
from noether_razor.evidence.recording import Recording, recording
from noether_razor.evidence.result import (
    ConservedQuantity,
    EvidenceDiscovery,
    JudgedDirection,
    directions_of,
)
from noether_razor.evidence.search import Search, searched
from noether_razor.trajectories import Trajectories

Report = Callable[[str, int, int, str], None]
PACKAGES = ("noether_razor", "jax", "numpy", "scipy")
FAR = 10.0
"""Distance of the data from the origin, in spreads, from which quantities are about the centre."""


def discover(
    trajectories: Trajectories,
    *,
    tolerance: float = TOLERANCE,
    noise: Mapping[str, float] | float | None = None,
    degree: int = 2,
    functions: Sequence[str] = (),
    networks: bool = False,
    seed: int = 0,
    report: Report = lambda stage, done, total, note: None,
    first: Callable[[EvidenceDiscovery], None] = lambda discovery: None,
) -> EvidenceDiscovery:
    """Find every conserved quantity of a kind from trajectories, and how sure that is.

    Quadratics are searched, unless a higher degree or functions are given.

    A quantity is conserved if it changes along the trajectories by less than the tolerance with a
    probability of at least 0.99; it changes if that probability is at most 0.01; otherwise it is
    undetermined. The same data give the same answer: no random numbers are used, but for networks.

    Args:
        trajectories: of one system, in any units and about any origin.
        tolerance: size of a change, the root mean square of C about its mean on a trajectory over
            the standard deviation of C in all of the data, in (0, 1).
        noise: standard deviations of the measurement noise in the user's units: one for all
            coordinates, or by name, with q and p for all positions and momenta. What is not given
            is estimated.
        degree: of the polynomials that are searched, 1 or more.
        functions: to be searched beside the polynomials, as texts in the names of the coordinates,
            such as "1 / sqrt(q1**2 + q2**2)"; see `conserved.expressions.Expressions`.
        networks: whether networks learn what is conserved beside all quadratics, for a minute or
            so; see `learned.learned`.
        seed: of the networks.
        report: called with a stage, steps done, steps in all, and a remark.
        first: called with the first table, which no law of motion has been asked about.

    Raises:
        InputError: a number out of its range, fewer than two trajectories or three samples, a
            function that cannot be read or is not finite; networks beside other functions than
            quadratics, or with fewer than eight trajectories.

    Example:
        >>> data = simulate(make_system("oscillator"), key=jax.random.key(0))
        >>> print(discover(data))
        >>> print(discover(data, degree=4))
        >>> print(discover(data, networks=True))
    """
    data = checked(trajectories, tolerance, noise)
    search = searched(data, trajectories.names, degree, functions)
    return discover_recorded(
        trajectories, data, search, tolerance=tolerance, report=report, first=first,
        networks=seed if networks else None,
    )  # fmt: skip


def discover_recorded(
    trajectories: Trajectories,
    data: Recording,
    search: Search,
    *,
    tolerance: float,
    report: Report,
    first: Callable[[EvidenceDiscovery], None],
    networks: int | None = None,
) -> EvidenceDiscovery:
    """The same, of trajectories whose recording is made already; see `checked` and `searched`.

    Networks have a seed; without one they are not asked.
    """
    began = time.perf_counter()
    if networks is not None:
        check(search, len(trajectories))
    report("trajectories", 0, 1, "judging them without a law of motion")

    def told(findings: Findings, final: bool) -> EvidenceDiscovery:
        seconds = time.perf_counter() - began
        with jax.enable_x64(True):
            return _discovery(trajectories, data, search, findings, tolerance, seconds, final)

    def on_table(judged: Judged) -> None:
        report("trajectories", 1, 1, f"{judged.verdicts().count(CONSERVED)} conserved so far")
        deviations = np.sqrt(data.noise) * data.spread
        first(told(Findings(judged, None, "", (), deviations), final=False))

    def on_law(law: Law, done: int, total: int) -> None:
        nats = "given up" if math.isnan(law.nats) else f"{law.nats:+.0f} nats"
        report("laws of motion", done, total, f"{law.label}: {nats}")

    findings = investigate(data, tolerance, search.features, on_table=on_table, on_law=on_law)
    if networks is None:
        return told(findings, final=True)
    report("networks", 0, 1, "learning what is left")
    conserved = findings.judged.of([CONSERVED])
    known = in_spreads(conserved.coefficients, data.dimension)
    # Without a Hamiltonian what is conserved generates no symmetry.
    moved = not findings.hamiltonian < -CLEAR
    found = learned(
        trajectories.states,
        data,
        known,
        conserved.high,
        tolerance,
        hamiltonian=moved,
        seed=networks,
    )
    report("networks", 1, 1, "")
    return with_learned(told(findings, final=True), found, data, time.perf_counter() - began)


def checked(
    trajectories: Trajectories, tolerance: float, noise: Mapping[str, float] | float | None
) -> Recording:
    """The recording that is judged, if everything that was given can be used; see `discover`."""
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance is {tolerance}, expected a share between 0 and 1")
    if len(trajectories) < 2 or trajectories.q.shape[1] < 3:
        raise InputError(
            f"{trajectories.source}: has {len(trajectories)} trajectories of "
            f"{trajectories.q.shape[1]} samples, expected 2 or more of 3 or more: record more, or "
            "cut one into pieces"
        )
    return recording(trajectories, noise)


def _discovery(
    trajectories: Trajectories,
    data: Recording,
    search: Search,
    findings: Findings,
    tolerance: float,
    seconds: float,
    final: bool,
) -> EvidenceDiscovery:
    names = trajectories.names
    origin = origin_of(data)
    if search.quadratic:
        directions = _directions(findings.judged, data, origin, names)
        quantities = _quantities(directions, trajectories, data, origin)
    else:
        of = Dictionary(search, data, origin, names, labelled(names, origin))
        directions = of.directions(findings.judged)
        quantities = of.quantities(findings.judged, tolerance)
    closed = search.quadratic and quantities
    return EvidenceDiscovery(
        rank=len(quantities),
        quantities=quantities,
        directions=directions,
        without_law=dict(Counter(findings.tracks.verdicts())),
        tolerance=tolerance,
        duration=data.duration,
        by=findings.by,
        laws={law.label: law.nats for law in findings.laws},
        hamiltonian=findings.hamiltonian,
        noise=_by_name(names, findings.noise),
        given=[name for name, known in zip(names, data.given, strict=True) if known],
        origin=_by_name(names, origin),
        algebra=algebra_name(quantities, data.spread) if closed else "",  # type: ignore
        seconds=seconds,
        versions=versions(PACKAGES),
        data=_summary(trajectories, data),
        final=final,
        degree=search.degree,
        functions=search.functions,
    )


def quadratic(judged: Judged, data: Recording, origin: np.ndarray) -> Quadratic:
    """Directions in the span of all monomials of degree 1 and 2, as quadratics of x - origin."""
    A, b = in_spreads(judged.coefficients, data.dimension)
    A = np.asarray(A) / np.outer(data.spread, data.spread)
    b = np.asarray(b) / data.spread
    return Quadratic(A, b - A @ (data.centre - origin))  # type: ignore[arg-type]


def in_spreads(coefficients: np.ndarray, m: int) -> Quadratic:
    """Coefficients [K, D] of all monomials of degree 1 and 2 of z [m], as quadratics of z."""
    i, j = np.triu_indices(m)
    A = np.zeros((len(coefficients), m, m))
    A[:, i, j] = coefficients[:, m:]
    A = A + np.swapaxes(A, 1, 2)  # c x_i^2 has A_ii = 2 c, c x_i x_j has A_ij = A_ji = c
    return Quadratic(A, coefficients[:, :m])  # type: ignore[arg-type]


def _directions(
    judged: Judged, data: Recording, origin: np.ndarray, names: tuple[str, ...]
) -> list[JudgedDirection]:
    A, b = quadratic(judged, data, origin)
    labels = labelled(names, origin)
    texts = [
        expression(np.asarray(A[k]), np.asarray(b[k]), labels, data.spread) for k in range(len(b))
    ]
    return directions_of(judged, texts, A, b)


def _quantities(
    directions: list[JudgedDirection],
    trajectories: Trajectories,
    data: Recording,
    origin: np.ndarray,
) -> list[ConservedQuantity]:
    """A readable basis of what is conserved, those of a kind together."""
    conserved = [one for one in directions if one.verdict == CONSERVED]
    if not conserved:
        return []
    span = Quadratic(
        jnp.stack([jnp.asarray(d.A) for d in conserved]),
        jnp.stack([jnp.asarray(d.b) for d in conserved]),
    )
    basis = least_drifting_basis(span, data.spread, trajectories.states - origin)
    moved = residuals(basis, span, data.spread)
    scaled = basis.rescale(data.spread)  # type: ignore[arg-type]
    labels = labelled(trajectories.names, origin)
    quantities = [
        ConservedQuantity(
            expression=expression(basis.A[k], basis.b[k], labels, data.spread),
            A=np.asarray(basis.A[k], float),
            b=np.asarray(basis.b[k], float),
            kind=kind(np.asarray(scaled.A[k]), np.asarray(scaled.b[k])),
            residual=float(moved[k]),
        )
        for k in range(len(basis.b))
    ]
    kinds = [quantity.kind for quantity in quantities]
    return sorted(quantities, key=lambda quantity: kinds.index(quantity.kind))


def labelled(names: tuple[str, ...], origin: np.ndarray) -> list[str]:
    """Names of x - origin, as in (q1 - 4.2e+06)."""
    return [
        f"({name} - {value:.15g})" if value > 0 else f"({name} + {-value:.15g})" if value else name
        for name, value in zip(names, origin, strict=True)
    ]


def origin_of(data: Recording) -> np.ndarray:
    """The point that quantities are about, [m]: 0, or near the centre of data that are far away.

    It is rounded to about a thousandth of the spread, so that its text is exact.
    """
    digit = 10.0 ** (np.floor(np.log10(data.spread)) - 3)
    return np.where(
        np.abs(data.centre) > FAR * data.spread, digit * np.round(data.centre / digit), 0.0
    )


def _by_name(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _summary(trajectories: Trajectories, data: Recording) -> dict[str, Any]:
    return {
        "source": trajectories.source,
        "degrees_of_freedom": trajectories.degrees_of_freedom,
        "dt": trajectories.dt,
        "samples": trajectories.q.shape[1],
        "trajectories": len(trajectories),
        "names": list(trajectories.names),
        "spread": [float(value) for value in data.spread],
    }
