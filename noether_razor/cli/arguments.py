"""What the command line takes, and its help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import dropwhile
from typing import Any, NoReturn

from noether_razor.base.errors import InputError

SIMULATION_KEYS = ("trajectories", "steps", "dt", "noise", "seed")
STUDIES = {
    "table": "make a table of the paper again",
    "figure": "make a figure of the paper again",
    "study": "make a study beyond the paper",
    "zoo": "discover what is conserved in every system of the zoo",
    "embedding": "checks of variational manifold embedding",
    "learning-dynamics": "measure the charges of gradient descent against theory",
}
"""Commands that `experiments/` defines, with all their arguments; see `commands.studies`."""
READ = (
    "A row is a sample: text with any separator (.csv, .txt, also packed), .parquet, .feather or "
    ".json, with columns such as trajectory, t, q1, q2, p1, p2 or id, time, x, y, vx, vy. Or "
    "arrays q and p [trajectory, time, n] and t or dt: .npz, .mat, .h5, .nc, .zarr. noether-razor "
    "look FILE shows what is taken for what. Several files are read as one: of the same "
    "coordinates, time step and length (or with --pieces)."
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; the words of a study are left to the study."""
    if arguments and arguments[0] in STUDIES:
        return argparse.Namespace(command=arguments[0], words=list(arguments[1:]))
    return parse_with(_parser(), arguments)


