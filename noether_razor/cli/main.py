"""The command `noether-razor`: simulate, discover, look, report, check, run, systems, studies.

Exit codes: 0 done, 1 the run failed, 2 the input or the command is wrong, 130 interrupted, 141 the
reader of the output went away.
Whatever is heavy is imported inside the subcommand that needs it, so that help is instant.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from noether_razor.base.cores import be_exact_on_a_gpu, use_every_core
from noether_razor.base.errors import InputError, RunError
from noether_razor.base.extras import extras_named
from noether_razor.cli.arguments import STUDIES, parse
from noether_razor.cli.commands import check, discover, known, look, report, run, studies


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        try:
            return _run_command(arguments)
        finally:
            sys.stdout.flush()  # so that a closed pipe is noticed here, and not after the end
    except BrokenPipeError:
        # The output that is left is dropped; otherwise Python complains of it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run_command(arguments: Sequence[str] | None) -> int:
    use_every_core()
    be_exact_on_a_gpu()
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        options = parse(words)
        options.again = shlex.join(["noether-razor", *words])
        with extras_named(f"noether-razor {options.command}"):
            HANDLERS[options.command](options)
    except InputError as error:
        return _complain(error, 2)
    except RunError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        print("noether-razor: stopped; the same command resumes", file=sys.stderr)
        return 130
    return 0


HANDLERS = {
    "simulate": known.simulate,
    "discover": discover.discover,
    "look": look.look,
    "report": report.report,
    "check": check.check,
    "run": run.run,
    "systems": known.systems,
    **dict.fromkeys(STUDIES, studies.study),
}


def _complain(error: Exception, code: int) -> int:
    print(f"noether-razor: error: {' '.join(str(error).split())}", file=sys.stderr)
    return code
