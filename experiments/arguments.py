"""The arguments of the studies' commands, and their help texts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from noether_razor.cli.arguments import Parser, parse_with

STUDIES = ("horizon", "scaling", "bodies", "data", "noise", "bounds")
TRAINING = (*(f"E{number}" for number in range(14)), "digits", "conv", "razor", "tiny_imagenet")


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the words after `noether-razor`."""
    return parse_with(_parser(), words)


def _parser() -> Parser:
    parser = Parser(prog="noether-razor")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    for kind, what, choices, forms in (
        ("table", "a table of the paper again", (1, 2, 3), "Markdown, LaTeX, CSV and PNG"),
        ("figure", "a figure of the paper again", (2, 3, 4), "PNG, CSV and Markdown"),
        ("study", "a study beyond the paper", STUDIES, "PNG, CSV and Markdown"),
    ):
        command = commands.add_parser(
            kind,
            description=f"Make {what} (Noether's Razor, NeurIPS 2024): run what is missing, five "
            f"seeds of each row, and write it as {forms}. Every core takes a run at a time. "
            "Stopped, the same command goes on where it was.",
        )
        number = all(isinstance(choice, int) for choice in choices)
        command.add_argument("which", type=int if number else str, choices=choices)
        _add_seeds(command)
        _add_workers(command)
        _add_quick_and_out(command)

    command = commands.add_parser(
        "zoo",
        description="Judge some thirty known systems, clean and with noise of 0.01, five seeds of "
        "each: what is conserved, beside what is true. Stopped, the same command goes on where it "
        "was. As python -m experiments.evidence zoo, which has more options.",
    )
    _add_seeds(command)
    _add_quick_and_out(command)

    command = commands.add_parser(
        "embedding",
        description="Run a row of the study of variational manifold embedding, or all of them: "
        "print each number beside what is wanted of it, keep a record and a picture, and write "
        "embedding.md. Exit code 1 where a check does not hold.",
    )
    command.add_argument("which", choices=[*map(str, range(1, 14)), "all"], metavar="1..13|all")
    _add_quick_and_out(command)

    command = commands.add_parser(
        "learning-dynamics",
        description="Run experiments of Noether's learning dynamics, print what is measured beside "
        "what theory says, and write a figure, a record and the page learning_dynamics.md.",
        epilog="Example: noether-razor learning-dynamics E4; all of them: noether-razor "
        "learning-dynamics all; with data of your own, noether-razor learning-dynamics "
        "tiny_imagenet data=DIRECTORY",
    )
    command.add_argument("which", metavar="NAME", help=f"{', '.join(TRAINING)}, or all")
    command.add_argument(
        "overrides", metavar="key=value", nargs="*", help="other values than those of the config"
    )
    _add_seeds(command)
    _add_quick_and_out(command)
    return parser


def _add_seeds(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seeds", type=int, default=5, metavar="N", help="default: 5")


def _add_workers(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workers", type=int, default=0, metavar="N", help="runs at a time; default: the cores"
    )


def _add_quick_and_out(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--quick", action="store_true", help="a miniature: shows that it works, nothing else"
    )
    command.add_argument(
        "--out", metavar="DIR", help="default: results, and runs/quick for a miniature"
    )