def parse_with(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse words; key=value words and files may stand anywhere, which argparse does not allow."""
    options, rest = parser.parse_known_args(arguments)
    anywhere = next(
        (name for name in ("overrides", "files", "words") if hasattr(options, name)), None
    )
    unknown = list(dropwhile(lambda word: anywhere and not word.startswith("-"), rest))
    if unknown:
        raise InputError(
            f"unrecognized arguments: {' '.join(unknown)} (see noether-razor {options.command} "
            "--help)"
        )
    if anywhere and rest:
        setattr(options, anywhere, [*getattr(options, anywhere), *rest])
    return options


def _parser() -> Parser:
    parser = Parser(
        prog="noether-razor",
        description="Find what is conserved in trajectories, and which symmetries that implies.",
        epilog="* in a checkout of the repository only. Exit codes: 0 done, 1 the run failed, 2 "
        "the input or the command is wrong.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser(
        "simulate",
        help="write trajectories of a known system",
        description="Integrate a system from random initial states and write its trajectories.",
        epilog="Example: noether-razor simulate oscillator trajectories=100 noise=0.01 "
        "--out data.npz",
    )
    command.add_argument("system", metavar="SYSTEM", help="see noether-razor systems")
    command.add_argument(
        "overrides",
        metavar="key=value",
        nargs="*",
        help=f"{', '.join(SIMULATION_KEYS)}, or an option of the system; lists as [1,2]",
    )
    command.add_argument("--out", metavar="FILE", required=True, help=".npz, .csv or .parquet")

    command = commands.add_parser(
        "discover",
        help="find what is conserved in files of trajectories",
        description="Find which quadratics, or other functions, the trajectories conserve, with a "
        "probability for each, and write discovery.json, report.md and figures. The first table "
        "comes within seconds. The same command resumes a stopped run.",
        epilog=READ,
    )
    _add_reading(command)
    _add_judging(command)
    command.add_argument(
        "--degree",
        type=int,
        metavar="D",
        help="search all polynomials of degree 1 to D (default: 2, all quadratics)",
    )
    command.add_argument(
        "--functions",
        type=_texts,
        action="extend",
        metavar="F,..",
        help="search these beside the polynomials, such as '1/sqrt(q1**2 + q2**2), log(q1)'; "
        "may be given several times",
    )
    command.add_argument(
        "--networks",
        action="store_true",
        default=None,
        help="let networks learn what is conserved beside all quadratics, for a minute or so",
    )
    command.add_argument(
        "--method",
        choices=("evidence", "variational"),
        help="evidence in closed form (default), or the fit of the paper, minutes, which the "
        "options below belong to",
    )
    command.add_argument("--candidates", type=int, metavar="K", help="quantities to start from")
    command.add_argument("--seed", type=int, metavar="S", help="default: 0")
    command.add_argument(
        "--budget",
        choices=("quick", "standard", "thorough"),
        help="how long to train (default: standard)",
    )
    command.add_argument(
        "--start",
        choices=("proposals", "random"),
        help="begin at the quadratics that change least (default), or at random as in the paper",
    )
    command.add_argument("--out", metavar="DIR", help="default: first FILE's name with -discovery")

    command = commands.add_parser(
        "look",
        help="show how files of trajectories are read",
        description="Say which column is taken for what, how many trajectories, samples and steps "
        "there are, and draw every coordinate against time.",
        epilog=READ,
    )
    _add_reading(command)
    command.add_argument(
        "--out", metavar="PICTURE", help="default: first FILE's name with -look.png"
    )

    command = commands.add_parser(
        "report",
        help="write the report of a finished run again",
        description="Write report.md and report.html of a directory again, from its record.",
    )
    command.add_argument("directory", metavar="DIR", help="of discover or check")
    command.add_argument(
        "--interactive",
        action="store_true",
        help="figures of report.html answer the pointer (pip install 'noether-razor[interactive]')",
    )

    command = commands.add_parser(
        "run",
        help="run an experiment of configs/, or a sweep (-m)",
        description="Run an experiment: choices from configs/ and key=value, in Hydra's grammar.",
        epilog="Examples: noether-razor run experiment=oscillator3 seed=1; "
        "noether-razor run experiment=oscillator3 model=plain,learned 'seed=range(0,5)' -m",
    )
    command.add_argument("overrides", metavar="key=value", nargs="*", help="experiment=NAME first")
    command.add_argument(
        "-m", "--multirun", action="store_true", help="run every combination of swept values"
    )

    command = commands.add_parser(
        "systems",
        help="list the known systems",
        description="List the systems to simulate, their options and what they conserve.",
    )
    _add_check(commands)
    for name, what in STUDIES.items():
        commands.add_parser(name, help=f"{what} *")
    return parser


def _add_reading(command: argparse.ArgumentParser) -> None:
    """Add the files, and how they are read; see `data.Reading`."""
    command.add_argument(
        "files", metavar="FILE", nargs="+", help="table or arrays of trajectories, of most formats"
    )
    _add_how_read(command)


def _add_how_read(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("how files are read (guessed where it is not said)")
    group.add_argument("--time", metavar="NAME", help="column of times")
    group.add_argument("--id", metavar="NAME", help="column that tells trajectories apart")
    for name, what in (
        ("q", "positions"),
        ("p", "momenta"),
        ("v", "velocities"),
        ("x", "all that the motion depends on, where it is no positions and momenta"),
        ("angle", "coordinates that are angles, wrapped or not"),
    ):
        group.add_argument(f"--{name}", type=_texts, metavar="NAME,..", help=f"columns of {what}")
    group.add_argument("--dt", type=float, metavar="STEP", help="time between rows")
    group.add_argument(
        "--time-tolerance",
        type=float,
        metavar="SHARE",
        help="how far a sample may be off its place among equal steps, as a share of a step "
        "(default: 0.05)",
    )
    group.add_argument(
        "--masses",
        type=_numbers,
        metavar="M,..",
        help="that make momenta of velocities: one for all, one a coordinate, or one a body",
    )
    group.add_argument(
        "--pieces",
        type=int,
        metavar="T",
        help="cut trajectories of unequal length, or with gaps, into pieces of T samples",
    )


def _add_judging(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--tolerance",
        type=float,
        metavar="SHARE",
        help="change along a trajectory, as a share of the spread, up to which a quantity counts "
        "as conserved (default: 0.05)",
    )
    command.add_argument(
        "--noise",
        type=_named_numbers,
        metavar="q=S,..",
        help="standard deviations of the noise in your units (of an angle in radians), by "
        "coordinate, or for all q or p; what is not given is estimated",
    )


def _add_check(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "check",
        help="judge whether your own expressions are conserved",
        description="Judge whether expressions are conserved in files of trajectories, each by "
        "itself, with a probability, and print a table. Nothing is written without --out.",
        epilog="Example: noether-razor check data.npz 'q1*p2 - q2*p1' 'p1 + p2'. Files come first, "
        "as discover takes them. A word is a file if there is one of that name, or if it ends as "
        "one does, as .csv or .npz. Expressions may hold names of coordinates, numbers, pi, "
        "parentheses, + - * / **, sqrt, exp, log, sin, cos and the like. One that starts with - "
        "needs a blank before it: ' -q1'.",
    )
    command.add_argument(
        "words", metavar="FILE.. EXPRESSION", nargs="+", help="trajectories, then expressions"
    )
    _add_how_read(command)
    _add_judging(command)
    command.add_argument(
        "--out", metavar="DIR", help="write check.json, report.md, report.html and a picture there"
    )


def _texts(text: str) -> list[str]:
    """Texts between commas that are not inside brackets."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [word.strip() for word in found]


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"is {text!r}, expected numbers, as 1,2,3") from None


def _named_numbers(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for word in text.split(","):
        name, _, value = word.partition("=")
        try:
            number = float(value)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"is {text!r}, expected names and numbers, as q=0.01,p=0.003"
            ) from None
        if name in found:
            raise argparse.ArgumentTypeError(f"names {name} twice, expected once")
        found[name] = number
    return found


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options must be written in full."""

    def __init__(self, **options: Any):
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")
