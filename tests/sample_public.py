"""Motion in the forms of `public_cases`: files and objects as many programs write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
from scipy.integrate import solve_ivp

R, T = 3, 40

# Motion ------------------------------------------------------------------------------------------


def springs(dt: float, runs: int = R, samples: int = T) -> tuple[np.ndarray, ...]:
    """Times, positions and velocities of two springs [R, T, 2] of frequencies 1 and sqrt 2."""
    a, b = np.random.default_rng(1).normal(size=(2, runs, 1, 2))
    t, w = dt * np.arange(samples), np.sqrt([1.0, 2.0])
    angle = t[:, None] * w
    q = a * np.cos(angle) + b * np.sin(angle)
    return t, q, w * (b * np.cos(angle) - a * np.sin(angle))


def states(dt: float, runs: int = R) -> np.ndarray:
    """Positions and velocities of the springs, [R, T, 4]."""
    return np.concatenate(springs(dt, runs)[1:], axis=-1)


def orbits(dt: float, runs: int = 2) -> tuple[np.ndarray, ...]:
    """Times, positions and velocities [R, T, 3] of Kepler's orbits about a mass of 1."""
    found = []
    for k in range(runs):
        q0, v0 = np.array([1.0 + k, 0.0, 0.2]), np.array([0.1, 0.9 / np.sqrt(1 + k), 0.2])
        t = dt * np.arange(T)
        fall = lambda _, x: np.concatenate([x[3:], -x[:3] / np.linalg.norm(x[:3]) ** 3])  # noqa: E731
        found.append(solved(fall, np.concatenate([q0, v0]), t))
    states = np.stack(found)
    return t, states[..., :3], states[..., 3:]


def solved(field: Callable, start: Any, t: np.ndarray) -> np.ndarray:
    """States [T, m] at the times."""
    return solve_ivp(field, (t[0], t[-1]), start, t_eval=t, rtol=1e-9, atol=1e-12).y.T


def prey(t: np.ndarray) -> np.ndarray:
    """Hares and lynxes [T, 2] by Lotka and Volterra."""
    return solved(lambda _, x: [0.5 * x[0] - 0.03 * x[0] * x[1], 0.02 * x[0] * x[1] - x[1]],
                  [30.0, 4.0], t)  # fmt: skip


def turning(t: np.ndarray) -> np.ndarray:
    """Rates of rotation [T, 3] of a free rigid body, by Euler."""
    return solved(lambda _, w: [-w[1] * w[2], 1.5 * w[2] * w[0], -0.4 * w[0] * w[1]],
                  [1.0, 0.1, 0.8], t)  # fmt: skip


