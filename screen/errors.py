"""What can end a command, told in one line."""

from pathlib import Path


class UsageError(ValueError):
    """A wrong path, option or filter; the text says what to do instead."""


class BrokenOffError(RuntimeError):
    """A run ended before its rows did; the text says why and how to go on."""


def interrupted(what: str, kept: str) -> BrokenOffError:
    """What to raise when the user has stopped something; what is written lies in ``kept``."""
    return BrokenOffError(
        f"the {what} was stopped. What is written in '{kept}' stays; repeat the command to go on"
    )


def broken_off(what: str, error: Exception, kept: str, log: Path | None) -> BrokenOffError:
    """What to raise when an engine could not go on.

    Args:
        what: was going on.
        error: as Ray raised it. What a worker raised stands in its text alone, before the errors
            that Ray wraps around it.
        kept: where the finished part lies.
        log: what Ray printed, None where it had no part in it.
    """
    first = f"{type(error).__name__}: {error}".split("\n\nThe above exception")[0]
    reason = first.strip().splitlines()[-1]
    more = "" if log is None else f". More is in {log}"
    return BrokenOffError(
        f"the {what} broke off: {reason}. What is written in '{kept}' stays; remove the cause and "
        f"repeat the command to go on{more}"
    )
