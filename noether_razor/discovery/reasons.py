"""Why something is undetermined, and what would help: a sentence or two for each reason."""

from __future__ import annotations

ONE_VALUE = (
    "It has one value in all of the data, so its change cannot be compared with anything. "
    "Trajectories from other initial states would help."
)
UNCLEAR = (
    "Its change may be below the tolerance or above it. More trajectories, or less noise, "
    "would help; so would a larger tolerance."
)
DIRECTION = (
    "The data do not fix the direction itself well enough. More trajectories, or less noise, "
    "would help."
)
BENDS = (
    "It bends within the noise of the coordinates, so that its own noise cannot be told. Less "
    "noise, or a smoother expression, would help."
)
