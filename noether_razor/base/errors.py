"""The two errors that reach a user; no other error does."""


class InputError(ValueError):
    """The input or the command cannot be used (exit code 2).

    The message is one line: what was given, what was expected, how to mend it.
    """


class RunError(RuntimeError):
    """A run that was accepted could not be finished (exit code 1)."""