def pendulum(dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Times, and the angle and its rate [R, T, 2] of pendulums that turn over, in radians."""
    t = dt * np.arange(T)
    starts = [[0.0, 2.5], [0.5, 2.2], [-1.0, 2.6]]
    return t, np.stack([solved(lambda _, x: [x[1], -np.sin(x[0])], x, t) for x in starts])


# Texts -------------------------------------------------------------------------------------------


def rows(*columns: Any, form: str = "%.9g", mark: str = ",") -> str:
    """Lines of numbers."""
    return "\n".join(mark.join(form % x for x in row) for row in np.column_stack(columns)) + "\n"


def horizons(folder):
    t, q, v = orbits(1.0)
    stars, paths = "*" * 80, []
    for body, x, u in zip(("Earth", "Mars"), q, v, strict=True):
        lines = [
            f"{at:.9f}, A.D. 2022-Jan-{day + 1:02d} 00:00:00.0000, "
            + ", ".join(f"{value: .15E}" for value in (*x[day], *u[day], 0.005, 1.0, 0.1)) + ","
            for day, at in enumerate(2459580.5 + t)
        ]  # fmt: skip
        paths.append(folder / f"{body}.txt")
        paths[-1].write_text("\n".join([
            stars, "Ephemeris / API_USER Sat Jan  1 00:00:00 2022 Pasadena, USA / Horizons", stars,
            f"Target body name: {body} (399)               {{source: DE441}}",
            "Center geodetic : 0.0, 0.0, 0.0                 {E-lon(deg),Lat(deg),Alt(km)}", stars,
            "            JDTDB,            Calendar Date (TDB),    X,   Y,   Z,   VX,   VY,   VZ, "
            "   LT,   RG,   RR,", stars, "$$SOE", *lines, "$$EOE", stars, "",
            "TIME", "  Barycentric Dynamical Time is the unit, and others, as given, follow", stars,
        ]))  # fmt: skip
    return paths


def xvg(folder):
    t, q, _ = orbits(0.5, 1)
    (folder / "coord.xvg").write_text(
        "# This file was created on a Monday\n# by a program\n@    title \"Coordinate\"\n"
        "@    xaxis  label \"Time (ps)\"\n@    yaxis  label \"Coordinate (nm)\"\n@TYPE xy\n"
        "@ view 0.15, 0.15, 0.75, 0.85\n@ legend on\n"
        + "".join(f'@ s{i} legend "atom 1 {axis}"\n' for i, axis in enumerate("XYZ"))
        + rows(t, q[0], form="%12.7f", mark=" ")
    )  # fmt: skip
    return folder / "coord.xvg"


def frames(path, head, atom):
    """A file of frames of two particles: lines before each frame, and a line for each particle."""
    t, q, v = orbits(0.5)
    numbers = lambda k, i: " ".join(f"{x:.6f}" for x in (*q[i, k], *v[i, k]))  # noqa: E731
    parts = [head(k) + "".join(f"{atom(i)} {numbers(k, i)}\n" for i in (0, 1)) for k in range(T)]
    path.write_text("".join(parts))
    return path


def lammps(folder):
    box = "ITEM: BOX BOUNDS pp pp pp\n" + 3 * "0.0 10.0\n"
    head = lambda k: (  # noqa: E731
        f"ITEM: TIMESTEP\n{60 * k}\nITEM: NUMBER OF ATOMS\n2\n{box}"
        "ITEM: ATOMS id type x y z vx vy vz\n"
    )
    return frames(folder / "argon.txt", head, lambda i: f"{i + 1} 1")


def xyz(folder):
    return frames(folder / "run.xyz", lambda k: f"2\nframe {k}\n", lambda i: "Ar")


def archive(folder):
    (folder / "archive.bin").write_bytes(b"REBOUND Binary File. Version: 4.4.1\x00\x00\x01")
    return folder / "archive.bin"


def trackpy(_=None):
    t, q, _ = springs(1.0)
    frame = pd.DataFrame({
        "y": q[..., 1].T.ravel(), "x": q[..., 0].T.ravel(), "mass": 210.0, "ecc": 0.1,
        "frame": np.repeat(np.arange(T), R), "particle": np.tile([4, 17, 5], T),
    })  # fmt: skip
    return frame.set_index("frame", drop=False)


def blinking(_):
    """Particles that are not seen in some frames."""
    whole = trackpy()
    return whole[~((whole["particle"] == 17) & (whole["frame"] == 20))]


def trackmate(folder):
    t, q, _ = springs(0.1)
    lines = [
        f"ID{k},{k},{track},{q[track, i, 0]:.9g},{q[track, i, 1]:.9g},{t[i]:.3f},{i},1"
        for k, (i, track) in enumerate((i, track) for track in range(R) for i in range(T))
    ]
    (folder / "spots.csv").write_text("\n".join([
        "LABEL,ID,TRACK_ID,POSITION_X,POSITION_Y,POSITION_T,FRAME,VISIBILITY",
        "Label,Spot ID,Track ID,X,Y,T,Frame,Visibility",
        "Label,Spot ID,Track ID,X,Y,T,Frame,Visibility",
        ",,,(micron),(micron),(sec),,", *lines,
    ]))  # fmt: skip
    return folder / "spots.csv"


def deeplabcut(folder):
    t, q, _ = springs(1 / 30, runs=1)
    heads = ["scorer" + 6 * ",DLC_resnet50", "bodyparts" + 3 * ",bob" + 3 * ",pivot"]
    lines = rows(np.arange(T), q[0], np.full(T, 0.99), np.full((T, 2), 5.0), np.full(T, 0.98))
    (folder / "video.csv").write_text("\n".join([*heads, "coords" + 2 * ",x,y,likelihood", lines]))
    return folder / "video.csv"


def levels(_=None):
    t, q, v = springs(0.2, runs=1)
    parts = {("bob", "x"): q[0, :, 0], ("bob", "y"): q[0, :, 1]}
    parts |= {("bob", "vx"): v[0, :, 0], ("bob", "vy"): v[0, :, 1]}
    return pd.DataFrame(parts, index=pd.Index(t, name="time"))


def vernier(folder):
    t, q, v = springs(0.05)
    names = [f"Run {k + 1}: {what}" for k in range(R)
             for what in ("Time (s)", "Position (m)", "Velocity (m/s)")]  # fmt: skip
    columns = [part for k in range(R) for part in (t, q[k, :, 0], v[k, :, 0])]
    (folder / "motion.csv").write_text(",".join(names) + "\n" + rows(*columns))
    return folder / "motion.csv"


def pasco(folder):
    t, x = pendulum(0.1)
    lengths, columns, names = (T, T - 5, T - 1), [], []
    for k, count in enumerate(lengths):
        for what, values in (("Time (s)", t), ("Angle (rad)", x[k, :, 0]),
                             ("Angular Velocity (rad/s)", x[k, :, 1])):  # fmt: skip
            names.append(f"{what} Run #{k + 1}")
            cells = [f"{value:.6f}".replace(".", ",") for value in values[:count]]
            columns.append(cells + [""] * (T - count))
    lines = [";".join(row) for row in zip(*columns, strict=True)]
    (folder / "runs.csv").write_text("\ufeff" + "\n".join([";".join(names), *lines]) + "\n")
    return folder / "runs.csv"


def vernier_sets(folder):
    t, q, v = springs(0.05)
    head = "Vernier Format 2\nUntitled 1/22/2002 12:51:07\nRun\nTime\tPosition\tVelocity\n"
    head += "t\tx\tv\ns\tm\tm/s\n\n"
    parts = [head + rows(t, q[k, :, 0], v[k, :, 0], mark="\t") for k in range(2)]
    (folder / "logger.txt").write_text("\n".join(parts))
    return folder / "logger.txt"


def thousands(folder):
    t, q, v = orbits(0.5)
    lines = [f'{k},{t[i]},"{1e5 * q[k, i, 0]:,.3f}","{1e5 * q[k, i, 1]:,.3f}",'
             f'"{1e5 * v[k, i, 0]:,.3f}","{1e5 * v[k, i, 1]:,.3f}"'
             for k in range(2) for i in range(T)]  # fmt: skip
    (folder / "km.csv").write_text("\n".join(["run,t,x,y,vx,vy", *lines]))
    return folder / "km.csv"


def microbit(folder):
    t, q, _ = springs(0.1, runs=1)
    head = "sep=\t\ntime (source1)\tx\ttime (source1)\ty\n"
    text = head + rows(t, q[0, :, 0], t + 0.01, q[0, :, 1], mark="\t")
    (folder / "data.csv").write_text(text)
    return folder / "data.csv"


def solution(start=(1.0, 0.5, 0.0, 0.7), t=None):
    """What solve_ivp gives for two springs."""
    t = 0.2 * np.arange(T) if t is None else t
    return solve_ivp(lambda _, x: [x[2], x[3], -x[0], -2 * x[1]], (t[0], t[-1]), start,
                     t_eval=t, rtol=1e-9, atol=1e-12)  # fmt: skip


STARTS = [(1.0, 0.5, 0.0, 0.7), (0.2, -0.5, 1.0, 0.1), (-1.0, 0.3, 0.4, 0.6)]


def ode45(folder):
    """The steps of a solver that chooses them."""
    found = solve_ivp(lambda _, x: [x[1], -np.sin(x[0])], (0, 30), [1.5, 0.0], rtol=1e-6)
    scipy.io.savemat(folder / "out.mat", {"t": found.t[:, None], "y": found.y.T})
    return folder / "out.mat"


LENGTHS = (T, 30, 35)


def unequal(_):
    """Trajectories of unequal length."""
    return [x[:samples] for x, samples in zip(states(0.1), LENGTHS, strict=True)]


def modelica(folder, extra=""):
    t, q, v = springs(0.1, runs=1)
    text = f'"time","x","y","der(x)","der(y)"{extra}\n' + rows(t, q[0], v[0])
    (folder / "result.csv").write_text(text)
    return folder / "result.csv"


def julia(folder):
    t, q, v = springs(0.0625, runs=1)
    text = "timestamp,value1,value2,value3,value4\n" + rows(t, q[0], v[0])
    (folder / "solution.csv").write_text(text)
    return folder / "solution.csv"


def julia_across(folder):
    t, q, v = springs(0.0625, runs=1)
    text = rows(t[:, None].T) + rows(q[0].T) + rows(v[0].T)
    (folder / "solution.csv").write_text(text)
    return folder / "solution.csv"


def of_r(folder):
    t, q, v = springs(0.1, runs=1)
    lines = [f'"{i + 1}" {row}' for i, row in enumerate(rows(t, q[0], v[0], mark=" ").splitlines())]
    (folder / "out.txt").write_text("\n".join(['"time" "x" "y" "vx" "vy"', *lines]) + "\n")
    return folder / "out.txt"


def rostopic(folder):
    t, q, v = springs(0.02, runs=1)
    pose, twist = "field.pose.pose.position.", "field.twist.twist.linear."
    names = ["%time", "field.header.seq", "field.header.stamp", "field.header.frame_id"]
    names += [pose + "x", pose + "y", "field.pose.pose.orientation.w", twist + "x", twist + "y"]
    stamps = 1_404_000_000_123_456_789 + (20_000_000 * np.arange(T))
    lines = [f"{at},{i},{at - 2000},odom,{q[0, i, 0]:.9g},{q[0, i, 1]:.9g},1.0,"
             f"{v[0, i, 0]:.9g},{v[0, i, 1]:.9g}" for i, at in enumerate(stamps)]  # fmt: skip
    (folder / "odom.csv").write_text("\n".join([",".join(names), *lines]) + "\n")
    return folder / "odom.csv"


def tum(folder):
    t, q, _ = orbits(0.0333, 1)
    lines = [f"{1305031102.1758 + at:.4f} {x:.7f} {y:.7f} {z:.7f} 0.6574 0.6126 -0.2949 -0.3248"
             for at, (x, y, z) in zip(t, q[0], strict=True)]  # fmt: skip
    head = ["# ground truth trajectory", "# file: 'a.bag'", "# timestamp tx ty tz qx qy qz qw"]
    (folder / "groundtruth.txt").write_text("\n".join([*head, *lines]) + "\n")
    return folder / "groundtruth.txt"


def tracker(folder):
    t, q, v = springs(1 / 30, runs=2)
    lines = rows(t, q[0], v[0], q[1], v[1], mark="\t", form="%.9E").splitlines()
    names = 2 * ("x", "y", "v_{x}", "v_{y}")
    head = ["#multi:", "\tcm A\t\t\t\tcm B\t\t\t\t", "t\t" + "\t".join(names) + "\t"]
    text = "\n".join([*head, *(line + "\t" for line in lines)])
    (folder / "masses.txt").write_text(text + "\n")
    return folder / "masses.txt"


def magnetometer(folder):
    t = 0.05 * np.arange(T)
    at = pd.Timestamp("2015-01-01 12:00") + pd.to_timedelta(t, unit="s")
    x = turning(t)
    values = np.column_stack([np.linalg.norm(x, axis=1), x])
    lines = [f"{stamp:%Y-%m-%d %H:%M:%S.%f}"[:-4] + "".join(f";{value:.9g}" for value in row)
             for stamp, row in zip(at, values, strict=True)]  # fmt: skip
    (folder / "log.csv").write_text("\n".join(["DateTime;Magnitude;X;Y;Z", *lines]) + "\n")
    return folder / "log.csv"


YEARS = np.arange(1900.0, 1921.0)


def lynx(folder):
    frame = pd.DataFrame({"Year": YEARS.astype(int)})
    frame[["Hare", "Lynx"]] = prey(YEARS)
    frame.reset_index(names="Unnamed: 0").to_csv(folder / "hares.csv", index=False)
    return folder / "hares.csv"


def opensim(folder):
    t, q, v = springs(0.01, runs=1)
    joints = ("/jointset/hip/hip_flexion/", "/jointset/knee/knee_angle/")
    names = [joint + what for what in ("value", "speed") for joint in joints]
    head = f"states\nversion=1\nnRows={T}\nnColumns=5\ninDegrees=no\nendheader\n"
    text = head + "\t".join(["time", *names]) + "\n" + rows(t, q[0], v[0], mark="\t")
    (folder / "states.sto").write_text(text)
    return folder / "states.sto"


def comsol(folder):
    t, q, v = springs(0.1, runs=1)
    text = "% Model:              pendulum.mph\n% Version:            COMSOL 6.0\n"
    text += "% Dimension:          0\n% Nodes:              1\n"
    text += "% t (s)                   x (m)                    vx (m/s)\n"
    text += rows(t, q[0, :, :1], v[0, :, :1], mark="   ", form="%-22.12G")
    (folder / "export.txt").write_text(text)
    return folder / "export.txt"


def attitude(folder):
    t, x = pendulum(0.1)
    yaw = (np.degrees(x[..., 0]) + 180) % 360 - 180
    frame = pd.DataFrame({"run": np.repeat(np.arange(R), T), "time": np.tile(t, R)})
    frame["yaw [deg]"], frame["yawspeed [deg/s]"] = yaw.ravel(), np.degrees(x[..., 1]).ravel()
    frame.to_csv(folder / "attitude.csv", index=False)
    return folder / "attitude.csv"


def structured(_=None):
    """What numpy.genfromtxt gives with the names of a heading."""
    t, q, v = springs(0.1, runs=1)
    kinds = [(name, float) for name in ("t", "x", "y", "vx", "vy")]
    return np.array(list(map(tuple, np.column_stack([t, q[0], v[0]]))), kinds)
