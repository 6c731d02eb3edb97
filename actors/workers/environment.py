"""What processes that are started find in their environment."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SAFE_PATHS = {"PYTHONSAFEPATH": "1"}
"""Python imports nothing from the folder where it starts: a user's own `numpy.py` may lie there."""


@contextmanager
def environment(given: Mapping[str, str]) -> Iterator[None]:
    """Processes started in this context find these, whatever the environment says."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
