"""Find what is conserved in trajectories, with one call."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from noether_razor.base.blas import one_blas_thread
from noether_razor.base.errors import InputError
from noether_razor.base.reports import Report
from noether_razor.base.versions import versions
from noether_razor.conserved import Quadratic
from noether_razor.data import Reading, as_trajectories
from noether_razor.data.trajectories import Trajectories
from noether_razor.describe.algebra import algebra_name
from noether_razor.discovery.combinations import Combinations
from noether_razor.discovery.fit_result import VariationalFit
from noether_razor.discovery.kept_functions import with_learned
from noether_razor.discovery.quadratics import in_spreads, labelled, origin_of, readable
from noether_razor.discovery.result import Discovery
from noether_razor.evidence.investigate import Findings, Law, investigate
from noether_razor.evidence.judged import CLEAR, CONSERVED, TOLERANCE, Judged
from noether_razor.evidence.learned import check, learned
from noether_razor.evidence.recording import Recording, recording
from noether_razor.evidence.search import Search, searched

PACKAGES = ("noether_razor", "jax", "numpy", "scipy")


def discover(
    data: Any,
    *,
    t: Any = None,
    reading: Reading | None = None,
    tolerance: float = TOLERANCE,
    noise: Mapping[str, float] | float | None = None,
    degree: int = 2,
    functions: Sequence[str] = (),
    networks: bool = False,
    seed: int = 0,
    report: Report = lambda stage, done, total, note: None,
    first: Callable[[Discovery], None] = lambda discovery: None,
) -> Discovery:
    """Find every conserved quantity of a kind from trajectories, and how certain each is.

    Quadratics are searched, unless another degree or functions are given.

    A quantity is conserved if it changes along the trajectories by no more than the tolerance with
    a probability of at least 0.99. It is slow if this holds, but it certainly changes. It changes
    if the probability is at most 0.01, even if uncertainty is not counted as change. Otherwise it
    is undetermined. The same data give the same answer: only networks depend on a seed.

    Args:
        data: trajectories of one system, in any units and about any origin: `Trajectories`, a path,
            a table, arrays; see `noether_razor.data.as_trajectories`.
        t: times, or the time between samples, where `data` does not hold it.
        reading: how `data` is to be read; guessed by default.
        tolerance: size of a change up to which a quantity C is conserved, in (0, 1). The size is
            the root mean square of C about its mean on a trajectory, divided by the standard
            deviation of C in all of the data.
        noise: standard deviations of the measurement noise in the user's units: one for all
            coordinates, or one by name. The names q and p stand for all positions and all momenta.
            A noise that is not given is estimated.
        degree: highest degree of the polynomials that are searched, 1 or more.
        functions: functions to be searched beside the polynomials, as texts in the names of the
            coordinates, such as "1 / sqrt(q1**2 + q2**2)"; see
            `conserved.expressions.Expressions`. Where `reading` names angles, functions
            `on_the_circle` are added; see `evidence.search`.
        networks: whether networks learn what is conserved beside all quadratics, which takes a
            minute or so; see `evidence.learned.learned`.
        seed: seed of the networks.
        report: called with a stage, steps done, steps in all, and a remark.
        first: called with the first table, which is made before any law of motion is compared.

    Raises:
        InputError: if the data cannot be read, if a number is out of its range, if there are fewer
            than two trajectories or three samples, or if a function cannot be read or is not
            finite. Also if networks are asked for beside functions other than quadratics, or with
            fewer than eight trajectories.

    Example:
        >>> data = simulate(make_system("oscillator"), key=jax.random.key(0))
        >>> print(discover(data))
        >>> print(discover(data, degree=4))
        >>> print(discover(data, networks=True))
    """
    trajectories = as_trajectories(data, t=t, reading=reading)
    recorded = checked(trajectories, tolerance, noise)
    angles = reading.angles if reading and not networks else ()
    search = searched(recorded, trajectories.names, degree, functions, angles)
    return discover_recorded(
        trajectories, recorded, search, tolerance=tolerance, report=report, first=first,
        networks=seed if networks else None,
    )  # fmt: skip


@one_blas_thread()
def discover_recorded(
    trajectories: Trajectories,
    data: Recording,
    search: Search,
    *,
    tolerance: float,
    report: Report,
    first: Callable[[Discovery], None],
    networks: int | None = None,
) -> Discovery:
    """Discover from a recording that has already been made; see `checked` and `searched`.

    `networks` is the seed of the networks. If it is None, no networks are learned.

    Raises:
        InputError: if networks are asked for beside functions other than quadratics, or with too
            few trajectories.
    """
    began = time.perf_counter()
    if networks is not None:
        check(search, len(trajectories))
    report("trajectories", 0, 1, "judging them without a law of motion")
    tables: list[Discovery] = []

    def told(findings: Findings, final: bool) -> Discovery:
        seconds = time.perf_counter() - began
        if tables and findings.law is None:  # no law judges, so the first table stays
            of_laws = _of_laws(findings, data)
            return replace(tables[0], **of_laws, seconds=seconds, final=final)
        with jax.enable_x64(True):
            return discovery_of(
                trajectories, data, search, findings, tolerance, seconds, final=final
            )

    def on_table(judged: Judged) -> None:
        report("trajectories", 1, 1, f"{judged.verdicts().count(CONSERVED)} conserved so far")
        deviations = np.sqrt(data.noise) * data.spread
        tables.append(told(Findings(judged, None, "", (), deviations), final=False))
        first(tables[0])

    def on_law(law: Law, done: int, total: int) -> None:
        report("laws of motion", done, total, told_of(law))

    findings = investigate(data, tolerance, search.features, on_table=on_table, on_law=on_law)
    if networks is None:
        return told(findings, final=True)
    report("networks", 0, 1, "learning what is left")
    conserved = findings.judged.of([CONSERVED])
    known = in_spreads(conserved.coefficients, data.dimension)
    # Without a Hamiltonian a conserved quantity generates no symmetry.
    moved = data.paired and not findings.hamiltonian < -CLEAR
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


def told_of(law: Law) -> str:
    """A remark on a law that was compared."""
    nats = "given up" if math.isnan(law.nats) else f"{law.nats:+.0f} nats"
    return f"{law.label}: {nats}"


def checked(
    trajectories: Trajectories, tolerance: float, noise: Mapping[str, float] | float | None
) -> Recording:
    """Check the input of `discover`, and make the recording that is judged.

    Raises:
        InputError: if the tolerance is not between 0 and 1, if there are fewer than two
            trajectories or three samples, if a coordinate never changes, or if a noise cannot be
            used.
    """
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance is {tolerance}, expected a share between 0 and 1")
    count, samples = trajectories.states.shape[:2]
    if count < 2 or samples < 3:
        raise InputError(
            f"{trajectories.source}: has {count} {'trajectory' if count == 1 else 'trajectories'} "
            f"of {samples} samples, expected 2 or more of 3 or more: record from other initial "
            "states, or cut a long one with --pieces and a number of samples"
        )
    return recording(trajectories, noise)


def claim(
    method: str,
    files: Sequence[str],
    tolerance: float,
    noise: Mapping[str, float] | None,
    reading: Mapping[str, Any],
) -> dict[str, Any]:
    """The configuration that a run directory is identified by; see `RunDirectory.claim`."""
    return {
        "method": method,
        "files": list(files),
        "tolerance": tolerance,
        "noise": dict(noise) if noise else None,
        **reading,
    }


def discovery_of(
    trajectories: Trajectories,
    data: Recording,
    search: Search,
    findings: Findings,
    tolerance: float,
    seconds: float,
    *,
    final: bool = True,
    fit: VariationalFit | None = None,
    packages: Mapping[str, str] | None = None,
) -> Discovery:
    """The result of a discovery, in the user's coordinates.

    Args:
        trajectories, data: the trajectories that were judged, and their recording.
        search: the functions that were searched.
        findings: what was found in the span of these functions.
        tolerance: size of a change, in units of the spread, up to which a quantity is conserved.
        seconds: wall-clock time of the whole discovery.
        final: whether laws of motion were compared.
        fit: the fit that the directions come from, if any.
        packages: versions of the packages, by name; by default those of a discovery without a fit.
    """
    names = trajectories.names
    if search.quadratic:
        origin, directions, quantities = readable(findings.judged, trajectories, data, tolerance)
    else:
        origin = origin_of(data)
        of = Combinations(search, data, origin, names, labelled(names, origin))
        directions = of.directions(findings.judged)
        quantities = of.quantities(findings.judged, tolerance)
    algebra = ""
    if search.quadratic and quantities and data.paired:
        A, b = (np.stack([getattr(one, part) for one in quantities]) for part in ("A", "b"))
        algebra = algebra_name(Quadratic(A, b), data.spread)  # type: ignore[arg-type]
    return Discovery(
        rank=len(quantities),
        quantities=quantities,
        directions=directions,
        without_law=dict(Counter(findings.tracks.verdicts())),
        tolerance=tolerance,
        duration=data.duration,
        **_of_laws(findings, data),
        noise=by_name(names, findings.noise),
        given=[name for name, known in zip(names, data.given, strict=True) if known],
        origin=by_name(names, origin),
        algebra=algebra,
        seconds=seconds,
        versions=packages or versions(PACKAGES),
        data=summary(trajectories, data),
        final=final,
        degree=search.degree,
        functions=search.functions,
        fit=fit,
    )


def _of_laws(findings: Findings, data: Recording) -> dict[str, Any]:
    """The members of a result that tell of the laws of motion."""
    return {
        "by": findings.by,
        "laws": {law.label: law.nats for law in findings.laws},
        "hamiltonian": findings.hamiltonian if data.paired else float("nan"),
    }


def by_name(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    """A number for each name."""
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def summary(trajectories: Trajectories, data: Recording) -> dict[str, Any]:
    """The member `data` of a result."""
    return {
        "source": trajectories.source,
        "notes": list(trajectories.notes),
        "taken": dict(trajectories.taken),
        "paired": data.paired,
        "slopes": trajectories.slopes is not None,
        "degrees_of_freedom": trajectories.degrees_of_freedom,
        "dt": trajectories.dt,
        "samples": trajectories.q.shape[1],
        "trajectories": len(trajectories),
        "names": list(trajectories.names),
        "spread": [float(value) for value in data.spread],
    }
