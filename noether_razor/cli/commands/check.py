"""Judge whether a user's own expressions are conserved in files of trajectories."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from noether_razor.base.errors import InputError
from noether_razor.cli.commands._reading import load, reading, show


def check(options: argparse.Namespace) -> None:
    """Judge expressions, print a table, and write a report if a directory is given."""
    options.files, expressions = files_and_expressions(options.words)
    trajectories = load(options)
    from noether_razor.cli.progress import show_progress
    from noether_razor.discovery.check_in_directory import check_in_directory
    from noether_razor.evidence.judged import TOLERANCE

    with show_progress() as progress:
        found = check_in_directory(
            trajectories,
            expressions,
            options.out,
            tolerance=TOLERANCE if options.tolerance is None else options.tolerance,
            noise=options.noise,
            files=options.files,
            reading=reading(options).said(),
            progress=progress,
            command=options.again,
            ready=lambda: show(trajectories),
        )
    print(found)
    if options.out:
        print(f"{Path(options.out) / 'report.md'}")


def files_and_expressions(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that are files, and the others.

    A word is a file if there is one of that name, or if it ends as a file of trajectories does.

    Raises:
        InputError: the first word is no file, or there is no expression.
    """
    from noether_razor.data.formats import named_as_file

    is_file = [named_as_file(word) or Path(word).exists() for word in words]
    if not is_file[0]:
        raise InputError(
            f"{words[0]}: there is no such file, expected a file of trajectories first, then "
            "expressions"
        )
    files = [word for word, one in zip(words, is_file, strict=True) if one]
    expressions = [word for word, one in zip(words, is_file, strict=True) if not one]
    if not expressions:
        raise InputError(
            f"{', '.join(files)}: there is no expression, expected one or more after the file, as "
            "'q1*p2 - q2*p1'"
        )
    return files, expressions
