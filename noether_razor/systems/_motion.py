"""What any law of motion offers, whether it is Hamiltonian or not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from noether_razor.base.errors import InputError
from noether_razor.base.types import Key, Scalar, State


class Motion(ABC):
    """A law of motion x' = velocity(x, t) with a distribution of initial states.

    To add one, give `coordinate_names`, `velocity` and `initial_state`. Options are the fields of a
    frozen dataclass, checked in `__post_init__`.

    Attributes:
        name: name in the registry and in messages; the lower-case class name by default.
        dt: recommended time between samples, in the system's unit of time.
        second_half: what the second half of the coordinates holds: "momenta" or "velocities" of
            the first half, or "" if the coordinates are no pairs.
    """

    name: ClassVar[str]
    dt: ClassVar[float] = 0.2
    second_half: ClassVar[Literal["momenta", "velocities", ""]] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "name" not in vars(cls):
            cls.name = cls.__name__.lower()
        if cls.second_half not in ("momenta", "velocities", ""):
            raise InputError(
                f"{cls.name}: second_half is {cls.second_half!r}, expected 'momenta', 'velocities' "
                "or ''"
            )

    @property
    @abstractmethod
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of the m coordinates; positions come before momenta or velocities."""

    @abstractmethod
    def velocity(self, x: State, t: Scalar | float) -> State:
        """x' for one state x [m] at the time t."""

    @abstractmethod
    def initial_state(self, key: Key) -> State:
        """One random state [m]."""

    @property
    def formulas(self) -> tuple[str, ...]:
        """Independent conserved functions of the coordinates, as text; none by default.

        A `System` states what it conserves in `conserved` and `invariants` instead.
        """
        return ()
