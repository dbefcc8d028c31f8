"""Known systems, each with a distribution of initial states and what it is known to conserve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, TypeVar

from noether_razor.base.errors import InputError
from noether_razor.systems import _options
from noether_razor.systems._motion import Motion as Motion
from noether_razor.systems._system import KnownQuantity as KnownQuantity
from noether_razor.systems._system import System as System
from noether_razor.systems._system import stack as stack
from noether_razor.systems.anharmonic import Anharmonic as Anharmonic
from noether_razor.systems.calogero_moser import CalogeroMoser as CalogeroMoser
from noether_razor.systems.central import CentralPotential as CentralPotential
from noether_razor.systems.chain import Chain as Chain
from noether_razor.systems.charged import Magnetic as Magnetic
from noether_razor.systems.charged import PenningTrap as PenningTrap
from noether_razor.systems.disturbed import DampedOscillator as DampedOscillator
from noether_razor.systems.disturbed import DrivenOscillator as DrivenOscillator
from noether_razor.systems.disturbed import VanDerPol as VanDerPol
from noether_razor.systems.henon_heiles import HenonHeiles as HenonHeiles
from noether_razor.systems.lotka_volterra import LotkaVolterra as LotkaVolterra
from noether_razor.systems.n_body import NBody as NBody
from noether_razor.systems.observed import Epidemic as Epidemic
from noether_razor.systems.observed import Lorenz as Lorenz
from noether_razor.systems.observed import Populations as Populations
from noether_razor.systems.observed import RestrictedThreeBody as RestrictedThreeBody
from noether_razor.systems.observed import RigidBody as RigidBody
from noether_razor.systems.oscillator import Oscillator as Oscillator
from noether_razor.systems.pendulum import DoublePendulum as DoublePendulum
from noether_razor.systems.pendulum import SphericalPendulum as SphericalPendulum
from noether_razor.systems.pendulum import SpringPendulum as SpringPendulum
from noether_razor.systems.rotating import RotatingFrame as RotatingFrame

Made = TypeVar("Made", bound=Motion)

SYSTEMS: dict[str, type[System]] = {
    system.name: system
    for system in (
        Oscillator,
        Chain,
        NBody,
        CentralPotential,
        RotatingFrame,
        Magnetic,
        PenningTrap,
        SpringPendulum,
        DoublePendulum,
        SphericalPendulum,
        HenonHeiles,
        CalogeroMoser,
        Anharmonic,
        LotkaVolterra,
    )
}
"""Hamiltonian systems in canonical coordinates by name; a new one must be listed here."""

MOTIONS: dict[str, type[Motion]] = {
    **SYSTEMS,
    **{
        motion.name: motion
        for motion in (
            Populations,
            Epidemic,
            RigidBody,
            RestrictedThreeBody,
            DampedOscillator,
            DrivenOscillator,
            VanDerPol,
            Lorenz,
        )
    },
}
"""All systems by name; a new one that is not Hamiltonian must be listed here."""


def make_motion(name: str, **options: Any) -> Motion:
    """Any registered system from its name and options, which may be text from the command line.

    >>> make_motion("rigid_body", inertia="1,2,3")
    RigidBody(inertia=(1.0, 2.0, 3.0))

    Raises:
        InputError: the system or an option is unknown, or an option has the wrong type or is out
            of its range.
    """
    motion = MOTIONS.get(name)
    if motion is None:
        raise InputError(f"unknown system {name!r}{_hint(name, MOTIONS)}")
    return _made(motion, options)


def make_system(name: str, **options: Any) -> System:
    """A registered Hamiltonian system from its name and options, as `make_motion`.

    >>> make_system("oscillator", frequencies="1,2")
    Oscillator(frequencies=(1.0, 2.0))

    Raises:
        InputError: the system or an option is unknown, or an option has the wrong type or is out
            of its range.
    """
    system = SYSTEMS.get(name)
    if system is None and name in MOTIONS:
        raise InputError(
            f"{name} is no Hamiltonian system in canonical coordinates, expected one of "
            f"{', '.join(SYSTEMS)}; it can be simulated, and `discover` takes its trajectories"
        )
    if system is None:
        raise InputError(f"unknown system {name!r}{_hint(name, SYSTEMS)}")
    return _made(system, options)


def _made(motion: type[Made], options: Mapping[str, Any]) -> Made:
    known = [field.name for field in fields(motion)]  # type: ignore[arg-type]
    for option in options:
        if option not in known:
            raise InputError(f"{motion.name}: unknown option {option!r}{_hint(option, known)}")
    return motion(**{key: _options.read(motion, key, value) for key, value in options.items()})


def _hint(given: str, known: Any) -> str:
    if not known:
        return ", expected none: it has no options"
    close = get_close_matches(str(given), list(known), n=1)
    suggestion = f": did you mean {close[0]!r}?" if close else ""
    return f", expected one of {', '.join(known)}{suggestion}"
