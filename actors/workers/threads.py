"""Keeps a worker to the one core that it was given."""

import os

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
"""What native libraries read when they are loaded; the last one is JAX's, which Sella builds on."""


def hold_to_one_thread() -> None:
    """Ask every native library loaded after this call to use a single thread.

    Several xTB workers share a machine; without this each of them starts a thread per core and
    spends most of its time waiting for the others. A setting already in the environment stays.
    """
    for name in NAMES:
        os.environ.setdefault(name, "1")
