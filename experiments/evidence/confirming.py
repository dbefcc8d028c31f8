"""Systems that were added after the shortest forms: runs, and the page `confirming.md`.

The forms are those of commit f7416e5. All else is as in `unseen`.
"""

from __future__ import annotations

from functools import partial

from experiments.evidence import unseen
from experiments.evidence.confirming_systems import CASES

STUDY = unseen.Study(
    "confirming",
    "Functions of systems that were added after the shortest forms were",
    CASES,
    "After the first runs of the Kepler problem with an inverse square and of the ring of five "
    "species, the count was changed: what is new in a function must be conserved.",
)
make = partial(unseen.make, study=STUDY)
write = partial(unseen.write, study=STUDY)
