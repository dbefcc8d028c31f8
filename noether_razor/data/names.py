"""Names of columns: their units, their form in formulas, and which two are a pair."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

TIME_NAMES = (
    "t", "time", "times", "timestamp", "timestamps", "datetime", "date", "seconds", "sec",
    "timems", "ts", "tms", "elapsed", "elapsedtime", "simtime", "positiont",
)  # fmt: skip
"""Plain names of times, the most usual first."""
UNIT_NAMES = (
    "year", "years", "days", "hours", "minutes", "jd", "jdtdb", "jdut", "jdct", "mjd", "juliandate",
)  # fmt: skip
"""Plain names of times after their units; they are used if there are no other times."""
ID_NAMES = (
    "trajectory", "traj", "trajectoryid", "trajid", "trajectoryindex", "trajectoryidx", "trajindex",
    "trajidx", "trajectorynumber", "trajectoryname", "track", "trackid", "run", "runid", "runindex",
    "runidx", "runnumber", "orbit", "orbitid", "id", "shot", "episode", "episodeid", "episodeindex",
    "episodeidx", "rollout", "rolloutid", "rolloutindex", "rolloutidx", "trial", "trialid",
    "sequence", "sequenceid", "sequenceindex", "seq", "seqid", "series", "seriesid", "simulation",
    "simulationid", "sim", "simid", "experiment", "experimentid", "particle", "particleid", "label",
    "replicate", "replica", "realization", "realisation", "sampleid", "env", "envid", "batch",
    "batchid",
)  # fmt: skip
"""Plain names of columns that tell trajectories apart, the most usual first."""
ROW_NAMES = ("id", "seq", "seqid", "sampleid")
"""Names among `ID_NAMES` that may number the rows instead."""
COUNT_NAMES = (
    "frame", "frameid", "frameindex", "frameidx", "framenumber", "step", "stepindex", "stepidx",
    "timestep", "timestepindex", "timeindex", "timeidx",
)  # fmt: skip
"""Plain names of columns that number the samples; they are used as times if there are none."""
STEP_NAMES = (
    "dt", "step", "timestep", "deltat", "samplinginterval", "sampleinterval", "samplingperiod",
)  # fmt: skip
"""Plain names of the time between samples."""
RATE_NAMES = (
    "fs", "samplingrate", "samplerate", "samplingfrequency", "samplefrequency", "framerate", "fps",
)  # fmt: skip
"""Plain names of the sampling rate, the number of samples in a unit of time."""
ANGLES = ("theta", "phi", "psi", "alpha", "beta", "gamma", "angle", "θ", "φ", "ϕ", "ψ")
POSITIONS = ("q", "x", "y", "z", "r", "position", "pos", *ANGLES)
UNIT = re.compile(r"^(.*?)\s*(?:\[([^\]]*)\]|\(([^)]*)\))\s*$")
"""A name with its unit in brackets, as x [m] or x (m)."""


def plain(name: str) -> str:
    """A name without capitals, blanks and marks, for comparing."""
    return re.sub(r"[\s_.\-/]", "", name.lower())


def without_unit(name: str) -> tuple[str, str]:
    """Split a name and its unit; x[0] is the component x0, and x(t) and der(x) have no unit."""
    match = UNIT.match(name)
    if not match or match[1].strip() in ("", "der"):
        return name, ""
    inside = (match[2] if match[2] is not None else match[3]).strip()
    if inside.isdigit():
        return f"{match[1].strip()}{inside}", ""
    return match[1].strip(), "" if inside == "t" else inside


def without_brackets(unit: str) -> str:
    """A unit from a row of units, without the brackets around it: (s) and [s] become s."""
    return re.sub(r"^[\[(](.*)[\])]$", r"\1", unit.strip())


def as_identifier(name: str) -> str:
    """A name that may stand in a formula: Position X becomes Position_X, dx/dt becomes dx_dt."""
    name = re.sub(r"_?\{(\w+)\}", r"_\1", name.replace("'", "_prime"))  # v_{x} is v_x
    found = re.sub(r"\W+", "_", name).strip("_") or "column"
    found = f"_{found}" if found[0].isdigit() else found
    return f"{found}_" if keyword.iskeyword(found) else found


def is_partner(first: str, second: str, kind: str) -> bool:
    """Whether the second may be the momentum ("p") or the velocity ("v") of the first."""
    return plain(second) in _partners(plain(first), kind)


def partner(first: str, names: Sequence[str], kind: str) -> str:
    """The name that is the momentum or velocity of the first, the most usual form; "" if none."""
    by_plain = {plain(name): name for name in reversed(names) if name != first}
    return next((by_plain[form] for form in _partners(plain(first), kind) if form in by_plain), "")


def is_position(name: str) -> bool:
    """Whether a name is usual for a position or an angle."""
    return re.sub(r"\d+$", "", plain(name)) in POSITIONS


def _partners(name: str, kind: str) -> list[str]:
    """Plain names that the momentum or the velocity of a plain name may have."""
    letter, words = ("p", ("momentum", "mom")) if kind == "p" else ("v", ("velocity", "vel"))
    found = [letter + name, name + letter]
    found += [word + name for word in words] + [name + word for word in words]
    stem, number = re.fullmatch(r"(.*?)(\d*)", name).groups()  # type: ignore[union-attr]
    if stem in ("q", "x", "r", *ANGLES):
        found += [letter + number, *(word + number for word in words)]
    for place in ("positions", "position", "pos"):
        if name.startswith(place):
            found += [word + name[len(place) :] for word in words]
        if name.endswith(place):
            found += [name[: -len(place)] + word for word in words]
    if match := re.fullmatch(r"[qr](.*\w)", name):  # q1x, r_x
        found.append(letter + match[1])
    if match := re.fullmatch(r"(.+)([xyz])", name):  # body1_x, sun.x
        found += [match[1] + letter + match[2], *(match[1] + word + match[2] for word in words)]
    if kind == "v":
        found += [f"{name}dot", f"dot{name}", f"{name}'", f"d{name}", f"d{name}dt"]
        found += [f"{stem}dot{number}", f"ẋ{number}" if stem == "x" else f"{name}dot"]
        found += [f"der{name}", f"{name}speed", f"{name}rate"]
        if re.fullmatch(
            ".+value", name
        ):  # as OpenSim writes hip_flexion/value and hip_flexion/speed
            found.append(f"{name.removesuffix('value')}speed")
        if stem in ANGLES:
            found += [f"omega{number}", f"ω{number}", f"w{number}", f"{stem}rate{number}"]
            found += [f"omega{name}"] + ([] if number else ["angularvelocity"])
    elif stem in ANGLES:
        found += [f"l{number}", f"j{number}", f"l{name}"]
    return found
