"""Known Hamiltonian systems, each with a distribution of initial states and known quadratics."""

from __future__ import annotations

from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from noether_razor.base.errors import InputError
from noether_razor.systems import _options
from noether_razor.systems._system import KnownQuantity as KnownQuantity
from noether_razor.systems._system import System as System
from noether_razor.systems._system import stack as stack
from noether_razor.systems.anharmonic import Anharmonic as Anharmonic
from noether_razor.systems.calogero_moser import CalogeroMoser as CalogeroMoser
from noether_razor.systems.central import CentralPotential as CentralPotential
from noether_razor.systems.chain import Chain as Chain
from noether_razor.systems.charged import Magnetic as Magnetic
from noether_razor.systems.charged import PenningTrap as PenningTrap
from noether_razor.systems.henon_heiles import HenonHeiles as HenonHeiles
from noether_razor.systems.lotka_volterra import LotkaVolterra as LotkaVolterra
from noether_razor.systems.n_body import NBody as NBody
from noether_razor.systems.oscillator import Oscillator as Oscillator
from noether_razor.systems.pendulum import DoublePendulum as DoublePendulum
from noether_razor.systems.pendulum import SphericalPendulum as SphericalPendulum
from noether_razor.systems.pendulum import SpringPendulum as SpringPendulum
from noether_razor.systems.rotating import RotatingFrame as RotatingFrame

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
"""Systems by name; a new system must be listed here."""


def make_system(name: str, **options: Any) -> System:
    """A registered system from its name and options, which may be text from the command line.

    >>> make_system("oscillator", frequencies="1,2")
    Oscillator(frequencies=(1.0, 2.0))

    Raises:
        InputError: the system or an option is unknown, or an option has the wrong type or is out
            of its range.
    """
    system = SYSTEMS.get(name)
    if system is None:
        raise InputError(f"unknown system {name!r}{_hint(name, SYSTEMS)}")
    known = [field.name for field in fields(system)]  # type: ignore[arg-type]
    for option in options:
        if option not in known:
            raise InputError(f"{name}: unknown option {option!r}{_hint(option, known)}")
    return system(**{key: _options.read(system, key, value) for key, value in options.items()})


def _hint(given: str, known: Any) -> str:
    if not known:
        return ", expected none: it has no options"
    close = get_close_matches(str(given), list(known), n=1)
    suggestion = f": did you mean {close[0]!r}?" if close else ""
    return f", expected one of {', '.join(known)}{suggestion}"
