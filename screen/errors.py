"""What can end a command, told in one line."""


class UsageError(ValueError):
    """A wrong path, option or filter; the text says what to do instead."""


class BrokenOffError(RuntimeError):
    """A run ended before its rows did; the text says why and how to go on."""
