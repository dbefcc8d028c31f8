"""Kinds of data that people of this trade have, as their questions in public threads show.

Each case is true motion in a form that was seen in public, and what should come of it. Only facts
about the forms are used: names of columns, lines before the rows, shapes and types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import sample_public as made

from noether_razor.data import Reading
from noether_razor.data.velocities import ENDS


class Loads(NamedTuple):
    """What is loaded: names, the values of the first of these, the step, and a part of a note."""

    names: tuple[str, ...]
    values: np.ndarray
    dt: float
    note: str = ""


class Case(NamedTuple):
    """A kind of data.

    Attributes:
        source: where this form was seen.
        made: gets a folder; writes files and returns their path or paths, or returns an object.
        expected: what is loaded, or a pattern of the one line that refuses the data.
        reading: how the data are to be read.
        times: times that are given beside an object.
    """

    source: str
    made: Callable[..., Any]
    expected: Loads | str
    reading: Reading = Reading()
    times: Any = None


OF_ONE = ("x", "y", "vx", "vy")


def inner(q: np.ndarray) -> np.ndarray:
    """The samples that are left where velocities are estimated."""
    return q[:, ENDS:-ENDS]


CASES = {
    "ephemerides of Horizons": Case(
        "ssd.jpl.nasa.gov/api/horizons.api: vectors in CSV between $$SOE and $$EOE",
        made.horizons,
        Loads(("X", "Y", "Z", "VX", "VY", "VZ"), np.concatenate(made.orbits(1.0)[1:], -1), 1.0),
    ),
    "xvg of GROMACS": Case(
        "github.com/Becksteinlab/GromacsWrapper/issues/13: lines of @, names in legends",
        made.xvg,
        Loads(("atom_1_X", "atom_1_Y", "atom_1_Z"), inner(made.orbits(0.5, 1)[1]), 0.5),
        Reading(q=("atom 1 X", "atom 1 Y", "atom 1 Z")),
    ),
    "dump of LAMMPS": Case(
        "github.com/ISISNeutronMuon/MDANSE/issues/778: argon.txt of ITEM: blocks",
        made.lammps,
        "dump of LAMMPS.* a row for each time step and columns x1, y1, z1",
    ),
    "frames of XYZ": Case(
        "ovito.org/manual/reference/file_formats/input/xyz.html: frames one after the other",
        made.xyz,
        "run.xyz: .* a row for each time step and columns x1, y1, z1",
    ),
    "archive of REBOUND": Case(
        "github.com/hannorein/rebound/issues/779: how is the binary file read elsewhere",
        made.archive,
        "unknown file type .bin, .* convert it",
    ),
    "particles of trackpy": Case(
        "github.com/soft-matter/trackpy/issues/344: frame is an index and a column",
        made.trackpy,
        Loads(("x", "y"), inner(made.springs(1.0)[1]), 1.0, "frame numbers the samples"),
        Reading(q=("x", "y")),
    ),
    "particles of trackpy, not asked": Case(
        "github.com/soft-matter/trackpy/issues/344: no velocities",
        made.trackpy,
        "pair with no momenta or velocities: .* --q y,x",
    ),
    "particles that are not seen": Case(
        "github.com/soft-matter/trackpy/issues/292: frames are missing",
        made.blinking,
        "time moves by 2 after 19 in trajectory 17 .* --pieces",
        Reading(q=("x", "y")),
    ),
    "spots of TrackMate": Case(
        "github.com/trackmate-sc/TrackMate/issues/191: four heading rows",
        made.trackmate,
        Loads(("POSITION_X", "POSITION_Y"), inner(made.springs(0.1)[1]), 0.1, "heading"),
        Reading(q=("POSITION_X", "POSITION_Y")),
    ),
    "body parts of DeepLabCut": Case(
        "github.com/neuroinformatics-unit/movement/issues/716: three heading rows, no times",
        made.deeplabcut,
        Loads(("bob_x", "bob_y"), inner(made.springs(1 / 30, 1)[1]), 1 / 30, "heading"),
        Reading(q=("bob_x", "bob_y"), dt=1 / 30),
    ),
    "columns of two levels": Case(
        "github.com/pandas-dev/pandas/issues/11801: MultiIndex",
        made.levels,
        Loads(("bob_x", "bob_y", "bob_vx", "bob_vy"), made.states(0.2, 1), 0.2),
    ),
    "runs side by side": Case(
        "headings such as 'Run 1: Time (s)' in public programs that read exports of Vernier",
        made.vernier,
        Loads(("Position", "Velocity"), made.states(0.05)[..., [0, 2]], 0.05, "side by side"),
    ),
    "runs side by side, unequal": Case(
        "headings such as 'Time (s) Run #1' in public programs that read exports of PASCO",
        made.pasco,
        "trajectory 2 has 35 samples and trajectory 1 has 40.* --pieces",
    ),
    "runs side by side, unequal, in pieces": Case(
        "the same, read in pieces",
        made.pasco,
        Loads(("Angle", "Angular_Velocity"), made.pendulum(0.1)[1][:, :35], 0.1, "side by side"),
        Reading(pieces=35),
    ),
    "sets of Logger Pro": Case(
        "Logger Pro Help, Importing Data From Custom Applications: Vernier Format 2",
        made.vernier_sets,
        "Logger Pro's text of several sets, expected a table: export the data as .csv",
    ),
    "thousands": Case(
        "kouhan.cn/en/article/00031361: numbers such as 1,234.5 in quotes",
        made.thousands,
        Loads(OF_ONE, 1e5 * np.concatenate(made.orbits(0.5)[1:], axis=-1)[..., [0, 1, 3, 4]], 0.5,
              "thousands"),
    ),
    "a column of times for each sensor": Case(
        "github.com/microsoft/pxt-microbit/issues/4167",
        made.microbit,
        "column time .source1. is there 2 times, .* rename or remove the others",
    ),
    "a result of solve_ivp": Case(
        "github.com/dynamicslab/pysindy/issues/428: y has shape [n, T]",
        lambda _: made.solution(),
        Loads(("q1", "q2", "p1", "p2"), made.solution().y.T[None], 0.2, "first half"),
    ),
    "results of solve_ivp": Case(
        "github.com/dynamicslab/pysindy/issues/428: a list of solutions",
        lambda _: [made.solution(start) for start in made.STARTS],
        Loads(("q1", "q2", "p1", "p2"), np.stack([made.solution(x).y.T for x in made.STARTS]), 0.2),
    ),
    "steps that a solver chose": Case(
        "mathworks.com/matlabcentral/answers/1460864: ode45 gives uneven times",
        made.ode45,
        "expected equal steps: .*resample",
    ),
    "trajectories of unequal length": Case(
        "github.com/dynamicslab/pysindy/issues/187",
        made.unequal,
        times=[0.1 * np.arange(samples) for samples in made.LENGTHS],
        expected="trajectory 1 has 30 samples and trajectory 0 has 40.* --pieces",
    ),
    "trajectories of unequal length, in pieces": Case(
        "the same, read in pieces",
        made.unequal,
        Loads(("q1", "q2", "p1", "p2"), made.states(0.1)[:, :30], 0.1),
        Reading(pieces=30),
        [0.1 * np.arange(samples) for samples in made.LENGTHS],
    ),
    "derivatives of Modelica": Case(
        "github.com/OpenModelica/OpenModelica/issues/5028: der(x)",
        made.modelica,
        Loads(("x", "y", "der_x", "der_y"), made.states(0.1, 1), 0.1),
    ),
    "a heading of Modelica with one more": Case(
        "github.com/OpenModelica/OpenModelica/issues/15274: nrows=502",
        lambda folder: made.modelica(folder, ",nrows=40"),
        "rows have 5 fields and the heading names 6",
    ),
    "a solution of Julia": Case(
        "github.com/SciML/RecursiveArrayTools.jl/pull/222: timestamp, value1, value2",
        made.julia,
        Loads(("value1", "value2", "value3", "value4"), made.states(0.0625, 1), 0.0625,
              "all that the motion depends on"),
    ),
    "a solution of Julia, across": Case(
        "github.com/SciML/DifferentialEquations.jl/issues/457: times along the first row",
        made.julia_across,
        "transpose",
    ),
    "a table of R": Case(
        "R's write.table: a heading without a name for the row names",
        made.of_r,
        Loads(OF_ONE, made.states(0.1, 1), 0.1, "row"),
    ),
    "messages of ROS": Case(
        "github.com/MichaelGrupp/evo/pull/725: rostopic echo -p, nanoseconds since 1970",
        made.rostopic,
        Loads(
            ("field_pose_pose_position_x", "field_pose_pose_position_y",
             "field_twist_twist_linear_x", "field_twist_twist_linear_y"),
            made.states(0.02, 1), 0.02, "nanoseconds",
        ),
        Reading(
            q=("field.pose.pose.position.x", "field.pose.pose.position.y"),
            v=("field.twist.twist.linear.x", "field.twist.twist.linear.y"),
        ),
    ),
    "poses of TUM": Case(
        "github.com/MichaelGrupp/evo/issues/59: timestamp tx ty tz qx qy qz qw",
        made.tum,
        Loads(("tx", "ty", "tz"), inner(made.orbits(0.0333, 1)[1]), 0.0333, "estimated"),
        Reading(q=("tx", "ty", "tz")),
    ),
    "masses of Tracker": Case(
        "physics.brocku.ca/Courses/2P20/Tracker: a line of masses above the heading",
        made.tracker,
        Loads(
            ("cm_A_x", "cm_A_y", "cm_B_x", "cm_B_y", "cm_A_v_x", "cm_A_v_y", "cm_B_v_x",
             "cm_B_v_y"),
            np.concatenate([part for k in (1, 2) for part in made.springs(1 / 30, 2)[k]], -1)[None],
            1 / 30, "heading",
        ),
    ),
    "a log of a sensor": Case(
        "exelerus.com/ostic/kb/faq.php?id=33: DateTime;Magnitude;X;Y;Z",
        made.magnetometer,
        Loads(("X", "Y", "Z"), made.turning(0.05 * np.arange(made.T))[None], 0.05, "dates"),
        Reading(x=("X", "Y", "Z")),
    ),
    "hares and lynxes": Case(
        "github.com/barneyricca/ndstools: Year, Lynx, Hare; pandas/issues/10670: Unnamed: 0",
        made.lynx,
        Loads(("Hare", "Lynx"), made.prey(made.YEARS)[None], 1.0, "all that the motion"),
    ),
    "states of OpenSim": Case(
        "github.com/opensim-org/opensim-core/issues/1650: .sto with a head to endheader",
        made.opensim,
        Loads(
            ("jointset_hip_hip_flexion_value", "jointset_knee_knee_angle_value",
             "jointset_hip_hip_flexion_speed", "jointset_knee_knee_angle_speed"),
            made.states(0.01, 1), 0.01,
        ),
    ),
    "an export of COMSOL": Case(
        "github.com/NewStrangeWorlds/FastChem/issues/6: '#P (bar)  T (k)', blanks before units",
        made.comsol,
        Loads(("x", "vx"), made.states(0.1, 1)[..., [0, 2]], 0.1),
    ),
    "angles in degrees": Case(
        "github.com/PX4/flight_review/pull/141: yaw is wrapped from -180 to 180 degrees",
        made.attitude,
        "yaw jumps by .* add --angle yaw",
    ),
    "angles in degrees, as such": Case(
        "the same, named as an angle",
        made.attitude,
        Loads(("yaw", "yawspeed"), made.pendulum(0.1)[1], 0.1, "degrees"),
        Reading(angles=("yaw",)),
    ),
    "a structured array": Case(
        "github.com/NewStrangeWorlds/FastChem/issues/6: numpy.genfromtxt with names",
        made.structured,
        Loads(OF_ONE, made.states(0.1, 1), 0.1),
    ),
}  # fmt: skip
