"""Known systems: list them, and simulate one."""

from __future__ import annotations

import argparse
from pathlib import Path

from noether_razor.base.errors import InputError
from noether_razor.cli.arguments import SIMULATION_KEYS
from noether_razor.cli.commands._values import check_seed, keys_and_values, number


def simulate(options: argparse.Namespace) -> None:
    """Simulate a system and save its trajectories."""
    from noether_razor.data.save import check_format

    check_format(Path(options.out))
    given = keys_and_values(options.overrides)
    import jax

    from noether_razor.data import save_trajectories
    from noether_razor.data.names import is_position
    from noether_razor.data.simulated import simulate as simulate_system
    from noether_razor.systems import make_motion

    own = {key: number(given.pop(key)) for key in SIMULATION_KEYS if key in given}
    _check_system_options(options.system, given)
    system = make_motion(options.system, **given)
    seed = check_seed(own.pop("seed", 0))
    trajectories = simulate_system(system, key=jax.random.key(seed), **own)
    save_trajectories(options.out, trajectories)
    count, samples, n = trajectories.q.shape
    what = "degrees of freedom" if trajectories.paired else "coordinates"
    print(
        f"{options.out}: {count} trajectories of {system.name}, {samples} samples each, "
        f"{n} {what}, dt = {trajectories.dt:g}"
    )
    if not trajectories.paired and all(map(is_position, trajectories.names)):
        names = ",".join(trajectories.names)
        print(f"    its columns are named like positions: read them with --x {names}")


def systems(options: argparse.Namespace) -> None:
    """List the systems, their options, and what is known to be conserved."""
    from dataclasses import MISSING, fields

    from noether_razor.systems import MOTIONS, System

    for name, cls in MOTIONS.items():
        print(f"{name}: {(cls.__doc__ or '').strip().splitlines()[0]}")
        for field in fields(cls):  # type: ignore[arg-type]
            default = "required" if field.default is MISSING else f"= {field.default!r}"
            print(f"    {field.name} {default}")
        made = cls()
        if isinstance(made, System):
            known = ", ".join(quantity.name for quantity in made.conserved)
            print(f"    conserved: {known or 'no quadratic quantity'}")
        else:
            print(f"    conserved: {', '.join(made.formulas) or 'nothing'}")


def _check_system_options(name: str, given: dict[str, str]) -> None:
    """Refuse an unknown key; the message names the keys of the simulation and of the system."""
    from dataclasses import fields

    from noether_razor.systems import MOTIONS

    if name in MOTIONS:
        known = [field.name for field in fields(MOTIONS[name])]  # type: ignore[arg-type]
        for key in given:
            if key not in known:
                raise InputError(
                    f"unknown key {key!r}, expected one of {', '.join(SIMULATION_KEYS)}, or of "
                    f"{name}'s options {', '.join(known) or '(none)'}"
                )
