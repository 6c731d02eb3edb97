"""What the user asked for cannot be done, and how to ask for it."""


class UsageError(ValueError):
    """A wrong path, option or filter; the text says what to do instead."""
