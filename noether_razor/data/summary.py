"""What was read, for a person to check before anything is computed from it."""

from __future__ import annotations

import numpy as np

from noether_razor.data.trajectories import Trajectories


def described(trajectories: Trajectories) -> str:
    """How much there is, which column was taken for what, and every remark of the reader."""
    count, samples = trajectories.states.shape[:2]
    lines = [
        f"{trajectories.source}: {count} {'trajectory' if count == 1 else 'trajectories'} of "
        f"{samples} samples, dt = {trajectories.dt:.6g}"
    ]
    lines += [f"  {what}: {names}" for what, names in trajectories.taken.items()]
    lines += [f"  note: {note}" for note in trajectories.notes]
    return "\n".join(lines)


def ranges(trajectories: Trajectories) -> str:
    """The range of every coordinate, and how far it moves in a step, as a table."""
    x = trajectories.states
    width = max(len(name) for name in trajectories.names)
    rows = [f"  {'':{width}}  {'least':>12} {'mean':>12} {'largest':>12} {'a step':>12}"]
    step = np.sqrt((np.diff(x, axis=1) ** 2).mean((0, 1)))
    numbers = (x.min((0, 1)), x.mean((0, 1)), x.max((0, 1)), step)
    for i, name in enumerate(trajectories.names):
        told = " ".join(f"{values[i]:>12.5g}" for values in numbers)
        rows.append(f"  {name:{width}}  {told}")
    return "\n".join(rows)
