"""Keeps a worker to the one core that it was given."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
"""What native libraries read when they are loaded; the last one is JAX's, which Sella builds on."""


def hold_to_one_thread() -> None:
    """Ask every native library loaded after this call to use a single thread.

    Several xTB workers share a machine; without this each of them starts a thread per core and
    spends most of its time waiting for the others. A setting already in the environment stays.
    """
    for name in NAMES:
        os.environ.setdefault(name, "1")


@contextmanager
def one_thread_for_children() -> Iterator[None]:
    """Processes started in this context get a single thread, whatever the environment says."""
    before = {name: os.environ.get(name) for name in NAMES}
    os.environ.update(dict.fromkeys(NAMES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
